//! Many processes and one account, on PostgreSQL: each test says SKIPPED where `PGHOST`
//! names none. `pg_virtualenv -t -v 15 cargo test …` brings one.

mod support;

use std::time::{Duration, Instant};

use removit_tokio::proto::simulator::{Canned, Config, Fault, Kind, RetryAfter, Rule, When};
use support::door::Door;
use support::pooler::Pooler;
use support::proxy::Proxy;
use support::sessions::{end_news, sql};
use support::{Backend, LONG, World, form, id_of};

async fn fleet(config: Config) -> Option<World> {
    let world = World::new(config).await;
    if world.database.is_none() {
        println!("SKIPPED: no PGHOST");
        return None;
    }
    Some(world)
}

async fn is_leading(backend: &Backend) -> bool {
    let metrics = backend.get("/metrics").send().await.unwrap().text().await.unwrap();
    metrics.contains("removit_backend_leading 1")
}

/// When each request that counts reached the vendor, in milliseconds.
fn arrivals(world: &World) -> Vec<u128> {
    let account = world.vendor.account();
    let jobs = account.jobs.iter();
    let mut times: Vec<_> = jobs
        .flat_map(|job| std::iter::once(job.created_at).chain(job.polls.iter().copied()))
        .map(|at| at.since_origin().as_millis())
        .collect();
    times.sort_unstable();
    times
}

