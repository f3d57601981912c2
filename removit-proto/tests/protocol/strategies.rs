//! The strategies make what they promise, and nothing that they make panics.

use proptest::prelude::*;
use removit_proto::strategies::{
    damaged_status, documented_acceptance, documented_refusal, documented_status, odd_status,
    outcomes, upload_request,
};
use removit_proto::{
    Accepted, Action, ApiError, ApiKey, Endpoint, Instant, JobId, JobStatus, Machine, Seed, State,
    StatusUnreadable, Upload, UploadPolicy,
};

fn endpoint() -> Endpoint {
    Endpoint::production(ApiKey::new("sk-strategies").unwrap())
}

fn job() -> JobId {
    "job-1".parse().unwrap()
}

proptest! {
    #[test]
    fn a_documented_acceptance_is_one(answer in documented_acceptance()) {
        prop_assert!(Accepted::decode(&answer).is_some());
    }

    #[test]
    fn a_documented_refusal_is_none(answer in documented_refusal()) {
        prop_assert!(Accepted::decode(&answer).is_none());
        prop_assert_eq!(ApiError::decode(&answer, &endpoint()).status(), answer.status());
    }

    #[test]
    fn documented_and_odd_statuses_are_read(
        plain in documented_status(),
        odd in odd_status(),
    ) {
        for answer in [plain, odd] {
            match JobStatus::decode(&answer, &job(), &endpoint()) {
                Ok(status) => prop_assert!(!matches!(status.state(), State::Unknown(_)), "{status:?}"),
                // Each is of a job of its own.
                Err(why) => prop_assert_eq!(why, StatusUnreadable::OtherJob),
            }
        }
    }

    #[test]
    fn damaged_statuses_are_read_or_refused(answer in damaged_status()) {
        let _ = JobStatus::decode(&answer, &job(), &endpoint());
    }

    #[test]
    fn an_upload_takes_any_outcomes_in_any_order(
        request in upload_request(),
        outcomes in outcomes(),
        bits in any::<u128>(),
    ) {
        let mut now = Instant::ORIGIN;
        let mut upload =
            Upload::new(endpoint(), request, UploadPolicy::default(), Seed::new(bits), now);
        let mut sent = 0_u32;
        for outcome in outcomes {
            match upload.next_action(now) {
                Action::Send(attempt) => {
                    sent += 1;
                    upload.handle(now, attempt.id, outcome);
                }
                Action::SleepUntil(wakeup) => now = wakeup.at,
                Action::Done(_) => break,
            }
        }
        prop_assert!(sent <= UploadPolicy::default().retry.max_attempts);
    }
}
