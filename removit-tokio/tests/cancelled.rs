//! Every future may be dropped, at every point where it waits: nothing goes on
//! behind its back, and no paid job is lost or doubled.

use std::fs;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt;
use removit_tokio::proto::simulator::{Config, Kind, Origin, Simulator};
use removit_tokio::proto::{
    Accepted, ApiKey, Endpoint, Instant, JobId, Machine, Observer, Schedule, Seed,
    TransportFailure, Upload, UploadError, UploadPolicy,
};
use removit_tokio::simulator::SimulatorServer;
use removit_tokio::{
    Client, Destination, Driver, Error, Photo, RequestBody, ResponseBody, Transport,
};
use tokio::runtime::{Builder, Runtime};

const PHOTO: &[u8] = b"\x89PNG\r\n\x1a\n and the rest of a small picture";
const API: &str = "http://127.0.0.1:1";
const RESULTS: &str = "http://127.0.0.1:2";

/// Gives up the future before it is polled once more than so often.
struct AtMost<F> {
    polls: u32,
    future: F,
}

impl<F: Future + Unpin> Future for AtMost<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(left) = self.polls.checked_sub(1) else { return Poll::Ready(None) };
        self.polls = left;
        match Pin::new(&mut self.future).poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            // Comes back at once where this was the last one.
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}

async fn at_most<F: Future>(polls: u32, future: F) -> Option<F::Output> {
    AtMost { polls, future: Box::pin(future) }.await
}

/// The vendor without sockets: latency on the way there and back.
struct Vendor {
    simulator: Mutex<Simulator>,
    start: tokio::time::Instant,
}

impl Vendor {
    fn new() -> Arc<Self> {
        let mut simulator = Simulator::new(Config::default());
        simulator.set_bases(API, RESULTS);
        Arc::new(Self { simulator: Mutex::new(simulator), start: tokio::time::Instant::now() })
    }

    fn requests(&self, kind: Kind) -> u64 {
        self.simulator.lock().unwrap().account().requests(kind)
    }

    fn jobs(&self) -> Vec<String> {
        let simulator = self.simulator.lock().unwrap();
        simulator.account().jobs.iter().map(|job| job.id.clone()).collect()
    }

    fn seen(&self) -> String {
        format!("{:?}", self.simulator.lock().unwrap().account())
    }
}

struct Wired(Arc<Vendor>);

impl Transport for Wired {
    async fn send(
        &self,
        request: Request<RequestBody>,
    ) -> Result<Response<ResponseBody>, TransportFailure> {
        let (head, body) = request.into_parts();
        tokio::time::sleep(Duration::from_millis(20)).await;
        let body = body.collect().await.map_err(|error| {
            TransportFailure::broken(removit_tokio::proto::Reach::MaybeSent, error.to_string())
        })?;
        tokio::time::sleep(Duration::from_millis(20)).await;
        let origin = if head.uri.port_u16() == Some(1) { Origin::Api } else { Origin::Results };
        let now = Instant::ORIGIN + self.0.start.elapsed();
        let request = Request::from_parts(head, body.to_bytes());
        let reply = self.0.simulator.lock().unwrap().exchange(now, origin, request);
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok(reply.response.map(ResponseBody::from))
    }
}

/// What a program would have stored by now.
#[derive(Default)]
struct Stored(Mutex<Option<JobId>>);

impl Observer for Stored {
    fn accepted(&self, accepted: &Accepted) {
        *self.0.lock().unwrap() = Some(accepted.job_id().clone());
    }
}

fn endpoint(base: &str) -> Endpoint {
    Endpoint::new(base, ApiKey::new("sk-cancelled").unwrap()).unwrap()
}

fn photo() -> Photo {
    Photo::from_bytes("cup.png", PHOTO).unwrap()
}

