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
        Conclusion::Broken => Exit::Mixed,
        Conclusion::Unreached => Exit::NotSent,
        _ if run.drift.iter().any(Drift::is_of_words) => Exit::Mixed,
        Conclusion::NoCredits => Exit::NoCredits,
        Conclusion::TimedOut => Exit::TimedOut,
        // `Conclusion` may grow; what is not known is not kept.
        Conclusion::Kept => Exit::Done,
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
        if !photos.is_empty() {
            policy.photos = photos;
        }
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
