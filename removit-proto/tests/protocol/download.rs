//! What a `Download` does with each answer, redirect and failure.

use crate::support::{Bench, answer, at, endpoint, secs, with_header};
use http::{Response, StatusCode};
use removit_proto::{
    Action, ApiKey, Download, DownloadError, DownloadPolicy, Downloaded, Endpoint, Machine,
    NotAnImage, Outcome, OutputFormat, Reach, ResultKind, ResultUrl, Seed, Sink, TransportFailure,
    UrlError,
};

/// How a WebP begins.
const WEBP: &[u8] = b"RIFF\x1a\0\0\0WEBPVP8L";

const URL: &str = "https://cdn.example.com/results/clipping.webp?sig=1";

fn download_of(url: &str, endpoint: &Endpoint) -> Bench<Download> {
    let url = ResultUrl::check(url, endpoint).unwrap();
    let machine = Download::new(url, DownloadPolicy::default(), Seed::new(1), at(100));
    Bench::new(machine, at(100))
}

fn download() -> Bench<Download> {
    download_of(URL, &endpoint())
}

fn stored(announced: Option<u64>, len: u64) -> Outcome {
    stored_as(200, announced, len, WEBP)
}

fn stored_as(status: u16, announced: Option<u64>, len: u64, start: &'static [u8]) -> Outcome {
    let mut head = Response::builder().status(status).header("content-type", "image/webp");
    if let Some(announced) = announced {
        head = head.header("content-length", announced);
    }
    Outcome::stored(head.body(()).unwrap(), len, start)
}

fn redirect(location: &str) -> Outcome {
    with_header(answer(302, ""), "location", location)
}

fn end_after(outcome: Outcome) -> Result<Downloaded, DownloadError> {
    let mut bench = download();
    bench.answered(secs(1), outcome);
    bench.done()
}

#[test]
fn the_key_is_never_on_a_request_for_a_result() {
    let mut bench = download();
    for _ in 0..3 {
        let attempt = bench.send();
        let headers = format!("{:?}", attempt.request.headers());
        assert!(!attempt.request.headers().contains_key("x-api-key"), "{headers}");
        assert!(!attempt.request.headers().contains_key("authorization"), "{headers}");
        bench.machine.handle(bench.now, attempt.id, redirect("https://api.removit.eu/x"));
    }
}

#[test]
fn a_whole_result_is_downloaded() {
    let downloaded = end_after(stored(Some(10), 10)).unwrap();
    assert_eq!((downloaded.len, downloaded.extension()), (10, "webp"));
    assert!(end_after(stored(None, 10)).is_ok());
}

#[test]
fn a_result_of_the_wrong_length_is_fetched_again() {
    let mut bench = download();
    bench.answered(secs(1), stored(Some(10), 9));
    bench.slept();
    bench.answered(secs(1), stored(Some(10), 10));
    assert!(bench.done().is_ok());
}

#[test]
fn a_2xx_that_did_not_reach_the_file_is_fetched_again() {
    for status in [200, 204, 299] {
        let mut bench = download();
        bench.answered(secs(1), with_header(answer(status, ""), "content-length", "10"));
        bench.slept();
        bench.answered(secs(1), stored(Some(10), 10));
        assert!(bench.done().is_ok(), "{status}");
    }
}

#[test]
fn an_empty_result_is_none() {
    let mut bench = download();
    for attempt in 1..=5 {
        bench.answered(secs(1), stored(None, 0));
        if attempt < 5 {
            bench.slept();
        }
    }
    assert!(matches!(bench.done(), Err(DownloadError::WrongLength { received: 0, .. })));
}

#[test]
fn server_errors_and_broken_connections_are_tried_again_within_bounds() {
    for outcome in [
        answer(500, ""),
        answer(503, ""),
        answer(429, ""),
        Outcome::Failed(TransportFailure::broken(Reach::MaybeSent, "reset")),
        Outcome::Failed(TransportFailure::connect("refused")),
    ] {
        let mut bench = download();
        for _ in 0..4 {
            bench.answered(secs(1), outcome.clone());
            bench.slept();
        }
        bench.answered(secs(1), outcome.clone());
        let end = bench.done();
        assert!(
            matches!(end, Err(DownloadError::Server(_) | DownloadError::Transport(_))),
            "{end:?}"
        );
    }
}

#[test]
fn a_failure_that_no_repetition_mends_is_final() {
    let failure = TransportFailure::unreachable("the certificate expired");
    let end = end_after(Outcome::Failed(failure.clone()));
    assert_eq!(end, Err(DownloadError::Transport(failure)));
}

