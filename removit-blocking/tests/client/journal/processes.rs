//! Several processes, and one that may not write more than a little. Each is
//! this very program, which runs one of the parts below.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use removit_blocking::proto::journal::{Need, Question};
use removit_blocking::{JournalError, JournalFile};

use super::records::{Folder, accepted, intent, key, open, opened};

const JOURNAL: &str = "REMOVIT_TEST_JOURNAL";

/// The journal, where this process is another's part.
fn given() -> Option<PathBuf> {
    std::env::var_os(JOURNAL).map(PathBuf::from)
}

/// A process that runs the part of this name, and nothing else.
fn process(program: &str, arguments: &[&str], part: &str, folder: &Folder) -> Child {
    let mut command = Command::new(program);
    command.args(arguments).args([part, "--exact", "--nocapture", "--test-threads=1"]);
    command.env(JOURNAL, folder.journal());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

fn this_program() -> String {
    std::env::current_exe().unwrap().into_os_string().into_string().unwrap()
}

/// Reads what the process says up to a line that ends so.
fn wait_for(child: &mut Child, end: &str) {
    let said = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    assert!(said.map(Result::unwrap).any(|line| line.ends_with(end)), "it never said {end:?}");
}

/// A part: holds the journal with an open upload until its input ends.
#[test]
fn part_that_holds_a_journal() {
    let Some(path) = given() else { return };
    let (mut journal, _) = opened(&path);
    journal.append(&intent(1)).unwrap();
    println!("holding");
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

#[test]
fn a_second_process_is_told_who_has_the_journal() {
    let folder = Folder::new();
    let mut child =
        process(&this_program(), &[], "journal::processes::part_that_holds_a_journal", &folder);
    wait_for(&mut child, "holding");

    let before = std::fs::read(folder.journal()).unwrap();
    let error = open(&folder.journal()).unwrap_err();
    let pid = child.id();
    assert!(matches!(&error, JournalError::Locked { pid: Some(holder), .. } if *holder == pid));
    let text = error.to_string();
    let start = format!("another process ({pid}) is at work on the journal ");
    assert!(text.starts_with(&start) && text.contains("shop.removit; wait for its end"), "{text}");
    assert_eq!(std::fs::read(folder.journal()).unwrap(), before);

    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    opened(&folder.journal());
}

#[test]
fn a_journal_in_use_can_be_read() {
    let folder = Folder::new();
    let (mut journal, _) = opened(&folder.journal());
    journal.append(&accepted(1, "job-1")).unwrap();
    let read = JournalFile::read(folder.journal());
    assert_eq!(read.unwrap().replay.need(&key(1)), Need::Poll(&"job-1".parse().unwrap()));
}

#[test]
fn a_killed_process_frees_the_journal_and_leaves_its_intent() {
    let folder = Folder::new();
    let mut child =
        process(&this_program(), &[], "journal::processes::part_that_holds_a_journal", &folder);
    wait_for(&mut child, "holding");
    child.kill().unwrap();
    child.wait().unwrap();
    let (_, replay) = opened(&folder.journal());
    assert_eq!(replay.need(&key(1)), Need::Operator(Question::Ambiguous));
}

#[test]
fn one_process_cannot_open_a_journal_twice() {
    let folder = Folder::new();
    let (_journal, _) = opened(&folder.journal());
    let error = open(&folder.journal()).unwrap_err();
    assert!(
        matches!(error, JournalError::Locked { pid: Some(pid), .. } if pid == std::process::id())
    );
}

/// A part: writes until the file is as long as this process may make one.
#[test]
fn part_that_runs_out_of_space() {
    let Some(path) = given() else { return };
    let (mut journal, _) = opened(&path);
    let mut stored = 0;
    let error = loop {
        match journal.append(&intent(1)) {
            Ok(()) => stored += 1,
            Err(error) => break error,
        }
    };
    assert!(stored > 0 && error.job_ids().is_empty());
    assert!(error.to_string().ends_with("; no upload is sent without its record"), "{error}");

    // The upload that was under way is accepted, and its id must not be lost.
    let error = journal.append(&accepted(2, "job-2")).unwrap_err();
    assert_eq!(error.job_ids(), [&"job-2".parse().unwrap()]);
    let text = error.to_string();
    assert!(text.ends_with("write down what is paid for and not in it: job-2"), "{text}");

    println!("stored {stored}");
}

/// A limit on the length of files is a full disk that needs no disk: a write stops
/// in the middle of a line, and what got there is taken back.
#[test]
#[cfg(unix)]
fn a_full_disk_stops_uploads_and_loses_no_id() {
    let folder = Folder::new();
    let script = r#"trap "" XFSZ; ulimit -f 8; exec "$0" "$@""#;
    let part = "journal::processes::part_that_runs_out_of_space";
    let mut child = process("sh", &["-c", script, &this_program()], part, &folder);
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(child.wait().unwrap().success(), "{said}");
    let (_, stored) = said.split_once("stored ").unwrap();
    let stored: u64 = stored.split_whitespace().next().unwrap().parse().unwrap();

    let (mut journal, replay) = opened(&folder.journal());
    let entry = replay.entry(&key(1)).unwrap();
    assert!(entry.possible_jobs() >= stored, "what was stored is there");
    journal.append(&accepted(2, "job-2")).unwrap();
    drop(journal);
    let journal = JournalFile::read(folder.journal()).unwrap();
    assert!(journal.check().is_ok() && journal.torn.is_empty(), "taken back: {:?}", journal.torn);
    assert_eq!(journal.replay.need(&key(2)), Need::Poll(&"job-2".parse().unwrap()));
}
