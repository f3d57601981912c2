//! How photos come in: whole or not at all, however clients behave.

mod support;

use std::time::{Duration, Instant};

use removit_tokio::proto::simulator::Config;
use reqwest::StatusCode;
use reqwest::multipart::{Form, Part};
use support::{Backend, World, form, photo, problem};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn connect(backend: &Backend) -> TcpStream {
    TcpStream::connect(backend.url.strip_prefix("http://").unwrap()).await.unwrap()
}

fn head(backend: &Backend, len: &str) -> String {
    let host = backend.url.strip_prefix("http://").unwrap();
    format!(
        "POST /photos HTTP/1.1\r\nhost: {host}\r\ncontent-type: multipart/form-data; boundary=b\r\n{len}\r\n\r\n"
    )
}

const PART: &str =
    "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n";

fn kept(world: &World) -> (usize, usize) {
    let count = |folder| std::fs::read_dir(world.data().join(folder)).unwrap().count();
    (count("photos"), count("incoming"))
}

#[tokio::test]
async fn clients_that_leave_at_any_moment_leave_the_rest_alone() {
    let world = World::new(Config::instant()).await;
    let backend = world.start(&["--pool", "2"]).await;
    let mut leaving = Vec::new();
    for n in 0..200_u32 {
        let request = backend.post("/photos").multipart(form(n)).send();
        // From before the head to after the answer.
        let patience = Duration::from_micros(u64::from(n) * 150);
        leaving.push(tokio::spawn(tokio::time::timeout(patience, request)));
    }
    for client in leaving {
        let _left = client.await.unwrap();
    }
    for n in 1000..1050 {
        let answer = backend.post("/photos").multipart(form(n)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED, "{}", backend.said());
    }
    assert_eq!(backend.get("/readyz").send().await.unwrap().status(), 200);
    // On PostgreSQL: nobody's transaction was left open.
    assert_eq!(world.left_open().await, 0);
}

