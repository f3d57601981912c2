//! A machine's state comes back the same from wherever people store things, from an
//! earlier release too, and goes on under the clock that there is then.

use std::fmt::Debug;
use std::time::Duration;

use crate::support::{Bench, accepted, answer, at, done, endpoint, pending, secs, url_request};
use removit_proto::{
    Action, FileName, ImageType, Instant, Job, JobPolicy, JobState, Machine, Mode, Outcome, Params,
    PollPolicy, Poller, PollerState, Reach, Seed, SourceFile, TransportFailure, Upload,
    UploadPolicy, UploadRequest, UploadState,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// As the operating system draws them: none of the 128 bits is to spare.
const SEED: Seed = Seed::new(0x9f3c_51e0_77aa_4b12_8d0e_66f1_c2b7_05d9);
/// The Unix epoch's present.
const NOW: u64 = 1_796_000_000;

fn upload_of(request: UploadRequest) -> Bench<Upload> {
    let mut policy = UploadPolicy::default();
    policy.resend_ambiguous = true;
    Bench::new(Upload::new(endpoint(), request, policy, SEED, at(NOW)), at(NOW))
}

fn with_object(request: UploadRequest) -> UploadRequest {
    let object = serde_json::from_str(r#"{"shadow":true,"margin":[1,2.5,"a"]}"#).unwrap();
    request.mode(Mode::Params(Params::Object(object)))
}

fn file() -> UploadRequest {
    let name = FileName::new("Größe 7 \"cup\".png");
    UploadRequest::from_file(SourceFile::new(name, ImageType::Png, 5_000_000_000).unwrap())
}

fn broken() -> Outcome {
    Outcome::Failed(TransportFailure::broken(Reach::MaybeSent, "reset"))
}

/// An upload in each of its phases.
fn uploads() -> Vec<UploadState> {
    let mut states = vec![upload_of(file()).machine.state().clone()];
    let mut sending = upload_of(url_request());
    let _ = sending.send();
    states.push(sending.machine.state().clone());
    for outcome in [accepted(), answer(422, "{}"), answer(429, "busy"), broken(), answer(502, "?")]
    {
        let mut bench = upload_of(file());
        bench.answered(secs(1), outcome);
        let _ = bench.machine.next_action(bench.now);
        states.push(bench.machine.state().clone());
    }
    // Accepted late, while it is sent again.
    let mut bench = upload_of(url_request());
    let first = bench.answered(secs(1), broken());
    bench.slept();
    let _ = bench.send();
    bench.machine.handle(bench.now, first, accepted());
    states.push(bench.machine.state().clone());
    states
}

fn poller() -> Bench<Poller> {
    let id = "é \"job\" 1".parse().unwrap();
    Bench::new(Poller::resume(endpoint(), id, PollPolicy::default(), SEED, at(NOW)), at(NOW))
}

fn of_no_job(outcome: Outcome) -> Outcome {
    let Outcome::Response(mut answer) = outcome else { panic!() };
    let body = String::from_utf8(answer.body().to_vec()).unwrap();
    *answer.body_mut() = body.replace(r#""job_id":"job-1","#, "").into();
    Outcome::Response(answer)
}

/// A poller in each of its phases.
fn pollers() -> Vec<PollerState> {
    let mut states = vec![poller().machine.state().clone()];
    let outcomes = [
        of_no_job(done()),
        of_no_job(pending()),
        answer(200, r#"{"state":"failed","status":"expired"}"#),
        answer(200, r#"{"state":"done"}"#),
        answer(401, r#"{"error":"unauthorized"}"#),
        answer(200, "<html>"),
        Outcome::Failed(TransportFailure::unreachable("expired")),
        broken(),
    ];
    for outcome in outcomes {
        let mut bench = poller();
        let attempt = bench.send();
        states.push(bench.machine.state().clone());
        bench.machine.handle(bench.now, attempt.id, outcome.clone());
        states.push(bench.machine.state().clone());
        bench.now = bench.now + secs(100_000);
        if let Action::Send(last) = bench.machine.next_action(bench.now) {
            bench.machine.handle(bench.now, last.id, outcome);
            states.push(bench.machine.state().clone());
        }
    }
    states
}

fn job() -> Bench<Job> {
    let job = Job::new(endpoint(), file(), JobPolicy::default(), SEED, at(NOW));
    Bench::new(job, at(NOW))
}

/// A job in each of its phases.
fn jobs() -> Vec<JobState> {
    let mut bench = job();
    let mut states = vec![bench.machine.state()];
    let twice = |query: &str| {
        let url = |name| format!(r#""{name}":"https://cdn.example.com/{name}.png?{query}""#);
        let urls = format!("{},{}", url("a"), url("b"));
        answer(200, &format!(r#"{{"state":"done","final_urls":{{{urls}}}}}"#))
    };
    let head = http::Response::builder().header("content-length", 8).body(()).unwrap();
    let picture = Outcome::stored(head, 8, b"\x89PNG\r\n\x1a\n".as_slice());
    let outcomes = [
        accepted(),
        pending(),
        twice("old"),
        picture,
        answer(403, "expired"),
        answer(503, "busy"),
        twice("new"),
        answer(404, "gone"),
        answer(401, "no"),
    ];
    for outcome in outcomes {
        while let Action::SleepUntil(wakeup) = bench.machine.next_action(bench.now) {
            bench.now = wakeup.at;
        }
        states.push(bench.machine.state());
        let sent = bench.machine.in_flight().unwrap();
        bench.machine.handle(bench.now, sent, outcome);
        states.push(bench.machine.state());
    }
    let mut failed = job();
    failed.answered(secs(1), answer(422, "{}"));
    states.push(failed.machine.state());
    states
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged<S> {
    Task { state: S },
    Other,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "of")]
enum Adjacent<S> {
    Task(S),
    Other,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Inside<S> {
    Task(S),
    Other,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged<S> {
    Task { state: S },
    Other(u8),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Flattened<S> {
    customer: u64,
    #[serde(flatten)]
    state: S,
}

trait Storable: Serialize + DeserializeOwned + PartialEq + Debug + Clone {}
impl<S: Serialize + DeserializeOwned + PartialEq + Debug + Clone> Storable for S {}

#[track_caller]
fn by_text<S: Storable>(state: &S) {
    let text = serde_json::to_string(state).unwrap();
    assert_eq!(&serde_json::from_str::<S>(&text).unwrap(), state);
    assert_eq!(&serde_json::from_slice::<S>(text.as_bytes()).unwrap(), state);
    let mut reader = text.as_bytes();
    assert_eq!(&serde_json::from_reader::<_, S>(&mut reader).unwrap(), state);
}

/// As a `jsonb` column does it: keys in another order, no white space kept.
#[track_caller]
fn by_value<S: Storable>(state: &S) {
    let value = serde_json::to_value(state).unwrap();
    assert_eq!(&serde_json::from_value::<S>(value.clone()).unwrap(), state);
    assert_eq!(&S::deserialize(&value).unwrap(), state);
    assert_eq!(&serde_json::from_str::<S>(&reordered(&value)).unwrap(), state);
}

/// JSON text with the shortest keys first.
fn reordered(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| (name.len(), name.as_bytes().to_vec()));
            let field = |(name, value): (&String, &serde_json::Value)| {
                format!("{}: {}", serde_json::json!(name), reordered(value))
            };
            format!("{{{}}}", fields.into_iter().map(field).collect::<Vec<_>>().join(", "))
        }
        serde_json::Value::Array(values) => {
            format!("[{}]", values.iter().map(reordered).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

#[track_caller]
fn by_cbor<S: Storable>(state: &S) {
    let mut bytes = Vec::new();
    ciborium::into_writer(state, &mut bytes).unwrap();
    assert_eq!(&ciborium::from_reader::<S, _>(&*bytes).unwrap(), state);
}

#[track_caller]
fn by_postcard<S: Storable>(state: &S) {
    let bytes = postcard::to_stdvec(state).unwrap();
    assert_eq!(&postcard::from_bytes::<S>(&bytes).unwrap(), state);
}

#[track_caller]
fn by_self_describing<S: Storable>(state: &S) {
    by_text(state);
    by_value(state);
    by_cbor(state);
}

#[track_caller]
fn everywhere<S: Storable>(state: &S) {
    by_self_describing(state);
    let state = state.clone();
    let (tagged, adjacent) = (Tagged::Task { state: state.clone() }, Adjacent::Task(state.clone()));
    let (inside, untagged) = (Inside::Task(state.clone()), Untagged::Task { state: state.clone() });
    let flattened = Flattened { customer: u64::MAX, state };
    by_self_describing(&tagged);
    by_self_describing(&adjacent);
    by_self_describing(&inside);
    by_self_describing(&untagged);
    by_self_describing(&flattened);
}

#[test]
fn an_upload_comes_back_from_text_values_columns_tagged_types_and_cbor() {
    uploads().iter().for_each(everywhere);
    everywhere(upload_of(with_object(file())).machine.state());
}

#[test]
fn a_poller_comes_back_from_text_values_columns_tagged_types_and_cbor() {
    pollers().iter().for_each(everywhere);
}

#[test]
fn a_job_comes_back_from_text_values_columns_tagged_types_and_cbor() {
    jobs().iter().for_each(everywhere);
}

#[test]
fn states_come_back_from_a_format_that_does_not_describe_itself() {
    uploads().iter().for_each(by_postcard);
    pollers().iter().for_each(by_postcard);
    jobs().iter().for_each(by_postcard);
    let named = file().mode(Mode::Params(Params::set("shop")));
    let stored = postcard::to_stdvec(upload_of(named).machine.state());
    // What has any shape cannot be read there; it is refused, and not read wrongly.
    let object = postcard::to_stdvec(upload_of(with_object(file())).machine.state()).unwrap();
    assert!(stored.is_ok() && postcard::from_bytes::<UploadState>(&object).is_err());
}

#[test]
fn ids_come_back_from_everywhere() {
    let id = upload_of(file()).send().id;
    everywhere_in_fields(&id);
    everywhere_in_fields(&SEED);
    everywhere_in_fields(&at(NOW));
    everywhere_in_fields(&Instant::FAR_FUTURE);
}

#[track_caller]
fn everywhere_in_fields<S: Storable>(value: &S) {
    by_self_describing(value);
    by_postcard(value);
    let tagged = Tagged::Task { state: value.clone() };
    by_self_describing(&tagged);
}

#[test]
fn no_body_is_stored_twice() {
    let mark = "a mark that stands in the body";
    let bodies = [
        format!(r#"{{"state":"done","final_url":"https://cdn.example.com/a.png","x":"{mark}"}}"#),
        format!(r#"{{"state":"done","x":"{mark}"}}"#),
        format!(r#"{{"state":"failed","x":"{mark}"}}"#),
        format!(r#"{{"state":"pending","x":"{mark}"}}"#),
    ];
    let mut answers: Vec<_> = bodies.iter().map(|body| answer(200, body)).collect();
    answers.extend([401, 503, 200].map(|status| answer(status, mark)));
    for outcome in answers {
        for policy in [PollPolicy::default(), PollPolicy::one_look()] {
            let poller = Poller::resume(endpoint(), "j".parse().unwrap(), policy, SEED, at(NOW));
            let mut bench = Bench::new(poller, at(NOW));
            bench.answered(secs(1), outcome.clone());
            let stored = serde_json::to_string(bench.machine.state()).unwrap();
            assert_eq!(stored.matches(mark).count(), 1, "{stored}");
        }
    }
    for (status, resend) in [(500, true), (500, false), (422, false), (429, true)] {
        let mut policy = UploadPolicy::default();
        policy.resend_ambiguous = resend;
        let upload = Upload::new(endpoint(), url_request(), policy, SEED, at(NOW));
        let mut bench = Bench::new(upload, at(NOW));
        bench.answered(secs(1), answer(status, mark));
        let stored = serde_json::to_string(bench.machine.state()).unwrap();
        assert_eq!(stored.matches(mark).count(), 1, "{stored}");
    }
}

#[test]
fn a_state_says_its_version_and_one_of_a_newer_release_is_refused() {
    for state in uploads() {
        let mut value = serde_json::to_value(&state).unwrap();
        assert_eq!(value["version"], 1);
        value["version"] = 2.into();
        let error = serde_json::from_value::<UploadState>(value).unwrap_err().to_string();
        assert!(error.contains("newer release"), "{error}");
    }
    let mut value = serde_json::to_value(&pollers()[0]).unwrap();
    assert_eq!(value["version"], 1);
    value["version"] = 2.into();
    assert!(serde_json::from_value::<PollerState>(value).is_err());
    let mut value = serde_json::to_value(&jobs()[0]).unwrap();
    assert_eq!(value["version"], 1);
    value["version"] = 2.into();
    assert!(serde_json::from_value::<JobState>(value).is_err());
}

#[test]
fn a_field_that_a_release_does_not_know_is_passed_over() {
    let mut upload = serde_json::to_value(&uploads()[0]).unwrap();
    upload["later"] = serde_json::json!({"any": ["thing"]});
    assert_eq!(serde_json::from_value::<UploadState>(upload).unwrap(), uploads()[0]);
    let mut poller = serde_json::to_value(&pollers()[0]).unwrap();
    poller["later"] = 1.into();
    assert_eq!(serde_json::from_value::<PollerState>(poller).unwrap(), pollers()[0]);
}

#[test]
fn what_an_earlier_release_did_not_store_is_the_default() {
    let mut value = serde_json::to_value(&uploads()[1]).unwrap();
    for field in ["version", "unresolved", "early", "seen"] {
        value.as_object_mut().unwrap().remove(field).unwrap();
    }
    value["policy"] = serde_json::json!({"resend_ambiguous": true});
    let state: UploadState = serde_json::from_value(value).unwrap();
    let mut bench = Bench::new(Upload::restore(endpoint(), state, at(NOW)), at(NOW));
    assert_eq!(bench.machine.attempts(), 1);
    bench.slept();
    bench.slept();
    bench.answered(secs(1), accepted());
    assert_eq!(bench.done().unwrap().earlier_ambiguous(), 1);

    let mut value = serde_json::to_value(&pollers()[0]).unwrap();
    for field in ["version", "seen", "outlook"] {
        value.as_object_mut().unwrap().remove(field).unwrap();
    }
    value["policy"] = serde_json::json!({});
    let state: PollerState = serde_json::from_value(value).unwrap();
    let mut bench = Bench::new(Poller::restore(endpoint(), state, at(NOW)), at(NOW));
    bench.answered(secs(1), of_no_job(done()));
    assert!(bench.done().is_ok());
}

/// As 0.1.0 wrote it before there was a version.
const OLD_UPLOAD: &str = r#"{"request":{"source":{"Url":"https://example.com/image.jpg"},"options":{}},
    "policy":{"retry":{"max_attempts":5,"within":{"secs":300,"nanos":0},"backoff":{"first":{"secs":1,
    "nanos":0},"max":{"secs":30,"nanos":0}}},"attempt_timeout":{"secs":60,"nanos":0},
    "slowest_rate":65536,"resend_ambiguous":false},"seed":211660449800634600507699446331200701913,
    "started":{"secs":100,"nanos":0},"attempts":1,"ambiguity":{"cause":{"Transport":{"Broken":
    {"reach":"MaybeSent","detail":"reset"}}},"attempts":1},"phase":{"Done":{"Err":{"Ambiguous":
    {"cause":{"Transport":{"Broken":{"reach":"MaybeSent","detail":"reset"}}},"attempts":1}}}}}"#;
const OLD_POLLER: &str = r#"{"job_id":"job-1","policy":{"schedule":{"floor":{"secs":2,"nanos":0},
    "curve":{"Fixed":{"secs":3,"nanos":0}}},"timeout":{"secs":600,"nanos":0},"attempt_timeout":
    {"secs":30,"nanos":0},"backoff":{"first":{"secs":1,"nanos":0},"max":{"secs":30,"nanos":0}}},
    "seed":211660449800634600507699446331200701913,"started":{"secs":100,"nanos":0},"deadline":
    {"secs":700,"nanos":0},"accepted_at":null,"polls":1,"failures":0,"last_sent":{"secs":100,
    "nanos":0},"latest":LATEST,"trouble":null,"phase":{"Done":{"Ok":LATEST}}}"#;
const OLD_STATUS: &str = r#"{"job_id":"job-1","state":"Done","step":null,"mode":null,"progress":100,
    "results":[{"variation":null,"url":"https://cdn.example.com/a.png"}],"warnings":[],
    "ignored_variations":[],"body":"{}"}"#;

#[test]
fn a_state_of_the_first_release_is_read() {
    let old: UploadState = serde_json::from_str(OLD_UPLOAD).unwrap();
    let mut bench = Bench::new(Upload::restore(endpoint(), old, at(200)), at(200));
    assert!(bench.done().is_err());
    let id = "upload-9f3c51e077aa4b128d0e66f1c2b705d9-1".parse().unwrap();
    bench.machine.handle(at(200), id, accepted());
    assert!(bench.done().is_ok());

    let old = OLD_POLLER.replace("LATEST", OLD_STATUS);
    let old: PollerState = serde_json::from_str(&old).unwrap();
    let mut bench = Bench::new(Poller::restore(endpoint(), old, at(200)), at(200));
    assert_eq!(bench.done().unwrap().results().len(), 1);
}

/// Where the present is `now`: the state of an upload that waits to be sent again.
fn waiting_upload(now: u64) -> (UploadState, Duration) {
    let upload = Upload::new(endpoint(), url_request(), UploadPolicy::default(), SEED, at(now));
    let mut bench = Bench::new(upload, at(now));
    bench.answered(secs(1), answer(429, ""));
    let wait = bench.sleep().at - bench.now;
    (bench.machine.state().clone(), wait)
}

#[test]
fn under_a_clock_of_another_origin_a_waiting_upload_waits_no_longer_and_is_sent() {
    for (before, after) in [(NOW, 5), (5, NOW), (36_000, 10), (NOW, NOW - 36_000)] {
        let (state, wait) = waiting_upload(before);
        let mut bench = Bench::new(Upload::restore(endpoint(), state, at(after)), at(after));
        assert_eq!(bench.slept(), wait, "{before} to {after}");
        bench.answered(secs(1), accepted());
        assert!(bench.done().is_ok());
    }
}

#[test]
fn under_a_clock_of_another_origin_an_attempt_under_way_keeps_its_time() {
    for (before, after) in [(NOW, 5), (5, NOW), (36_000, 10)] {
        let upload =
            Upload::new(endpoint(), url_request(), UploadPolicy::default(), SEED, at(before));
        let mut bench = Bench::new(upload, at(before));
        let _ = bench.send();
        let time = bench.sleep().at - at(before);
        let restored = Upload::restore(endpoint(), bench.machine.state().clone(), at(after));
        assert_eq!(Bench::new(restored, at(after)).sleep().at - at(after), time);
    }
}

#[test]
fn under_a_clock_of_another_origin_a_wait_ends_when_it_would_have() {
    for (before, after) in [(NOW, 5), (5, NOW), (36_000, 10)] {
        let id = "job-1".parse().unwrap();
        let poller = Poller::resume(endpoint(), id, PollPolicy::default(), SEED, at(before));
        let mut bench = Bench::new(poller, at(before));
        bench.answered(secs(1), pending());
        let wait = bench.sleep().at - bench.now;
        let state = bench.machine.state().clone();
        let mut bench = Bench::new(Poller::restore(endpoint(), state, at(after)), at(after));
        assert_eq!(bench.sleep().at - at(after), wait, "the floor holds, too");
        let mut last = bench.now;
        while !matches!(bench.machine.next_action(bench.now), Action::Done(_)) {
            match bench.machine.in_flight() {
                Some(id) => bench.machine.handle(bench.now, id, pending()),
                None => drop(bench.slept()),
            }
            last = bench.now;
        }
        // Ten minutes, of which one second had passed.
        assert_eq!(last, at(after) + secs(599), "{before} to {after}");
    }
}

#[test]
fn time_that_passed_while_a_state_was_stored_counts() {
    let (state, wait) = waiting_upload(NOW);
    let now = at(NOW + 1);
    let mut bench = Bench::new(Upload::restore(endpoint(), state, now), now);
    assert_eq!(bench.slept(), wait);
    for passed in [3_600, 360 * 24 * 3_600] {
        let (state, _) = waiting_upload(NOW);
        let now = at(NOW + passed);
        let mut bench = Bench::new(Upload::restore(endpoint(), state, now), now);
        assert!(bench.done().is_err(), "the time for further attempts is over");
    }
}

#[test]
fn a_wait_without_end_stays_one_under_another_clock() {
    let mut policy = PollPolicy::default();
    policy.timeout = Duration::MAX;
    let poller = Poller::resume(endpoint(), "j".parse().unwrap(), policy, SEED, at(NOW));
    let mut bench = Bench::new(poller, at(NOW));
    bench.answered(secs(1), answer(200, r#"{"state":"pending"}"#));
    let state = bench.machine.state().clone();
    let mut bench = Bench::new(Poller::restore(endpoint(), state, at(5)), at(5));
    bench.now = at(NOW);
    bench.answered(secs(1), answer(200, r#"{"state":"pending"}"#));
    bench.sleep();
}
