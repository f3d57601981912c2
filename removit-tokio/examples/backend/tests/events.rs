//! Streams of steps: none is missed, and none outlives its use.

mod support;

use std::time::{Duration, Instant};

use removit_tokio::proto::simulator::Config;
use support::{LONG, World, problem, steps};

#[tokio::test]
async fn a_stream_that_broke_off_goes_on_after_the_last_step_that_was_seen() {
    let world = World::new(Config::instant()).await;
    let backend = world.start(&[]).await;
    let id = backend.give(1).await;
    let all = backend.history(&id).await;
    for seen in 0..=all.len() {
        let path = format!("/photos/{id}/events");
        let rest =
            backend.get(&path).header("last-event-id", seen.to_string()).send().await.unwrap();
        assert_eq!(steps(&rest.text().await.unwrap()), all[seen..]);
    }
    let path = format!("/photos/{id}/events");
    let wrong = backend.get(&path).header("last-event-id", "third").send().await.unwrap();
    problem(wrong, 400).await;
}

#[tokio::test]
async fn each_of_many_streams_tells_each_step_once_and_in_order() {
    let config = Config::instant().with(|config| config.pending_for = Duration::from_secs(3));
    let world = World::new(config).await;
    let backend = world.start(&["--pool", "5"]).await;
    let mut streams = Vec::new();
    let mut ids = Vec::new();
    for n in 0..20 {
        let id = backend.give(n).await;
        for _ in 0..5 {
            streams.push(backend.get(&format!("/photos/{id}/events")).send());
        }
        ids.push(id);
    }
    let streams = futures_util::future::join_all(streams).await;
    let texts = streams.into_iter().map(|stream| stream.unwrap().text());
    for text in futures_util::future::join_all(texts).await {
        let text = text.unwrap();
        let numbers: Vec<u32> =
            text.lines().filter_map(|line| line.strip_prefix("id: ")?.parse().ok()).collect();
        let expected: Vec<u32> = (1..=u32::try_from(numbers.len()).unwrap()).collect();
        assert_eq!(numbers, expected);
        assert_eq!(steps(&text).last().unwrap().1, "done");
    }
}

#[tokio::test]
async fn streams_take_no_connections_and_end_with_the_process() {
    let config = Config::instant().with(|config| config.pending_for = Duration::from_secs(3600));
    let world = World::new(config).await;
    let mut backend = world.start(&["--pool", "2", "--serves-on", "5000"]).await;
    let id = backend.give(1).await;
    backend.until(&id, "processing").await;
    let mut streams = Vec::new();
    for _ in 0..150 {
        let stream = backend.get(&format!("/photos/{id}/events")).send().await.unwrap();
        assert_eq!(stream.headers()["content-type"], "text/event-stream");
        streams.push(stream);
    }
    // A third of them vanish; others are served.
    streams.truncate(100);
    for n in 2..12 {
        backend.give(n).await;
    }
    backend.signal("-TERM");
    let began = Instant::now();
    // A signal takes a moment to arrive; from then on it says so, and serves on.
    while backend.get("/readyz").send().await.unwrap().status() != 503 {
        assert!(began.elapsed() < LONG);
    }
    assert_eq!(backend.get("/healthz").send().await.unwrap().status(), 200);
    assert_eq!(backend.photo(&id).await["state"], "processing");
    for stream in streams {
        let _whole = tokio::time::timeout(LONG, stream.bytes()).await.unwrap();
    }
    println!("streams ended after {:?}", began.elapsed());
    assert!(backend.ended().await.success(), "{}", backend.said());
}

#[tokio::test]
async fn the_callers_own_stream_tells_of_their_photos() {
    let world = World::new(Config::instant()).await;
    let backend = world.start(&[]).await;
    let mut news = backend.get("/events").send().await.unwrap();
    let id = backend.give(1).await;
    let mut text = String::new();
    let told = async {
        while !(text.contains(&id) && text.contains("\"state\":\"done\"")) {
            text.push_str(&String::from_utf8_lossy(&news.chunk().await.unwrap().unwrap()));
        }
    };
    tokio::time::timeout(LONG, told).await.unwrap();
}
