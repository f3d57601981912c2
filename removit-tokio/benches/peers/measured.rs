//! Measures a row: its worker plain, and under callgrind where valgrind is there.

use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::worker::Place;

/// What a row's job costs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    /// Instructions a job, of the whole process beyond its start.
    pub(crate) instructions: Option<f64>,
    /// Allocations a job.
    pub(crate) allocations: Option<f64>,
    /// Milliseconds of processor time a job, with the process's start.
    pub(crate) processor: f64,
    /// The most memory that the process held, in MiB.
    pub(crate) peak: f64,
}

/// The server, for as long as this lives.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    pub(crate) base_url: String,
}

impl Server {
    pub(crate) fn start() -> io::Result<Self> {
        let mut process =
            itself().arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut base_url = String::new();
        if let Some(said) = process.stdout.take() {
            BufReader::new(said).read_line(&mut base_url)?;
        }
        Ok(Self { process, base_url: base_url.trim().to_owned() })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its standard input ends.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// Whether instructions can be counted.
pub(crate) fn has_valgrind() -> bool {
    let version = Command::new("valgrind").arg("--version").output();
    version.is_ok_and(|said| said.status.success())
}

/// Allocations, processor time and memory of so many jobs.
pub(crate) fn plain(work: &str, who: &str, jobs: usize, place: Place<'_>) -> io::Result<Cost> {
    if who == "curl" {
        return curl(jobs, place);
    }
    let said = output(itself().args(arguments(work, who, jobs, place)))?;
    let mut figures = said.split_whitespace().filter_map(|figure| figure.parse::<f64>().ok());
    let mut next = || figures.next().ok_or_else(|| io::Error::other(said.clone()));
    Ok(Cost {
        allocations: Some(next()? / jobs as f64),
        processor: next()? * 1000.0 / (jobs + 1) as f64,
        peak: next()? / 1024.0,
        instructions: None,
    })
}

/// Instructions a job: what `jobs` more of them take.
pub(crate) fn instructions(
    work: &str,
    who: &str,
    jobs: usize,
    place: Place<'_>,
) -> io::Result<f64> {
    const FIRST: usize = 10;
    let of = |jobs| -> io::Result<f64> {
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
        valgrind.arg(std::env::current_exe()?).args(arguments(work, who, jobs, place));
        let ran = valgrind.output()?;
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        let collected = said.lines().find_map(|line| line.split_once("Collected : "));
        let count = collected.and_then(|(_, count)| count.trim().parse().ok());
        count.filter(|_| ran.status.success()).ok_or_else(|| io::Error::other(said))
    };
    Ok((of(FIRST + jobs)? - of(FIRST)?) / jobs as f64)
}

/// curl is a process for each upload; what the system counts of it is all that is known.
fn curl(jobs: usize, place: Place<'_>) -> io::Result<Cost> {
    let before = children()?;
    let mut peak = 0.0_f64;
    for _ in 0..jobs {
        let mut curl = Command::new("curl");
        curl.args(["-sSf", "-H", "Expect:", "-H", &format!("X-API-Key: {}", crate::answers::KEY)]);
        curl.args(["-F", &format!("file=@{};type=image/png", place.photo.display())]);
        curl.arg(format!("{}/api/v1/upload", place.base_url)).stdout(Stdio::null());
        let mut curl = curl.spawn()?;
        let status = format!("/proc/{}/status", curl.id());
        while curl.try_wait()?.is_none() {
            peak = peak.max(high_water(Path::new(&status)));
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    let processor = (children()? - before) * 1000.0 / jobs as f64;
    Ok(Cost { processor, peak, ..Cost::default() })
}

/// The processor time of all children that ended, in seconds.
fn children() -> io::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(13).take(2);
    Ok(ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0)
}

fn high_water(status: &Path) -> f64 {
    let status = std::fs::read_to_string(status).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse().unwrap_or(0.0) / 1024.0
}

fn arguments(work: &str, who: &str, jobs: usize, place: Place<'_>) -> [String; 6] {
    let photo = place.photo.display().to_string();
    let [work, who] = [work, who].map(str::to_owned);
    ["worker".to_owned(), work, who, jobs.to_string(), place.base_url.to_owned(), photo]
}

fn itself() -> Command {
    Command::new(std::env::current_exe().expect("this program's path"))
}

fn output(command: &mut Command) -> io::Result<String> {
    let ran = command.output()?;
    if !ran.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&ran.stderr).into_owned()));
    }
    Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
}
