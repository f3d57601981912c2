use std::path::Path;

use removit_tokio::proto::journal::Reader;
use serde_json::{Value, json};

use super::*;

mod page;

const AT: &str = "2026-11-24T11:07:00.000Z";

/// The lines of a journal with these records, whose `key` is one digit and `at`
/// is left out.
fn lines(records: &[Value]) -> String {
    let header = json!({
        "kind": "header", "format": "removit-journal", "version": 1, "minor": 0,
        "by": "removit 0.1.0", "api": "https://api.example",
    });
    let line = |record: &Value| {
        let mut record = record.clone();
        if let Some(digit) = record["key"].as_str() {
            record["key"] = digit.repeat(64).into();
        }
        record["at"] = AT.into();
        format!("{record}\n")
    };
    [&header].into_iter().chain(records).map(line).collect()
}

fn read(lines: &str) -> Journal {
    let mut reader = Reader::new();
    reader.feed(lines.as_bytes());
    reader.finish().unwrap()
}

fn planned(key: &str, name: &str) -> Value {
    let folder = json!({"folder": {"path": "out", "stem": "x"}});
    json!({"kind": "planned", "key": key, "input": {"file": name}, "destination": folder})
}

fn intent(key: &str) -> Value {
    json!({"kind": "intent", "key": key, "attempt": 1})
}

fn not_accepted(key: &str, outcome: &str, ambiguous: u32, reason: &str) -> Value {
    json!({"kind": "not_accepted", "key": key, "attempt": 1, "outcome": outcome,
           "ambiguous_attempts": ambiguous, "reason": reason})
}

fn accepted(key: &str, id: &str) -> Value {
    json!({"kind": "accepted", "key": key, "job_id": id, "attempt": 1})
}

fn ended(key: &str, id: &str, outcome: &str, elapsed_ms: u64) -> Value {
    let results = if outcome == "done" { json!([null]) } else { json!([]) };
    json!({"kind": "ended", "key": key, "job_id": id, "outcome": outcome,
           "elapsed_ms": elapsed_ms, "results": results, "reason": format!("{outcome} it is")})
}

fn saved(key: &str) -> Value {
    json!({"kind": "saved", "key": key, "path": "out/x.png", "len": 7})
}

/// All of a job that ends well.
fn whole(key: &str, id: &str, elapsed_ms: u64) -> Vec<Value> {
    let done = ended(key, id, "done", elapsed_ms);
    vec![planned(key, &format!("{key}.jpg")), intent(key), accepted(key, id), done, saved(key)]
}

fn summary(records: &[Value]) -> Summary {
    let journal = read(&lines(records));
    assert_eq!(journal.check(), Ok(()));
    summary_of(&journal)
}

fn summary_of(journal: &Journal) -> Summary {
    Summary::new(journal, Path::new("shop.removit"))
}

fn json_of(summary: &Summary) -> Value {
    serde_json::to_value(summary).unwrap()
}

#[test]
fn an_input_is_counted_at_its_stage_and_only_saved_ones_are_done() {
    let all = [
        whole("1", "j-1", 1000),
        vec![planned("2", "two.jpg")],
        vec![planned("3", "three.jpg"), intent("3")],
        vec![planned("4", "four.jpg"), intent("4"), accepted("4", "j-4")],
        vec![
            planned("5", "5.jpg"),
            intent("5"),
            accepted("5", "j-5"),
            ended("5", "j-5", "done", 2),
        ],
    ];
    let found = json_of(&summary(&all.concat()));
    assert_eq!(
        found["stages"],
        json!({
            "saved": 1, "done": 1, "accepted": 1, "planned": 1, "open": 1,
            "not_accepted": 0, "ambiguous": 0, "failed": 0,
        })
    );
    assert_eq!((&found["inputs"], &found["jobs"]), (&json!(5), &json!(3)));
    assert_eq!((&found["results_saved"], &found["results_missing"]), (&json!(1), &json!(1)));
    assert_eq!(found["is_done"], false);
    assert!(summary(&whole("1", "j-1", 1000)).is_done);
    assert!(summary(&[]).is_done);
}

#[test]
fn a_result_that_was_saved_anew_counts_once() {
    let mut records = whole("1", "j-1", 1000);
    records.push(saved("1"));
    assert_eq!(summary(&records).results_saved, 1);
}

