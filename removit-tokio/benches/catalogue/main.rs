//! What a catalogue costs: the program beside `xargs -P` over a shell script of curl,
//! on the same photos, against the same simulator, over real HTTP.
//!
//! ```text
//! cargo bench -p removit-tokio --features cli --bench catalogue [-- INPUTS]
//! ```
//!
//! The script looks at a job every two seconds, the program when its schedule says so. Both
//! may have `AT_ONCE` photos on their way. Times are the processor's own, of all processes of a side; memory is
//! the most that all of them together held at a sample. The simulator works in this
//! process and counts for neither. Fails where a side did not make one job and one
//! result of each photo. Reads `/proc`, so that it runs on Linux only.

mod measured;

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use measured::Measured;
use removit_tokio::proto::simulator::{Config, Simulator};
use removit_tokio::simulator::SimulatorServer;

/// A photo: what makes it one, its number, and this many bytes in all.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const PHOTO: usize = 16 * 1024;
/// How many photos the program sends at once, and how many processes xargs keeps.
const AT_ONCE: &str = "64";

/// One photo with curl, as a shop's script would have it: no retry, no record.
const SCRIPT: &str = r#"
set -eu
key="X-API-Key: $REMOVIT_API_KEY"
api="$REMOVIT_BASE_URL/api/v1"
job=$(curl -sSf -H "$key" -F "file=@$1;type=image/png" -F delivery_mode=final_url "$api/upload" \
    | sed -n 's/.*"job_id" *: *"\([^"]*\)".*/\1/p')
while :; do
    sleep 2
    status=$(curl -sSf -H "$key" "$api/status?job_id=$job")
    case $status in *'"state":"done"'*) break ;; esac
done
url=$(printf '%s' "$status" | sed -n 's/.*"final_url" *: *"\([^"]*\)".*/\1/p')
curl -sSf -o "out/$(basename "$1")" "$url"
"#;

fn main() -> ExitCode {
    if !cfg!(target_os = "linux") {
        println!("SKIPPED: processes are measured in /proc, which only Linux has");
        return ExitCode::SUCCESS;
    }
    let inputs = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let inputs: usize = inputs.unwrap_or(10_000);
    println!("{inputs} photos of {PHOTO} bytes, {AT_ONCE} at once");

    let removit = run("removit process", inputs, |_| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_removit"));
        command.args(["process", "photos", "--out-dir", "out", "--delivery", "final-url"]);
        command.args(["--jobs", AT_ONCE, "--rate", "100000", "--quiet", "--yes"]);
        command
    });
    let xargs = run("xargs and curl", inputs, |folder| {
        fs::write(folder.join("one.sh"), SCRIPT).unwrap();
        let photos = (0..inputs).map(photo).collect::<Vec<_>>().join("\n");
        fs::write(folder.join("list"), photos).unwrap();
        let mut command = Command::new("xargs");
        command.args(["-P", AT_ONCE, "-n", "1", "-a", "list", "sh", "one.sh"]);
        command
    });
    println!(
        "removit beside xargs: {:.1} times the photos a second, {:.3} of the processor time, \
         {:.2} of the memory",
        xargs.took.as_secs_f64() / removit.took.as_secs_f64(),
        removit.processor.as_secs_f64() / xargs.processor.as_secs_f64(),
        removit.memory as f64 / xargs.memory as f64,
    );
    ExitCode::SUCCESS
}

fn photo(number: usize) -> String {
    format!("photos/{number:05}.png")
}

fn run(name: &str, inputs: usize, command: impl FnOnce(&Path) -> Command) -> Measured {
    let server = SimulatorServer::start(Simulator::new(Config::instant())).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("photos")).unwrap();
    fs::create_dir(folder.path().join("out")).unwrap();
    for number in 0..inputs {
        let mut content = [PNG, format!("{number:08}").as_bytes()].concat();
        content.resize(PHOTO, 7);
        fs::write(folder.path().join(photo(number)), content).unwrap();
    }
    let mut command = command(folder.path());
    command.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::null());
    command.env("XDG_STATE_HOME", folder.path().join("state"));
    command.env("REMOVIT_API_KEY", "sk-bench").env("REMOVIT_BASE_URL", server.base_url());
    let measured = Measured::run(&mut command);
    assert_eq!(server.account().jobs.len(), inputs, "{name}: one job a photo");
    let results = fs::read_dir(folder.path().join("out")).unwrap();
    let results = results.filter(|entry| {
        entry.as_ref().unwrap().path().extension().is_some_and(|ending| ending == "png")
    });
    assert_eq!(results.count(), inputs, "{name}: one result a photo");
    let each = measured.processor.as_secs_f64() * 1000.0 / inputs as f64;
    println!(
        "{name:>16}: {:6.1} photos a second, {each:6.2} ms of processor time each, {:6.1} MiB",
        inputs as f64 / measured.took.as_secs_f64(),
        measured.memory as f64 / 1024.0 / 1024.0,
    );
    measured
}
