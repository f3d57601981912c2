//! What is said at the end of a run, and before one.

use std::collections::BTreeMap;
use std::time::Duration;

use super::asking;
use super::ends::Ends;
use super::going_on::GoingOn;
use super::item::{Item, Next};
use crate::batch_args::PaceArgs;
use crate::cli::Shared;
use crate::exit::Exit;
use crate::inputs::{LeftOut, WrongInput};
use crate::json::{InputLine, SummaryLine};
use crate::output;
use crate::shell::printable;

/// A line of the table.
fn row(word: &str, count: u64, about: &str) -> String {
    format!("{word:<10} {count:>7}  {about}")
}

/// What a run came to.
pub(super) struct Summary<'a> {
    pub(super) shared: &'a Shared,
    pub(super) ends: &'a Ends,
    pub(super) left_out: &'a LeftOut,
    pub(super) jobs_paid: u64,
    pub(super) elapsed: Duration,
    pub(super) going_on: &'a GoingOn,
    pub(super) exit: Exit,
}

impl Summary<'_> {
    pub(super) fn tell(&self) {
        let go_on = self.going_on.of_all(self.shared);
        let go_on = go_on.filter(|_| self.ends.is_something_left());
        if !self.shared.quiet {
            self.table().iter().for_each(|row| output::say(row));
            if let (Some(go_on), Some(report)) = (&go_on, self.going_on.report()) {
                output::say(&format!("go on with: {go_on}"));
                output::say(&format!("more about: {report}"));
            }
        }
        if self.shared.json {
            let journal = match self.going_on {
                GoingOn::Resume { journal } => Some(journal.display().to_string()),
                GoingOn::Wait { .. } => None,
            };
            let ends = self.ends;
            let line = SummaryLine {
                inputs: ends.all() + ends.held,
                saved: ends.saved,
                files: ends.files,
                done_not_saved: ends.unsaved,
                outcomes: &ends.counts,
                by_earlier_runs: ends.by_earlier_runs,
                held: ends.held,
                results_left_out: self.left_out.results,
                left_out: &self.left_out.by_kind,
                jobs_paid: self.jobs_paid,
                elapsed_ms: u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX),
                journal,
                go_on,
                exit: output::exit(self.exit) as u8,
            };
            line.print();
        }
    }

    fn table(&self) -> Vec<String> {
        let mut rows = Vec::new();
        let ends = self.ends;
        let earlier = match ends.by_earlier_runs {
            0 => String::new(),
            earlier => format!(", {earlier} of them by an earlier run"),
        };
        if ends.saved > 0 {
            let files = counted(ends.files, "file");
            rows.push(row(
                "saved",
                ends.saved,
                &format!("with all results on disk, {files}{earlier}"),
            ));
        }
        for (outcome, count) in &ends.counts {
            let (count, about) = match *outcome {
                "done" => {
                    (count - ends.saved - ends.unsaved, "the results are on the server, as asked")
                }
                "ambiguous" => (*count, "a job may exist and be charged: look at the account"),
                "failed" => (*count, "paid for, and without a result"),
                "timed_out" => (*count, "paid for; the jobs go on"),
                "rejected" => (*count, "the server said no; nothing is charged"),
                _ => (*count, "nothing is charged"),
            };
            if count > 0 {
                rows.push(row(outcome, count, about));
            }
        }
        if ends.unsaved > 0 {
            rows.push(row("unsaved", ends.unsaved, "done and paid for; results are not on disk"));
        }
        if ends.held > 0 {
            rows.push(row("held", ends.held, "left for a later run by --max-jobs"));
        }
        let took = format!("{:.1} s", self.elapsed.as_secs_f64());
        rows.push(row("paid", self.jobs_paid, &format!("jobs by this run, which took {took}")));
        rows
    }
}

/// What was passed over: results of earlier runs, and what is no photo.
pub(crate) fn left_out(left_out: &LeftOut) -> Vec<String> {
    let results = (left_out.results > 0)
        .then(|| row("left out", left_out.results, "results of earlier runs among the inputs"));
    let kinds = left_out.by_kind.iter().map(|(kind, count)| row("left out", *count, kind));
    results.into_iter().chain(kinds).collect()
}