#[test]
fn a_refusal_is_final_for_this_url() {
    for status in [400, 401, 403, 404, 410] {
        let expected = StatusCode::from_u16(status).unwrap();
        assert_eq!(end_after(answer(status, "")), Err(DownloadError::Refused(expected)));
    }
}

#[test]
fn a_full_disk_or_an_oversized_result_is_not_tried_again() {
    for failure in [TransportFailure::sink("disk full"), TransportFailure::TooLarge { limit: 5 }] {
        let end = end_after(Outcome::Failed(failure.clone()));
        assert_eq!(end, Err(DownloadError::Transport(failure)));
    }
}

#[test]
fn five_redirects_are_followed_and_a_sixth_is_not() {
    let mut bench = download();
    for hop in 1..=5 {
        bench.answered(secs(0), redirect(&format!("/hop/{hop}.png")));
    }
    let attempt = bench.send();
    assert_eq!(attempt.request.uri(), "https://cdn.example.com/hop/5.png");
    bench.machine.handle(bench.now, attempt.id, redirect("/hop/6.png"));
    assert_eq!(bench.done(), Err(DownloadError::TooManyRedirects));
}

#[test]
fn a_maze_costs_as_many_requests_as_the_policy_says_and_no_more() {
    let mut bench = download();
    let mut requests = 0;
    for _ in 0..1000 {
        match bench.machine.next_action(bench.now) {
            Action::Send(attempt) => {
                requests += 1;
                let is_at_its_end = requests % 6 == 0;
                let outcome = if is_at_its_end { answer(503, "") } else { redirect("/on") };
                bench.machine.handle(bench.now, attempt.id, outcome);
            }
            Action::SleepUntil(wakeup) => bench.now = wakeup.at,
            Action::Done(end) => {
                assert_eq!(end, Err(DownloadError::Server(StatusCode::SERVICE_UNAVAILABLE)));
                break;
            }
        }
    }
    assert_eq!(requests, DownloadPolicy::default().most_requests());
}

#[test]
fn each_hop_is_checked_by_the_rules_for_result_urls() {
    for (location, error) in [
        ("file:///etc/passwd", UrlError::Scheme),
        ("data:text/plain,x", UrlError::Scheme),
        ("http://cdn.example.com/x", UrlError::Insecure),
        ("http://127.0.0.1/x", UrlError::Insecure),
        ("https://user:pw@host/x", UrlError::UserInfo),
    ] {
        let end = end_after(redirect(location));
        assert_eq!(end, Err(DownloadError::UnsafeRedirect(error)), "{location}");
    }
    assert!(matches!(end_after(answer(302, "")), Err(DownloadError::LostRedirect(_))));
}

#[test]
fn plain_loopback_results_are_for_plain_loopback_apis_only() {
    let local = Endpoint::new("http://127.0.0.1:1", ApiKey::new("k").unwrap()).unwrap();
    let mut bench = download_of("http://localhost:2/x.png", &local);
    bench.answered(secs(0), redirect("http://[::1]:3/y.png"));
    assert_eq!(bench.send().request.uri(), "http://[::1]:3/y.png");
    assert_eq!(ResultUrl::check("http://cdn.example.com/x", &local), Err(UrlError::Insecure));

    let secure_local = Endpoint::new("https://127.0.0.1:1", ApiKey::new("k").unwrap()).unwrap();
    assert_eq!(ResultUrl::check("http://127.0.0.1:2/x", &secure_local), Err(UrlError::Insecure));
}

#[test]
fn a_retry_starts_again_at_the_results_own_url() {
    let mut bench = download();
    bench.answered(secs(0), redirect("/expiring.png"));
    bench.answered(secs(0), answer(500, ""));
    bench.slept();
    assert_eq!(bench.send().request.uri(), URL);
}

#[test]
fn the_limit_goes_with_each_attempt() {
    let mut policy = DownloadPolicy::default();
    policy.max_len = 7;
    let url = ResultUrl::check(URL, &endpoint()).unwrap();
    let mut bench = Bench::new(Download::new(url, policy, Seed::new(1), at(0)), at(0));
    assert_eq!(bench.send().sink, Sink::file(7));
}

#[test]
fn an_attempt_that_nobody_finishes_is_sent_again() {
    let mut bench = download();
    let _lost = bench.send();
    bench.slept();
    bench.slept();
    bench.answered(secs(1), stored(Some(1), 1));
    assert!(bench.done().is_ok());
}

