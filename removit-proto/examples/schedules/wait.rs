//! One job, watched by a real `Poller` in virtual time.

use std::time::Duration;

use http::Response;
use removit_proto::{
    Accepted, Action, ApiKey, Endpoint, Instant, Machine, Outcome, PollPolicy, Poller, Schedule,
    Seed,
};

use crate::progress::Shape;

/// What watching one job cost and brought.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watched {
    pub(crate) requests: u64,
    /// From the end of the job until it was seen.
    pub(crate) delay: Duration,
}

/// Watches a job that takes `duration` until it is seen to be done.
pub(crate) fn watch(schedule: Schedule, job: u64, duration: Duration, shape: Shape) -> Watched {
    let endpoint = Endpoint::production(ApiKey::new("no-key").expect("a key"));
    let accepted = Response::builder().status(202).body(r#"{"job_id":"j"}"#).expect("an answer");
    let accepted = Accepted::decode(&accepted).expect("an id");
    let mut policy = PollPolicy::default();
    policy.schedule = schedule;
    policy.timeout = duration * 2 + Duration::from_secs(3600);
    let start = Instant::from_origin(Duration::from_secs(1_796_000_000));
    let mut poller = Poller::new(endpoint, &accepted, policy, Seed::new(job.into()), start);
    let mut now = start;
    loop {
        match poller.next_action(now) {
            Action::SleepUntil(wakeup) => now = wakeup.at,
            Action::Send(attempt) => {
                let age = now - start;
                let answer = Response::new(body(age, duration, shape).into());
                poller.handle(now, attempt.id, Outcome::Response(answer));
            }
            Action::Done(end) => {
                end.expect("the job is done");
                return Watched { requests: poller.polls(), delay: now - start - duration };
            }
        }
    }
}

pub(crate) fn body(age: Duration, duration: Duration, shape: Shape) -> String {
    if age >= duration {
        return r#"{"state":"done","final_url":"https://cdn.example.com/a.png"}"#.to_owned();
    }
    match shape.at(age.as_secs_f64() / duration.as_secs_f64()) {
        Some(percent) => format!(r#"{{"state":"pending","progress":{percent}}}"#),
        None => r#"{"state":"pending"}"#.to_owned(),
    }
}
