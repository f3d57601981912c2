use clap::Parser;
use removit_tokio::proto::{ApiKey, Endpoint, TransportFailure};

use super::*;
use crate::cli::Cli;

fn with_run<T>(is_one: bool, folder: &str, work: impl FnOnce(&mut Run<'_>) -> T) -> T {
    let shared = Cli::parse_from(["removit", "config", "--quiet"]).shared;
    // Of one it is asked to send again, so that both are met.
    let choice = if is_one { OnAmbiguous::Resend } else { OnAmbiguous::Report };
    let pace = PaceArgs::of_one(choice);
    let mut run = Run {
        shared: &shared,
        pace: &pace,
        timeout: None,
        aim: Aim::Files,
        is_one,
        folder: folder.into(),
        going_on: GoingOn::Resume { journal: "j".into() },
        progress: Progress::new(&shared, is_one),
        left_out: LeftOut::default(),
    };
    work(&mut run)
}

fn answer(status: u16) -> ApiError {
    let endpoint = Endpoint::production(ApiKey::new("any").unwrap());
    let answer = http::Response::builder().status(status).header("retry-after", "7");
    ApiError::decode(&answer.body("{}").unwrap(), &endpoint)
}

#[test]
fn what_is_typed_bounds_the_run() {
    with_run(false, ".", |run| {
        let (policy, usual) = (run.policy(), BatchPolicy::default());
        assert_eq!((policy.uploads_at_once, policy.requests_per_second), (1, 10));
        assert_eq!(policy.downloads_at_once, 1);
        assert!(!policy.upload.resend_ambiguous);
        assert_eq!(policy.poll.timeout, usual.poll.timeout);
        run.timeout = Some(Duration::from_secs(7));
        let policy = run.policy();
        assert_eq!(policy.poll.timeout, Duration::from_secs(7));
        assert_eq!(policy.upload.retry.within, Duration::from_secs(7));
    });
    assert!(with_run(true, ".", |run| run.policy().upload.resend_ambiguous));
}

#[test]
fn a_path_is_told_as_it_was_typed() {
    let here = std::env::current_dir().unwrap();
    for (folder, path, expected) in [
        ("out", here.join("out/a.png"), PathBuf::from("out/a.png")),
        ("./out", here.join("out/a.png"), PathBuf::from("./out/a.png")),
        ("out", here.join("other/a.png"), here.join("other/a.png")),
        ("/out", PathBuf::from("/out/a.png"), PathBuf::from("/out/a.png")),
    ] {
        with_run(true, folder, |run| assert_eq!(run.as_typed(&path), expected));
    }
}

#[test]
fn what_stops_a_batch_is_of_one_photo_the_answer_to_it() {
    let stops = || {
        [
            Stop::Unauthorized(answer(401)),
            Stop::InsufficientCredits(answer(402)),
            Stop::Unreachable(TransportFailure::unreachable("no")),
            Stop::Asked,
        ]
    };
    let ends = |is_one| {
        with_run(is_one, ".", |run| {
            stops().map(|stop| match run.of_one(Error::Stopped(stop)) {
                Error::Upload(UploadError::Rejected(_)) => "rejected",
                Error::Upload(UploadError::NotSent(_)) => "not sent",
                Error::Stopped(_) => "stopped",
                other => panic!("{other:?}"),
            })
        })
    };
    assert_eq!(ends(true), ["rejected", "rejected", "not sent", "stopped"]);
    assert_eq!(ends(false), ["stopped"; 4]);
}

#[test]
fn of_many_each_line_names_its_photo() {
    let prefix = |is_one, name| with_run(is_one, ".", |run| run.prefix(name));
    assert_eq!(prefix(false, Some("a\nb")), "a\u{fffd}b: ");
    assert_eq!((prefix(true, Some("a")), prefix(false, None)), (String::new(), String::new()));
}

#[test]
fn a_servers_wish_is_that_of_the_answer_that_ended_the_work() {
    let job_id: JobId = "j".parse().unwrap();
    let trouble = Some(PollTrouble::Answer(answer(503)));
    let seven = Some(Duration::from_secs(7));
    for (error, expected) in [
        (Error::Upload(UploadError::Rejected(answer(429))), seven),
        (Error::Poll(PollError::TimedOut { job_id: job_id.clone(), latest: None, trouble }), seven),
        (
            Error::Poll(PollError::TimedOut {
                job_id: job_id.clone(),
                latest: None,
                trouble: None,
            }),
            None,
        ),
        (Error::Left { job_id }, None),
        (Error::Cancelled, None),
    ] {
        assert_eq!(wish(&error), expected, "{error:?}");
    }
}

#[test]
fn an_input_that_was_refused_ends_as_what_refused_it() {
    for (exit, outcome) in [
        (Exit::Ambiguous, "ambiguous"),
        (Exit::JobFailed, "failed"),
        (Exit::LocalIo, "not_sent"),
        (Exit::Usage, "not_sent"),
    ] {
        let mut ends = Ends::default();
        let refused = Refused { exit, message: "no".to_owned() };
        with_run(false, ".", |run| run.refused(Some("a"), refused, &mut ends));
        assert_eq!(ends.counts, [(outcome, 1)].into());
        assert_eq!((ends.exit(), ends.is_something_left()), (exit, false));
    }
}
