//! The vendor for a transport of an adapter, and a client's way through it.
//! The test crate defines `way!` (a function, async or not) and `go!` (`.await`
//! or nothing).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;

use super::adapter::{Client, Clock, Destination, Error, Photo, SaveError, Transport};
use super::proto::simulator::{Origin, Reply, Simulator};
use super::proto::{Instant, Observer, Wakeup};
use super::shared::cases::{Case, PHOTO, URL, Wait};
use super::shared::{API, RESULTS, START, Trace};

/// The vendor with its notes, for a transport of either adapter.
pub(crate) struct World {
    vendor: Mutex<Simulator>,
    pub(crate) trace: Mutex<Trace>,
    /// The start on the client's clock.
    start: Instant,
}

impl World {
    pub(crate) fn new(case: &Case, clock: &Clock) -> Arc<Self> {
        let mut vendor = Simulator::new(case.config.clone());
        vendor.set_bases(API, RESULTS);
        let (vendor, trace) = (Mutex::new(vendor), Mutex::default());
        Arc::new(Self { vendor, trace, start: clock.now() })
    }

    /// Notes a request that leaves so long after the start, and says what the
    /// vendor does about it.
    pub(crate) fn request(&self, at: Duration, head: Parts, body: Vec<u8>) -> Reply {
        self.trace.lock().unwrap().request(at, &head, &body);
        let origin = if head.uri.port_u16() == Some(1) { Origin::Api } else { Origin::Results };
        let request = http::Request::from_parts(head, Bytes::from(body));
        self.vendor.lock().unwrap().exchange(START + at, origin, request)
    }
}

impl Observer for World {
    fn waiting(&self, wakeup: Wakeup) {
        self.trace.lock().unwrap().waits(self.start, wakeup);
    }
}

way! {
    fn process<T: Transport>(client: &Client<T>, case: &Case) -> String {
        let job = match go!(client.upload(&photo(case))) {
            Ok(job) => job,
            Err(error) => return error.to_string(),
        };
        let waited = match case.wait {
            Wait::Resumed => go!(client.resume(job.id().clone()).wait()),
            Wait::Once => go!(job.wait()),
            Wait::Again => match go!(job.wait()) {
                Ok(finished) => Ok(finished),
                Err(_) => go!(job.wait()),
            },
        };
        let finished = match waited {
            Ok(finished) => finished,
            Err(error) => return error.to_string(),
        };
        let folder = tempfile::tempdir().unwrap();
        let into = Destination::folder(folder.path(), "cup");
        let (saved, failed) = match go!(client.download(&finished, &into)) {
            Ok(saved) => (saved, Vec::new()),
            Err(Error::Download { saved, failed, .. }) => (saved, failed),
            Err(error) => return error.to_string(),
        };
        let why: Vec<_> = failed.iter().map(|(_, error)| text(error)).collect();
        format!("{} saved, {} failed: {}", saved.len(), failed.len(), why.join(", "))
    }
}

pub(crate) fn client<T: Transport>(
    case: &Case,
    transport: T,
    clock: Clock,
    world: Arc<World>,
) -> Client<T> {
    let client = Client::with_transport(case.endpoint(), transport).clock(clock).observer(world);
    client.seed(case.seed).upload_policy(case.upload_policy())
}

fn photo(case: &Case) -> Photo {
    let photo =
        if case.by_url { Photo::from_url(URL) } else { Photo::from_bytes("cup.png", PHOTO) };
    photo.unwrap().mode(case.mode.clone()).delivery(case.delivery).format(case.format)
}

/// What the core says of it, without the adapter's words around it.
fn text(error: &SaveError) -> String {
    match error {
        SaveError::Fetch(error) => error.to_string(),
        SaveError::UnsafeUrl(error) => error.to_string(),
        other => panic!("no file is in the way: {other:?}"),
    }
}

/// Fails with the first step that differs.
#[track_caller]
pub(crate) fn assert_same(mine: &Trace, core: &Trace, case: &Case) {
    let longer = mine.lines.len().max(core.lines.len());
    for at in 0..longer {
        let (mine, core) = (mine.lines.get(at), core.lines.get(at));
        assert!(
            mine == core,
            "{}: step {at} differs\nthe adapter: {}\nthe core:    {}",
            case.name,
            mine.map_or("nothing", String::as_str),
            core.map_or("nothing", String::as_str)
        );
    }
}
