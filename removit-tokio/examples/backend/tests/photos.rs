//! One photo: its way, what callers see of it, and what they may not.

mod support;

use removit_tokio::proto::simulator::{Canned, Config, Fault, Kind, Rule, When};
use reqwest::multipart::{Form, Part};
use support::{World, form, id_of, photo, problem};

fn rule(on: Kind, when: When, fault: Fault) -> Config {
    Config::instant().with(|config| config.script = vec![Rule::new(on, when, fault)])
}

#[tokio::test]
async fn a_photo_goes_its_way_and_every_step_is_history() {
    let world = World::new(Config::instant()).await;
    let backend = world.start(&[]).await;
    let id = backend.give(1).await;
    let done = backend.until(&id, "done").await;
    let history = backend.history(&id).await;
    let kinds: Vec<_> = history.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["planned", "intent", "accepted", "ended", "saved"]);
    let states: Vec<_> = history.iter().map(|(_, state)| state.as_str()).collect();
    assert_eq!(states, ["waiting", "uploading", "processing", "fetching", "done"]);

    let href = done["results"][0]["href"].as_str().unwrap();
    let result = backend.get(href).send().await.unwrap();
    assert_eq!(result.headers()["content-type"], "image/png");
    let served = result.bytes().await.unwrap();
    assert_eq!(&served[..8], b"\x89PNG\r\n\x1a\n");
    let original = backend.get(&format!("/photos/{id}/original")).send().await.unwrap();
    assert_eq!(original.bytes().await.unwrap(), photo(1));
    assert_eq!(world.paid(), 1);
}

#[tokio::test]
async fn a_photo_behind_a_url_is_fetched_by_the_vendor() {
    let world = World::new(Config::instant()).await;
    let backend = world.start(&[]).await;
    let body = serde_json::json!({
        "file_url": "https://example.com/cup.jpg?signature=xyz", "mode": "params", "params": { "n": 1 },
    });
    let id = id_of(backend.post("/photos").json(&body).send().await.unwrap()).await;
    let done = backend.until(&id, "done").await;
    assert_eq!(done["name"], "cup.jpg");
    assert!(!done.to_string().contains("xyz") && !backend.said().contains("xyz"));
    assert!(done["results"].as_array().unwrap().len() > 1, "{done}");
}

#[tokio::test]
async fn an_ambiguous_photo_is_sent_again_by_a_persons_decision_alone() {
    let world = World::new(rule(Kind::Upload, When::First(1), Fault::DropAfterWork)).await;
    let backend = world.start(&[]).await;
    let id = backend.give(1).await;
    let ambiguous = backend.until(&id, "ambiguous").await;
    assert_eq!(ambiguous["actions"][0], "resend");
    assert_eq!(world.paid(), 1);

    let resend = || backend.post(&format!("/photos/{id}/resend")).send();
    // Twice at once: one decision.
    let (one, two) = tokio::join!(resend(), resend());
    let mut statuses = [one.unwrap().status().as_u16(), two.unwrap().status().as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 409]);
    backend.until(&id, "done").await;
    assert_eq!(world.paid(), 2);
    problem(resend().await.unwrap(), 409).await;
}

#[tokio::test]
async fn a_refused_photo_says_why_and_a_retry_costs_nothing_until_it_is_taken() {
    let no = Fault::Answer(Canned::Validation);
    let world = World::new(rule(Kind::Upload, When::First(1), no)).await;
    let backend = world.start(&[]).await;
    let id = backend.give(1).await;
    let rejected = backend.until(&id, "rejected").await;
    assert!(rejected["reason"].as_str().unwrap().contains("422"), "{rejected}");
    assert_eq!(world.paid(), 0);
    let retry = backend.post(&format!("/photos/{id}/retry")).send().await.unwrap();
    assert_eq!(retry.status(), 202);
    backend.until(&id, "done").await;
    assert_eq!(world.paid(), 1);
}

#[tokio::test]
async fn an_empty_account_stops_uploads_until_a_person_says_otherwise() {
    let world = World::new(Config::instant().with(|config| config.credits = Some(0))).await;
    let backend = world.start(&[]).await;
    let (one, two) = (backend.give(1).await, backend.give(2).await);
    let began = std::time::Instant::now();
    loop {
        let account = backend.get("/account").send().await.unwrap();
        let account: serde_json::Value = account.json().await.unwrap();
        if account["stopped"] == true {
            assert!(account["reason"].as_str().unwrap().contains("402"), "{account}");
            break;
        }
        assert!(began.elapsed() < support::LONG);
    }
    backend.until(&one, "waiting").await;
    backend.until(&two, "waiting").await;
    world.vendor.with_simulator(|vendor| vendor.add_credits(2));
    let resumed = backend.post("/account/resume").send().await.unwrap();
    assert_eq!(resumed.status(), 204);
    backend.until(&one, "done").await;
    backend.until(&two, "done").await;
    assert_eq!(world.paid(), 2);
}

