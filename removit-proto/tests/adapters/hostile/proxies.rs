//! Proxies that stall, refuse or lie: there is no connection, so that nothing was
//! sent. The name of the server is known to the proxy alone.

use super::super::adapter::Proxy;
use super::super::client_with;
use super::*;

const SERVER: &str = "https://api.removit.test";

/// A client that reaches everything through a proxy.
fn through(scheme: &str, proxy: &HostileServer, limit: Duration) -> TheClient {
    let url = format!("{scheme}://me:secret@127.0.0.1:{}", proxy.port());
    let client = client_with(SERVER, |options| {
        options.proxy = Proxy::Url(url);
        options.connect_timeout = limit;
    });
    ending_at(PATIENCE * 2, client)
}

#[track_caller]
fn not_sent(end: Result<Job<impl Transport>, Error>) -> TransportFailure {
    let error = shown(end.unwrap_err());
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    match error {
        Error::Upload(UploadError::NotSent(failure)) => failure,
        other => panic!("{other:?}"),
    }
}

scenario! {
    fn a_proxy_that_does_not_answer_costs_the_time_for_a_connection() {
        for (scheme, steps) in [
            ("http", vec![Hold]),
            ("http", vec![Read(30), Trickle(b"HTTP/1.1 200 OK and so on, ".to_vec())]),
            ("http", vec![Read(30), Trickle(b"HTTP/1.1 200 OK\r\nX-Many: a\r\n".to_vec())]),
            ("http", vec![Read(30), Write(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()), Hold]),
            ("https", vec![Hold]),
            ("socks5", vec![Hold]),
            ("socks5", vec![Read(3), Trickle(vec![5])]),
            ("socks5", vec![Read(3), Write(vec![5, 2]), Hold]),
        ] {
            let proxy = HostileServer::start(steps.clone());
            let end = timed!(through(scheme, &proxy, HASTE).upload(&by_url()));
            let failure = not_sent(end);
            let TransportFailure::Connect { detail } = &failure else {
                // The trickle of a SOCKS proxy is one that nobody can understand.
                panic!("{scheme} {steps:?}: {failure:?}")
            };
            assert!(detail.len() > 5, "{detail}");
            assert_eq!(proxy.seen().connections, 2, "{scheme} {steps:?}: it was tried again");
        }
    }
}

scenario! {
    fn a_proxy_that_wants_another_password_is_not_asked_again() {
        for (scheme, steps) in [
            ("http", vec![Read(30), Write(b"HTTP/1.1 407 Who are you\r\n\r\n".to_vec()), Hold]),
            ("socks5", vec![Read(3), Write(vec![5, 0xff]), Hold]),
            ("socks5", vec![Read(3), Write(vec![5, 2]), Read(11), Write(vec![1, 1]), Hold]),
        ] {
            let proxy = HostileServer::start(steps.clone());
            let end = timed!(through(scheme, &proxy, PATIENCE).upload(&by_url()));
            let TransportFailure::Unreachable { detail } = not_sent(end) else {
                panic!("{scheme} {steps:?} is tried again")
            };
            assert!(detail.contains("password"), "what to do: {detail}");
            assert_eq!(proxy.seen().connections, 1, "{scheme} {steps:?}");
        }
    }
}

scenario! {
    fn the_time_for_a_connection_is_that_of_the_proxys_tunnel_and_not_of_what_goes_through_it() {
        // The tunnel leads to a server that is slow to shake hands: still connecting.
        let tunnel = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
        let proxy = HostileServer::start([Read(30), Write(tunnel), Read(100), Hold]);
        let failure = not_sent(timed!(through("http", &proxy, HASTE).upload(&by_url())));
        let TransportFailure::Connect { detail } = &failure else { panic!("{failure:?}") };
        assert!(detail.contains("the time for a connection"), "{detail}");
    }
}

scenario! {
    fn a_proxy_that_cannot_reach_the_server_now_is_asked_again() {
        for (scheme, steps) in [
            ("http", vec![Read(30), Write(b"HTTP/1.1 503 Not now\r\n\r\n".to_vec()), Hold]),
            ("http", vec![Read(30), Write(b"HTTP/1.1 502 No\r\n\r\n".to_vec())]),
            ("http", vec![Read(30)]),
            ("http", vec![Read(30), Write(b"SSH-2.0-OpenSSH\r\n\r\n".to_vec()), Hold]),
            ("socks5", vec![Read(3)]),
            ("socks5", vec![Read(3), Write(b"HTTP".to_vec()), Hold]),
        ] {
            let proxy = HostileServer::start(steps.clone());
            let end = timed!(through(scheme, &proxy, PATIENCE).upload(&by_url()));
            let failure = not_sent(end);
            assert!(matches!(failure, TransportFailure::Connect { .. }), "{failure:?}");
            assert_eq!(proxy.seen().connections, 2, "{scheme} {steps:?}");
        }
    }
}
