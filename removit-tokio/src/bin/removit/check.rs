//! `check`: does a server keep the contract, and does it what it did before?

use std::path::Path;

use removit_blocking::fresh_seed;
use removit_tokio::Driver;
use removit_tokio::proto::contract::{Check, CheckPhoto, CheckPolicy, Conclusion, Drift, Ended};
use removit_tokio::proto::{ImageType, Seed};

use crate::check_args::CheckArgs;
use crate::check_junit;
use crate::check_run::{self, Run};
use crate::cli::Shared;
use crate::exit::Exit;
use crate::output;
use crate::refused::Refused;
use crate::setup;
use crate::signals::Signals;

/// How many requests go by before a word of them.
const A_WORD_EVERY: u64 = 50;

pub(crate) async fn check(
    shared: &Shared,
    args: &CheckArgs,
    signals: &mut Signals,
) -> Result<Exit, Refused> {
    let baseline = args.baseline.as_deref().map(check_run::read).transpose()?.flatten();
    let (endpoint, transport) = setup::way(shared)?;
    let seed = args.seed.map_or_else(fresh_seed, Seed::new);
    let mut check = Check::new(endpoint, policy(args)?, seed);
    let mut driver = Driver::new(&transport);
    let driven = driver.drive(&mut check, |check| {
        let (sent, left) = (check.report().requests, check.left());
        if sent % A_WORD_EVERY == 0 && !shared.quiet {
            output::say(&format!("{sent} requests sent, {left} and what they lead to are left"));
        }
    });
    let Some(report) = signals.unless_asked(driven).await else {
        output::say(check.report().to_string().trim_end());
        return Ok(Exit::Interrupted);
    };
    let drift = baseline.as_ref().map_or_else(Vec::new, |run| report.drift_from(&run.report));
    let run = Run { conclusion: report.conclusion(), drift, report };
    print(shared, args, &run)?;
    let whole = run.report.ended == Ended::Complete;
    match &args.baseline {
        Some(path) if args.keep || (baseline.is_none() && whole) => check_run::keep(path, &run)?,
        Some(path) if baseline.is_none() => output::say(&format!(
            "removit: {}: nothing is kept, since the check did not come to its end",
            path.display()
        )),
        _ => {}
    }
    Ok(exit(&run))
}

fn exit(run: &Run) -> Exit {
    match run.conclusion {
        Conclusion::KeyRefused => Exit::KeyRefused,
        Conclusion::Unreached => Exit::NotSent,
        _ if run.drift.iter().any(Drift::is_of_words) => Exit::Mixed,
        Conclusion::NoCredits => Exit::NoCredits,
        Conclusion::TimedOut => Exit::TimedOut,
        Conclusion::Kept => Exit::Done,
        // A broken rule; and as `Conclusion` may grow, what is not known is not kept.
        _ => Exit::Mixed,
    }
}

fn policy(args: &CheckArgs) -> Result<CheckPolicy, Refused> {
    let photos = args.photos.iter().map(|path| photo(path)).collect::<Result<Vec<_>, _>>()?;
    Ok(CheckPolicy::default().with(|policy| {
        policy.credits = args.credits;
        policy.most_requests = args.requests;
        policy.pace = std::time::Duration::from_secs(1) / args.rate.get();
        policy.job_timeout = args.timeout;
        policy.photo_url.clone_from(&args.photo_url);
        policy.foreign_job.clone_from(&args.foreign_job);
        // None at all are the usual one.
        policy.photos = photos;
    }))
}

fn photo(path: &Path) -> Result<CheckPhoto, Refused> {
    let bytes = std::fs::read(path)
        .map_err(|error| Refused::local(format!("--photo {}: {error}", path.display())))?;
    let kind = ImageType::detect(&path.to_string_lossy(), &bytes)
        .map_err(|error| Refused::usage(format!("--photo {}: {error}", path.display())))?;
    Ok(CheckPhoto::new(kind, bytes.into()))
}

