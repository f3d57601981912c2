//! What is shown for debugging: which type it is, what helps, and never the key.

use std::fmt::Debug;

use removit_tokio::proto::journal::Replay;

use super::super::adapter::{
    BoxTransport, DefaultTransport, Driver, Fetched, MemoryJournal, ResponseBody,
};
use super::batches::hasty;
use super::*;

/// Nothing is sent to it.
fn nowhere() -> Client {
    client_at("http://127.0.0.1:9")
}

/// It begins with the type, and holds this.
#[track_caller]
fn is_shown(value: &dyn Debug, name: &str, holds: &str) {
    let shown = format!("{value:?}");
    assert!(shown.starts_with(name) && shown.contains(holds), "{shown}");
    assert!(!shown.contains(KEY), "{shown}");
}

scenario! {
    fn a_client_is_shown_with_where_it_sends() {
        is_shown(&nowhere(), "Client {", "127.0.0.1:9");
    }
}

scenario! {
    fn a_job_is_shown_with_its_id() {
        let job = nowhere().resume("job-1".parse().unwrap());
        is_shown(&job, "Job {", "job-1");
        is_shown(&job.statuses(), "Statuses", "..");
    }
}

scenario! {
    fn a_driver_is_shown_with_its_photo() {
        let (transport, photo) = (DefaultTransport::new().unwrap(), photo());
        is_shown(&Driver::new(&transport).with_photo(&photo), "Driver {", "coffee.jpg");
    }
}

scenario! {
    fn a_transport_is_shown_by_its_name() {
        let transport = DefaultTransport::new().unwrap();
        let name = std::any::type_name::<DefaultTransport>().rsplit("::").next().unwrap();
        is_shown(&transport, name, "..");
        is_shown(&BoxTransport::new(transport), "BoxTransport", "..");
    }
}

scenario! {
    fn the_body_of_an_answer_is_shown_without_what_is_in_it() {
        let body = ResponseBody::from("words");
        is_shown(&body, "ResponseBody", "");
        assert!(!format!("{body:?}").contains("words"));
    }
}

scenario! {
    fn a_batch_is_shown_with_its_counts_once_it_has_begun() {
        let mut batch = nowhere().batch(Vec::<Photo>::new());
        is_shown(&batch, "Batch {", "counts: None");
        batch.stop_uploading();
        is_shown(&batch, "Batch {", "done: 0");
    }
}

scenario! {
    fn a_dispatcher_is_shown_with_its_policy_and_then_with_its_counts() {
        let builder = nowhere().dispatcher().policy(hasty());
        let builder = builder.journal(MemoryJournal::default(), Replay::default());
        is_shown(&builder, "DispatcherBuilder {", "requests_per_second: 1000");
        is_shown(&builder.start(), "Dispatcher {", "done: 0");
    }
}

scenario! {
    fn a_handle_is_shown_with_its_job_and_whether_it_is_over() {
        let dispatcher = nowhere().dispatcher().start();
        let job_id: JobId = "job-1".parse().unwrap();
        let handle = dispatcher.try_submit(job_id).unwrap();
        is_shown(&handle, "Handle {", "job-1");
        is_shown(&handle, "Handle {", "is_over: false");
    }
}

scenario! {
    fn a_fetched_result_is_shown_with_what_it_is() {
        let server = start(Config::instant());
        let client = client(&server);
        let finished = go!(client.process(&photo())).unwrap();
        let fetched: Fetched = go!(client.fetch(&finished.results()[0])).unwrap();
        is_shown(&fetched, "Fetched", &format!("len: {}", PHOTO.len()));
    }
}
