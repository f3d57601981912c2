//! The tests, each in a process of its own, and which mutants each of them reaches.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::compile::Program;

/// A test that passes without a mutant.
#[derive(Clone, Debug)]
pub struct Test {
    pub program: Program,
    pub name: String,
    pub took: Duration,
    pub reached: BTreeSet<usize>,
}

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Passed,
    Failed,
    TimedOut,
}

/// Longer than any test takes, for those that are run without a mutant.
const PATIENCE: Duration = Duration::from_secs(600);

/// More than any test needs, of addresses and of each file.
const MOST_BYTES: u64 = 8 << 30;

impl Test {
    /// The name among the tests of all programs.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.program.name, self.name)
    }

    /// Runs it with a mutant that is on. Another's load makes it slower, which is not the mutant's doing.
    pub fn with(&self, mutant: usize, temporary: &Path) -> Ended {
        let mut command = self.command(temporary);
        command.env("MUTANT", mutant.to_string()).stdout(Stdio::null()).stderr(Stdio::null());
        run(command, temporary, self.took * 10 + Duration::from_secs(60))
    }

    fn command(&self, temporary: &Path) -> Command {
        // A loop without an end fills neither the memory nor the disk, and it ends with this program, however
        // that ends.
        let mut command = Command::new("prlimit");
        command.args([format!("--as={MOST_BYTES}"), format!("--fsize={MOST_BYTES}")]);
        command.args(["setpriv", "--pdeathsig", "KILL"]).arg(&self.program.path);
        command.args(["--exact", &self.name]).current_dir(&self.program.folder);
        command.env("CARGO_MANIFEST_DIR", &self.program.folder).env("TMPDIR", temporary);
        command.env_remove("MUTANT").env_remove("MUTANT_SEEN").stdin(Stdio::null());
        command
    }

    /// Runs it without a mutant, up to twice, and reads what it reached.
    fn without(&mut self, number: usize, seen: &Path, temporary: &Path) -> io::Result<Ended> {
        let (seen_file, output) =
            (seen.join(number.to_string()), seen.join(format!("{number}.out")));
        let mut ended = Ended::Failed;
        for _ in 0..2 {
            let mut command = self.command(temporary);
            let output = File::create(&output)?;
            command.env("MUTANT_SEEN", seen).env("MUTANT_TEST", number.to_string());
            command.stdout(output.try_clone()?).stderr(output);
            let begun = Instant::now();
            ended = run(command, temporary, PATIENCE);
            self.took = begun.elapsed();
            if ended == Ended::Passed {
                break;
            }
        }
        let lines = fs::read_to_string(seen_file).unwrap_or_default();
        self.reached = lines.lines().filter_map(|line| line.parse().ok()).collect();
        Ok(ended)
    }
}

/// The tests of programs, apart from those that are ignored.
pub fn of(programs: &[Program]) -> Result<Vec<Test>, String> {
    let mut tests = Vec::new();
    for program in programs {
        let all = listed(program, &["--list", "--format", "terse"])?;
        let ignored = listed(program, &["--list", "--format", "terse", "--ignored"])?;
        tests.extend(all.difference(&ignored).map(|name| Test {
            program: program.clone(),
            name: name.clone(),
            took: Duration::ZERO,
            reached: BTreeSet::new(),
        }));
    }
    Ok(tests)
}

fn listed(program: &Program, args: &[&str]) -> Result<BTreeSet<String>, String> {
    let output = Command::new(&program.path).args(args).current_dir(&program.folder).output();
    let output = output.map_err(|error| format!("{}: {error}", program.path.display()))?;
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(lines.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect())
}

/// Runs each test once without a mutant; those that fail are named and left out.
pub fn baseline(
    tests: Vec<Test>,
    jobs: usize,
    out: &Path,
    temporary: &Path,
) -> io::Result<Vec<Test>> {
    let seen = out.join("seen");
    let _ = fs::remove_dir_all(&seen);
    fs::create_dir_all(&seen)?;
    let (next, passed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    in_parallel(jobs, temporary, |temporary| {
        while let Some((number, test)) = take(&tests, &next) {
            let mut test = test.clone();
            match test.without(number, &seen, temporary) {
                Ok(Ended::Passed) => passed.lock().expect("no thread panics").push(test),
                ended => eprintln!(
                    "left out, {ended:?} without a mutant: {} (seen/{number}.out)",
                    test.full_name()
                ),
            }
        }
    });
    let mut passed = passed.into_inner().expect("no thread panics");
    passed.sort_by_key(|test| test.took);
    Ok(passed)
}

/// The next of a list that several threads work on, with its number.
pub fn take<'a, T>(list: &'a [T], next: &AtomicUsize) -> Option<(usize, &'a T)> {
    let number = next.fetch_add(1, Ordering::Relaxed);
    list.get(number).map(|one| (number, one))
}

/// Does the same in several threads, each with a folder of its own for what tests leave behind.
pub fn in_parallel(jobs: usize, temporary: &Path, work: impl Fn(&Path) + Sync) {
    thread::scope(|scope| {
        for job in 0..jobs {
            let (work, folder) = (&work, temporary.join(job.to_string()));
            scope.spawn(move || work(&folder));
        }
    });
}

/// Runs a command in a process group and a temporary folder that are gone with it.
fn run(mut command: Command, temporary: &Path, patience: Duration) -> Ended {
    let _ = fs::remove_dir_all(temporary);
    let made = fs::create_dir_all(temporary);
    let child = made.and_then(|()| command.process_group(0).spawn());
    let Ok(mut child) = child else { return Ended::Failed };
    let status = wait(&mut child, patience);
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait();
    let _ = fs::remove_dir_all(temporary);
    match status {
        Some(status) if status.success() => Ended::Passed,
        Some(_) => Ended::Failed,
        None => Ended::TimedOut,
    }
}

fn wait(child: &mut Child, patience: Duration) -> Option<ExitStatus> {
    let until = Instant::now() + patience;
    while Instant::now() < until {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        thread::sleep(Duration::from_millis(4));
    }
    None
}

/// A folder for temporary files whose path is short, as those of sockets have to be.
pub fn temporary() -> PathBuf {
    std::env::temp_dir().join(format!("at-once-{}", std::process::id()))
}
