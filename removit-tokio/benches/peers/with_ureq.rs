//! A client written by hand on ureq, as its documentation shows it.

use std::io::Read;
use std::path::Path;

use ureq::{Agent, SendBody};

use crate::answers::KEY;
use crate::by_hand;

/// Keeps its connections, or makes a new one for each request.
pub(crate) fn agent(keeps: bool) -> Agent {
    let kept = if keeps { 10 } else { 0 };
    let config =
        Agent::config_builder().max_idle_connections(kept).max_idle_connections_per_host(kept);
    config.build().into()
}

/// `uploads` sends the upload, `agent` looks at the job.
pub(crate) fn json(uploads: &Agent, agent: &Agent, base_url: &str) {
    let answer = uploads
        .post(by_hand::upload_url(base_url))
        .header("x-api-key", KEY)
        .header("content-type", "application/json")
        .send(&by_hand::upload()[..]);
    let answer = answer.expect("an answer").body_mut().read_to_vec().expect("a body");
    wait(agent, base_url, &by_hand::job_id(&answer));
}

pub(crate) fn multipart(uploads: &Agent, agent: &Agent, base_url: &str, photo: &Path) {
    let answer = upload(uploads, base_url, photo);
    wait(agent, base_url, &by_hand::job_id(&answer));
}

pub(crate) fn upload(agent: &Agent, base_url: &str, photo: &Path) -> Vec<u8> {
    let (before, after) = by_hand::form();
    let file = std::fs::File::open(photo).expect("a photo");
    let len = file.metadata().expect("a photo").len() + (before.len() + after.len()) as u64;
    let mut body = before.as_bytes().chain(file).chain(after.as_bytes());
    let answer = agent
        .post(by_hand::upload_url(base_url))
        .header("x-api-key", KEY)
        .header("content-type", by_hand::form_type())
        .header("content-length", len.to_string())
        .send(SendBody::from_reader(&mut body));
    answer.expect("an answer").body_mut().read_to_vec().expect("a body")
}

fn wait(agent: &Agent, base_url: &str, job_id: &str) {
    loop {
        let answer =
            agent.get(by_hand::status_url(base_url, job_id)).header("x-api-key", KEY).call();
        let answer = answer.expect("an answer").body_mut().read_to_vec().expect("a body");
        if by_hand::is_done(&answer) {
            return;
        }
    }
}