/// What would be done, one line an input, and how much of each. The exit code is that
/// of the inputs that cannot be sent.
pub(crate) fn dry_run(
    items: &[Item],
    wrong: &[WrongInput],
    passed: &LeftOut,
    pace: &PaceArgs,
    shared: &Shared,
) -> Exit {
    let mut counts: BTreeMap<Next, u64> = BTreeMap::new();
    let mut ends = Ends::default();
    let wrong = wrong
        .iter()
        .map(|wrong| (Some(wrong.name.as_str()), Next::Refused, None, Some(&wrong.refused)));
    let items = items.iter().map(|item| {
        let job_id = item.job_id.as_ref().map(ToString::to_string);
        (item.name.as_deref(), item.next, job_id, item.input.as_ref().err())
    });
    for (name, next, job_id, refused) in items.chain(wrong) {
        *counts.entry(next).or_default() += 1;
        ends.add(next.word(), refused.map_or(Exit::Done, |refused| refused.exit));
        if shared.json {
            let mut line = InputLine::new(name);
            (line.outcome, line.would) = ("planned", Some(next.word()));
            line.job_id = job_id;
            line.error = refused.map(|refused| refused.message.clone());
            line.print();
        } else {
            let name = printable(name.unwrap_or_default());
            output::result(&format!("{:<10} {name}", next.word()));
        }
        if let Some(refused) = refused {
            output::say(&format!("removit: {}", printable(&refused.message)));
        }
    }
    if !shared.quiet {
        for (next, count) in &counts {
            output::say(&row(next.word(), *count, next.about()));
        }
        left_out(passed).iter().for_each(|row| output::say(row));
        let to_pay = counts.get(&Next::Send).copied().unwrap_or_default();
        if asking::is_needed(pace, usize::try_from(to_pay).unwrap_or(usize::MAX)) {
            output::say(&format!(
                "it would be asked first whether {to_pay} jobs are to be paid for, unless --yes is given"
            ));
        }
        output::say("nothing was sent, and nothing was written");
    }
    ends.exit()
}

fn counted(number: u64, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    fn table(ends: &Ends) -> Vec<String> {
        let shared = Cli::parse_from(["removit", "config"]).shared;
        let going_on = GoingOn::Resume { journal: "j".into() };
        let (left_out, elapsed) = (LeftOut::default(), Duration::from_millis(1250));
        let summary = Summary {
            shared: &shared,
            ends,
            left_out: &left_out,
            jobs_paid: 3,
            elapsed,
            going_on: &going_on,
            exit: Exit::Done,
        };
        let mut rows = summary.table();
        assert_eq!(
            rows.pop().as_deref(),
            Some("paid             3  jobs by this run, which took 1.2 s")
        );
        let spaces = |row: &String| row.split_whitespace().collect::<Vec<_>>().join(" ");
        rows.iter().map(spaces).collect()
    }

    #[test]
    fn the_table_names_only_what_there_is() {
        assert_eq!(table(&Ends::default()), [""; 0]);
        let mut ends = Ends::default();
        (ends.saved, ends.files) = (1, 1);
        ends.add("done", Exit::Done);
        assert_eq!(table(&ends), ["saved 1 with all results on disk, 1 file"]);
        (ends.saved, ends.files, ends.by_earlier_runs) = (2, 5, 1);
        ends.add("done", Exit::Done);
        let saved = "saved 2 with all results on disk, 5 files, 1 of them by an earlier run";
        assert_eq!(table(&ends), [saved]);
    }

    #[test]
    fn each_outcome_is_a_row_and_says_what_it_costs() {
        let mut ends = Ends::default();
        (ends.saved, ends.unsaved, ends.held, ends.files) = (1, 1, 4, 2);
        for outcome in ["done", "done", "done", "done"] {
            ends.add(outcome, Exit::Done);
        }
        for outcome in ["ambiguous", "failed", "timed_out", "rejected", "not_sent"] {
            ends.add(outcome, Exit::Mixed);
        }
        let expected = [
            "saved 1 with all results on disk, 2 files",
            "ambiguous 1 a job may exist and be charged: look at the account",
            "done 2 the results are on the server, as asked",
            "failed 1 paid for, and without a result",
            "not_sent 1 nothing is charged",
            "rejected 1 the server said no; nothing is charged",
            "timed_out 1 paid for; the jobs go on",
            "unsaved 1 done and paid for; results are not on disk",
            "held 4 left for a later run by --max-jobs",
        ];
        assert_eq!(table(&ends), expected);
    }

    #[test]
    fn what_was_passed_over_is_a_row_each() {
        assert_eq!(left_out(&LeftOut::default()), [""; 0]);
        let passed = LeftOut { by_kind: [("HEIC", 2)].into(), results: 3 };
        let expected = [
            row("left out", 3, "results of earlier runs among the inputs"),
            row("left out", 2, "HEIC"),
        ];
        assert_eq!(left_out(&passed), expected);
    }
}