#[test]
fn what_is_no_image_is_fetched_again_and_at_last_told_with_its_beginning() {
    for (start, what, shown) in [
        (&b"<!DOCTYPE html><p>Not ready yet"[..], NotAnImage::Html, "Not ready yet"),
        (b"{\"state\":\"pending\"}", NotAnImage::Json, "pending"),
        (b"<?xml version='1.0'?><Error/>", NotAnImage::Xml, "<Error/>"),
        (b"later", NotAnImage::Text, "later"),
        (b"\x1f\x8b\x08\0\0", NotAnImage::Compressed, ""),
        (b"\0\0\0\0", NotAnImage::Unknown, ""),
    ] {
        let mut bench = download();
        let attempts = DownloadPolicy::default().retry.max_attempts;
        for attempt in 0..attempts {
            if attempt > 0 {
                bench.slept();
            }
            bench.answered(secs(1), stored_as(200, None, 40, start));
        }
        match bench.done() {
            Err(DownloadError::NotAnImage { what: found, excerpt }) => {
                assert_eq!(found, what);
                assert!(excerpt.as_str().contains(shown), "{excerpt}");
            }
            other => panic!("{what:?}: {other:?}"),
        }
    }
}

#[test]
fn a_page_that_comes_first_does_not_hide_the_image_that_comes_next() {
    let mut bench = download();
    bench.answered(secs(1), stored_as(200, None, 40, b"<html>busy"));
    bench.slept();
    bench.answered(secs(1), stored(Some(10), 10));
    assert_eq!(bench.done().unwrap().kind, ResultKind::Webp);
}

#[test]
fn an_answer_that_delivers_nothing_is_no_result_even_with_an_image_in_it() {
    for status in [202, 204, 205, 206] {
        for outcome in [stored_as(status, Some(10), 10, WEBP), answer(status, "")] {
            let mut bench = download();
            bench.answered(secs(1), outcome);
            bench.slept();
            bench.answered(secs(1), stored(Some(10), 10));
            assert!(bench.done().is_ok(), "{status} is asked for again");
        }
        let mut bench = download();
        for attempt in 0..DownloadPolicy::default().retry.max_attempts {
            if attempt > 0 {
                bench.slept();
            }
            bench.answered(secs(1), stored_as(status, Some(10), 10, WEBP));
        }
        let not = StatusCode::from_u16(status).unwrap();
        assert_eq!(bench.done(), Err(DownloadError::NotDelivered(not)));
    }
}

#[test]
fn an_image_of_another_kind_has_the_ending_of_what_it_is_and_a_warning() {
    let png = end_after(stored_as(200, None, 10, b"\x89PNG\r\n\x1a\n")).unwrap();
    assert_eq!((png.kind, png.extension()), (ResultKind::Png, "png"));
    let by_url = png.unexpected(None).unwrap();
    assert_eq!((by_url.expected, by_url.kind), (ResultKind::Webp, ResultKind::Png));
    assert_eq!(png.unexpected(Some(OutputFormat::Png)), None, "what was asked for counts first");
    assert!(png.unexpected(Some(OutputFormat::Jpeg)).is_some());
    let webp = end_after(stored(Some(10), 10)).unwrap();
    assert_eq!(webp.unexpected(None), None);
}

#[test]
fn a_length_counts_also_where_the_body_is_said_to_be_plain() {
    let head =
        Response::builder().header("content-length", 10).header("content-encoding", "Identity");
    let mut bench = download();
    bench.answered(secs(1), Outcome::stored(head.body(()).unwrap(), 9, WEBP));
    bench.slept();
    bench.answered(secs(1), stored(Some(10), 10));
    assert_eq!(bench.done().unwrap().len, 10);
}

/// How a PNG begins, and enough of it to be told by.
fn png(len: usize) -> Vec<u8> {
    let mut picture = b"\x89PNG\r\n\x1a\n".to_vec();
    picture.resize(len.max(picture.len()), 7);
    picture
}

fn head(status: u16, headers: &[(&str, &str)]) -> Response<()> {
    let mut head = Response::builder().status(status);
    for (name, value) in headers {
        head = head.header(*name, *value);
    }
    head.body(()).unwrap()
}

fn broken_after(len: u64, head: Response<()>) -> Outcome {
    let failure = TransportFailure::broken(Reach::MaybeSent, "reset");
    Outcome::stored_part(head, len, png(ResultKind::START_LEN), failure)
}

const TAGGED: [(&str, &str); 2] = [("content-length", "10000"), ("etag", "\"v1\"")];

/// The request and the sink of the attempt after one that broke off.
fn asked_after(outcome: Outcome) -> (Option<String>, Option<String>, Sink) {
    let mut bench = download();
    bench.answered(secs(1), outcome);
    bench.slept();
    asked(&mut bench)
}

