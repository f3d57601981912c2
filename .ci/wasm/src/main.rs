//! One photo through all machines and the simulator, so that whatever they call
//! is in the module. It runs where nothing at all is imported.

use removit_proto::simulator::{Config, Simulator};
use removit_proto::{
    Action, ApiKey, Download, DownloadPolicy, Endpoint, Instant, Machine, PollPolicy, Poller,
    ResultUrl, Seed, Upload, UploadPolicy, UploadRequest,
};

fn main() {
    let seed = Seed::new(std::hint::black_box(1));
    assert!(process(seed).is_some_and(|fetched| fetched > 0), "no result was fetched");
}

/// How many results were fetched.
fn process(seed: Seed) -> Option<u32> {
    let (mut vendor, mut now) = (Simulator::new(Config::default()), Instant::ORIGIN);
    let endpoint = Endpoint::new("https://api.example.com", ApiKey::new("key").ok()?).ok()?;
    let request = UploadRequest::from_url("https://example.com/cup.jpg".parse().ok()?);
    let policy = UploadPolicy::default();
    let mut upload = Upload::new(endpoint.clone(), request, policy, seed, now);
    let accepted = drive(&mut vendor, &mut now, &mut upload).ok()?;
    let policy = PollPolicy::default();
    let mut poller = Poller::new(endpoint.clone(), &accepted, policy, seed, now);
    let finished = drive(&mut vendor, &mut now, &mut poller).ok()?;
    let mut fetched = 0;
    for link in finished.results() {
        let url = ResultUrl::check(link.url(), &endpoint).ok()?;
        let mut download = Download::new(url, DownloadPolicy::default(), seed, now);
        drive(&mut vendor, &mut now, &mut download).ok()?;
        fetched += 1;
    }
    Some(fetched)
}

fn drive<M: Machine>(vendor: &mut Simulator, now: &mut Instant, machine: &mut M) -> M::Output {
    loop {
        match machine.next_action(*now) {
            Action::Send(attempt) => {
                let id = attempt.id;
                let attempted = vendor.attempt(*now, attempt, b"");
                *now = attempted.at;
                machine.handle(*now, id, attempted.outcome);
            }
            Action::SleepUntil(wakeup) => *now = wakeup.at,
            Action::Done(output) => return output,
        }
    }
}
