//! `status`: one look at a job.

use std::sync::Arc;

use removit_tokio::Error;
use removit_tokio::proto::{JobStatus, State};

use crate::cli::{Shared, StatusArgs};
use crate::exit::Exit;
use crate::interrupt::unless_interrupted;
use crate::progress::Progress;
use crate::record::Record;
use crate::setup;
use crate::shell::printable;

pub(crate) async fn status(shared: &Shared, args: &StatusArgs) -> Exit {
    let progress = Arc::new(Progress::of_job(true, &args.job_id));
    let mut record = Record::new(None);
    record.job_id = Some(args.job_id.to_string());
    let exit = match setup::client(shared, None, progress.clone()) {
        Err(refused) => {
            eprintln!("removit: {}", refused.message);
            record.error = Some(refused.message);
            record.outcome = "not_sent";
            refused.exit
        }
        Ok(client) => match unless_interrupted(client.status(&args.job_id)).await {
            None => Exit::Interrupted,
            Some(Ok(status)) => told(shared, &mut record, &status),
            Some(Err(error)) => failed(&mut record, &error),
        },
    };
    if shared.json {
        record.print();
    }
    exit
}

fn told(shared: &Shared, record: &mut Record, status: &JobStatus) -> Exit {
    record.status(status);
    let (outcome, exit) = match status.state() {
        State::Done => ("done", Exit::Done),
        State::Failed => ("failed", Exit::JobFailed),
        _ => ("pending", Exit::Done),
    };
    record.outcome = outcome;
    let word = match status.state() {
        State::Unknown(word) => word,
        _ => outcome,
    };
    if !shared.json {
        println!("job       {}", status.job_id());
        println!("state     {}", printable(word));
        for (name, text) in [("step", status.step()), ("mode", status.mode())] {
            if let Some(text) = text {
                println!("{name:<9} {}", printable(text));
            }
        }
        if let Some(percent) = status.progress() {
            println!("progress  {percent} %");
        }
        for link in status.results() {
            let name = printable(link.variation().unwrap_or("final_url"));
            println!("result    {name} {}", printable(link.url()));
        }
        for (variation, texts) in status.warnings() {
            println!("warning   {} {}", printable(variation), printable(&texts.join(" ")));
        }
        for variation in status.ignored_variations() {
            println!("not made  {}", printable(variation));
        }
    }
    exit
}

fn failed(record: &mut Record, error: &Error) -> Exit {
    eprintln!("removit: {}", printable(&error.to_string()));
    record.failed(error);
    match Exit::from(error) {
        // One look has no deadline to miss: the server was not reached.
        Exit::TimedOut => Exit::NotSent,
        exit => exit,
    }
}