#[test]
fn each_ambiguous_input_is_named_with_what_may_exist_and_what_to_do() {
    let records = [
        planned("1", "one.jpg"),
        planned("1", "copy.jpg"),
        intent("1"),
        not_accepted("1", "ambiguous", 2, "no answer came"),
        planned("2", "two.jpg"),
        intent("2"),
    ];
    let found = summary(&records);
    assert_eq!((found.possible_jobs, found.copies), (3, 1));
    let [one, two] = found.ambiguous.as_slice() else { panic!("{found:?}") };
    assert_eq!((one.input.as_str(), one.state, one.copies), ("one.jpg", "ambiguous", 1));
    assert_eq!((one.reason.as_deref(), one.possible_jobs), (Some("no answer came"), 2));
    assert_eq!((two.input.as_str(), two.state, two.possible_jobs), ("two.jpg", "open", 1));
    let text = found.to_string();
    assert!(text.contains("\nambiguous    one.jpg (and a copy): ambiguous: no answer came\n"));
    assert!(text.contains("\nambiguous    two.jpg: open\n  to do      look at the account"));
    assert!(text.contains("jobs         0 known; up to 3 more may exist and be charged\n"));
}

#[test]
fn failed_refused_and_given_up_ones_are_told_with_their_reasons() {
    let job = |key: &str, id: &str, outcome: &str| {
        vec![
            planned(key, &format!("{key}.jpg")),
            intent(key),
            accepted(key, id),
            ended(key, id, outcome, 5),
        ]
    };
    let records = [
        job("1", "j-1", "failed"),
        job("2", "j-2", "no_result"),
        job("3", "j-3", "refused"),
        job("4", "j-4", "timed_out"),
        vec![planned("5", "5.jpg"), intent("5"), not_accepted("5", "rejected", 0, "no credits")],
        vec![planned("6", "6.jpg"), intent("6"), accepted("6", "j-6")],
    ];
    let found = summary(&records.concat());
    let told = |items: &[item::Item]| -> Vec<_> {
        let job = |item: &item::Item| item.job_id.clone().unwrap_or_default();
        items.iter().map(|item| (job(item), item.state, item.reason.clone().unwrap())).collect()
    };
    let told_as = |id: &str, state, reason: &str| (id.to_owned(), state, reason.to_owned());
    assert_eq!(
        told(&found.failed),
        [told_as("j-1", "failed", "failed it is"), told_as("j-2", "no_result", "no_result it is")]
    );
    assert_eq!(
        told(&found.given_up),
        [
            told_as("j-3", "refused", "refused it is"),
            told_as("j-4", "timed_out", "timed_out it is")
        ]
    );
    assert_eq!(told(&found.not_accepted), [told_as("", "rejected", "no credits")]);
    assert!(found.ambiguous.is_empty());
    let text = found.to_string();
    assert!(text.contains("\nfailed       2.jpg: no result, job j-2: no_result it is\n"), "{text}");
    assert!(text.contains("\nnot accepted 5.jpg: rejected: no credits\n"), "{text}");
}

#[test]
fn durations_are_those_of_done_jobs_alone() {
    let mut records: Vec<_> =
        (1..=9).flat_map(|n| whole(&n.to_string(), &format!("j-{n}"), n * 1000)).collect();
    records.extend([intent("a"), accepted("a", "j-a"), ended("a", "j-a", "timed_out", 600_000)]);
    let found = json_of(&summary(&records));
    let expected = json!({"jobs": 9, "median_ms": 5000, "p90_ms": 9000, "longest_ms": 9000});
    assert_eq!(found["durations"], expected);
    assert_eq!(json_of(&summary(&[]))["durations"], Value::Null);
    let two = summary(&[whole("1", "j-1", 1000), whole("2", "j-2", 4000)].concat());
    assert_eq!(json_of(&two)["durations"]["median_ms"], 1000);
}