#[tokio::test]
async fn one_key_is_one_photo_however_often_at_once() {
    let world = World::new(Config::instant()).await;
    let backend = world.start(&[]).await;
    let give =
        || backend.post("/photos").header("idempotency-key", "order-7").multipart(form(1)).send();
    let answers = futures_util::future::join_all((0..20).map(|_| give())).await;
    let mut ids = Vec::new();
    for answer in answers {
        ids.push(id_of(answer.unwrap()).await);
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    backend.until(&ids[0], "done").await;

    // In another order and with another boundary, under another name: the same.
    let mode = Form::new().text("mode", "clipping");
    let same = mode.part("file", Part::bytes(photo(1)).file_name("other.png"));
    let same = backend.post("/photos").header("idempotency-key", "order-7").multipart(same);
    let same = same.send().await.unwrap();
    assert_eq!(same.headers()["idempotent-replay"], "true");
    assert_eq!(id_of(same).await, ids[0]);

    // One byte, or one option, is another request.
    for other in [form(2), form(1).text("mode", "background")] {
        let other = backend.post("/photos").header("idempotency-key", "order-7").multipart(other);
        let told = problem(other.send().await.unwrap(), 422).await;
        assert_eq!(told["type"], "urn:removit-backend:key-used");
    }
    assert_eq!(world.paid(), 1);
    assert_eq!(std::fs::read_dir(world.data().join("photos")).unwrap().count(), 1);
    assert_eq!(std::fs::read_dir(world.data().join("incoming")).unwrap().count(), 0);
}

#[tokio::test]
async fn nobody_sees_anothers_photos() {
    let world = World::new(Config::instant()).await;
    let tokens = world.folder.path().join("tokens");
    std::fs::write(
        &tokens,
        "# callers\nshop shop-token-0123456789\nother other-token-0123456789\n",
    )
    .unwrap();
    let mut backend = world.start(&["--tokens-file", tokens.to_str().unwrap()]).await;
    problem(backend.get("/photos").send().await.unwrap(), 401).await;
    backend.token = Some("not-a-token-0123456789".into());
    problem(backend.get("/photos").send().await.unwrap(), 401).await;

    backend.token = Some("shop-token-0123456789".into());
    let id = backend.give(1).await;
    let done = backend.until(&id, "done").await;
    let result = done["results"][0]["href"].as_str().unwrap().to_owned();
    problem(backend.post("/account/resume").send().await.unwrap(), 403).await;

    backend.token = Some("other-token-0123456789".into());
    for path in [
        &format!("/photos/{id}"),
        &format!("/photos/{id}/events"),
        &format!("/photos/{id}/original"),
        &result,
    ] {
        problem(backend.get(path).send().await.unwrap(), 404).await;
    }
    for action in ["resend", "retry"] {
        let path = format!("/photos/{id}/{action}");
        problem(backend.post(&path).send().await.unwrap(), 404).await;
    }
    let page: serde_json::Value =
        backend.get("/photos").send().await.unwrap().json().await.unwrap();
    assert_eq!(page["photos"].as_array().unwrap().len(), 0);
    // A key is a caller's own.
    let log = backend.said();
    assert!(
        !log.contains("token-0123456789") && !log.contains("secret-key-of-the-vendor"),
        "{log}"
    );
}

#[tokio::test]
async fn without_tokens_only_this_machine_and_its_own_page_are_served() {
    let world = World::new(Config::instant()).await;
    let backend = world.start(&[]).await;
    let foreign = backend.get("/photos").header("host", "evil.example").send().await.unwrap();
    problem(foreign, 403).await;
    let cross = backend.post("/photos").header("sec-fetch-site", "cross-site").multipart(form(1));
    problem(cross.send().await.unwrap(), 403).await;
    let cross = backend.post("/photos").header("origin", "http://evil.example").multipart(form(1));
    problem(cross.send().await.unwrap(), 403).await;
    let own = backend.post("/photos").header("origin", backend.url.clone()).multipart(form(1));
    id_of(own.send().await.unwrap()).await;

    let output = world.command(&["--listen", "0.0.0.0:0"]).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("--tokens-file"));
}

