//! `status`: one look at a job.

use removit_tokio::Error;
use removit_tokio::proto::{JobStatus, State};

use crate::catalogue::progress::Progress;
use crate::cli::{Shared, StatusArgs};
use crate::exit::Exit;
use crate::json::{StatusLine, outcome_of_status, print_error};
use crate::output;
use crate::refused::Refused;
use crate::setup;
use crate::shell::printable;
use crate::signals::Signals;

pub(crate) async fn status(
    shared: &Shared,
    args: &StatusArgs,
    signals: &mut Signals,
) -> Result<Exit, Refused> {
    let quiet = Shared { quiet: true, json_status: false, ..shared.clone() };
    let client = setup::client(shared, Progress::new(&quiet, true))?;
    Ok(match signals.unless_asked(client.status(&args.job_id)).await {
        None => Exit::Interrupted,
        Some(Ok(status)) => told(shared, &status),
        Some(Err(error)) => failed(shared, &error),
    })
}

fn told(shared: &Shared, status: &JobStatus) -> Exit {
    if shared.json {
        StatusLine::new(status).print();
    } else {
        lines(status).iter().for_each(|line| output::result(line));
    }
    match status.state() {
        State::Failed => Exit::JobFailed,
        _ => Exit::Done,
    }
}

fn lines(status: &JobStatus) -> Vec<String> {
    let state = match status.state() {
        State::Unknown(word) => word,
        _ => outcome_of_status(status),
    };
    let mut lines = vec![
        format!("job       {}", printable(status.job_id().as_str())),
        format!("state     {}", printable(state)),
    ];
    for (name, text) in [("step", status.step()), ("mode", status.mode())] {
        lines.extend(text.map(|text| format!("{name:<9} {}", printable(text))));
    }
    lines.extend(status.progress().map(|percent| format!("progress  {percent} %")));
    for link in status.results() {
        let name = printable(link.variation().unwrap_or("final_url"));
        lines.push(format!("result    {name} {}", printable(link.url())));
    }
    for (variation, texts) in status.warnings() {
        lines.push(format!("warning   {} {}", printable(variation), printable(&texts.join(" "))));
    }
    let ignored = status.ignored_variations().iter();
    lines.extend(ignored.map(|variation| format!("not made  {}", printable(variation))));
    lines
}

fn failed(shared: &Shared, error: &Error) -> Exit {
    let exit = match Exit::from(error) {
        // One look has no deadline to miss: the server was not reached.
        Exit::TimedOut => Exit::NotSent,
        exit => exit,
    };
    let message = error.to_string();
    output::say(&format!("removit: {}", printable(&message)));
    if shared.json {
        print_error(&message, exit);
    }
    exit
}

#[cfg(test)]
mod tests {
    use removit_tokio::proto::{ApiKey, Endpoint, JobId};

    use super::*;

    fn status(body: &'static str) -> JobStatus {
        let id: JobId = "j-1".parse().unwrap();
        let endpoint = Endpoint::production(ApiKey::new("any").unwrap());
        let answer = http::Response::builder().status(200).body(body).unwrap();
        JobStatus::decode(&answer, &id, &endpoint).unwrap()
    }

    #[test]
    fn all_that_a_status_says_is_told_line_by_line() {
        let whole = status(
            r#"{"state": "done", "status": "composed", "mode": "studio", "progress": 70,
                "final_urls": {"white": "https://cdn.example/w.png"},
                "warnings": {"white": ["small", "dark"]}, "ignored_variations": ["x"]}"#,
        );
        let expected = [
            "job       j-1",
            "state     done",
            "step      composed",
            "mode      studio",
            "progress  70 %",
            "result    white https://cdn.example/w.png",
            "warning   white small dark",
            "not made  x",
        ];
        assert_eq!(lines(&whole), expected);
        let one = status(r#"{"state": "done", "final_url": "https://cdn.example/x.png"}"#);
        assert!(lines(&one).contains(&"result    final_url https://cdn.example/x.png".to_owned()));
    }

    #[test]
    fn a_state_that_nobody_knows_is_told_in_its_own_word() {
        assert_eq!(lines(&status(r#"{"state": "nap\u001bping"}"#))[1], "state     nap\u{fffd}ping");
    }
}