#[test]
fn the_ten_slowest_jobs_are_named_slowest_first() {
    let digits = "123456789abc".chars().zip(1..);
    let records = digits.flat_map(|(key, n)| whole(&key.to_string(), &format!("j-{n}"), n * 1000));
    let found = summary(&records.collect::<Vec<_>>());
    let times: Vec<_> = found.slowest.iter().map(|slow| slow.elapsed_ms / 1000).collect();
    assert_eq!(times, [12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
    let text = found.to_string();
    assert!(text.contains("\nslowest         12.0 s done      j-12 c.jpg\n"), "{text}");
}

#[test]
fn progress_is_that_of_the_jobs_under_way() {
    let under_way = |key: &str, percent: u8| {
        let status = json!({"kind": "status", "key": key, "job_id": key, "progress": percent});
        vec![intent(key), accepted(key, key), status]
    };
    let mut records = [under_way("1", 33), under_way("2", 66), under_way("3", 34)].concat();
    records.extend([intent("4"), accepted("4", "j-4")]);
    records.extend(whole("5", "j-5", 1));
    let found = json_of(&summary(&records));
    let expected = json!({"jobs": 4, "lowest": 33, "median": 34, "highest": 66});
    assert_eq!(found["progress"], expected);
}

#[test]
fn an_input_that_only_its_key_is_known_of_is_told_by_it() {
    let found = summary(&[intent("1")]);
    assert_eq!(found.ambiguous[0].input, format!("the input with key {}", "1".repeat(64)));
}

#[test]
fn a_line_break_in_a_name_cannot_forge_a_line_and_json_keeps_it() {
    let found = summary(&[planned("1", "a\nsaved\u{1b}[2J.jpg"), intent("1")]);
    assert!(found.to_string().contains("\nambiguous    a\u{fffd}saved\u{fffd}[2J.jpg: open\n"));
    assert_eq!(json_of(&found)["ambiguous"][0]["input"], "a\nsaved\u{1b}[2J.jpg");
}

#[test]
fn damage_is_told_first_even_quietly_and_nothing_is_done_then() {
    let whole = lines(&whole("1", "j-1", 1000));
    let journal = read(&format!("{whole}{{\"kind\":\"int <torn>\ngarbage\n{{\"kind\":\"sav"));
    let told = faults(&journal, false);
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].starts_with("line 8 is damaged: "), "{told:?}");
    assert!(told[1].starts_with("line 7 was torn by a crash"), "{told:?}");
    assert!(told[2].starts_with("line 9, the last, is torn: "), "{told:?}");
    assert_eq!(faults(&journal, true), told[..1]);

    let found = json_of(&summary_of(&journal));
    assert_eq!((&found["torn_lines"], &found["broken_lines"]), (&json!([7, 9]), &json!([8])));
    assert_eq!(found["is_done"], false);
}

#[test]
fn no_more_than_twenty_faults_are_told_and_then_how_many_more() {
    let told = |count: usize| {
        let mut faults: Vec<_> = (1..=count).map(|line| line.to_string()).collect();
        cut_short(&mut faults);
        (faults.len(), faults.pop().unwrap_or_default())
    };
    assert_eq!(told(0), (0, String::new()));
    assert_eq!(told(20), (20, "20".to_owned()));
    assert_eq!(told(21), (21, "and 1 more such lines".to_owned()));
    assert_eq!(told(50), (21, "and 30 more such lines".to_owned()));
}

#[test]
fn the_id_in_a_torn_line_counts_and_that_is_said() {
    let key = "1".repeat(64);
    let torn = format!(r#"{{"kind":"accepted","at":"{AT}","key":"{key}","job_id":"j-9","att"#);
    let begun = lines(&[planned("1", "one.jpg"), intent("1")]);
    for end in ["", " <torn>\n{\"kind\":\"sav"] {
        let journal = read(&format!("{begun}{torn}{end}"));
        assert_eq!(
            faults(&journal, false)[0],
            "line 4 was torn by a crash; the job's id in it counts"
        );
        assert_eq!(summary_of(&journal).jobs, 1);
    }
    let journal = read(&format!("{begun}{{\"kind\":\"int <torn>\n{{\"kind\":\"sav"));
    assert_eq!(faults(&journal, false)[0], "line 4 was torn by a crash");
}

#[test]
fn a_torn_line_alone_leaves_nothing_to_do() {
    let journal = read(&format!("{}{{\"kind\":\"sta", lines(&whole("1", "j-1", 1000))));
    assert!(summary_of(&journal).is_done);
}

#[test]
fn copies_and_runs_are_told_by_their_number() {
    let copied = |count: usize| {
        let records: Vec<_> = (0..=count).map(|n| planned("1", &format!("{n}.jpg"))).collect();
        let text = summary(&records).to_string();
        text.lines().find(|line| line.starts_with("inputs")).unwrap().to_owned()
    };
    assert_eq!(copied(0), "inputs       1");
    assert_eq!(copied(1), "inputs       1 (and a copy)");
    assert_eq!(copied(2), "inputs       1 (and 2 copies)");
    let text = summary(&[]).to_string();
    assert!(text.contains(&format!("begun        {AT} by removit 0.1.0\n")), "{text}");
    assert!(text.contains("API          https://api.example\n"), "{text}");
    assert!(text.contains("jobs         0 known, and no other can exist\n"), "{text}");
    assert!(!text.contains("runs") && !text.contains("durations"), "{text}");
    let text = summary(&whole("1", "j-1", 61_290)).to_string();
    let times = "durations    median 61.2 s, 90 % within 61.2 s, longest 61.2 s (1 done)\n";
    assert!(text.contains(times), "{text}");
}