fn paused() -> Runtime {
    Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

/// Upload, wait and download; says in which of them it is.
async fn whole_way<T: Transport>(
    client: &Client<T>,
    into: &Destination,
    stage: &Mutex<&'static str>,
) -> Result<(), Error> {
    *stage.lock().unwrap() = "upload";
    let job = client.upload(&photo()).await?;
    *stage.lock().unwrap() = "wait";
    let finished = job.wait().await?;
    *stage.lock().unwrap() = "download";
    client.download(&finished, into).await?;
    Ok(())
}

/// A file of the results' folder is whole, and there is no other.
fn check_files(folder: &std::path::Path) -> usize {
    let files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    for file in &files {
        assert_eq!(fs::read(file).unwrap(), PHOTO, "{} is not whole", file.display());
    }
    files.len()
}

#[test]
fn a_way_that_is_dropped_anywhere_leaves_nothing_and_can_be_resumed() {
    let mut dropped_in = Vec::new();
    for polls in 1.. {
        let runtime = paused();
        let completed = runtime.block_on(async {
            let vendor = Vendor::new();
            let stored = Arc::new(Stored::default());
            let client = Client::with_transport(endpoint(API), Wired(Arc::clone(&vendor)))
                .observer(stored.clone());
            let folder = tempfile::tempdir().unwrap();
            let into = Destination::folder(folder.path(), "cup");
            let stage = Mutex::new("");
            let end = at_most(polls, whole_way(&client, &into, &stage)).await;
            let (seen, stage) = (vendor.seen(), *stage.lock().unwrap());
            tokio::time::sleep(Duration::from_secs(3600)).await;
            assert_eq!(vendor.seen(), seen, "something went on after poll {polls}");
            check_files(folder.path());

            let known = stored.0.lock().unwrap().clone();
            match (vendor.jobs().as_slice(), &known) {
                ([], None) => assert_eq!(stage, "upload"),
                // Dropped while the answer was awaited: ambiguous, as documented.
                ([_], None) => assert_eq!(stage, "upload"),
                ([job], Some(known)) => {
                    assert_eq!(job, known.as_str());
                    let finished = client.resume(known.clone()).wait().await.unwrap();
                    let again = into.clone().overwrite(true);
                    client.download(&finished, &again).await.unwrap();
                    assert_eq!(check_files(folder.path()), finished.results().len());
                }
                (jobs, known) => panic!("{jobs:?} {known:?}"),
            }
            assert!(vendor.requests(Kind::Upload) <= 1, "sent twice");
            dropped_in.push(stage);
            end.is_some()
        });
        assert_eq!(runtime.metrics().num_alive_tasks(), 0, "a task is left after poll {polls}");
        if completed {
            break;
        }
    }
    for stage in ["upload", "wait", "download"] {
        let points = dropped_in.iter().filter(|dropped| **dropped == stage).count();
        assert!(points >= 3, "only {points} points in {stage}: {dropped_in:?}");
    }
}

#[test]
fn an_upload_that_is_driven_again_after_a_drop_is_never_sent_twice() {
    let mut ends = Vec::new();
    for polls in 1.. {
        let completed = paused().block_on(async {
            let vendor = Vendor::new();
            let transport = Wired(Arc::clone(&vendor));
            let photo = photo();
            let mut driver = Driver::new(&transport).with_photo(&photo);
            let (request, now) = (photo.request().clone(), driver.clock().now());
            let policy = UploadPolicy::default();
            let mut upload = Upload::new(endpoint(API), request, policy, Seed::new(1), now);
            let first = at_most(polls, driver.drive(&mut upload, |_| ())).await;
            let again = drive_again(&mut driver, &mut upload).await;
            match (&first, &again) {
                (Some(first), again) => assert_eq!(first, again),
                (None, Err(UploadError::Ambiguous(_))) => {}
                (None, other) => panic!("dropped at poll {polls}, then {other:?}"),
            }
            assert!(vendor.requests(Kind::Upload) <= 1);
            ends.push(again.is_ok());
            first.is_some()
        });
        if completed {
            break;
        }
    }
    assert!(ends.iter().any(|ok| *ok) && ends.iter().any(|ok| !ok), "{ends:?}");
}

async fn drive_again<M: Machine>(driver: &mut Driver<'_, Wired>, machine: &mut M) -> M::Output {
    driver.drive(machine, |_| ()).await
}

#[test]
fn over_real_sockets_a_drop_leaves_no_task_and_no_second_job() {
    for polls in 1.. {
        let server = SimulatorServer::start(Simulator::new(Config::instant())).unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let completed = runtime.block_on(async {
            let client = hasty(&server);
            let folder = tempfile::tempdir().unwrap();
            let into = Destination::folder(folder.path(), "cup");
            let stage = Mutex::new("");
            let end = at_most(polls, whole_way(&client, &into, &stage)).await;
            check_files(folder.path());
            end.is_some()
        });
        // What the client left behind ends with it.
        runtime.block_on(async {
            let handle = tokio::runtime::Handle::current();
            for _ in 0..1_000 {
                if handle.metrics().num_alive_tasks() == 0 {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        assert_eq!(runtime.metrics().num_alive_tasks(), 0, "a task is left after poll {polls}");
        let account = server.account();
        assert!(account.jobs.len() <= 1, "made twice");
        assert!(account.requests(Kind::Upload) <= 1, "sent twice");
        assert!(!account.key_seen_at(Origin::Results));
        if completed {
            assert!(polls > 10, "only {polls} points");
            break;
        }
    }
}

fn hasty(server: &SimulatorServer) -> Client {
    let mut poll = removit_tokio::proto::PollPolicy::default();
    poll.schedule = Schedule::fixed(Duration::from_millis(1)).with_floor(Duration::ZERO);
    Client::new(endpoint(&server.base_url())).unwrap().poll_policy(poll)
}
