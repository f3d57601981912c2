//! A finding is told by the smallest request that shows it.

use removit_proto::Outcome;

use crate::against::{check_double, policy, strict};

#[test]
fn of_a_request_with_several_mistakes_the_one_that_counts_is_left() {
    // Refuses with 400 where a mode is wrong and a delivery is named.
    let run = check_double(strict(), policy(0), |asked, outcome| match outcome {
        Outcome::Response(mut answer)
            if answer.status() == 422
                && asked.body.contains("\"mode\"")
                && asked.body.contains("delivery_mode") =>
        {
            *answer.status_mut() = http::StatusCode::BAD_REQUEST;
            Outcome::Response(answer)
        }
        other => other,
    });
    assert_eq!(run.report.broken(), ["validation-422"], "{}", run.report);
    let command = &run.report.findings[0].command;
    let body = command.split("--data-raw ").nth(1).unwrap();
    assert_eq!(body.matches("\":").count(), 2, "{command}");
}

#[test]
fn an_odd_id_is_shortened() {
    let run = check_double(strict(), policy(0), |asked, outcome| match outcome {
        Outcome::Response(mut answer)
            if asked.head.uri().query().is_some_and(|query| query.contains("%27")) =>
        {
            *answer.status_mut() = http::StatusCode::UNPROCESSABLE_ENTITY;
            Outcome::Response(answer)
        }
        other => other,
    });
    assert_eq!(run.report.broken(), ["strange-404"], "{}", run.report);
    let command = &run.report.findings[0].command;
    assert!(command.ends_with("job_id=%27'"), "{command}");
}
