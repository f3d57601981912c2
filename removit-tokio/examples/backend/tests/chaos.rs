//! Chaos: processes are killed while photos come in and a vendor fails in every way, and
//! then the vendor's account is compared with what callers were told.
//!
//! ```sh
//! CHAOS_PHOTOS=2000 CHAOS_KILLS=50 pg_virtualenv -t -v 15 cargo test --test chaos -- --ignored --nocapture
//! ```

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::post;
use http::StatusCode;
use removit_tokio::proto::simulator::{Canned, Config, Fault, Kind, Rule, Source, When};
use serde_json::Value;
use support::{Backend, World, form};
use tokio::net::TcpListener;

const BUDGET: u32 = 100;

fn number(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// About one request of twenty goes wrong, in one way or another.
fn troubled() -> Config {
    let faults = [
        (Kind::Upload, Fault::DropBeforeBody),
        (Kind::Upload, Fault::DropBeforeWork),
        (Kind::Upload, Fault::DropAfterWork),
        (Kind::Upload, Fault::AnswerAfterWork(Canned::bare(StatusCode::BAD_GATEWAY))),
        (Kind::Upload, Fault::Answer(Canned::RateLimited { retry_after: None })),
        (Kind::Upload, Fault::Answer(Canned::Unavailable { retry_after: None })),
        (Kind::Upload, Fault::CutBody { after: 20 }),
        (Kind::Status, Fault::DropAfterWork),
        (Kind::Status, Fault::Answer(Canned::bare(StatusCode::INTERNAL_SERVER_ERROR))),
        (Kind::Status, Fault::Answer(Canned::Html(StatusCode::OK))),
        (Kind::Result, Fault::DropAfterWork),
        (Kind::Result, Fault::CutBody { after: 100 }),
        (Kind::Result, Fault::Answer(Canned::Html(StatusCode::OK))),
    ];
    let rule = |(on, fault)| Rule::new(on, When::Chance { per_mille: 8 }, fault);
    Config::instant().with(|config| {
        config.pending_for = Duration::from_secs(2);
        config.script = faults.into_iter().map(rule).collect();
    })
}

/// The ends that were told, by photo.
type Told = Arc<Mutex<BTreeMap<String, BTreeSet<String>>>>;

async fn receiver() -> (Told, String) {
    let told = Told::default();
    let keep = Arc::clone(&told);
    let take = move |body: String| async move {
        let event: Value = serde_json::from_str(&body).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut told = keep.lock().unwrap();
        told.entry(text(&event["photo"]["id"])).or_default().insert(text(&event["photo"]["state"]));
    };
    let router = Router::new().route("/hook", post(take));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (told, url)
}

async fn start(world: &World) -> Backend {
    let secrets = world.folder.path().join("secrets");
    std::fs::write(&secrets, "the-secret-of-chaos-0123456789").unwrap();
    let budget = BUDGET.to_string();
    world
        .start(&[
            "--requests-per-second",
            &budget,
            "--private-webhooks",
            "--pool",
            "6",
            "--webhook-secrets-file",
            secrets.to_str().unwrap(),
        ])
        .await
}

/// Gives a photo as a shop does: with a key, again and again, until it has an id.
async fn give(urls: &Mutex<Vec<String>>, client: &reqwest::Client, n: u32, hook: &str) -> String {
    loop {
        let url = {
            let urls = urls.lock().unwrap();
            urls[uuid::Uuid::new_v4().as_u128() as usize % urls.len()].clone()
        };
        let request =
            client.post(format!("{url}/photos")).header("idempotency-key", format!("n{n}"));
        let form = form(n).text("webhook_url", hook.to_owned());
        if let Ok(answer) = request.multipart(form).timeout(Duration::from_secs(60)).send().await
            && answer.status() == StatusCode::ACCEPTED
            && let Ok(body) = answer.json::<Value>().await
        {
            return body["id"].as_str().unwrap().to_owned();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes"]
async fn each_photo_is_paid_for_once_or_is_ambiguous_whoever_dies() {
    let (photos, kills) = (number("CHAOS_PHOTOS", 200), number("CHAOS_KILLS", 20));
    let world = World::new(troubled()).await;
    // SQLite has one process, which is killed all the same.
    let processes = if world.database.is_some() { 4 } else { 1 };
    let (told, hook) = receiver().await;
    let mut backends = Vec::new();
    for _ in 0..processes {
        backends.push(start(&world).await);
    }
    let urls = Arc::new(Mutex::new(backends.iter().map(|b| b.url.clone()).collect::<Vec<_>>()));
    let began = Instant::now();
    let giving = {
        let (urls, client, hook) = (Arc::clone(&urls), world.client.clone(), hook.clone());
        tokio::spawn(async move {
            let mut ids = Vec::new();
            for n in 0..photos {
                ids.push(give(&urls, &client, n, &hook).await);
            }
            ids
        })
    };
    for _ in 0..kills {
        tokio::time::sleep(Duration::from_millis(1000)).await;
        let victim = uuid::Uuid::new_v4().as_u128() as usize % backends.len();
        let url = backends[victim].url.clone();
        backends.remove(victim).kill();
        let backend = start(&world).await;
        let mut urls = urls.lock().unwrap();
        for known in urls.iter_mut().filter(|known| **known == url) {
            known.clone_from(&backend.url);
        }
        backends.push(backend);
    }
    let ids = giving.await.unwrap();
    println!("{photos} photos given and {kills} processes killed after {:?}", began.elapsed());

    let mut ends = BTreeMap::new();
    for id in &ids {
        loop {
            let photo = backends[0].photo(id).await;
            let state = photo["state"].as_str().unwrap().to_owned();
            if !["waiting", "uploading", "processing", "fetching"].contains(&state.as_str()) {
                ends.insert(id.clone(), photo);
                break;
            }
            assert!(began.elapsed() < Duration::from_secs(3000), "{photo}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    let mut counts = BTreeMap::new();
    for photo in ends.values() {
        *counts.entry(photo["state"].as_str().unwrap().to_owned()).or_insert(0) += 1;
    }
    println!("all ended after {:?}: {counts:?}", began.elapsed());
    assert_eq!(ends.len(), photos as usize, "a key was taken twice");

    // The truth, on the vendor's side: a photo's file is called by its id.
    let account = world.vendor.account();
    let mut paid: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for job in &account.jobs {
        let Source::File(file) = &job.order.source else { panic!("a URL") };
        let id = file.name.split('.').next().unwrap().to_owned();
        paid.entry(id).or_default().push(job.id.clone());
    }
    for (id, photo) in &ends {
        let jobs = paid.get(id).map_or(&[][..], Vec::as_slice);
        assert!(jobs.len() <= 1, "paid for twice: {photo}");
        match photo["state"].as_str().unwrap() {
            "ambiguous" => {}
            "rejected" => assert!(jobs.is_empty(), "{photo}"),
            "done" => {
                assert_eq!(jobs, [photo["job_id"].as_str().unwrap()]);
                let result = photo["results"][0]["href"].as_str().unwrap();
                let result = backends[0].get(result).send().await.unwrap();
                assert_eq!(&result.bytes().await.unwrap()[..4], b"\x89PNG");
            }
            _ => panic!("neither done nor for a person: {photo}"),
        }
    }
    println!(
        "{} jobs, {} on the ambiguous list",
        account.jobs.len(),
        counts.get("ambiguous").unwrap_or(&0)
    );

    let mut times: Vec<_> = account
        .jobs
        .iter()
        .flat_map(|job| std::iter::once(job.created_at).chain(job.polls.iter().copied()))
        .map(|at| at.since_origin().as_millis())
        .collect();
    times.sort_unstable();
    let most = times.iter().map(|first| {
        times.partition_point(|at| *at < first + 1000) - times.partition_point(|at| at < first)
    });
    let most = most.max().unwrap_or_default();
    println!(
        "{} requests that were understood, {most} in the busiest second of {BUDGET}",
        times.len()
    );
    // A killed SQLite process takes its budget with it.
    assert!(most <= BUDGET as usize || processes == 1, "{most}");

    for id in &ids {
        let state = ends[id]["state"].as_str().unwrap();
        let waited = Instant::now();
        while !told.lock().unwrap().get(id).is_some_and(|told| told.contains(state)) {
            assert!(waited.elapsed() < Duration::from_secs(300), "not told: {}", ends[id]);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    println!("each end was told; over after {:?}", began.elapsed());
}
