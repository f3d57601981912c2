//! Servers that should speak TLS and do not: there is no connection, so that
//! nothing was sent and the key was not shown.

use super::*;

scenario! {
    fn what_does_not_shake_hands_is_no_connection() {
        for steps in [
            vec![],
            vec![Read(1)],
            vec![Read(100), Write(answer("400 Bad Request", "", "speak TLS no more"))],
            vec![Write(answer("202 Accepted", "", ACCEPTED))],
            vec![Read(100), Write(b"\x15\x03\x01\0\x02\x02\x28".to_vec())],
            vec![Read(100), Write(vec![0x16, 3, 3, 0, 200, 2, 0])],
            vec![Read(100), Write(b"\x16\x03\x03\xff\xff".to_vec()), Write(vec![2; 0xffff])],
            vec![Read(100), Flood(b"\0\xff".to_vec())],
        ] {
            let server = HostileServer::start(steps);
            let end = timed!(client_until(PATIENCE, &server.https()).upload(&by_url()));
            let Err(Error::Upload(UploadError::NotSent(why))) = &end else {
                panic!("{end:?}")
            };
            assert!(matches!(why, TransportFailure::Connect { .. }), "{why:?}");
            assert_eq!(upload_end(&server, end), End::NotSent);
            assert_eq!(server.seen().connections, 2, "it was tried again");
            assert!(server.seen().written < BOUND);
        }
    }
}

scenario! {
    fn a_handshake_that_never_ends_is_given_up_at_the_deadline() {
        for steps in [vec![Hold], vec![Read(100), Trickle(b"\x16\x03\x03\x40\0\x02".to_vec())]] {
            let server = HostileServer::start(steps);
            let end = timed!(client_until(HASTE, &server.https()).upload(&by_url()));
            assert_eq!(upload_end(&server, end), End::NotSent);
        }
    }
}
