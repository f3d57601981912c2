use clap::Parser;

use super::*;
use crate::cli::Cli;

fn shared(words: &[&str]) -> Shared {
    Cli::try_parse_from([&["removit", "config"], words].concat()).unwrap().shared
}

/// The lines that are written while this happens, without their times.
fn lines(most: Level, happens: impl FnOnce()) -> Vec<String> {
    let (sender, receiver) = sync_channel(LINES_KEPT);
    let file = Arc::new(LogFile::to(sender));
    let layer = Attempts { lines: Lines::File(file.clone()), most };
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), happens);
    assert_eq!(file.close(), None);
    let without_time = |line: String| line.split_once(' ').unwrap().1.to_owned();
    receiver.into_iter().map(without_time).collect()
}

#[test]
fn lines_that_a_slow_disk_does_not_take_are_counted() {
    let (sender, receiver) = sync_channel(1);
    let file = LogFile::to(sender);
    for line in ["kept", "lost", "lost"] {
        file.write(line.to_owned());
    }
    assert_eq!(file.close().as_deref(), Some("removit: 2 lines of the log are lost"));
    file.write("late".to_owned());
    assert_eq!(receiver.into_iter().collect::<Vec<_>>(), ["kept"]);
}

#[test]
fn what_was_closed_is_written_to_its_end_without_a_wait() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let (file, written) = LogFile::begin(&path);
    file.write("one".to_owned());
    file.write("two".to_owned());
    assert_eq!(file.close(), None);
    written.recv().unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\n");
}

#[test]
fn only_this_program_and_only_what_was_asked_for_is_logged() {
    let happens = || {
        tracing::info!(target: TARGET, "said");
        tracing::debug!(target: TARGET, "said in detail");
        tracing::info!(target: "elsewhere", "said by another");
        tracing::trace!(target: TARGET, "said in each detail");
    };
    assert_eq!(lines(Level::INFO, happens), ["said"]);
    assert_eq!(lines(Level::DEBUG, happens), ["said", "said in detail"]);
}

#[test]
fn an_attempt_is_a_line_when_it_ends_and_in_detail_one_when_it_begins() {
    let happens = || {
        let span = tracing::info_span!(
            target: TARGET,
            "request",
            otel.name = "upload",
            server.address = "api.example",
            server.port = 443,
            http.request.body.size = 7,
            http.request.resend_count = 1,
            http.response.status_code = tracing::field::Empty,
            error.type = tracing::field::Empty,
        );
        span.record("http.response.status_code", 503);
    };
    let ended = "upload at api.example:443: 503 after 0.";
    let [one] = &lines(Level::INFO, happens)[..] else { panic!("one line") };
    assert!(one.starts_with(ended) && one.ends_with(" s, sent 1 times before"), "{one}");
    let [begun, one] = &lines(Level::DEBUG, happens)[..] else { panic!("two lines") };
    assert_eq!(begun, "upload at api.example:443: begun, with 7 bytes");
    assert!(one.starts_with(ended), "{one}");
}

#[test]
fn the_end_of_an_attempt_names_its_status_its_error_or_both() {
    let took = Duration::from_millis(1250);
    for (status, error, resent, expected) in [
        ("", "", "", "a at b:1: given up after 1.250 s"),
        ("", "timeout", "", "a at b:1: timeout after 1.250 s"),
        ("200", "", "", "a at b:1: 200 after 1.250 s"),
        ("503", "503", "", "a at b:1: 503 after 1.250 s"),
        ("200", "cut", "2", "a at b:1: 200, cut after 1.250 s, sent 2 times before"),
    ] {
        let [what, host, port] = ["a", "b", "1"].map(str::to_owned);
        let (status, error, resent) = (status.to_owned(), error.to_owned(), resent.to_owned());
        let fields = Fields { what, host, port, status, error, resent, ..Fields::default() };
        assert_eq!(fields.ended(took), expected);
    }
}

#[test]
fn a_log_goes_to_standard_error_where_it_has_no_file() {
    assert!(!is_on_standard_error(&shared(&[])));
    assert!(is_on_standard_error(&shared(&["-v"])));
    assert!(!is_on_standard_error(&shared(&["--log-file", "x"])));
    assert!(!is_on_standard_error(&shared(&["-v", "--log-file", "x"])));
}