#[tokio::test]
async fn a_photo_that_breaks_off_is_none() {
    let world = World::new(Config::instant()).await;
    let backend = world.start(&[]).await;
    for len in [1, 7, 20] {
        let mut client = connect(&backend).await;
        let bytes = [
            head(&backend, "content-length: 5000").into_bytes(),
            PART.into(),
            photo(1)[..len].to_vec(),
        ];
        client.write_all(&bytes.concat()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        drop(client);
    }
    let began = Instant::now();
    while kept(&world) != (0, 0) {
        assert!(began.elapsed() < support::LONG, "{:?}", kept(&world));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let page: serde_json::Value =
        backend.get("/photos").send().await.unwrap().json().await.unwrap();
    assert_eq!(page["photos"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn whoever_sends_too_much_is_told_so_every_time() {
    let world = World::new(Config::instant()).await;
    let backend = world.start(&["--max-photo", "100000"]).await;
    let large = || [photo(1), vec![7; 3_000_000]].concat();
    for _ in 0..5 {
        let part = Part::bytes(large()).file_name("a.png");
        let answer = backend.post("/photos").multipart(Form::new().part("file", part)).send();
        problem(answer.await.unwrap(), 413).await;
        // Chunked: nobody says how long it will be.
        let chunks = large()
            .chunks(60_000)
            .map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()))
            .collect::<Vec<_>>();
        let body = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
        let part = Part::stream(body).file_name("a.png");
        let answer = backend.post("/photos").multipart(Form::new().part("file", part)).send();
        problem(answer.await.unwrap(), 413).await;
    }
    // Whoever asks first is told before anything is sent.
    let mut client = connect(&backend).await;
    let asking = head(&backend, "content-length: 3000000\r\nexpect: 100-continue");
    client.write_all(asking.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    client.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 413");
    assert_eq!(kept(&world), (0, 0));
}

/// What is sent in chunks, so that nobody says how long it will be; it ends the form.
fn chunked(first: &[u8], len: usize) -> reqwest::Body {
    let chunk = std::iter::repeat_n(vec![7_u8; 60_000], len / 60_000);
    let chunks = std::iter::once(first.to_vec()).chain(chunk);
    reqwest::Body::wrap_stream(futures_util::stream::iter(chunks.map(Ok::<_, std::io::Error>)))
}

#[tokio::test]
async fn whoever_is_refused_while_still_sending_is_told_why() {
    let world = World::new(Config::instant()).await;
    let tokens = world.folder.path().join("tokens");
    std::fs::write(&tokens, "shop token-of-the-shop-1\n").unwrap();
    let backend = world.start(&["--tokens-file", tokens.to_str().unwrap()]).await;
    let form = "multipart/form-data; boundary=b";
    let token = Some("token-of-the-shop-1");
    let head_without_end = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"";
    let cases = [
        (None, "/photos", form, PART, 401),
        (token, "/nowhere", form, PART, 404),
        (token, "/healthz", form, PART, 405),
        (token, "/photos", "image/png", "", 415),
        (token, "/photos", "application/json", "{\"file_url\":\"", 413),
        (token, "/photos", form, "no boundary anywhere", 400),
        (token, "/photos", form, head_without_end, 400),
        (token, "/photos", form, PART, 400),
        (token, "/photos", form, &PART.replace("\"file\"", "\"colour\""), 422),
    ];
    for (token, path, media, first, status) in cases {
        let request = world.client.post(format!("{}{path}", backend.url));
        let request =
            request.header("content-type", media).body(chunked(first.as_bytes(), 9_000_000));
        let request = if let Some(token) = token { request.bearer_auth(token) } else { request };
        problem(request.send().await.unwrap(), status).await;
    }
    assert_eq!(kept(&world), (0, 0));
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_large_photo_is_taken_whole_and_in_little_memory() {
    let world = World::new(Config::instant()).await;
    let backend = world.start(&[]).await;
    let id = backend.give(1).await;
    backend.until(&id, "done").await;
    let before = backend.peak();
    let large = 40_000_000;
    let bytes = [photo(2), vec![7; large]].concat();
    let part = Part::bytes(bytes).file_name("a.png");
    let answer = backend.post("/photos").multipart(Form::new().part("file", part)).send().await;
    let id = support::id_of(answer.unwrap()).await;
    let kept = std::fs::metadata(world.data().join(format!("photos/{id}.png"))).unwrap();
    assert_eq!(kept.len(), (photo(2).len() + large) as u64);
    // What nobody wants is not kept either: too much of a photo, and a form that has no field.
    for (first, status) in [(PART, 413), ("no boundary anywhere", 400)] {
        let request = backend.post("/photos").body(chunked(first.as_bytes(), 120_000_000));
        let request = request.header("content-type", "multipart/form-data; boundary=b");
        problem(request.send().await.unwrap(), status).await;
    }
    backend.until(&id, "done").await;
    let more = backend.peak() - before;
    println!("{more} bytes more");
    assert!(more < 8 * 1024 * 1024, "{more} bytes more");
}

#[tokio::test]
async fn half_heads_and_silent_bodies_are_gone_and_a_slow_photo_is_taken() {
    let world = World::new(Config::instant()).await;
    let backend = world.start(&[]).await;
    let mut half = connect(&backend).await;
    half.write_all(b"POST /photos HTTP/1.1\r\nhost: 127").await.unwrap();
    let mut silent = connect(&backend).await;
    let begun = [head(&backend, "content-length: 5000"), PART.to_owned()].concat();
    silent.write_all(begun.as_bytes()).await.unwrap();

    let slow = async {
        let mut slow = connect(&backend).await;
        let end = b"\r\n--b--\r\n".to_vec();
        let body = [PART.as_bytes().to_vec(), photo(1), end].concat();
        let head = head(&backend, &format!("content-length: {}", body.len()));
        slow.write_all(head.as_bytes()).await.unwrap();
        for chunk in body.chunks(body.len() / 5) {
            slow.write_all(chunk).await.unwrap();
            tokio::time::sleep(Duration::from_secs(3)).await;
        }
        let mut answer = vec![0; 12];
        slow.read_exact(&mut answer).await.unwrap();
        answer
    };
    let gone = async {
        let (mut one, mut other) = (Vec::new(), Vec::new());
        half.read_to_end(&mut one).await.unwrap();
        silent.read_to_end(&mut other).await.unwrap();
        other
    };
    let (slow, told) = tokio::join!(slow, tokio::time::timeout(support::LONG, gone));
    assert_eq!(slow, b"HTTP/1.1 202");
    assert!(told.unwrap().starts_with(b"HTTP/1.1 408"));
}

#[tokio::test]
async fn fifty_writers_and_fifty_readers_at_once_are_all_served() {
    let world = World::new(Config::instant()).await;
    let backend = world.start(&[]).await;
    let writers = (0..50).map(|n| backend.post("/photos").multipart(form(n)).send());
    let readers = (0..50).map(|_| backend.get("/photos?limit=200").send());
    let (writers, readers) = tokio::join!(
        futures_util::future::join_all(writers),
        futures_util::future::join_all(readers),
    );
    assert!(writers.into_iter().all(|answer| answer.unwrap().status() == 202));
    assert!(readers.into_iter().all(|answer| answer.unwrap().status() == 200));
    let began = Instant::now();
    loop {
        let done = backend.get("/photos?state=done&limit=200").send().await.unwrap();
        let done: serde_json::Value = done.json().await.unwrap();
        if done["photos"].as_array().unwrap().len() == 50 {
            break;
        }
        assert!(began.elapsed() < support::LONG);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(world.paid(), 50);
    // Pages end, and each photo is on one of them.
    let (mut ids, mut path) = (Vec::new(), "/photos?limit=20".to_owned());
    loop {
        let page: serde_json::Value =
            backend.get(&path).send().await.unwrap().json().await.unwrap();
        ids.extend(page["photos"].as_array().unwrap().iter().map(|photo| photo["id"].to_string()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/photos?limit=20&before={next}");
    }
    ids.dedup();
    assert_eq!(ids.len(), 50);
}
