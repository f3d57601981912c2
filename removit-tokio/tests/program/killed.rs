//! The program is killed at random moments and resumed until the end: on the
//! vendor's account no photo was paid for twice, and every result that was paid for
//! is on disk, unless the journal names its photo as ambiguous.
//!
//! The short form runs with the tests. The long one:
//!
//! ```sh
//! REMOVIT_INPUTS=5000 REMOVIT_KILLS=50 \
//!     cargo test --release -p removit-tokio --all-features --test program killed:: -- --nocapture
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use removit_tokio::JournalFile;
use removit_tokio::proto::journal::Stage;
use removit_tokio::proto::simulator::{
    Canned, Config, Fault, Kind, Odd, Origin, Rule, Simulator, Source, When,
};
use removit_tokio::simulator::SimulatorServer;

const KEY: &str = "sk-killed-key";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and so on: ";

/// What may go wrong with a request. All together hit about one request of twenty.
fn faults() -> Vec<Rule> {
    let long = Duration::from_millis(300);
    let drip = Fault::Drip { chunk: 8, every: Duration::from_millis(5) };
    let busy = || Fault::Answer(Canned::Unavailable { retry_after: None });
    let of_all = [
        Fault::DropBeforeBody,
        Fault::DropBeforeWork,
        Fault::DropAfterWork,
        busy(),
        Fault::AnswerEarly(Canned::Unavailable { retry_after: None }),
        Fault::AnswerAfterWork(Canned::Html(http::StatusCode::BAD_GATEWAY)),
        Fault::Delay(long),
        drip,
        Fault::CutBody { after: 25 },
    ];
    let odd = [Odd::Nulls, Odd::ExtraFields, Odd::TextNumbers, Odd::CutAfterId];
    let mut rules = Vec::new();
    for kind in [Kind::Upload, Kind::Status, Kind::Result] {
        for fault in &of_all {
            rules.push(Rule::new(kind, When::Chance { per_mille: 5 }, fault.clone()));
        }
    }
    for odd in odd {
        rules.push(Rule::new(Kind::Upload, When::Chance { per_mille: 2 }, Fault::Odd(odd)));
    }
    let rate_limited = Fault::Answer(Canned::RateLimited { retry_after: None });
    rules.push(Rule::new(Kind::Status, When::Chance { per_mille: 1 }, rate_limited));
    rules
}

fn number(name: &str, default: u32) -> u32 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

struct World {
    server: SimulatorServer,
    folder: tempfile::TempDir,
    inputs: u32,
}

impl World {
    fn new(inputs: u32) -> Self {
        let config = Config::instant().with(|config| {
            config.pending_for = Duration::from_millis(200);
            config.script = faults();
        });
        let server = SimulatorServer::start(Simulator::new(config)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("photos")).unwrap();
        fs::create_dir(folder.path().join("out")).unwrap();
        let world = Self { server, folder, inputs };
        fs::write(world.half_file_of_another(), "another program is at work on it").unwrap();
        for n in 0..inputs {
            fs::write(world.photo(n), content(n)).unwrap();
        }
        world
    }

    fn photo(&self, n: u32) -> PathBuf {
        self.folder.path().join(format!("photos/{n:05}.png"))
    }

    fn half_file_of_another(&self) -> PathBuf {
        self.folder.path().join("out/.removit-another.part")
    }

    fn journal(&self) -> PathBuf {
        self.folder.path().join("out/removit.journal")
    }

