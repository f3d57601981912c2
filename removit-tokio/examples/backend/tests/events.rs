//! Streams of steps: none is missed, and none outlives its use.

mod support;

use std::time::{Duration, Instant};

use removit_tokio::proto::simulator::Config;
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use support::{Backend, LONG, World, problem, steps};

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

/// A world with a photo whose job works for an hour.
async fn at_work(more: &[&str]) -> (World, Backend, String) {
    let config = Config::instant().with(|config| config.pending_for = Duration::from_secs(3600));
    let world = World::new(config).await;
    let backend = world.start(more).await;
    let id = backend.give(1).await;
    backend.until(&id, "processing").await;
    (world, backend, id)
}

async fn open(backend: &Backend, id: &str, count: usize) -> Vec<reqwest::Response> {
    let streams = (0..count).map(|_| backend.get(&format!("/photos/{id}/events")).send());
    let streams = futures_util::future::join_all(streams).await;
    let streams: Vec<_> = streams.into_iter().map(Result::unwrap).collect();
    assert!(streams.iter().all(|s| s.headers()["content-type"] == "text/event-stream"));
    streams
}

/// How many sockets the process has.
#[cfg(target_os = "linux")]
fn sockets(backend: &Backend) -> usize {
    let open = std::fs::read_dir(format!("/proc/{}/fd", backend.pid())).unwrap();
    let names = open.filter_map(|open| std::fs::read_link(open.unwrap().path()).ok());
    names.filter(|name| name.to_string_lossy().starts_with("socket:")).count()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn three_hundred_streams_are_cheap_and_those_that_vanish_are_gone() {
    let (world, mut backend, id) = at_work(&["--pool", "5"]).await;
    let mut streams = open(&backend, &id, 300).await;
    let with_all = sockets(&backend);
    assert!(with_all >= 300, "{with_all}");
    if let Some(url) = &world.database {
        let mut connection = url.parse::<PgConnectOptions>().unwrap().connect().await.unwrap();
        let count =
            "SELECT COUNT(*), COUNT(*) FILTER (WHERE query LIKE 'LISTEN%') FROM pg_stat_activity
                     WHERE datname = current_database() AND pid <> pg_backend_pid()";
        let (all, listen): (i64, i64) =
            sqlx::query_as(count).fetch_one(&mut connection).await.unwrap();
        assert_eq!(listen, 1, "one session listens for all");
        // The pool's five, that one, and the election's.
        assert!(all <= 7, "{all} sessions");
    }
    streams.truncate(200);
    let began = Instant::now();
    while sockets(&backend) > with_all - 100 {
        assert!(began.elapsed() < Duration::from_secs(60), "the dead stay");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!("gone after {:?}", began.elapsed());
    for n in 2..22 {
        backend.give(n).await;
    }
    let told = Instant::now();
    backend.signal("-TERM");
    assert!(backend.ended().await.success(), "{}", backend.said());
    println!("left after {:?}", told.elapsed());
    assert!(told.elapsed() < Duration::from_secs(5), "{:?}\n{}", told.elapsed(), backend.said());
    for stream in streams {
        // To its end, and not broken off.
        tokio::time::timeout(LONG, stream.bytes()).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn streams_end_with_the_process_which_serves_on_for_a_while() {
    let (_world, mut backend, id) = at_work(&["--pool", "2", "--serves-on", "5000"]).await;
    let streams = open(&backend, &id, 20).await;
    backend.signal("-TERM");
    let began = Instant::now();
    // A signal takes a moment to arrive; from then on it says so, and serves on.
    while backend.get("/readyz").send().await.unwrap().status() != 503 {
        assert!(began.elapsed() < LONG);
    }
    assert_eq!(backend.get("/healthz").send().await.unwrap().status(), 200);
    assert_eq!(backend.photo(&id).await["state"], "processing");
    for stream in streams {
        // To its end, and not broken off.
        tokio::time::timeout(LONG, stream.bytes()).await.unwrap().unwrap();
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
