//! Chaos: processes are killed and the database is restarted while photos come in and a
//! vendor fails in every way; then the vendor's account is compared with what callers were
//! told.
//!
//! ```sh
//! CHAOS_PHOTOS=2000 CHAOS_KILLS=50 pg_virtualenv -t -v 15 cargo test --test chaos -- --ignored --nocapture
//! ```
//!
//! Every third victim is the elected poller. It never judges by what a process says of
//! itself alone: what was paid for is the vendor's word, and requests are counted at its door.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::post;
use http::StatusCode;
use removit_tokio::proto::simulator::{Canned, Config, Fault, Kind, Odd, Rule, Source, When};
use serde_json::Value;
use support::door::Door;
use support::{Backend, World, form};
use tokio::net::TcpListener;

const BUDGET: u32 = 40;

fn number(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// One request of twenty goes wrong: of uploads, of looks and of results, each in ten ways.
fn troubled() -> Config {
    let no = |status| Fault::Answer(Canned::bare(status));
    let busy = || Canned::Unavailable { retry_after: None };
    let page = || Fault::Answer(Canned::Html(StatusCode::OK));
    let drip = || Fault::Drip { chunk: 8, every: Duration::from_millis(5) };
    let uploads = [
        Fault::DropBeforeBody,
        Fault::DropBeforeWork,
        Fault::DropAfterWork,
        Fault::AnswerEarly(busy()),
        Fault::AnswerAfterWork(Canned::Html(StatusCode::BAD_GATEWAY)),
        Fault::Answer(Canned::RateLimited { retry_after: None }),
        Fault::Answer(busy()),
        Fault::CutBody { after: 20 },
        Fault::Odd(Odd::CutAfterId),
        Fault::Stall { after: 20 },
    ];
    let looks = [
        Fault::DropBeforeWork,
        Fault::DropAfterWork,
        no(StatusCode::INTERNAL_SERVER_ERROR),
        Fault::Answer(Canned::RateLimited { retry_after: None }),
        page(),
        Fault::Answer(Canned::CutJson(StatusCode::OK)),
        Fault::CutBody { after: 20 },
        Fault::Delay(Duration::from_millis(300)),
        drip(),
        Fault::Stall { after: 20 },
    ];
    let results = [
        Fault::DropBeforeWork,
        Fault::DropAfterWork,
        Fault::Answer(busy()),
        page(),
        Fault::CutBody { after: 100 },
        Fault::ShortBody { after: 100 },
        Fault::NoRanges,
        Fault::MadeAgain,
        drip(),
        Fault::Stall { after: 100 },
    ];
    let ways = [(Kind::Upload, uploads), (Kind::Status, looks), (Kind::Result, results)];
    let rules = ways.into_iter().flat_map(|(on, faults)| {
        faults.into_iter().map(move |fault| Rule::new(on, When::Chance { per_mille: 5 }, fault))
    });
    Config::instant().with(|config| {
        config.pending_for = Duration::from_secs(2);
        config.script = rules.collect();
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

/// Which of them polls, if any says so.
async fn leader(backends: &[Backend]) -> Option<usize> {
    for (n, backend) in backends.iter().enumerate() {
        let asked = backend.get("/metrics").timeout(Duration::from_secs(2)).send().await;
        let Ok(answer) = asked else { continue };
        if answer.text().await.is_ok_and(|text| text.contains("removit_backend_leading 1")) {
            return Some(n);
        }
    }
    None
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes"]
async fn each_photo_is_paid_for_once_or_is_ambiguous_whoever_dies() {
    let (photos, kills) = (number("CHAOS_PHOTOS", 200), number("CHAOS_KILLS", 20));
    let mut world = World::new(troubled()).await;
    let door = Door::in_front_of(&world.base_url).await;
    world.base_url.clone_from(&door.url);
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
    let (mut leaders, mut restarts) = (0, Vec::new());
    for n in 1..=kills {
        tokio::time::sleep(Duration::from_millis(1000)).await;
        // At a third and at two thirds, while others die and start: once in order, and once
        // as a server that is killed.
        if processes > 1 && (n == kills / 3 || n == kills * 2 / 3) {
            let mode = ["fast", "immediate"][restarts.len()];
            restarts.push(tokio::spawn(World::restart_database(mode)));
        }
        let polling = if n % 3 == 0 { leader(&backends).await } else { None };
        leaders += u32::from(polling.is_some());
        let any = uuid::Uuid::new_v4().as_u128() as usize % backends.len();
        let victim = polling.unwrap_or(any);
        let url = backends[victim].url.clone();
        backends.remove(victim).kill();
        let backend = start(&world).await;
        let mut urls = urls.lock().unwrap();
        for known in urls.iter_mut().filter(|known| **known == url) {
            known.clone_from(&backend.url);
        }
        backends.push(backend);
    }
    let mut restarted = 0;
    for restart in restarts {
        restarted += u32::from(restart.await.unwrap());
    }
    let ids = giving.await.unwrap();
    println!(
        "{photos} photos given to {processes} processes, {kills} kills, {leaders} of them of the \
         elected poller, and {restarted} restarts of the database in {:.0?}",
        began.elapsed()
    );

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
    println!("all ended after {:.0?}: {counts:?}", began.elapsed());
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
        "{} jobs on the vendor's account, none twice; {} photos on the ambiguous list",
        account.jobs.len(),
        counts.get("ambiguous").unwrap_or(&0)
    );

    let (all, most) = door.most();
    println!("{all} requests at the vendor's door, {most} in the busiest second of {BUDGET}");
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
    println!("each end was told to its webhook; over after {:.0?}", began.elapsed());
}
