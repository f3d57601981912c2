//! What a dispatcher owes to its threads: who waits is woken, and what panics costs little.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::{PNG, endpoint, with_fast_policies};
use http::{Method, Request, Response};
use removit_blocking::proto::{
    BatchPolicy, Instant as Moment, Observer, Schedule, TransportFailure, UploadError, Wakeup,
};
use removit_blocking::{Client, Clock, Error, Photo, RequestBody, ResponseBody, SubmitError};

type Answered = Result<Response<ResponseBody>, TransportFailure>;

fn answer(status: u16, body: &str) -> Answered {
    let body = ResponseBody::new(std::io::Cursor::new(body.to_owned().into_bytes()));
    Ok(Response::builder().status(status).body(body).unwrap())
}

/// Accepts every photo, as a job that is done at once.
fn obliging(request: &Request<RequestBody>) -> Answered {
    match *request.method() {
        Method::POST => answer(202, r#"{"job_id":"job-1"}"#),
        _ => answer(200, r#"{"state":"done","final_url":"https://cdn.example.com/a.png"}"#),
    }
}

fn client<T>(transport: T) -> Client<T>
where
    T: Fn(Request<RequestBody>, Instant) -> Answered + Send + Sync,
{
    with_fast_policies(Client::with_transport(endpoint("http://127.0.0.1:9"), transport))
}

fn hasty() -> BatchPolicy {
    let mut policy = BatchPolicy::default();
    policy.requests_per_second = 1_000_000;
    policy.poll.schedule = Schedule::fixed(Duration::ZERO).with_floor(Duration::ZERO);
    policy
}

fn photo(n: u8) -> Photo {
    Photo::from_bytes("cup.png", [PNG, &[n]].concat()).unwrap()
}

/// A transport whose uploads tell that they are there, and wait until they are let go.
fn held(here: Sender<()>, go: Receiver<()>) -> impl Fn(Request<RequestBody>, Instant) -> Answered {
    let go = Mutex::new(go);
    move |request, _| {
        if request.method() == Method::POST {
            here.send(()).unwrap();
            go.lock().unwrap().recv().unwrap();
        }
        obliging(&request)
    }
}

#[test]
fn a_transport_that_panics_costs_one_job() {
    let transport = |request: Request<RequestBody>, _: Instant| {
        assert!(request.body().len() < 1000, "a defect of the transport");
        obliging(&request)
    };
    let dispatcher = client(transport).dispatcher().policy(hasty()).start();
    let long = Photo::from_bytes("cup.png", [PNG, &[7; 1000]].concat()).unwrap();
    let handles = [photo(1), long, photo(2)].map(|photo| dispatcher.submit(photo).unwrap());
    let [first, panicked, second] = handles.map(removit_blocking::Handle::wait);
    assert!(matches!(panicked, Err(Error::Upload(UploadError::Ambiguous(_)))), "{panicked:?}");
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    dispatcher.submit(photo(3)).unwrap().wait().unwrap();
}

/// Whether the other thread waits already or not, the end is the same.
#[test]
fn who_waits_for_room_is_told_when_it_closes() {
    let ((here, is_here), (go, may_go)) = (channel(), channel());
    let dispatcher = client(held(here, may_go)).dispatcher().policy(hasty()).capacity(1).start();
    let first = dispatcher.submit(photo(1)).unwrap();
    is_here.recv().unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| dispatcher.submit(photo(2)).map(drop));
        let draining = scope.spawn(|| dispatcher.drain());
        assert_eq!(waiting.join().unwrap(), Err(SubmitError::Closed));
        go.send(()).unwrap();
        draining.join().unwrap();
    });
    assert!(first.is_over(), "who drained was woken after it");
    first.wait().unwrap();
}

#[test]
fn room_that_is_given_back_goes_to_who_waits_for_it() {
    let ((here, is_here), (go, may_go)) = (channel(), channel());
    let dispatcher = client(held(here, may_go)).dispatcher().policy(hasty()).capacity(1).start();
    let first = dispatcher.submit(photo(0)).unwrap();
    is_here.recv().unwrap();
    std::thread::scope(|scope| {
        let submit = |n| dispatcher.submit(photo(n)).unwrap().wait().unwrap();
        let waiting = [1, 2, 3].map(|n| scope.spawn(move || submit(n)));
        (0..4).for_each(|_| go.send(()).unwrap());
        waiting.into_iter().for_each(|thread| drop(thread.join().unwrap()));
    });
    first.wait().unwrap();
    assert_eq!(is_here.try_iter().count(), 3);
}

#[test]
fn on_a_simulated_clock_it_waits_for_nothing() {
    let clock = Clock::simulated(Moment::ORIGIN);
    let seen = clock.clone();
    let transport = move |request: Request<RequestBody>, _: Instant| {
        let is_late = seen.now() > Moment::ORIGIN + Duration::from_secs(600);
        if request.method() == Method::GET && !is_late {
            return answer(200, r#"{"state":"pending"}"#);
        }
        obliging(&request)
    };
    let began = Instant::now();
    let client = client(transport).clock(clock.clone());
    let dispatcher = client.dispatcher().start();
    let mut job = dispatcher.submit(photo(1)).unwrap();
    assert!(job.by_ref().count() > 0);
    job.wait().unwrap();
    assert!(clock.now() > Moment::ORIGIN + Duration::from_secs(600));
    assert!(began.elapsed() < Duration::from_secs(300));
}

/// Tells until when each pause is.
struct Pauses(Sender<Moment>);

impl Observer for Pauses {
    fn waiting(&self, wakeup: Wakeup) {
        let _ = self.0.send(wakeup.at);
    }
}

#[test]
fn a_pause_is_told_once_whatever_is_asked_meanwhile() {
    let pending = |request: Request<RequestBody>, _: Instant| match *request.method() {
        Method::GET => answer(200, r#"{"state":"pending"}"#),
        _ => obliging(&request),
    };
    let (told, pauses) = channel();
    let client = client(pending).observer(Arc::new(Pauses(told)));
    let mut policy = hasty();
    policy.poll.schedule = Schedule::fixed(Duration::from_secs(600));
    let dispatcher = client.dispatcher().policy(policy).start();
    let handle = dispatcher.submit(photo(1)).unwrap();
    let first = pauses.recv_timeout(Duration::from_secs(60)).unwrap();
    for _ in 0..9 {
        dispatcher.resume_uploads();
        std::thread::sleep(Duration::from_millis(5));
    }
    dispatcher.stop();
    assert!(handle.wait().is_err(), "it is left");
    let told: Vec<_> = std::iter::once(first).chain(pauses.try_iter()).collect();
    assert!(told.windows(2).all(|two| two[0] != two[1]), "{told:?}");
}

#[test]
fn a_pause_is_none_while_a_request_is_under_way() {
    let ((here, is_here), (go, may_go)) = (channel(), channel());
    let (told, pauses) = channel();
    let client = client(held(here, may_go)).observer(Arc::new(Pauses(told)));
    let mut policy = hasty();
    policy.poll.schedule = Schedule::fixed(Duration::from_secs(600));
    let dispatcher = client.dispatcher().policy(policy).start();
    let handle = dispatcher.submit(photo(1)).unwrap();
    is_here.recv().unwrap();
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(pauses.try_iter().count(), 0);
    go.send(()).unwrap();
    assert!(pauses.recv_timeout(Duration::from_secs(60)).is_ok());
    dispatcher.stop();
    assert!(handle.wait().is_err(), "it is left");
}