#[tokio::test]
async fn one_key_on_two_machines_at_the_same_moment_is_one_job() {
    let Some(world) = fleet(Config::instant()).await else { return };
    let (one, two) = (world.start(&[]).await, world.start(&[]).await);
    let give = |n: usize| {
        let backend = if n.is_multiple_of(2) { &one } else { &two };
        backend.post("/photos").header("idempotency-key", "order-7").multipart(form(1)).send()
    };
    let answers = futures_util::future::join_all((0..20).map(give)).await;
    let mut ids = Vec::new();
    for answer in answers {
        ids.push(id_of(answer.unwrap()).await);
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    two.until(&ids[0], "done").await;
    assert_eq!(world.paid(), 1);
}

#[tokio::test]
async fn a_step_on_one_machine_is_told_on_another_in_order() {
    let Some(world) = fleet(Config::default()).await else { return };
    let web = world.start(&["--roles", "web"]).await;
    let id = web.give(1).await;
    let history = web.history(&id);
    let others = async {
        let mut others = Vec::new();
        for role in ["web,upload", "web,poll", "web,fetch"] {
            others.push(world.start(&["--roles", role]).await);
        }
        others
    };
    let (history, _others) = tokio::join!(history, others);
    let history = support::without_withdrawn(history);
    let states: Vec<_> = history.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(&states[..3], ["planned", "intent", "accepted"]);
    assert_eq!(&states[states.len() - 2..], ["ended", "saved"]);
}

#[tokio::test]
async fn a_news_session_that_is_lost_again_and_again_costs_no_step() {
    let slow = Config::instant().with(|config| config.pending_for = Duration::from_secs(3));
    let Some(world) = fleet(slow).await else { return };
    let web = world.start(&["--roles", "web"]).await;
    let _worker = world.start(&["--roles", "upload,poll,fetch,web"]).await;
    let mut ids = Vec::new();
    for n in 0..10 {
        ids.push(web.give(n).await);
    }
    let ends = futures_util::future::join_all(ids.iter().map(|id| web.history(id)));
    let histories = tokio::select! {
        histories = ends => histories,
        () = end_news(&world) => unreachable!(),
    };
    for (id, history) in ids.iter().zip(histories) {
        assert_eq!(history, web.history(id).await);
        assert_eq!(history.last().unwrap().1, "done");
    }
}

#[tokio::test]
async fn a_standby_polls_when_the_leader_is_killed() {
    let slow = Config::instant().with(|config| config.pending_for = Duration::from_secs(3));
    let Some(world) = fleet(slow).await else { return };
    let mut backends = vec![world.start(&[]).await, world.start(&[]).await];
    let began = Instant::now();
    let leader = loop {
        let leading = [is_leading(&backends[0]).await, is_leading(&backends[1]).await];
        assert_ne!(leading, [true, true]);
        if let Some(leader) = leading.iter().position(|leading| *leading) {
            break leader;
        }
        assert!(began.elapsed() < LONG);
    };
    let standby = 1 - leader;
    let id = backends[standby].give(1).await;
    backends[standby].until(&id, "processing").await;
    backends.remove(leader).kill();
    let standby = &backends[0];
    standby.until(&id, "done").await;
    assert!(is_leading(standby).await);
    assert_eq!(world.paid(), 1);
}

#[tokio::test]
async fn a_standby_polls_when_the_leaders_connections_pass_nothing_on() {
    let slow = Config::instant().with(|config| config.pending_for = Duration::from_secs(5));
    let Some(mut world) = fleet(slow).await else { return };
    let straight = world.database.clone();
    let proxy = Proxy::in_front_of(world.database.as_mut().unwrap()).await;
    let leader = world.start(&[]).await;
    let began = Instant::now();
    while !is_leading(&leader).await {
        assert!(began.elapsed() < LONG);
    }
    world.database = straight;
    let standby = world.start(&[]).await;
    let id = standby.give(1).await;
    standby.until(&id, "processing").await;
    proxy.silence();
    let silent = Instant::now();
    while !is_leading(&standby).await {
        assert!(silent.elapsed() < LONG);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let took = silent.elapsed();
    println!("another one polls after {took:?}");
    assert!(took < Duration::from_secs(15), "{took:?}");
    standby.until(&id, "done").await;
    assert_eq!(world.paid(), 1);
}

#[tokio::test]
async fn a_pooler_that_shares_sessions_is_refused_with_a_reason() {
    let Some(mut world) = fleet(Config::instant()).await else { return };
    let Some(pooler) = Pooler::in_front_of(world.database.as_mut().unwrap()).await else {
        println!("SKIPPED: there is no pgbouncer");
        return;
    };
    let start = tokio::task::spawn_blocking({
        let mut command = world.command(&[]);
        move || command.output().unwrap()
    });
    let refused = tokio::time::timeout(LONG, start).await.unwrap().unwrap();
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("a pooler that shares connections between transactions"), "{said}");
    drop(pooler);
}

#[tokio::test]
async fn a_leader_that_loses_its_lock_makes_room_and_no_job_is_lost() {
    let slow = Config::instant().with(|config| config.pending_for = Duration::from_secs(6));
    let Some(world) = fleet(slow).await else { return };
    let (one, two) = (world.start(&[]).await, world.start(&[]).await);
    let mut ids = Vec::new();
    for n in 0..10 {
        ids.push(one.give(n).await);
    }
    let mut connection = sql(&world).await;
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE application_name = 'removit-poller' AND datname = current_database()";
        sqlx::query(end).execute(&mut connection).await.unwrap();
    }
    for id in &ids {
        two.until(id, "done").await;
    }
    assert_eq!(world.paid(), 10);
}

#[tokio::test]
async fn no_second_has_more_requests_than_the_budget_over_all_machines() {
    let slow = Config::instant().with(|config| config.pending_for = Duration::from_secs(3));
    let Some(world) = fleet(slow).await else { return };
    let mut backends = Vec::new();
    for _ in 0..3 {
        backends.push(world.start_slow(20).await);
    }
    let mut ids = Vec::new();
    for n in 0..60 {
        ids.push(backends[n as usize % 3].give(n).await);
    }
    let mut connection = sql(&world).await;
    // The row is locked for a while, and what waited does not leave at once.
    sqlx::raw_sql("BEGIN; SELECT * FROM account FOR UPDATE; SELECT pg_sleep(2); COMMIT")
        .execute(&mut connection)
        .await
        .unwrap();
    for id in &ids {
        backends[0].until(id, "done").await;
    }
    let times = arrivals(&world);
    let most = times
        .iter()
        .map(|first| times.iter().filter(|at| (*first..*first + 1000).contains(*at)).count())
        .max();
    assert!(most.unwrap() <= 20, "{most:?} requests in one second");
    assert!(times.len() >= 180, "{}", times.len());
}

