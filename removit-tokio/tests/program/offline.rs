//! The commands of the program `removit` that ask no server and need no key.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use removit_tokio::JournalFile;
use removit_tokio::proto::journal::{
    Destination, Ended, Header, Input, Intent, JournalPath, Planned, Record, Saved, WallTime,
};
use removit_tokio::proto::{
    Accepted, ApiKey, ContentHash, Endpoint, Finished, InputKey, JobId, JobStatus,
};
use serde_json::Value;

fn program(args: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_removit"));
    command.env("XDG_CONFIG_HOME", "/nonexistent");
    command.args(args).current_dir(folder).stdin(Stdio::null());
    command.env_remove("REMOVIT_API_KEY").env_remove("REMOVIT_BASE_URL");
    command
}

/// Standard output and standard error of a run that ends with this code.
#[track_caller]
fn run(args: &[&str], folder: &Path, code: i32) -> (String, String) {
    let output: Output = program(args, folder).output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {output:?}");
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn now() -> WallTime {
    WallTime::from_unix(Duration::from_secs(1_796_000_000))
}

fn key(byte: u8) -> InputKey {
    InputKey::new(ContentHash::new([byte; 32]))
}

/// A new journal in the folder.
fn journal(folder: &Path) -> JournalFile {
    let header = Header::new(now(), "test 1.0");
    JournalFile::open(folder.join("shop.removit"), header).unwrap().0
}

fn planned(key: InputKey, name: &str) -> Record {
    let input = Input::File(JournalPath::new(Path::new(name)));
    let path = JournalPath::new(Path::new("out"));
    let destination = Destination::Folder { path, stem: "cup".to_owned() };
    let planned = Planned::new(now(), key, input, Default::default());
    Record::Planned(planned.with_destination(destination))
}

/// An input whose result is on disk.
fn saved(key: InputKey, name: &str) -> Vec<Record> {
    let id: JobId = "j-1".parse().unwrap();
    let answer = |body: &'static str| http::Response::builder().status(200).body(body).unwrap();
    let accepted = Accepted::decode(&answer(r#"{"job_id":"j-1"}"#)).unwrap();
    let done = answer(r#"{"state":"done","final_url":"https://cdn.example/x.png"}"#);
    let endpoint = Endpoint::production(ApiKey::new("any").unwrap());
    let finished = Finished::try_from(JobStatus::decode(&done, &id, &endpoint).unwrap()).unwrap();
    let intent = Intent::new(now(), key, 1);
    let path = JournalPath::new(Path::new("out/cup-result.png"));
    vec![
        planned(key, name),
        Record::Intent(intent.clone()),
        Record::Accepted(intent.accepted(now(), &accepted)),
        Record::Ended(Ended::done(now(), key, &finished, Duration::from_millis(4250))),
        Record::Saved(Saved::new(now(), key, path, 7)),
    ]
}

#[test]
fn a_journal_whose_inputs_are_all_saved_is_reported_with_exit_0() {
    let folder = tempfile::tempdir().unwrap();
    journal(folder.path()).append_all(&saved(key(1), "cup.jpg")).unwrap();
    let (out, err) = run(&["report", "shop.removit"], folder.path(), 0);
    assert!(
        out.contains("           1 saved         all that was asked for is on disk\n"),
        "{out}"
    );
    assert!(out.contains("durations    median 4.2 s, 90 % within 4.2 s"), "{out}");
    assert_eq!(err, "");
}

#[test]
fn a_report_can_be_had_while_another_process_is_at_work() {
    let folder = tempfile::tempdir().unwrap();
    let mut open = journal(folder.path());
    open.append_all(&saved(key(1), "cup.jpg")).unwrap();
    open.append_all(&[planned(key(2), "hat.jpg"), Record::Intent(Intent::new(now(), key(2), 1))])
        .unwrap();
    let (out, _) = run(&["report", "shop.removit"], folder.path(), 3);
    assert!(out.contains("ambiguous    hat.jpg: open\n"), "{out}");
    // The lock is still this process's.
    open.append(&Record::Intent(Intent::new(now(), key(3), 1))).unwrap();
}

#[test]
fn a_report_as_json_is_one_object_and_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut open = journal(folder.path());
    open.append_all(&saved(key(1), "cup.jpg")).unwrap();
    open.append(&planned(key(2), "hat.jpg")).unwrap();
    let (out, _) = run(&["report", "shop.removit", "--json"], folder.path(), 3);
    assert_eq!(out.lines().count(), 1, "{out}");
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&json["inputs"], &json["stages"]["saved"]), (&Value::from(2), &Value::from(1)));
    assert_eq!(json["slowest"][0]["elapsed_ms"], 4250);
    assert_eq!(json["is_done"], false);
}

#[test]
fn what_is_torn_or_damaged_is_said_on_standard_error_and_the_rest_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    journal(folder.path()).append_all(&saved(key(1), "cup.jpg")).unwrap();
    let path = folder.path().join("shop.removit");
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend_from_slice(b"garbage\n{\"kind\":\"inte");
    fs::write(&path, bytes).unwrap();
    let (out, err) = run(&["report", "shop.removit", "--quiet"], folder.path(), 3);
    assert!(err.starts_with("removit: line 8 is damaged: "), "{err}");
    assert!(out.contains("1 saved"), "{out}");
    let (_, err) = run(&["report", "shop.removit"], folder.path(), 3);
    assert!(err.contains("removit: line 9, the last, is torn"), "{err}");
}