fn print(shared: &Shared, args: &CheckArgs, run: &Run) -> Result<(), Refused> {
    if args.junit {
        let text = check_junit::text(run)
            .map_err(|error| Refused::local(format!("no JUnit report can be made: {error}")))?;
        output::result(text.trim_end());
    } else if shared.json {
        let text = serde_json::to_string(run)
            .map_err(|error| Refused::local(format!("no JSON can be made: {error}")))?;
        output::result(&text);
    } else {
        for drift in &run.drift {
            output::result(&format!("DRIFT    {}", crate::shell::printable(&drift.to_string())));
        }
        output::result(run.report.to_string().trim_end());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use removit_tokio::proto::{ApiKey, Endpoint};

    use super::*;
    use crate::cli::{Cli, Command};

    fn args(words: &[&str]) -> CheckArgs {
        let words = ["removit", "check"].iter().chain(words);
        match Cli::try_parse_from(words).unwrap().command {
            Command::Check(args) => args,
            other => panic!("{other:?}"),
        }
    }

    fn run(conclusion: Conclusion, drift: Vec<Drift>) -> Run {
        let endpoint = Endpoint::production(ApiKey::new("any").unwrap());
        let check = Check::new(endpoint, CheckPolicy::default(), Seed::new(1));
        Run { conclusion, drift, report: check.report().clone() }
    }

    #[test]
    fn each_conclusion_has_its_exit_code_and_what_is_new_goes_before_the_account() {
        let new = || vec![Drift::New { topic: "states".into(), what: "napping".into() }];
        let slower = || vec![Drift::Slower { before: 1.0, now: 9.0 }];
        for (conclusion, exit, with_new) in [
            (Conclusion::KeyRefused, Exit::KeyRefused, Exit::KeyRefused),
            (Conclusion::Broken, Exit::Mixed, Exit::Mixed),
            (Conclusion::Unreached, Exit::NotSent, Exit::NotSent),
            (Conclusion::NoCredits, Exit::NoCredits, Exit::Mixed),
            (Conclusion::TimedOut, Exit::TimedOut, Exit::Mixed),
            (Conclusion::Kept, Exit::Done, Exit::Mixed),
        ] {
            assert_eq!(super::exit(&run(conclusion, Vec::new())), exit, "{conclusion:?}");
            assert_eq!(super::exit(&run(conclusion, slower())), exit, "{conclusion:?}");
            assert_eq!(super::exit(&run(conclusion, new())), with_new, "{conclusion:?}");
        }
    }

    #[test]
    fn what_is_typed_is_what_the_check_may_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cup.png");
        std::fs::write(&path, b"\x89PNG\r\n\x1a\n").unwrap();
        let words = ["--credits", "3", "--requests", "7", "--rate", "4", "--timeout", "9s"];
        let photo = ["--photo", path.to_str().unwrap(), "--photo-url", "https://a.example/x.png"];
        let words = [&words[..], &photo, &["--foreign-job", "j-9"]].concat();
        let policy = policy(&args(&words)).unwrap();
        assert_eq!((policy.credits, policy.most_requests), (3, 7));
        assert_eq!(policy.pace, std::time::Duration::from_millis(250));
        assert_eq!(policy.job_timeout, std::time::Duration::from_secs(9));
        assert_eq!(policy.photos.len(), 1);
        assert_eq!(policy.photo_url.as_deref(), Some("https://a.example/x.png"));
        assert_eq!(policy.foreign_job.map(|id| id.to_string()).as_deref(), Some("j-9"));
    }

    #[test]
    fn a_photo_that_cannot_be_sent_is_told_by_its_option() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("notes.txt");
        std::fs::write(&text, "no image").unwrap();
        let gone = folder.path().join("gone.png");
        for (path, exit) in [(gone, Exit::LocalIo), (text, Exit::Usage)] {
            let refused = photo(&path).unwrap_err();
            assert_eq!(refused.exit, exit);
            assert!(refused.message.starts_with(&format!("--photo {}: ", path.display())));
        }
    }
}