#[tokio::test]
async fn a_server_that_asks_for_a_pause_gets_it_from_all_machines() {
    let no = Fault::Answer(Canned::RateLimited { retry_after: Some(RetryAfter::Seconds(3)) });
    let config = Config::instant()
        .with(|config| config.script = vec![Rule::new(Kind::Upload, When::Nth(20), no)]);
    let Some(world) = fleet(config).await else { return };
    let mut backends = Vec::new();
    for _ in 0..4 {
        backends.push(world.start_slow(20).await);
    }
    let mut ids = Vec::new();
    for n in 0..60 {
        ids.push(backends[n as usize % 4].give(n).await);
    }
    for id in &ids {
        backends[0].until(id, "done").await;
    }
    assert_eq!(world.paid(), 60);
    let times = arrivals(&world);
    let longest = times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!(longest >= 2800, "the longest pause was {longest} ms");
}

#[tokio::test]
async fn a_pause_that_a_look_was_told_of_holds_for_uploads_too() {
    let no = Fault::Answer(Canned::RateLimited { retry_after: Some(RetryAfter::Seconds(3)) });
    let config = Config::instant().with(|config| {
        config.pending_for = Duration::from_secs(1);
        config.script = vec![Rule::new(Kind::Status, When::First(1), no)];
    });
    let Some(mut world) = fleet(config).await else { return };
    let door = Door::in_front_of(&world.base_url).await;
    world.base_url.clone_from(&door.url);
    // Two processes, so that one has the news from the other.
    let (one, two) = (world.start(&["--roles", "web,upload"]).await, world.start(&[]).await);
    let mut ids = vec![two.give(0).await];
    let paused = async || {
        let metrics = one.get("/metrics").send().await.unwrap().text().await.unwrap();
        metrics.contains("removit_backend_paused 1")
    };
    let began = Instant::now();
    while !paused().await {
        assert!(began.elapsed() < LONG);
    }
    for n in 1..10 {
        ids.push(one.give(n).await);
    }
    for id in &ids {
        one.until(id, "done").await;
    }
    let longest = door.longest_pause();
    assert!(longest >= Duration::from_millis(2800), "the longest pause was {longest:?}");
    assert_eq!(world.paid(), 10);
}

#[tokio::test]
async fn eight_processes_on_an_empty_database_are_ready_together() {
    let Some(world) = fleet(Config::instant()).await else { return };
    let began = Instant::now();
    let starts = (0..8).map(|_| world.start(&["--pool", "2"]));
    let backends = futures_util::future::join_all(starts).await;
    for backend in &backends {
        assert_eq!(backend.get("/readyz").send().await.unwrap().status(), 200);
    }
    println!("ready after {:?}", began.elapsed());
}

#[tokio::test]
async fn a_database_that_is_away_is_told_by_readyz_and_comes_back_without_a_restart() {
    let Some(mut world) = fleet(Config::instant()).await else { return };
    let proxy = Proxy::in_front_of(world.database.as_mut().unwrap()).await;
    let backend = world.start(&[]).await;
    let before = backend.give(1).await;
    backend.until(&before, "done").await;
    proxy.cut();
    let began = Instant::now();
    while backend.get("/readyz").send().await.unwrap().status() != 503 {
        assert!(began.elapsed() < LONG);
    }
    assert_eq!(backend.get("/healthz").send().await.unwrap().status(), 200);
    support::problem(backend.get("/photos").send().await.unwrap(), 503).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    proxy.mend();
    let began = Instant::now();
    while backend.get("/readyz").send().await.unwrap().status() != 200 {
        assert!(began.elapsed() < LONG);
    }
    let after = backend.give(2).await;
    backend.until(&after, "done").await;
}

