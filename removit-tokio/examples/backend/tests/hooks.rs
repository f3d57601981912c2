//! Webhooks: at least once, signed, and no receiver waits for another.

mod support;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use http::{HeaderMap, StatusCode};
use removit_backend::hooks::sign::Secrets;
use removit_backend::settings::Settings;
use removit_tokio::proto::simulator::{Config, Fault, Kind, Rule, When};
use support::{Backend, LONG, World, form, id_of};
use tokio::net::TcpListener;

#[derive(Clone, Default)]
struct Got(Arc<Mutex<Vec<(HeaderMap, String)>>>);

impl Got {
    fn all(&self) -> Vec<(HeaderMap, String)> {
        self.0.lock().unwrap().clone()
    }

    async fn until(&self, count: usize) -> Vec<(HeaderMap, String)> {
        let began = Instant::now();
        while self.all().len() < count {
            assert!(began.elapsed() < LONG, "{} of {count}", self.all().len());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.all()
    }
}

/// A receiver that refuses the first so many.
async fn receiver(refused: usize) -> (Got, String) {
    let got = Got::default();
    let take = move |State(got): State<Got>, headers: HeaderMap, body: String| async move {
        let mut all = got.0.lock().unwrap();
        all.push((headers, body));
        if all.len() <= refused {
            StatusCode::INTERNAL_SERVER_ERROR
        } else {
            StatusCode::NO_CONTENT
        }
    };
    let router = Router::new().route("/hook", post(take)).with_state(got.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (got, url)
}

const SECRETS: &str = "the-old-secret-0123456789\nthe-new-secret-0123456789\n";

async fn start(world: &World) -> (Backend, std::path::PathBuf) {
    let file = world.folder.path().join("secrets");
    std::fs::write(&file, SECRETS).unwrap();
    let more = ["--private-webhooks", "--webhook-secrets-file", file.to_str().unwrap()];
    (world.start(&more).await, file)
}

async fn give(backend: &Backend, n: u32, url: &str) -> String {
    let form = form(n).text("webhook_url", url.to_owned());
    id_of(backend.post("/photos").multipart(form).send().await.unwrap()).await
}

#[tokio::test]
async fn an_end_is_told_until_the_receiver_takes_it_with_one_id_and_the_same_bytes() {
    let world = World::new(Config::instant()).await;
    let (backend, file) = start(&world).await;
    let (got, url) = receiver(2).await;
    let id = give(&backend, 1, &url).await;
    let all = got.until(3).await;
    let (first, body) = &all[0];
    for (headers, same) in &all {
        assert_eq!(same, body);
        assert_eq!(headers["webhook-id"], first["webhook-id"]);
    }
    let told: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!((&told["type"], &told["photo"]["id"]), (&"photo.done".into(), &id.into()));
    assert!(told["number"].as_i64() >= Some(5));

    // Both secrets sign the id, the time and the bytes.
    let settings = <Settings as clap::Parser>::parse_from([
        "x",
        "--webhook-secrets-file",
        file.to_str().unwrap(),
    ]);
    let secrets = Secrets::read(&settings).unwrap();
    for (headers, body) in &all {
        let text = |name: &str| headers[name].to_str().unwrap().to_owned();
        let time = text("webhook-timestamp").parse().unwrap();
        assert_eq!(text("webhook-signature"), secrets.sign(&text("webhook-id"), time, body));
    }
    assert!(!backend.said().contains("/hook"), "{}", backend.said());
}

#[tokio::test]
async fn what_a_person_has_to_decide_is_told_and_then_the_end() {
    let lost = Rule::new(Kind::Upload, When::First(1), Fault::DropAfterWork);
    let world = World::new(Config::instant().with(|config| config.script = vec![lost])).await;
    let (backend, _) = start(&world).await;
    let (got, url) = receiver(0).await;
    let id = give(&backend, 1, &url).await;
    got.until(1).await;
    backend.post(&format!("/photos/{id}/resend")).send().await.unwrap();
    let all = got.until(2).await;
    let told = |n: usize| serde_json::from_str::<serde_json::Value>(&all[n].1).unwrap();
    assert_eq!(
        (told(0)["type"].as_str(), told(1)["type"].as_str()),
        (Some("photo.ambiguous"), Some("photo.done"))
    );
    assert!(told(0)["number"].as_i64() < told(1)["number"].as_i64());
}

#[tokio::test]
async fn a_silent_receiver_keeps_a_healthy_one_waiting_for_nothing() {
    let world = World::new(Config::instant()).await;
    let (backend, _) = start(&world).await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dead = format!("http://{}/", silent.local_addr().unwrap());
    let (got, url) = receiver(0).await;
    for n in 0..20 {
        give(&backend, n, &dead).await;
    }
    let began = Instant::now();
    for n in 20..40 {
        give(&backend, n, &url).await;
    }
    got.until(20).await;
    println!("all were told after {:?}", began.elapsed());
}

#[tokio::test]
async fn a_killed_process_loses_no_webhook() {
    let world = World::new(Config::instant()).await;
    let (backend, _) = start(&world).await;
    // Nobody listens there yet.
    let place = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = place.local_addr().unwrap();
    drop(place);
    let id = give(&backend, 1, &format!("http://{address}/hook")).await;
    backend.until(&id, "done").await;
    backend.kill();
    let got = Got::default();
    let take = |State(got): State<Got>, headers: HeaderMap, body: String| async move {
        got.0.lock().unwrap().push((headers, body));
    };
    let router = Router::new().route("/hook", post(take)).with_state(got.clone());
    let listener = TcpListener::bind(address).await.unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let (_backend, _) = start(&world).await;
    got.until(1).await;
}
