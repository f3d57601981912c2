//! Hosts to which no connection is made: each attempt to connect has its own time,
//! and ends with it as what may safely be repeated.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::mpsc::channel;

use super::super::adapter::Resolver;
use super::super::client_with;
use super::super::support::Swallowing;
use super::*;

/// The time for a connection where only that can end it.
const BRIEFLY: Duration = Duration::from_millis(300);

/// Attempts of which none ends for itself within the test.
const FOREVER: Duration = Duration::from_secs(60);

/// A client with this time for connecting, and none for its attempts.
fn brief(base_url: &str, resolver: Resolver) -> TheClient {
    let client = client_with(base_url, |options| {
        options.connect_timeout = BRIEFLY;
        options.resolver = resolver;
    });
    ending_at(FOREVER, client)
}

#[track_caller]
fn not_in_time(end: Result<Job<impl Transport>, Error>) {
    let error = shown(end.unwrap_err());
    let Error::Upload(UploadError::NotSent(TransportFailure::Connect { detail })) = &error else {
        panic!("{error:?}")
    };
    assert!(detail.contains("300ms, the time for a connection"), "{detail}");
}

scenario! {
    fn a_host_that_swallows_everything_costs_the_time_for_a_connection() {
        let host = Swallowing::new();
        for scheme in ["http", "https"] {
            let client = brief(&format!("{scheme}://{}", host.address()), Resolver::default());
            not_in_time(timed!(client.upload(&by_url())));
            let end = timed!(client.wait(&job()));
            let Err(Error::Poll(PollError::TimedOut { trouble: Some(trouble), .. })) = &end else {
                panic!("{end:?}")
            };
            let unconnected = PollTrouble::Transport(TransportFailure::connect(""));
            assert_eq!(std::mem::discriminant(trouble), std::mem::discriminant(&unconnected));
        }
    }
}

scenario! {
    fn a_name_that_is_not_found_in_time_costs_the_time_for_a_connection() {
        let (done, waiting) = channel::<()>();
        let waiting = std::sync::Mutex::new(waiting);
        let resolver = Resolver::new(move |_, _| {
            // Until the test is over.
            let _ = waiting.lock().map(|waiting| waiting.recv());
            Err(ErrorKind::NotFound.into())
        });
        not_in_time(timed!(brief("https://api.removit.test", resolver).upload(&by_url())));
        drop(done);
    }
}

scenario! {
    fn a_handshake_that_stalls_costs_the_time_for_a_connection() {
        for steps in [vec![Hold], vec![Read(100), Trickle(b"\x16\x03\x03\x40\0\x02".to_vec())]] {
            let server = HostileServer::start(steps);
            not_in_time(timed!(brief(&server.https(), Resolver::default()).upload(&by_url())));
            assert_eq!(server.seen().connections, 2, "it was tried again");
        }
    }
}

scenario! {
    fn an_attempt_with_less_time_than_a_connection_may_take_ends_at_its_deadline() {
        let host = Swallowing::new();
        let client = client_with(&format!("https://{}", host.address()), |options| {
            options.connect_timeout = FOREVER;
        });
        let end = timed!(ending_at(HASTE, client).upload(&by_url()));
        let Err(Error::Upload(UploadError::NotSent(why))) = &end else { panic!("{end:?}") };
        assert!(is_timed_out(why), "{why:?}");
    }
}

scenario! {
    fn an_address_that_swallows_everything_does_not_keep_the_others_waiting() {
        let (first, second) = (Swallowing::new(), Swallowing::new());
        let server = HostileServer::start([ReadRequest, Write(answer("202", "", ACCEPTED))]);
        let last = SocketAddr::from(([127, 0, 0, 1], server.port()));
        let addresses = vec![first.address(), second.address(), last];
        let resolver = Resolver::new(move |_, _| Ok(addresses.clone()));
        let client = client_with("http://localhost:1", |options| {
            options.connect_timeout = FOREVER;
            options.resolver = resolver;
        });
        let end = timed!(ending_at(FOREVER, client).upload(&by_url()));
        assert_eq!(upload_end(&server, end), End::Accepted);
    }
}

scenario! {
    fn an_address_that_refuses_is_passed_over_at_once() {
        let server = HostileServer::start([ReadRequest, Write(answer("202", "", ACCEPTED))]);
        let last = SocketAddr::from(([127, 0, 0, 1], server.port()));
        let closed: Vec<_> = (0..40).map(|n| SocketAddr::from(([127, 0, 0, 1], 1 + n % 8))).collect();
        let resolver = Resolver::new(move |_, _| Ok([&closed[..], &[last]].concat()));
        let client = client_with("http://localhost:1", |options| options.resolver = resolver);
        let end = timed!(ending_at(PATIENCE, client).upload(&by_url()));
        assert_eq!(upload_end(&server, end), End::Accepted);
    }
}

scenario! {
    fn a_name_that_is_not_found_is_no_connection_and_is_looked_up_again() {
        for found in [Some(Vec::new()), None] {
            let (looked, looks) = channel();
            let looked = std::sync::Mutex::new(looked);
            let resolver = Resolver::new(move |host, port| {
                looked.lock().unwrap().send((host.to_owned(), port)).unwrap();
                found.clone().ok_or_else(|| io::Error::new(ErrorKind::NotFound, "no such host"))
            });
            let client = client_with("https://api.removit.test", |o| o.resolver = resolver);
            let end = timed!(ending_at(PATIENCE, client).upload(&by_url()));
            let failed = matches!(
                &end,
                Err(Error::Upload(UploadError::NotSent(TransportFailure::Connect { .. })))
            );
            assert!(failed, "{end:?}");
            let looks: Vec<_> = looks.try_iter().collect();
            assert_eq!(looks, vec![("api.removit.test".to_owned(), 443); 2]);
        }
    }
}