fn asked(bench: &mut Bench<Download>) -> (Option<String>, Option<String>, Sink) {
    let attempt = bench.send();
    let header = |name| {
        let value = attempt.request.headers().get(name)?;
        Some(value.to_str().unwrap().to_owned())
    };
    (header("range"), header("if-range"), attempt.sink)
}

const ALL: (Option<String>, Option<String>, Sink) = (None, None, Sink::file(4 << 30));

#[test]
fn after_a_break_what_is_missing_is_asked_for_and_put_behind() {
    let mut bench = download();
    bench.answered(secs(1), broken_after(6000, head(200, &TAGGED)));
    bench.slept();
    let attempt = bench.send();
    assert_eq!(attempt.request.headers()["range"], "bytes=6000-");
    assert_eq!(attempt.request.headers()["if-range"], "\"v1\"");
    assert!(matches!(attempt.sink, Sink::File { from: 6000, .. }));

    let range = [("content-range", "bytes 6000-9999/10000"), ("etag", "\"v1\"")];
    let rest = Outcome::stored(head(206, &range), 10_000, [7; 64].as_slice());
    bench.machine.handle(bench.now, attempt.id, rest);
    let downloaded = bench.done().unwrap();
    assert_eq!((downloaded.len, downloaded.kind), (10_000, ResultKind::Png));
}

#[test]
fn a_rest_that_breaks_too_is_gone_on_with() {
    let mut bench = download();
    bench.answered(secs(1), broken_after(6000, head(200, &TAGGED)));
    bench.slept();
    let range = [("content-range", "bytes 6000-9999/10000"), ("etag", "\"v1\"")];
    bench.answered(secs(1), broken_after(8000, head(206, &range)));
    bench.slept();
    let (range, _, sink) = asked(&mut bench);
    assert_eq!(range.as_deref(), Some("bytes=8000-"));
    assert!(matches!(sink, Sink::File { from: 8000, .. }));
}

#[test]
fn a_body_that_ended_before_its_length_is_gone_on_with_too() {
    let short = Outcome::stored(head(200, &TAGGED), 6000, png(ResultKind::START_LEN));
    assert_eq!(asked_after(short).0.as_deref(), Some("bytes=6000-"));
}

#[test]
fn without_a_strong_word_for_its_version_a_result_is_begun_anew() {
    for headers in [
        &[("content-length", "10000")][..],
        &[("etag", "W/\"v1\"")],
        &[("etag", "\"v1\""), ("accept-ranges", "none")],
        &[("etag", "\"v1\""), ("content-encoding", "gzip")],
        &[("last-modified", "Sun, 22 Nov 2026 11:00:00 GMT")],
    ] {
        assert_eq!(asked_after(broken_after(6000, head(200, headers))), ALL, "{headers:?}");
    }
    let settled = [
        ("date", "Sun, 22 Nov 2026 12:00:00 GMT"),
        ("last-modified", "Sun, 22 Nov 2026 11:00:00 GMT"),
    ];
    let (_, condition, _) = asked_after(broken_after(6000, head(200, &settled)));
    assert_eq!(condition.as_deref(), Some("Sun, 22 Nov 2026 11:00:00 GMT"));
}

#[test]
fn what_shows_no_image_yet_is_begun_anew() {
    let failure = TransportFailure::broken(Reach::MaybeSent, "reset");
    for start in [&b"<html>"[..], b"\x89PN", b""] {
        let len = start.len() as u64;
        let part = Outcome::stored_part(head(200, &TAGGED), len, start, failure.clone());
        assert_eq!(asked_after(part), ALL, "{start:?}");
    }
}

#[test]
fn a_part_of_a_few_bytes_is_told_by_what_follows_it() {
    let mut bench = download();
    let failure = TransportFailure::broken(Reach::MaybeSent, "reset");
    let (riff, webp) = WEBP.split_at(14);
    bench.answered(secs(1), Outcome::stored_part(head(200, &TAGGED), 14, riff, failure));
    bench.slept();
    let range = [("content-range", "bytes 14-9999/10000")];
    bench.answered(secs(1), Outcome::stored(head(206, &range), 10_000, webp));
    assert_eq!(bench.done().unwrap().kind, ResultKind::Webp);
}

#[test]
fn a_server_that_sends_all_again_is_believed() {
    let mut bench = download();
    bench.answered(secs(1), broken_after(6000, head(200, &TAGGED)));
    bench.slept();
    let other = [("content-length", "9000"), ("etag", "\"v2\"")];
    bench.answered(secs(1), Outcome::stored(head(200, &other), 9000, WEBP));
    let downloaded = bench.done().unwrap();
    assert_eq!((downloaded.len, downloaded.kind), (9000, ResultKind::Webp));
}