    /// The program, on its way: the first time from the folder, then from the journal.
    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_removit"));
        command.env("XDG_CONFIG_HOME", "/nonexistent");
        // Before its first line is written there is nothing to resume.
        if fs::metadata(self.journal()).is_ok_and(|there| there.len() > 0) && self.is_planned() {
            command.arg("resume").arg(self.journal());
        } else {
            command.args(["process", "photos", "--out-dir", "out"]);
        }
        command.args(["--rate", "1000", "--jobs", "8", "--quiet", "--yes"]);
        command.env("XDG_STATE_HOME", self.folder.path().join("state"));
        command.current_dir(self.folder.path());
        command.env("REMOVIT_API_KEY", KEY).env("REMOVIT_BASE_URL", self.server.base_url());
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("log"))
            .unwrap();
        command.stderr(log);
        command
    }

    fn is_planned(&self) -> bool {
        let journal = JournalFile::read(self.journal()).unwrap();
        journal.replay.entries().len() == self.inputs as usize
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

fn content(n: u32) -> Vec<u8> {
    [PNG, n.to_string().as_bytes()].concat()
}

/// A number that looks like chance and is the same for the same seed.
fn chance(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

#[test]
fn nothing_is_paid_for_twice_or_lost_however_often_the_program_is_killed() {
    let (inputs, kills) = (number("REMOVIT_INPUTS", 200), number("REMOVIT_KILLS", 6));
    let mut seed = u64::from(number("REMOVIT_SEED", 1));
    let world = World::new(inputs);
    let began = Instant::now();
    // As the work is spread over the runs, each of them is killed amid its own.
    let most = u64::from(inputs).max(400) * 1000 / u64::from(kills.max(1)) / 150;
    let mut killed = 0;
    while killed < kills {
        let mut child = world.command().spawn().unwrap();
        thread::sleep(Duration::from_millis(20 + chance(&mut seed) % most.max(1)));
        if child.try_wait().unwrap().is_some() {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        killed += 1;
    }
    let mut runs = 0;
    loop {
        runs += 1;
        world.command().status().unwrap();
        let replay = JournalFile::read(world.journal()).unwrap().replay;
        let counts = replay.counts();
        let left = counts.total()
            - [Stage::Saved, Stage::Ambiguous, Stage::Open]
                .map(|stage| counts.at(stage))
                .iter()
                .sum::<u64>();
        if left == 0 {
            break;
        }
        assert!(runs < 10, "{left} inputs do not come to an end: {counts:?}\n{}", world.log());
    }
    audit(&world, killed, began.elapsed());
}

fn audit(world: &World, killed: u32, took: Duration) {
    let account = world.server.account();
    let mut jobs: BTreeMap<String, u32> = BTreeMap::new();
    for job in &account.jobs {
        let Source::File(file) = &job.order.source else { panic!("a file was sent") };
        *jobs.entry(file.name.clone()).or_default() += 1;
    }
    let twice: Vec<_> = jobs.iter().filter(|(_, count)| **count > 1).collect();
    assert_eq!(twice, [], "paid for twice, and nobody asked for it");

    let found = JournalFile::read(world.journal()).unwrap();
    assert!(found.check().is_ok(), "{:?}", found.broken);
    assert_eq!(found.replay.entries().len(), world.inputs as usize);
    let (mut saved, mut ambiguous) = (0, 0);
    for entry in found.replay.entries() {
        let removit_tokio::proto::journal::Input::File(path) = entry.places()[0].input() else {
            panic!("a file was planned")
        };
        let path = path.to_path().unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        match entry.stage() {
            Stage::Saved => {
                saved += 1;
                assert_eq!(jobs.get(name), Some(&1), "{name}: saved, so paid for");
                let result = Path::new(name).with_extension("");
                let result = format!("out/{}-clipping.png", result.display());
                let there = fs::read(world.folder.path().join(result)).unwrap();
                assert_eq!(there, fs::read(&path).unwrap(), "{name}: whole, and its own");
            }
            Stage::Ambiguous | Stage::Open => {
                ambiguous += 1;
                assert!(entry.jobs().is_empty(), "{name}: its id is known");
            }
            stage => panic!("{name}: {stage:?}"),
        }
    }
    let files = fs::read_dir(world.folder.path().join("out")).unwrap();
    assert!(world.half_file_of_another().exists());
    assert_eq!(files.count(), saved + 2, "one file a result, the journal, no half file of ours");
    assert!(!account.key_seen_at(Origin::Results), "the key stays at the API");
    assert!(!world.log().contains(KEY) && !world.log().contains("panicked"), "{}", world.log());
    println!(
        "{} inputs, {killed} kills in {:.0} s: {} jobs on the account, none twice; {saved} results \
         on disk, each whole; {ambiguous} ambiguous, all listed",
        world.inputs,
        took.as_secs_f64(),
        account.jobs.len(),
    );
}
