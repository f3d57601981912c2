//! Results: when the server says no while they are being fetched.

mod support;

use std::time::{Duration, Instant};

use removit_tokio::proto::simulator::{Canned, Config, Fault, Kind, RetryAfter, Rule, When};
use support::door::Door;
use support::{LONG, World};

/// The look before a fetch is the second one of a job that is done at once.
async fn a_pause_before_a_fetch_holds_for_all(no: Canned) {
    let rule = Rule::new(Kind::Status, When::Nth(2), Fault::Answer(no));
    let mut world = World::new(Config::instant().with(|config| config.script = vec![rule])).await;
    let door = Door::in_front_of(&world.base_url).await;
    world.base_url.clone_from(&door.url);
    let backend = world.start(&[]).await;
    let mut ids = vec![backend.give(0).await];
    let began = Instant::now();
    loop {
        let account = backend.get("/account").send().await.unwrap();
        let account: serde_json::Value = account.json().await.unwrap();
        if account["paused_ms"].as_u64().is_some_and(|ms| ms > 0) {
            break;
        }
        assert!(began.elapsed() < LONG && backend.photo(&ids[0]).await["state"] != "done");
    }
    for n in 1..10 {
        ids.push(backend.give(n).await);
    }
    for id in &ids {
        backend.until(id, "done").await;
    }
    // Nothing left in between, the first photo's own second try included.
    let longest = door.longest_pause();
    assert!(longest >= Duration::from_millis(2800), "the longest pause was {longest:?}");
    assert_eq!(world.paid(), 10);
}

#[tokio::test]
async fn too_many_requests_before_a_fetch_pause_uploads_and_looks_too() {
    let retry_after = Some(RetryAfter::Seconds(3));
    a_pause_before_a_fetch_holds_for_all(Canned::RateLimited { retry_after }).await;
}

#[tokio::test]
async fn an_overloaded_server_before_a_fetch_pauses_uploads_and_looks_too() {
    let retry_after = Some(RetryAfter::Seconds(3));
    a_pause_before_a_fetch_holds_for_all(Canned::Unavailable { retry_after }).await;
}
