//! Whatever a client sends gets an answer.

use proptest::prelude::*;

use super::*;

const TYPES: [&str; 4] = [
    "application/json",
    "multipart/form-data; boundary=xyz",
    "multipart/form-data; boundary=\"",
    "nonsense",
];

/// Pieces that a form is made of, in any order.
const PIECES: [&[u8]; 9] = [
    b"--xyz\r\n",
    b"--xyz--",
    b"\r\n",
    b"\r\n\r\n",
    b"Content-Disposition: form-data; name=\"file\"; filename=\"a\"",
    b"Content-Disposition: form-data; name=mode",
    b"Content-Type: image/png",
    b"params",
    b"\xff\x00",
];

proptest! {
    #[test]
    fn any_body_is_answered(
        kind in 0..TYPES.len(),
        pieces in proptest::collection::vec(0..PIECES.len(), 0..24),
        tail in proptest::collection::vec(any::<u8>(), 0..16),
    ) {
        let mut body: Vec<u8> = pieces.iter().flat_map(|at| PIECES[*at]).copied().collect();
        body.extend(tail);
        let mut upload = json_upload(body);
        upload.headers_mut().insert("content-type", TYPES[kind].parse().unwrap());
        let mut simulator = instant();
        let reply = api(&mut simulator, at(0), upload);
        let code = reply.response.status().as_u16();
        prop_assert!(matches!(code, 202 | 400 | 422), "{code}");
        prop_assert_eq!(simulator.account().jobs.len(), usize::from(code == 202));
    }

    #[test]
    fn any_path_is_answered(path in "/(api/v1/status|results|moved/results)[!-~&&[^#]]{0,20}") {
        let Ok(request) = Request::get(path).body(Bytes::new()) else {
            return Ok(());
        };
        let reply = api(&mut instant(), at(0), request);
        prop_assert!(reply.response.status().is_client_error());
    }
}
