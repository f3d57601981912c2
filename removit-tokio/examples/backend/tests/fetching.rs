//! Results: when the server says no while they are being fetched, and when their URLs have
//! expired, so that jobs are asked for anew.

mod support;

use std::time::{Duration, Instant};

use http::StatusCode;
use removit_backend::db::Db;
use removit_backend::hub::Hub;
use removit_backend::vendor::Vendor;
use removit_tokio::proto::simulator::{Canned, Config, Fault, Kind, RetryAfter, Rule, When};
use removit_tokio::proto::{ApiKey, Endpoint};
use removit_tokio::{Destination, Photo};
use support::door::Door;
use support::{LONG, World, photo};
use tokio_util::sync::CancellationToken;

/// The vendor answers these looks with this, and so many fetches of results with an expiry.
async fn world(looks: When, no: Option<Canned>, expired: u64) -> (World, Door) {
    let expiry = Canned::Bare { status: StatusCode::FORBIDDEN, retry_after: None };
    let mut script = vec![Rule::new(Kind::Result, When::First(expired), Fault::Answer(expiry))];
    script.extend(no.map(|no| Rule::new(Kind::Status, looks, Fault::Answer(no))));
    let mut world = World::new(Config::instant().with(|config| config.script = script)).await;
    let door = Door::in_front_of(&world.base_url).await;
    world.base_url.clone_from(&door.url);
    (world, door)
}

const RETRY_AFTER: Option<RetryAfter> = Some(RetryAfter::Seconds(3));

/// Of a job that is done at once the look before a fetch is the second one, and where the
/// results expired that after it the third one.
async fn a_pause_before_a_fetch_holds_for_all(no: Canned, expired: u64) {
    let (world, door) = world(When::Nth(2 + expired), Some(no), expired).await;
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
    let no = Canned::RateLimited { retry_after: RETRY_AFTER };
    a_pause_before_a_fetch_holds_for_all(no, 0).await;
}

#[tokio::test]
async fn an_overloaded_server_before_a_fetch_pauses_uploads_and_looks_too() {
    let no = Canned::Unavailable { retry_after: RETRY_AFTER };
    a_pause_before_a_fetch_holds_for_all(no, 0).await;
}

#[tokio::test]
async fn too_many_requests_after_an_expiry_pause_uploads_and_looks_too() {
    let no = Canned::RateLimited { retry_after: RETRY_AFTER };
    a_pause_before_a_fetch_holds_for_all(no, 1).await;
}

#[tokio::test]
async fn results_that_expired_are_fetched_and_no_second_has_more_than_the_budget() {
    let (world, door) = world(When::Always, None, 20).await;
    let backend = world.start_slow(20).await;
    let mut ids = Vec::new();
    for n in 0..30 {
        ids.push(backend.give(n).await);
    }
    for id in &ids {
        let done = backend.until(id, "done").await;
        assert_eq!(done["results"].as_array().unwrap().len(), 1, "{done}");
    }
    let (all, most) = door.most();
    // An upload, a look, a look before the fetch; and one for each that had expired.
    assert!(all >= 3 * 30 + 20 && most <= 20, "{all} requests, {most} in one second");
    assert_eq!(world.paid(), 30);
}

#[tokio::test]
async fn what_the_library_asks_by_itself_takes_tickets_too() {
    let (world, door) = world(When::Always, None, 20).await;
    let (db, vendor) = parts(&world, 20).await;
    let leaving = CancellationToken::new();
    let (client, held) = vendor.client(&db, &leaving);
    let all = (0..30).map(|n| {
        let (client, folder) = (client.clone(), world.folder.path().join(n.to_string()));
        async move {
            let photo = Photo::from_bytes("cup.png", photo(n)).unwrap();
            client.process_into(&photo, &Destination::folder(folder, "cup")).await.unwrap()
        }
    });
    futures_util::future::join_all(all).await;
    let (all, most) = door.most();
    assert!(all >= 2 * 30 + 20 && most <= 20, "{all} requests, {most} in one second");
    assert!(!held.is_held());
}

#[tokio::test]
async fn a_pause_that_the_library_is_told_of_is_the_accounts() {
    let no = Canned::RateLimited { retry_after: RETRY_AFTER };
    // The second look is for the URL that expired.
    let (world, door) = world(When::Nth(2), Some(no), 1).await;
    let (db, vendor) = parts(&world, 100).await;
    let leaving = CancellationToken::new();
    let (client, held) = vendor.client(&db, &leaving);
    let photo = Photo::from_bytes("cup.png", photo(1)).unwrap();
    let place = Destination::folder(world.folder.path().join("cup"), "cup");
    let fetching = client.process_into(&photo, &place);
    let paused = async {
        let began = Instant::now();
        while db.account().await.unwrap().paused_for.is_zero() {
            assert!(began.elapsed() < LONG);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(held.is_held());
    };
    let (saved, ()) = tokio::join!(fetching, paused);
    assert_eq!(saved.unwrap().len(), 1);
    let longest = door.longest_pause();
    assert!(longest >= Duration::from_millis(2800), "the longest pause was {longest:?}");

    // While it holds nothing leaves, and whoever asked is told.
    db.pause(Some(Duration::from_secs(600))).await.unwrap();
    let (before, _) = door.most();
    let id = world.vendor.account().jobs[0].id.parse().unwrap();
    client.status(&id).await.unwrap_err();
    assert!(held.is_held() && door.most().0 == before);
    assert_eq!(world.paid(), 1);
}

/// A database and the way to the vendor, without a process.
async fn parts(world: &World, per_second: u32) -> (Db, Vendor) {
    let url = world.database.as_deref();
    let db = Db::open(url, &world.data(), 4, Hub::default()).await.unwrap();
    let endpoint = Endpoint::new(&world.base_url, ApiKey::new("a-key").unwrap()).unwrap();
    (db, Vendor::new(endpoint, per_second).unwrap())
}
