//! What the default transport leaves behind: nothing that holds a connection, a
//! task or the end of a runtime.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use crate::support::{Answer, PNG, Server, answer, endpoint, with_fast_policies};
use removit_tokio::proto::{TransportFailure, UploadError, UploadPolicy};
use removit_tokio::{Client, Error, HyperTransport, Photo, Proxy, Resolver, TransportOptions};
use tokio::runtime::{Builder, Runtime};

const PATIENCE: Duration = Duration::from_secs(20);

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

async fn no_task_is_left() {
    let handle = tokio::runtime::Handle::current();
    for _ in 0..4_000 {
        if handle.metrics().num_alive_tasks() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{} tasks are left", handle.metrics().num_alive_tasks());
}

#[test]
fn an_answer_that_was_read_whole_ends_the_connection_on_which_the_upload_still_goes_out() {
    // It is kept, as far as the server says, and nothing more is read from it.
    let refusal = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}".to_vec();
    let server = Server::start([Answer::Deaf(refusal)]);
    // More than the sockets on its way take.
    let photo = Photo::from_bytes("cup.png", [PNG, &[7; 32 << 20]].concat()).unwrap();
    let runtime = runtime();
    let client = server.client();
    let end = runtime.block_on(client.upload(&photo));
    assert!(matches!(end, Err(Error::Upload(UploadError::Rejected(_)))), "{end:?}");
    runtime.block_on(no_task_is_left());
}

#[test]
fn an_upload_that_was_answered_leaves_no_connection_and_a_look_leaves_one() {
    let kept = |status: &str, body: &str| {
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}");
        Answer::Stall(head.into_bytes())
    };
    let server = Server::start([
        kept("202 Accepted", r#"{"job_id":"job-1"}"#),
        kept("200 OK", r#"{"job_id":"job-1","state":"pending"}"#),
    ]);
    let runtime = runtime();
    let client = server.client();
    let photo = Photo::from_bytes("cup.png", PNG).unwrap();
    let job = runtime.block_on(client.upload(&photo)).unwrap();
    runtime.block_on(no_task_is_left());
    runtime.block_on(job.status()).unwrap();
    assert!(runtime.metrics().num_alive_tasks() > 0, "a look may be followed by another");
}

#[test]
fn a_name_that_is_not_found_does_not_keep_a_runtime_from_ending() {
    let (found, finding) = channel::<()>();
    let finding = Mutex::new(finding);
    let mut options = TransportOptions::default();
    options.proxy = Proxy::Direct;
    options.connect_timeout = Duration::from_millis(50);
    options.resolver = Resolver::new(move |_, _| {
        // As long as the test lasts.
        let _ = finding.lock().unwrap().recv();
        Err(ErrorKind::NotFound.into())
    });
    let transport = HyperTransport::with_options(&options).unwrap();
    let client =
        with_fast_policies(Client::with_transport(endpoint("https://api.removit.test"), transport));
    let mut policy = UploadPolicy::default();
    policy.retry.max_attempts = 1;
    let client = client.upload_policy(policy);
    let (ended, ending) = channel();
    thread::spawn(move || {
        let runtime = runtime();
        let photo = Photo::from_url("https://example.com/cup.jpg").unwrap();
        let end = runtime.block_on(client.upload(&photo)).map(drop);
        drop(runtime);
        ended.send(end).unwrap();
    });
    let end = ending.recv_timeout(PATIENCE).expect("the runtime waits for the lookup");
    let unconnected =
        matches!(&end, Err(Error::Upload(UploadError::NotSent(TransportFailure::Connect { .. }))));
    assert!(unconnected, "{end:?}");
    drop(found);
}

#[test]
fn a_refusal_without_a_body_leaves_nothing_either() {
    let server = Server::start([Answer::Raw(answer("401 Unauthorized", "", ""))]);
    let runtime = runtime();
    let photo = Photo::from_bytes("cup.png", PNG).unwrap();
    assert!(runtime.block_on(server.client().upload(&photo)).is_err());
    runtime.block_on(no_task_is_left());
}

/// Reads a request, writes so many interim answers and then these bytes, and holds
/// the connection until the sender is dropped.
fn interim(answers: usize, then: &'static str) -> (String, Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (over, waiting) = channel();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // A short request comes in one piece.
        assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
        stream.write_all("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(answers).as_bytes()).unwrap();
        // Read by itself as a rule, so that a connection which was cut for less shows.
        thread::sleep(Duration::from_millis(100));
        let _ = stream.write_all(then.as_bytes());
        let _ = waiting.recv();
    });
    (url, over)
}

#[test]
fn a_hundred_interim_answers_are_too_many_however_much_time_there_is() {
    let upload = |url: &str| {
        let mut policy = UploadPolicy::default();
        policy.attempt_timeout = Duration::from_secs(3600);
        let client = crate::support::client(url).upload_policy(policy);
        let photo = Photo::from_url("https://example.com/cup.jpg").unwrap();
        runtime().block_on(async {
            tokio::time::timeout(PATIENCE, client.upload(&photo)).await.expect("held")
        })
    };
    let accepted = "HTTP/1.1 202 OK\r\nContent-Length: 18\r\n\r\n{\"job_id\":\"job-1\"}";
    let (url, _over) = interim(100, accepted);
    assert_eq!(upload(&url).unwrap().id().as_str(), "job-1");

    let (url, _over) = interim(101, "");
    let error = upload(&url).unwrap_err();
    assert!(matches!(error, Error::Upload(UploadError::Ambiguous(_))), "{error:?}");
    assert!(error.to_string().contains("interim answers without end"), "{error}");
}
