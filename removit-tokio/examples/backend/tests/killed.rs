//! Processes end in the middle of everything: nothing is lost, and nothing is paid for
//! twice.

mod support;

use std::time::Duration;

use removit_tokio::proto::simulator::{Config, Fault, Kind, Rule, When};
use support::{LONG, World};

fn slow_answer(seconds: u64) -> Config {
    let rule = Rule::new(Kind::Upload, When::First(1), Fault::Delay(Duration::from_secs(seconds)));
    Config::instant().with(|config| config.script = vec![rule])
}

async fn until_paid(world: &World) {
    let began = std::time::Instant::now();
    while world.paid() == 0 {
        assert!(began.elapsed() < LONG);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_photo_whose_process_was_killed_in_its_upload_is_ambiguous_and_not_sent_again() {
    let world = World::new(slow_answer(3600)).await;
    let backend = world.start(&[]).await;
    let id = backend.give(1).await;
    until_paid(&world).await;
    backend.kill();

    let backend = world.start(&[]).await;
    let photo = backend.until(&id, "ambiguous").await;
    assert!(photo["reason"].as_str().unwrap().contains("look at the account"), "{photo}");
    // Others go on.
    let other = backend.give(2).await;
    backend.until(&other, "done").await;
    assert_eq!(backend.photo(&id).await["state"], "ambiguous");
    assert_eq!(world.paid(), 2);
}

#[tokio::test]
async fn an_accepted_job_outlives_its_process() {
    let long = Config::instant().with(|config| config.pending_for = Duration::from_secs(2));
    let world = World::new(long).await;
    let backend = world.start(&[]).await;
    let id = backend.give(1).await;
    backend.until(&id, "processing").await;
    backend.kill();
    let backend = world.start(&[]).await;
    backend.until(&id, "done").await;
    assert_eq!(world.paid(), 1);
}

#[tokio::test]
async fn a_process_that_is_told_to_end_waits_for_the_answer_to_its_upload() {
    let world = World::new(slow_answer(3)).await;
    let mut backend = world.start(&[]).await;
    let id = backend.give(1).await;
    until_paid(&world).await;
    backend.signal("-TERM");
    assert!(backend.ended().await.success(), "{}", backend.said());
    let backend = world.start(&[]).await;
    backend.until(&id, "done").await;
    assert_eq!(world.paid(), 1);
}

#[tokio::test]
async fn a_photo_whose_fetch_ends_three_processes_is_set_aside_and_all_others_finish() {
    let rule = Rule::new(Kind::Result, When::First(3), Fault::Delay(Duration::from_secs(3600)));
    let config = Config::instant().with(|config| config.script = vec![rule]);
    let world = World::new(config).await;
    let mut backend = world.start(&[]).await;
    let bad = backend.give(1).await;
    for fetches in 1..=3 {
        let began = std::time::Instant::now();
        while world.vendor.account().requests(Kind::Result) < fetches {
            assert!(began.elapsed() < LONG, "{}", backend.said());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        backend.kill();
        // Of a fleet others wait a minute before they take a dead one's fetch.
        world.end_leases().await;
        backend = world.start(&[]).await;
    }
    let photo = backend.until(&bad, "incomplete").await;
    assert_eq!(photo["reason"], "set aside: 3 processes ended while fetching it");
    let good = backend.give(2).await;
    backend.until(&good, "done").await;
    // A person may say that it is to be tried again, and it costs nothing.
    let again = backend.post(&format!("/photos/{bad}/retry")).send().await.unwrap();
    assert_eq!(again.status(), 202);
    backend.until(&bad, "done").await;
    assert_eq!(world.paid(), 2);
}

#[tokio::test]
async fn sqlite_is_for_one_process_and_says_so() {
    let world = World::new(Config::instant()).await;
    if world.database.is_some() {
        return;
    }
    let _first = world.start(&[]).await;
    let second = world.command(&[]).output().unwrap();
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains("another process works in") && said.contains("DATABASE_URL"), "{said}");
}