#[tokio::test]
async fn bad_input_is_a_clear_problem_at_each_route() {
    let world = World::new(Config::instant()).await;
    let backend = world.start(&["--max-photo", "100000"]).await;
    let part = |bytes: Vec<u8>| Form::new().part("file", Part::bytes(bytes).file_name("a.png"));
    let forms = [
        (Form::new().text("mode", "clipping"), 422),
        (part(Vec::new()), 422),
        (part(b"<html><script>alert(1)</script>".to_vec()), 422),
        (part(photo(1)).part("file", Part::bytes(photo(2))), 422),
        (part(photo(1)).text("file_url", "https://example.com/a.png"), 422),
        (part(photo(1)).text("mode", "magic"), 422),
        (part(photo(1)).text("mode", "params"), 422),
        (part(photo(1)).text("params", "shop"), 422),
        (part(photo(1)).text("output_format", "bmp"), 422),
        (part(photo(1)).text("surprise", "1"), 422),
        (part(photo(1)).text("webhook_url", "http://127.0.0.1/"), 422),
        (part(photo(1)).text("webhook_url", "https://169.254.169.254/"), 422),
        (part([photo(1), vec![7; 200_000]].concat()), 413),
    ];
    for (form, status) in forms {
        let told = format!("{form:?}");
        let answer = backend.post("/photos").multipart(form).send().await.unwrap();
        assert_eq!(answer.status(), status, "{told}");
        problem(answer, status).await;
    }
    let json = |body: &'static str| {
        backend.post("/photos").header("content-type", "application/json").body(body)
    };
    for (body, status) in [
        ("", 400),
        ("[]", 400),
        ("{\"file_url\":", 400),
        ("{}", 422),
        (r#"{"file_url":7}"#, 422),
        (r#"{"file_url":"ftp://example.com/a"}"#, 422),
        (r#"{"file_url":"https://example.com/a","file":"x"}"#, 422),
    ] {
        let answer = json(body).send().await.unwrap();
        assert_eq!(answer.status(), status, "{body}");
        problem(answer, status).await;
    }
    problem(backend.post("/photos").body("hello").send().await.unwrap(), 415).await;
    let no_boundary =
        backend.post("/photos").header("content-type", "multipart/form-data").body("x");
    problem(no_boundary.send().await.unwrap(), 400).await;
    let key = backend.post("/photos").header("idempotency-key", "a b").multipart(form(1));
    problem(key.send().await.unwrap(), 400).await;
    let gets = [
        ("/photos?state=lost", 400),
        ("/photos?limit=0", 400),
        ("/photos?limit=many", 400),
        ("/photos?surprise=1", 400),
        ("/photos/none", 404),
        ("/photos/%00", 404),
        ("/photos/none/events", 404),
        ("/photos/none/results/a", 404),
        ("/photos/none/original", 404),
        ("/nothing", 404),
    ];
    for (path, status) in gets {
        let answer = backend.get(path).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        problem(answer, status).await;
    }
    problem(backend.post("/photos/none/resend").send().await.unwrap(), 404).await;
    problem(backend.post("/photos/none/retry").send().await.unwrap(), 404).await;
    problem(backend.post("/healthz").send().await.unwrap(), 405).await;
    assert_eq!(world.paid(), 0);
    for folder in ["photos", "incoming"] {
        assert_eq!(std::fs::read_dir(world.data().join(folder)).unwrap().count(), 0, "{folder}");
    }
    assert!(!backend.said().contains("panicked"), "{}", backend.said());
}

#[tokio::test]
async fn what_callers_send_never_runs_in_a_page() {
    let world = World::new(Config::instant()).await;
    let backend = world.start(&[]).await;
    let svg = r#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;
    let part = Part::bytes(svg.as_bytes()).file_name("<img src=x onerror=alert(1)>.png");
    let form = Form::new().part("file", part.mime_str("image/png").unwrap());
    let id = id_of(backend.post("/photos").multipart(form).send().await.unwrap()).await;
    let original = backend.get(&format!("/photos/{id}/original")).send().await.unwrap();
    let headers = original.headers();
    assert_eq!(headers["content-type"], "image/svg+xml");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["content-security-policy"], "default-src 'none'; sandbox");
    assert_eq!(headers["content-disposition"], "attachment");
    assert_eq!(backend.photo(&id).await["name"], "<img src=x onerror=alert(1)>.png");
    let page = backend.get("/").send().await.unwrap();
    assert!(
        page.headers()["content-security-policy"].to_str().unwrap().contains("script-src 'self'")
    );
}
