//! One photo through all machines and the simulator, so that whatever they call
//! is in the module.

use removit_proto::simulator::{Config, Simulator};
use removit_proto::{
    Action, ApiKey, Download, DownloadPolicy, Endpoint, Instant, Machine, PollPolicy, Poller,
    ResultUrl, Seed, Upload, UploadPolicy, UploadRequest,
};

/// How many results were fetched.
#[unsafe(no_mangle)]
pub extern "C" fn run(seed: u64) -> u32 {
    process(Seed::new(u128::from(seed))).unwrap_or(0)
}

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
