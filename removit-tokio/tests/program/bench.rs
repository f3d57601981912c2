//! A simulated vendor, a folder to work in, a ledger, settings, and the program.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use removit_tokio::proto::simulator::{Config, Kind, Scenario, Simulator};
use removit_tokio::simulator::SimulatorServer;
use tempfile::TempDir;

use crate::ran::{KEY, Ran};

pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and so on: ";

pub(crate) struct Bench {
    pub(crate) server: SimulatorServer,
    pub(crate) folder: TempDir,
    state: TempDir,
}

impl Bench {
    /// A vendor without waiting times.
    pub(crate) fn new() -> Self {
        Self::with(Config::instant())
    }

    pub(crate) fn scenario(name: &str) -> Self {
        Self::with(Scenario::by_name(name).unwrap().apply(Config::instant()))
    }

    /// With one photo, `cup.png`.
    pub(crate) fn with(config: Config) -> Self {
        let server = SimulatorServer::start(Simulator::new(config)).unwrap();
        let (folder, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let bench = Self { server, folder, state };
        bench.photo("cup.png", "cup");
        bench
    }

    /// Writes a photo that is like no other with another content.
    pub(crate) fn photo(&self, name: &str, content: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, [PNG, content.as_bytes()].concat()).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder of the ledger.
    pub(crate) fn state(&self) -> PathBuf {
        self.state.path().join("removit")
    }

    /// The file of the settings, with this text in it.
    pub(crate) fn settings(&self, text: &str) -> PathBuf {
        let folder = self.state.path().join("config").join("removit");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("config.toml"), text).unwrap();
        folder.join("config.toml")
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_removit"));
        command.args(args);
        self.prepare(&mut command);
        command
    }

    /// The program behind a shell's words: `"$@"` is the program with its arguments.
    pub(crate) fn shell(&self, script: &str, args: &[&str]) -> Command {
        let mut command = Command::new("bash");
        command.args(["-c", script, "bash", env!("CARGO_BIN_EXE_removit")]).args(args);
        self.prepare(&mut command);
        command
    }

    fn prepare(&self, command: &mut Command) {
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env("REMOVIT_API_KEY", KEY).env("REMOVIT_BASE_URL", self.server.base_url());
        command.env("XDG_STATE_HOME", self.state.path());
        // Whoever runs the tests has settings of their own.
        command.env("XDG_CONFIG_HOME", self.state.path().join("config"));
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        finish(self.command(args).spawn().unwrap())
    }

    pub(crate) fn jobs(&self) -> usize {
        self.server.account().jobs.len()
    }

    pub(crate) fn uploads(&self) -> u64 {
        self.server.account().requests(Kind::Upload)
    }

    pub(crate) fn id(&self, job: usize) -> String {
        self.server.account().jobs[job].id.to_string()
    }

    /// The names in a folder, sorted.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// What a run left behind. One that does not end is ended, and fails the test.
#[track_caller]
pub(crate) fn finish(child: Child) -> Ran {
    let id = child.id().to_string();
    let (sender, receiver) = std::sync::mpsc::channel();
    thread::spawn(move || sender.send(child.wait_with_output()));
    match receiver.recv_timeout(Duration::from_secs(120)) {
        Ok(output) => Ran::new(&output.unwrap()),
        Err(_) => {
            let _ = Command::new("kill").args(["-KILL", &id]).status();
            panic!("it does not come to an end");
        }
    }
}

pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(120), "{what} never came");
        thread::sleep(Duration::from_millis(5));
    }
}

#[cfg(unix)]
pub(crate) fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
}
