//! Standard output and standard error: nothing else in the program writes to either.
//!
//! Whoever reads them may go away, and their disk may be full: that ends no work.
//! What was paid for is told on standard error where standard output does not take
//! it, and the exit code says so.

use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::exit::Exit;
use crate::refused::Refused;

/// Whether something that mattered was not written to standard output.
static UNWRITTEN: AtomicBool = AtomicBool::new(false);

/// A line for people, on standard error. Where nobody reads it, nothing is lost.
pub(crate) fn say(line: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(format!("{line}\n").as_bytes()).and_then(|()| stderr.flush());
}

/// Text for people without a line's end, such as a question.
pub(crate) fn ask(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

/// A line of a result, such as a path. A reader that has seen enough, such as
/// `head`, is no error.
pub(crate) fn result(line: &str) {
    text(format!("{line}\n").as_bytes());
}

/// Text that was asked for, such as a manual page.
pub(crate) fn text(bytes: &[u8]) {
    match write(bytes) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => unwritten(&error, None),
        _ => {}
    }
}

/// A line that must not be lost: it names a job, or says how an input ended. Where
/// it cannot be written, the job's id goes to standard error.
pub(crate) fn vital(line: &str, job_id: Option<&str>) {
    if let Err(error) = write(format!("{line}\n").as_bytes()) {
        unwritten(&error, job_id);
    }
}

/// A job's id where nothing else was asked for.
pub(crate) fn id(job_id: &str) {
    if may_have_been_closed() {
        say(&format!("removit: standard output leads nowhere: job {job_id}"));
    }
    vital(job_id, Some(job_id));
}

/// Whether standard output may have been closed when the program began. The standard
/// library has put the null device in its place then, open for reading too. So do those
/// who want to hear nothing, and nothing tells the two apart: it is no failure.
fn may_have_been_closed() -> bool {
    let is_null =
        std::fs::read_link("/proc/self/fd/1").is_ok_and(|to| to.as_os_str() == "/dev/null");
    let info = std::fs::read_to_string("/proc/self/fdinfo/1").unwrap_or_default();
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| u64::from_str_radix(flags.trim(), 8).ok());
    is_null && flags.is_some_and(|flags| flags & 0o3 == 0o2)
}

/// Whether standard output can be a result's place, asked before anything is paid.
pub(crate) fn takes_a_result(json: bool) -> Result<(), Refused> {
    if json {
        return Err(Refused::usage("-o - and --json both want standard output; choose one"));
    }
    if may_have_been_closed() {
        let message = "-o -: standard output is closed, or leads nowhere; nothing was sent";
        return Err(Refused::local(message));
    }
    Ok(())
}

/// A result itself.
///
/// # Errors
/// Where not all of it was taken.
pub(crate) fn bytes(mut from: impl io::Read) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    io::copy(&mut from, &mut stdout)?;
    stdout.flush()
}

/// The exit code: what could not be written is no success.
pub(crate) fn exit(exit: Exit) -> Exit {
    match exit {
        Exit::Done | Exit::Mixed if UNWRITTEN.load(Ordering::Relaxed) => Exit::LocalIo,
        exit => exit,
    }
}

fn write(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// The reason is told once, the jobs each.
fn unwritten(error: &io::Error, job_id: Option<&str>) {
    if !UNWRITTEN.swap(true, Ordering::Relaxed) {
        say(&format!("removit: standard output cannot be written: {error}"));
    }
    if let Some(job_id) = job_id {
        say(&format!("removit: not written there: job {job_id}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One test, since all share what was not written.
    #[test]
    fn what_could_not_be_written_makes_of_a_success_a_failure_of_this_side() {
        let exits = || [Exit::Done, Exit::Mixed, Exit::NoCredits].map(exit);
        assert_eq!(exits(), [Exit::Done, Exit::Mixed, Exit::NoCredits]);
        unwritten(&ErrorKind::StorageFull.into(), Some("j-1"));
        assert_eq!(exits(), [Exit::LocalIo, Exit::LocalIo, Exit::NoCredits]);
    }
}