#[test]
fn a_part_that_is_not_the_missing_one_is_no_result() {
    for headers in [
        &[("content-range", "bytes 5000-9999/10000")][..],
        &[("content-range", "bytes 6000-9999/10000"), ("etag", "\"v2\"")],
        &[("content-range", "bytes 6000-9999/20000")],
        &[("etag", "\"v1\"")],
        &[("content-range", "bytes 6000-9999/10000"), ("content-encoding", "gzip")],
    ] {
        let mut bench = download();
        bench.answered(secs(1), broken_after(6000, head(200, &TAGGED)));
        bench.slept();
        bench.answered(secs(1), Outcome::stored(head(206, headers), 10_000, WEBP));
        bench.slept();
        assert_eq!(asked(&mut bench), ALL, "{headers:?}");
    }
}

#[test]
fn a_rest_that_does_not_end_where_the_result_does_is_begun_anew() {
    let range = [("content-range", "bytes 6000-9999/10000")];
    for len in [4000, 10_001] {
        let mut bench = download();
        bench.answered(secs(1), broken_after(6000, head(200, &TAGGED)));
        bench.slept();
        // A driver that knows nothing of parts: the rest is all that is in its file.
        bench.answered(secs(1), Outcome::stored(head(206, &range), len, WEBP));
        bench.slept();
        assert_eq!(asked(&mut bench), ALL, "{len}");
    }
}

#[test]
fn a_rest_that_is_not_there_is_no_refusal() {
    let mut bench = download();
    bench.answered(secs(1), broken_after(6000, head(200, &TAGGED)));
    bench.slept();
    bench.answered(secs(1), answer(416, ""));
    bench.slept();
    assert_eq!(asked(&mut bench), ALL);
}

#[test]
fn a_break_before_the_head_leaves_the_part_as_it_was() {
    for outcome in [
        Outcome::Failed(TransportFailure::connect("refused")),
        Outcome::Failed(TransportFailure::timed_out(Reach::MaybeSent, "silent")),
        answer(503, ""),
    ] {
        let mut bench = download();
        bench.answered(secs(1), broken_after(6000, head(200, &TAGGED)));
        bench.slept();
        bench.answered(secs(1), outcome);
        bench.slept();
        assert_eq!(asked(&mut bench).0.as_deref(), Some("bytes=6000-"));
    }
}

#[test]
fn after_an_attempt_that_was_lost_nobody_knows_what_is_in_the_file() {
    let mut bench = download();
    bench.answered(secs(1), broken_after(6000, head(200, &TAGGED)));
    bench.slept();
    let lost = bench.send();
    bench.now = lost.deadline + removit_proto::GRACE;
    bench.slept();
    assert_eq!(asked(&mut bench), ALL);
}

#[test]
fn what_is_missing_is_asked_for_where_the_part_came_from() {
    let mut bench = download();
    bench.answered(secs(1), redirect("https://a.example.com/cup.png?sig=1"));
    bench.answered(secs(1), broken_after(6000, head(200, &TAGGED)));
    bench.slept();
    assert_eq!(asked(&mut bench), ALL, "the result's own URL is not that place");
    let in_flight = bench.machine.in_flight().unwrap();
    let signed_anew = redirect("https://a.example.com/cup.png?sig=2");
    bench.machine.handle(bench.now, in_flight, signed_anew);
    assert_eq!(asked(&mut bench).0.as_deref(), Some("bytes=6000-"));
    let in_flight = bench.machine.in_flight().unwrap();
    bench.machine.handle(bench.now, in_flight, redirect("https://b.example.com/cup.png"));
    assert_eq!(asked(&mut bench), ALL, "another server's tags mean something else");
}

#[test]
fn time_counts_anew_when_a_part_came() {
    let mut bench = download();
    for part in 1..=4_u64 {
        let range = format!("bytes {}-9999/10000", part * 1000 - 1000);
        let head = match part {
            1 => head(200, &TAGGED),
            _ => head(206, &[("content-range", &range)]),
        };
        bench.answered(secs(3500), broken_after(part * 1000, head));
        bench.slept();
    }
    assert_eq!(asked(&mut bench).0.as_deref(), Some("bytes=4000-"));
}

#[test]
fn a_download_may_take_long_and_must_not_be_silent() {
    let attempt = download().send();
    assert_eq!(attempt.silence, Some(secs(30)));
    assert_eq!(attempt.deadline - at(100), secs(3600));
}
