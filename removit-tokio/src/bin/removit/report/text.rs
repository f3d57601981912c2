//! The summary as aligned lines for people.

use std::fmt;

use super::item::{Item, Why};
use super::summary::{STAGES, Summary};
use crate::shell::printable;

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        begin(out, self)?;
        stages(out, self)?;
        jobs(out, self)?;
        times(out, self)?;
        list(out, "ambiguous", &self.ambiguous, Why::Ambiguous)?;
        list(out, "failed", &self.failed, Why::Failed)?;
        list(out, "not accepted", &self.not_accepted, Why::NotAccepted)?;
        list(out, "given up", &self.given_up, Why::GivenUp)
    }
}

fn begin(out: &mut fmt::Formatter<'_>, summary: &Summary) -> fmt::Result {
    writeln!(out, "journal      {}", printable(&summary.journal))?;
    if let (Some(begun), Some(by)) = (&summary.begun, &summary.by) {
        writeln!(out, "begun        {begun} by {}", printable(by))?;
    }
    if let Some(api) = &summary.api {
        writeln!(out, "API          {}", printable(api))?;
    }
    match &summary.last_run {
        Some(last) => writeln!(out, "runs         {}, the last from {last}", summary.runs),
        None => Ok(()),
    }
}

fn stages(out: &mut fmt::Formatter<'_>, summary: &Summary) -> fmt::Result {
    writeln!(out, "inputs       {}{}", summary.inputs, copies(summary.copies))?;
    for (_, name, meaning) in STAGES {
        let count = summary.stages.get(name).copied().unwrap_or_default();
        if count > 0 {
            writeln!(out, "{count:>12} {:<13} {meaning}", name.replace('_', " "))?;
        }
    }
    Ok(())
}

fn jobs(out: &mut fmt::Formatter<'_>, summary: &Summary) -> fmt::Result {
    write!(out, "jobs         {} known", summary.jobs)?;
    match summary.possible_jobs {
        0 => writeln!(out, ", and no other can exist")?,
        more => writeln!(out, "; up to {more} more may exist and be charged")?,
    }
    let (saved, missing) = (summary.results_saved, summary.results_missing);
    writeln!(out, "results      {saved} saved, {missing} still to be fetched")
}

fn times(out: &mut fmt::Formatter<'_>, summary: &Summary) -> fmt::Result {
    if let Some(times) = &summary.durations {
        let (median, p90) = (seconds(times.median_ms), seconds(times.p90_ms));
        let longest = seconds(times.longest_ms);
        writeln!(
            out,
            "durations    median {median}, 90 % within {p90}, longest {longest} ({} done)",
            times.jobs
        )?;
    }
    let progress = &summary.progress;
    if progress.jobs > 0 {
        write!(out, "progress     {} under way", progress.jobs)?;
        if let (Some(low), Some(median), Some(high)) =
            (progress.lowest, progress.median, progress.highest)
        {
            write!(out, ", at {low} to {high} %, median {median} %")?;
        }
        writeln!(out)?;
    }
    for slow in &summary.slowest {
        let (time, input) = (seconds(slow.elapsed_ms), printable(&slow.input));
        let job_id = printable(&slow.job_id);
        writeln!(out, "slowest      {time:>9} {:<9} {job_id} {input}", slow.outcome)?;
    }
    Ok(())
}

/// Each input on a line of its own, and what to do about all of them.
fn list(out: &mut fmt::Formatter<'_>, title: &str, items: &[Item], why: Why) -> fmt::Result {
    for item in items {
        write!(out, "{title:<12} {}{}", printable(&item.input), copies(item.copies))?;
        write!(out, ": {}", item.state.replace('_', " "))?;
        if let Some(job_id) = &item.job_id {
            write!(out, ", job {}", printable(job_id))?;
        }
        match &item.reason {
            Some(reason) => writeln!(out, ": {}", printable(reason))?,
            None => writeln!(out)?,
        }
    }
    if items.is_empty() { Ok(()) } else { writeln!(out, "{:<12} {}", "  to do", why.to_do()) }
}

fn copies(copies: usize) -> String {
    match copies {
        0 => String::new(),
        1 => " (and a copy)".to_owned(),
        copies => format!(" (and {copies} copies)"),
    }
}

fn seconds(millis: u64) -> String {
    format!("{}.{} s", millis / 1000, millis % 1000 / 100)
}