#[test]
fn a_file_that_is_no_journal_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("notes.txt"), "milk\n").unwrap();
    let (out, err) = run(&["report", "notes.txt"], folder.path(), 1);
    assert!(err.contains("notes.txt cannot be used as a journal"), "{err}");
    assert_eq!(out, "");
    let (_, err) = run(&["report", "absent"], folder.path(), 1);
    assert!(err.contains("absent cannot be opened"), "{err}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    journal(folder.path()).append_all(&saved(key(1), "cup.jpg")).unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = program(&["report", "shop.removit"], folder.path());
    let output = command.stdout(writer).stderr(Stdio::piped()).output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_standard_output_is_told() {
    let folder = tempfile::tempdir().unwrap();
    journal(folder.path()).append_all(&saved(key(1), "cup.jpg")).unwrap();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = program(&["report", "shop.removit"], folder.path());
    let output = command.stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("No space left"));
}

#[test]
fn each_shell_gets_a_script_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    for (shell, words) in [
        ("bash", "complete -F _removit"),
        ("zsh", "#compdef removit"),
        ("fish", "complete -c removit"),
        ("elvish", "edit:completion"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let (script, err) = run(&["completions", shell], folder.path(), 0);
        assert!(script.contains(words) && script.contains("tls-roots"), "{shell}");
        assert_eq!(err, "", "{shell}");
    }
    run(&["completions", "cmd"], folder.path(), 2);
}

#[cfg(unix)]
#[test]
fn bash_completes_commands_and_options_with_its_script() {
    let folder = tempfile::tempdir().unwrap();
    let (script, _) = run(&["completions", "bash"], folder.path(), 0);
    fs::write(folder.path().join("script"), script).unwrap();
    let completed = |words: &str, at: usize| {
        let asked = format!(
            "source ./script; COMP_WORDS=({words}); COMP_CWORD={at}; \
             _removit removit \"${{COMP_WORDS[{at}]}}\" \"${{COMP_WORDS[{at}-1]}}\"; \
             echo \"${{COMPREPLY[*]}}\""
        );
        let mut bash = Command::new("bash");
        let output = bash.args(["-c", &asked]).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(completed("removit rep", 1), "report\n");
    assert_eq!(completed("removit process --over", 2), "--overwrite\n");
    assert_eq!(completed("removit process --tls-roots pl", 3), "platform\n");
}

#[test]
fn the_program_and_each_command_have_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let (program, _) = run(&["man"], folder.path(), 0);
    let title = format!(".TH removit 1  \"removit {}\"", env!("CARGO_PKG_VERSION"));
    assert!(program.contains(&title), "{program}");
    assert!(program.contains("6 upload ambiguous: a job may exist"), "{program}");

    let names = program.lines().filter_map(|line| line.strip_prefix("removit\\-"));
    let names: Vec<_> = names.filter_map(|line| line.strip_suffix("(1)")).collect();
    assert!(names.contains(&"process") && names.contains(&"report"), "{names:?}");
    for name in names {
        let (page, _) = run(&["man", name], folder.path(), 0);
        let title = format!(".TH removit-{name} 1  \"removit {}\"", env!("CARGO_PKG_VERSION"));
        assert!(page.contains(&title), "{page}");
    }
    let (_, err) = run(&["man", "absent"], folder.path(), 2);
    assert!(err.contains("there are process, resume,"), "{err}");
}

#[test]
fn a_manual_page_shows_nothing_of_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(&["man", "process"], folder.path());
    command.env("REMOVIT_BASE_URL", "https://staging.example");
    let page = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(page.contains("https://api.removit.eu") && !page.contains("staging.example"), "{page}");
}
