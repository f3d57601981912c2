//! What the core alone predicts: its machines, one after the other, in virtual
//! time.

use std::time::Duration;

use super::super::proto::simulator::Simulator;
use super::super::proto::{
    Accepted, Action, Attempt, Download, DownloadPolicy, FileName, Finished, ImageType, Instant,
    Machine, Outcome, PollError, PollPolicy, Poller, ResultUrl, Segment, SourceFile, Upload,
    UploadRequest,
};
use super::cases::{Case, PHOTO, URL, Wait};
use super::{API, RESULTS, START, Trace};

struct Alone {
    vendor: Simulator,
    now: Instant,
    trace: Trace,
}

pub(crate) fn predict(case: &Case) -> Trace {
    let mut vendor = Simulator::new(case.config.clone());
    vendor.set_bases(API, RESULTS);
    let mut alone = Alone { vendor, now: START, trace: Trace::default() };
    let end = alone.process(case);
    alone.trace.end(alone.now - START, &end);
    alone.trace
}

impl Alone {
    fn process(&mut self, case: &Case) -> String {
        let (endpoint, policy, seed) = (case.endpoint(), case.upload_policy(), case.seed);
        let mut upload = Upload::new(endpoint, request(case), policy, seed, self.now);
        let accepted: Accepted = match self.drive(&mut upload) {
            Ok(accepted) => accepted,
            Err(error) => return error.to_string(),
        };
        let finished: Finished = match self.wait(case, &accepted) {
            Ok(finished) => finished,
            Err(error) => return error.to_string(),
        };
        let (mut saved, mut failed) = (0, Vec::new());
        for link in finished.results() {
            let result = ResultUrl::check(link.url(), &case.endpoint());
            let fetched = result.map_err(|error| error.to_string()).and_then(|url| {
                let policy = DownloadPolicy::default();
                let mut download = Download::new(url, policy, seed, self.now);
                self.drive(&mut download).map_err(|error| error.to_string())
            });
            match fetched {
                Ok(_) => saved += 1,
                Err(error) => failed.push(error),
            }
        }
        format!("{saved} saved, {} failed: {}", failed.len(), failed.join(", "))
    }

    fn wait(&mut self, case: &Case, accepted: &Accepted) -> Result<Finished, PollError> {
        let (policy, seed, id) = (PollPolicy::default(), case.seed, accepted.job_id());
        if case.wait != Wait::Resumed {
            let mut poller = Poller::new(case.endpoint(), accepted, policy, seed, self.now);
            let end = self.drive(&mut poller);
            if case.wait != Wait::Again || end.is_ok() {
                return end;
            }
        }
        self.drive(&mut Poller::resume(case.endpoint(), id.clone(), policy, seed, self.now))
    }

    fn drive<M: Machine>(&mut self, machine: &mut M) -> M::Output {
        for _ in 0..10_000 {
            match machine.next_action(self.now) {
                Action::Send(attempt) => {
                    let id = attempt.id;
                    let outcome = self.send(attempt);
                    machine.handle(self.now, id, outcome);
                }
                Action::SleepUntil(wakeup) => {
                    self.trace.waits(START, wakeup);
                    self.now = whole_millis(wakeup.at);
                }
                Action::Done(output) => return output,
            }
        }
        panic!("never done");
    }

    fn send(&mut self, attempt: Attempt) -> Outcome {
        let mut body = Vec::new();
        for segment in attempt.request.body().segments() {
            match segment {
                Segment::Bytes(bytes) => body.extend_from_slice(bytes),
                _ => body.extend_from_slice(PHOTO),
            }
        }
        let (mut head, ()) = http::Request::new(()).into_parts();
        head.method = attempt.request.method().clone();
        head.uri = attempt.request.uri().clone();
        head.headers = attempt.request.headers().clone();
        self.trace.request(self.now - START, &head, &body);
        let attempted = self.vendor.attempt(self.now, attempt, PHOTO);
        self.now = whole_millis(attempted.at);
        attempted.outcome
    }
}

/// Timers wake in whole milliseconds, counted from the start.
fn whole_millis(at: Instant) -> Instant {
    let since = at - START;
    let millis = since.as_nanos().div_ceil(1_000_000);
    START + Duration::from_millis(u64::try_from(millis).unwrap())
}

fn request(case: &Case) -> UploadRequest {
    let request = if case.by_url {
        UploadRequest::from_url(URL.parse().unwrap())
    } else {
        let len = u64::try_from(PHOTO.len()).unwrap();
        let file = SourceFile::new(FileName::new("cup.png"), ImageType::Png, len);
        UploadRequest::from_file(file.unwrap())
    };
    request.mode(case.mode.clone()).delivery(case.delivery).format(case.format)
}
