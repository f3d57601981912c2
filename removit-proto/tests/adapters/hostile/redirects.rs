//! Redirects: of the API never followed, of a result never to where nothing may
//! be fetched from, and not for ever.

use super::*;

/// Places that no result comes from.
fn unsafe_places() -> Vec<String> {
    let texts = [
        "file:///etc/passwd",
        "http://example.com/cup.png",
        "http://user:password@127.0.0.1/cup.png",
        "//user@127.0.0.1/cup.png",
        "ftp://127.0.0.1/cup.png",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
        "http://127.0.0.1.example.com/cup.png",
        "http:///cup.png",
        "http://[::1/cup.png",
        "http://127.0.0.1:99999/cup.png",
    ];
    let mut places: Vec<_> = texts.map(str::to_owned).into();
    places.push(format!("/{}", "a".repeat(30_000)));
    places
}

fn redirect(status: &str, location: &str) -> Vec<u8> {
    answer(status, &format!("Location: {location}\r\n"), "elsewhere")
}

scenario! {
    fn a_result_is_not_fetched_from_an_unsafe_place() {
        for place in unsafe_places() {
            let server = HostileServer::start([ReadRequest, Write(redirect("302 Found", &place))]);
            let folder = tempfile::tempdir().unwrap();
            let into = Destination::folder(folder.path(), "cup");
            let end = timed!(patient(&server).download(&finished(&server), &into));
            let end = not_saved(&server, folder.path(), end);
            assert!(matches!(end, DownloadError::UnsafeRedirect(_)), "{place}: {end:?}");
            assert_eq!(server.seen().connections, 1, "{place}");
        }
    }
}

scenario! {
    fn redirects_of_a_result_are_followed_five_times_and_no_more() {
        for place in ["/cup.png", "?again", "/cup.png#here"] {
            for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
                let server = HostileServer::start([ReadRequest, Write(redirect(status, place))]);
                let folder = tempfile::tempdir().unwrap();
                let into = Destination::folder(folder.path(), "cup");
                let end = timed!(patient(&server).download(&finished(&server), &into));
                let end = not_saved(&server, folder.path(), end);
                assert_eq!(end, DownloadError::TooManyRedirects, "{place:?}");
                assert_eq!(server.seen().heads.len(), 6, "{place:?}");
            }
        }
    }
}

scenario! {
    fn a_redirect_of_a_result_to_nowhere_is_refused() {
        let server = HostileServer::start([ReadRequest, Write(answer("302 Found", "", ""))]);
        let folder = tempfile::tempdir().unwrap();
        let into = Destination::folder(folder.path(), "cup");
        let end = timed!(patient(&server).download(&finished(&server), &into));
        let end = not_saved(&server, folder.path(), end);
        assert!(matches!(end, DownloadError::LostRedirect(_)), "{end:?}");
    }
}

scenario! {
    fn a_redirect_of_the_api_is_shown_and_not_followed() {
        let other = HostileServer::start([ReadRequest, Write(answer("202 Accepted", "", ACCEPTED))]);
        for place in unsafe_places().into_iter().chain([other.url(), "/".to_owned()]) {
            let steps = [ReadRequest, Write(redirect("307 Temporary", &place))];
            let server = HostileServer::start(steps.clone());
            let end = timed!(patient(&server).upload(&by_url()));
            assert_eq!(upload_end(&server, end), End::Rejected, "{place}");

            let server = HostileServer::start(steps);
            let end = trouble(&server, timed!(patient(&server).wait(&job())));
            let PollTrouble::Answer(error) = &end else { panic!("{end:?}") };
            assert_eq!(error.kind(), ApiErrorKind::Redirected);
        }
        assert_eq!(other.seen().connections, 0);
    }
}
