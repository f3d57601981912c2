//! What a command and all that it starts take, read from `/proc`.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

/// Between two looks at the memory.
const SAMPLE: Duration = Duration::from_millis(250);
/// Linux tells processor times in hundredths of a second, on every machine.
const TICK: Duration = Duration::from_millis(10);

pub(crate) struct Measured {
    pub(crate) took: Duration,
    /// User and system time of the command and of all its descendants.
    pub(crate) processor: Duration,
    /// The most bytes that all processes held together, what they share counted once.
    pub(crate) memory: u64,
}

impl Measured {
    pub(crate) fn run(command: &mut Command) -> Self {
        let before = processor_of_children();
        let began = Instant::now();
        let mut child = command.spawn().unwrap();
        let mut memory = 0;
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            memory = memory.max(memory_of_tree(child.id()));
            thread::sleep(SAMPLE);
        };
        assert!(status.success(), "{command:?}: {status}");
        Self { took: began.elapsed(), processor: processor_of_children() - before, memory }
    }
}

/// Of the processes that ended and were waited for.
fn processor_of_children() -> Duration {
    let stat = Stat::of("self").unwrap();
    TICK * u32::try_from(stat.number(13) + stat.number(14)).unwrap()
}

fn memory_of_tree(root: u32) -> u64 {
    let processes = fs::read_dir("/proc").unwrap();
    let numbers = processes.filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    let parents: Vec<(u32, u64)> = numbers
        .filter_map(|number: u32| Some((number, Stat::of(&number.to_string())?.number(1))))
        .collect();
    let mut tree = vec![root];
    let mut next = 0;
    while let Some(parent) = tree.get(next).copied() {
        next += 1;
        let children = parents.iter().filter(|(_, of)| *of == u64::from(parent));
        tree.extend(children.map(|(number, _)| *number));
    }
    tree.into_iter().filter_map(memory_of).sum()
}

/// `None` where it has just ended.
fn memory_of(process: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    let kib = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    Some(kib.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1024)
}

/// What `/proc` tells of a process behind its name, which may hold anything.
struct Stat(String);

impl Stat {
    fn of(process: &str) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        Some(Self(text.rsplit_once(')')?.1.to_owned()))
    }

    /// The state is number 0.
    fn number(&self, field: usize) -> u64 {
        self.0.split_whitespace().nth(field).unwrap().parse().unwrap()
    }
}