/// How long photos take from the first one's posting until the last one is done.
async fn work(backend: &Backend, photos: std::ops::Range<u32>) -> Duration {
    let began = Instant::now();
    let ids = futures_util::future::join_all(photos.map(|n| backend.give(n))).await;
    for id in &ids {
        backend.until(id, "done").await;
    }
    began.elapsed()
}

#[tokio::test]
async fn after_the_database_was_away_photos_go_as_fast_as_before() {
    let Some(mut world) = fleet(Config::instant()).await else { return };
    let proxy = Proxy::in_front_of(world.database.as_mut().unwrap()).await;
    let backend = world.start(&["--uploads-at-once", "8"]).await;
    let ready = async |status: u16| {
        let began = Instant::now();
        while backend.get("/readyz").send().await.unwrap().status() != status {
            assert!(began.elapsed() < LONG);
        }
    };
    work(&backend, 0..20).await;
    let before = work(&backend, 100..200).await;
    for _ in 0..3 {
        // All sessions end, those of the election and of the news among them.
        proxy.cut();
        ready(503).await;
        proxy.mend();
        ready(200).await;
    }
    // What was being waited for is over with this: the next election, the end of a pause.
    work(&backend, 200..220).await;
    let after = work(&backend, 300..400).await;
    println!("a hundred photos took {before:?}, and {after:?} after three restarts");
    // No machine's speed, and others work on it: what is looked for is a crawl.
    assert!(after < 5 * before + Duration::from_secs(5), "{before:?} {after:?}");
    assert_eq!(world.paid(), 240);
}

#[tokio::test]
async fn a_start_before_the_database_answers_probes_and_works_once_it_is_there() {
    let Some(mut world) = fleet(Config::instant()).await else { return };
    let proxy = Proxy::in_front_of(world.database.as_mut().unwrap()).await;
    proxy.cut();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let free = free.to_string();
    let there = ["--listen", free.as_str()];
    let probes = async {
        let ask = |path: &str| world.client.get(format!("http://{free}{path}")).send();
        let began = Instant::now();
        while ask("/healthz").await.is_err() {
            assert!(began.elapsed() < LONG);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(ask("/healthz").await.unwrap().status(), 200);
        assert_eq!(ask("/readyz").await.unwrap().status(), 503);
        support::problem(ask("/photos").await.unwrap(), 503).await;
        proxy.mend();
    };
    let (backend, ()) = tokio::join!(world.start(&there), probes);
    let id = backend.give(1).await;
    backend.until(&id, "done").await;
}

#[tokio::test]
async fn an_id_that_comes_while_the_database_is_away_is_stored_once_it_is_back() {
    let slow = Rule::new(Kind::Upload, When::First(1), Fault::Delay(Duration::from_secs(3)));
    let Some(mut world) = fleet(Config::instant().with(|config| config.script = vec![slow])).await
    else {
        return;
    };
    let proxy = Proxy::in_front_of(world.database.as_mut().unwrap()).await;
    let mut backend = world.start(&[]).await;
    let id = backend.give(1).await;
    let began = Instant::now();
    while world.paid() == 0 {
        assert!(began.elapsed() < LONG);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    proxy.cut();
    // The vendor's answer comes, and the process is told to end meanwhile.
    tokio::time::sleep(Duration::from_secs(5)).await;
    backend.signal("-TERM");
    tokio::time::sleep(Duration::from_secs(5)).await;
    proxy.mend();
    assert!(backend.ended().await.success());
    let backend = world.start(&[]).await;
    backend.until(&id, "done").await;
    assert_eq!(world.paid(), 1);
}
