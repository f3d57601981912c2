//! How fast a journal of 50,000 inputs is written and read.
//!
//! Reading is compared with `serde_json` on the same lines, which does not depend
//! on the machine; it fails where a replay takes more than four times as long.
//! Writing depends on the disk: with its syncs it is measured in groups of 16, as
//! a batch with 16 uploads under way writes.

use std::error::Error;
use std::time::{Duration, Instant};

use removit_blocking::JournalFile;
use removit_blocking::proto::journal::{
    Destination, Ended, Header, Input, Intent, JournalPath, Planned, Reader, Record, Saved, Stage,
    Status, WallTime, encode,
};
use removit_blocking::proto::{
    Accepted, ApiKey, ContentHash, Endpoint, Finished, InputKey, JobStatus, UploadOptions,
};

const INPUTS: u32 = 50_000;
const LIMIT: f64 = 4.0;

fn main() -> Result<(), Box<dyn Error>> {
    let stories = (0..INPUTS).map(story).collect::<Result<Vec<_>, _>>()?;
    let folder = tempfile::tempdir()?;
    let header = || Header::new(WallTime::default(), "journal_speed");

    let (mut journal, _) = JournalFile::open(folder.path().join("unsynced"), header())?;
    let rest: Vec<_> = stories.iter().flatten().filter(|record| !record.is_vital()).collect();
    let spent = time(|| rest.iter().try_for_each(|record| journal.append(record)))?;
    say("written one by one, without sync", rest.len(), spent);

    let (mut journal, _) = JournalFile::open(folder.path().join("synced"), header())?;
    let vital = stories.iter().flatten().filter(|record| record.is_vital()).cloned();
    let vital: Vec<_> = vital.take(8_000).collect();
    let spent = time(|| vital.chunks(16).try_for_each(|group| journal.append_all(group)))?;
    say("written in groups of 16, synced", vital.len(), spent);

    let mut text = encode(&Record::Header(header()));
    stories.iter().flatten().for_each(|record| text.push_str(&encode(record)));
    let lines = text.lines().count();
    let mut parsed = Duration::MAX;
    let mut replayed = Duration::MAX;
    for _ in 0..5 {
        parsed = parsed.min(time(|| {
            text.lines()
                .try_for_each(|line| serde_json::from_str::<serde_json::Value>(line).map(drop))
        })?);
        replayed = replayed.min(time(|| replay(&text))?);
    }
    say("parsed by serde_json", lines, parsed);
    say("replayed", lines, replayed);
    let ratio = replayed.as_secs_f64() / parsed.as_secs_f64();
    println!("{INPUTS} inputs, {} MiB; replay / serde_json: {ratio:.2}", text.len() >> 20);
    if ratio > LIMIT {
        return Err(format!("a replay takes more than {LIMIT} times as long").into());
    }
    Ok(())
}

fn replay(text: &str) -> Result<(), Box<dyn Error>> {
    let mut reader = Reader::new();
    text.as_bytes().chunks(64 * 1024).for_each(|piece| reader.feed(piece));
    let journal = reader.finish()?;
    journal.check()?;
    assert_eq!(journal.replay.counts().at(Stage::Saved), u64::from(INPUTS));
    Ok(())
}

/// All that a journal says of one input that comes to a good end.
fn story(number: u32) -> Result<[Record; 6], Box<dyn Error>> {
    let mut hash = [0; 32];
    hash[..4].copy_from_slice(&number.to_be_bytes());
    hash[4..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9).to_be_bytes());
    let key = InputKey::new(ContentHash::new(hash));
    let at = WallTime::from_unix(Duration::from_millis(1_796_000_000_000 + u64::from(number)));
    let path = |text: String| JournalPath::new(text.as_ref());

    let input = Input::File(path(format!("photos/cup-{number}.jpg")));
    let destination =
        Destination::Folder { path: path("out".to_owned()), stem: format!("cup-{number}") };
    let planned = Planned::new(at, key, input, UploadOptions::default());
    let intent = Intent::new(at, key, 1);
    let answer = format!(r#"{{"job_id":"019cdc54-2673-dc32-b9e5-{number:012}"}}"#);
    let answer = http::Response::builder().status(202).body(answer)?;
    let accepted = Accepted::decode(&answer).ok_or("no job id")?;
    let endpoint = Endpoint::production(ApiKey::new("any-key")?);
    let body = r#"{"state":"done","status":"done","progress":100,"final_urls":{"clipping":"https://cdn.example/x"}}"#;
    let status = JobStatus::decode(&http::Response::new(body), accepted.job_id(), &endpoint)?;
    let seen = Status::new(at, key, &status, &endpoint);
    let ended = Ended::done(at, key, &Finished::try_from(status)?, Duration::from_secs(9));
    let mut saved = Saved::new(at, key, path(format!("out/cup-{number}-clipping.png")), 8568);
    saved.variation = Some("clipping".to_owned());
    saved.sha256 = Some(*key.hash());
    Ok([
        Record::Planned(planned.with_destination(destination)),
        Record::Intent(intent.clone()),
        Record::Accepted(intent.accepted(at, &accepted)),
        Record::Status(seen),
        Record::Ended(ended),
        Record::Saved(saved),
    ])
}

fn time<E>(work: impl FnOnce() -> Result<(), E>) -> Result<Duration, E> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed())
}

fn say(what: &str, count: usize, spent: Duration) {
    let rate = count as f64 / spent.as_secs_f64();
    println!("{what:34} {count:7} records in {spent:8.3?}, {rate:9.0} a second");
}
