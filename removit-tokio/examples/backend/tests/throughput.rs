//! What the whole costs on one machine beside the library's batch alone, and which share of
//! that is the database's.
//!
//! ```sh
//! pg_virtualenv -t -v 15 -o fsync=on cargo test --release --test throughput -- --ignored --nocapture
//! ```
//!
//! Callers and the vendor work in this process, on the same cores, and count for neither
//! side. Processor time is read from `/proc`: of a process, of SQLite's threads in it, of
//! the server of PostgreSQL with all of its processes. Fails where a side did not make one
//! job and one result of each photo.
#![cfg(target_os = "linux")]

mod support;

use std::str::FromStr;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt};
use removit_tokio::proto::journal::Header;
use removit_tokio::proto::simulator::Config;
use removit_tokio::proto::{ApiKey, BatchPolicy, Endpoint};
use removit_tokio::{BatchInput, Client, Clock, Destination, JournalFile, Photo};
use reqwest::multipart::{Form, Part};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};
use support::{LONG, World};

const AT_ONCE: usize = 16;
const PER_SECOND: u32 = 1000;

/// What `/proc` counts in: a hundredth of a second.
const TICK_MS: f64 = 10.0;

fn config() -> Config {
    Config::instant().with(|config| config.pending_for = Duration::from_secs(2))
}

fn photos() -> u32 {
    std::env::var("PHOTOS").ok().and_then(|text| text.parse().ok()).unwrap_or(2000)
}

/// 16 KiB, each another one.
fn photo(n: u32) -> Vec<u8> {
    let mut bytes = support::photo(n);
    bytes.resize(16 * 1024, 7);
    bytes
}

/// The fields of a `stat` file from the state on, and the name before them.
fn stat(path: &str) -> Option<(String, Vec<i64>)> {
    let text = std::fs::read_to_string(path).ok()?;
    let (before, after) = text.rsplit_once(')')?;
    let name = before.split_once('(')?.1.to_owned();
    Some((name, after.split_whitespace().map(|field| field.parse().unwrap_or(0)).collect()))
}

/// The processor time of a process, in ms, threads that ended included.
fn process(pid: u32) -> f64 {
    let (_, fields) = stat(&format!("/proc/{pid}/stat")).unwrap();
    (fields[11] + fields[12]) as f64 * TICK_MS
}

/// That of its living threads of this name.
fn threads(pid: u32, name: &str) -> f64 {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let stats = tasks.filter_map(|task| stat(task.ok()?.path().join("stat").to_str()?));
    let named = stats.filter(|(thread, _)| thread.starts_with(name));
    named.map(|(_, fields)| fields[11] + fields[12]).sum::<i64>() as f64 * TICK_MS
}

/// The processor time of a server and of all processes that it has or had, in ms.
fn server(pid: i64) -> f64 {
    let mut ticks = 0;
    for process in std::fs::read_dir("/proc").unwrap() {
        let path = process.unwrap().path().join("stat");
        let Some((_, fields)) = stat(path.to_str().unwrap()) else { continue };
        let is_server = path.starts_with(format!("/proc/{pid}"));
        if is_server || fields[1] == pid {
            ticks += fields[11] + fields[12];
        }
        if is_server {
            // Of those that ended.
            ticks += fields[13] + fields[14];
        }
    }
    ticks as f64 * TICK_MS
}

async fn one<T>(connection: &mut PgConnection, sql: &'static str) -> T
where
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
{
    sqlx::query_scalar(sql).fetch_one(connection).await.unwrap()
}

async fn batch() {
    let world = World::new(config()).await;
    let folder = world.folder.path();
    let mut inputs = Vec::new();
    for n in 0..photos() {
        let file = folder.join(format!("{n}.png"));
        std::fs::write(&file, photo(n)).unwrap();
        let photo = Photo::from_path(file).await.unwrap();
        inputs.push(
            BatchInput::from(photo).to(Destination::folder(folder.join("out"), n.to_string())),
        );
    }
    let header = Header::new(Clock::start().wall_time(), "throughput");
    let (journal, replay) = JournalFile::open(folder.join("journal"), header).unwrap();
    let mut policy = BatchPolicy::default();
    policy.uploads_at_once = AT_ONCE;
    policy.downloads_at_once = AT_ONCE;
    policy.requests_per_second = PER_SECOND;
    let key = ApiKey::new("key").unwrap();
    let client = Client::new(Endpoint::new(&world.vendor.base_url(), key).unwrap()).unwrap();
    let (own, vendor) = (std::process::id(), "removit-simulat");
    let ours = || process(own) - threads(own, vendor);
    let (began, before) = (Instant::now(), ours());
    let mut batch = client.batch(inputs).policy(policy).journal(journal, replay);
    while let Some(processed) = batch.next().await {
        processed.end.unwrap();
    }
    told("the library's batch and journal", began.elapsed(), ours() - before, None);
    assert_eq!(world.paid(), photos() as usize);
}

async fn backend(name: &str, world: World, processes: usize) {
    let (per_second, at_once) = (PER_SECOND.to_string(), AT_ONCE.div_ceil(processes).to_string());
    let settings = [
        ["--requests-per-second", &per_second],
        ["--uploads-at-once", &at_once],
        ["--fetches-at-once", &at_once],
        ["--pool", "8"],
    ];
    let mut backends = Vec::new();
    for _ in 0..processes {
        backends.push(world.start(&settings.concat()).await);
    }
    let mut postgres = None;
    if let Some(url) = &world.database {
        let mut connection = PgConnectOptions::from_str(url).unwrap().connect().await.unwrap();
        let child: i32 = one(&mut connection, "SELECT pg_backend_pid()").await;
        postgres = Some((stat(&format!("/proc/{child}/stat")).unwrap().1[1], connection));
    }
    let all = || backends.iter().map(|backend| process(backend.pid())).sum::<f64>();
    let pid = postgres.as_ref().map(|(pid, _)| *pid);
    let database = || match pid {
        Some(pid) => server(pid),
        None => threads(backends[0].pid(), "sqlx-sqlite"),
    };
    let transactions =
        "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()";
    let mut committed = 0;
    if let Some((_, connection)) = &mut postgres {
        committed = one::<i64>(connection, transactions).await;
    }
    let (began, before) = (Instant::now(), (all(), database()));
    let given = futures_util::stream::iter(0..photos())
        .map(|n| {
            let part = Part::bytes(photo(n)).file_name("cup.png");
            let request = backends[n as usize % processes].post("/photos");
            request.multipart(Form::new().part("file", part)).send()
        })
        .buffer_unordered(AT_ONCE);
    given
        .try_for_each(async |answer| {
            assert_eq!(answer.status(), 202);
            Ok(())
        })
        .await
        .unwrap();
    let taken = began.elapsed();
    let done = format!("removit_backend_photos{{state=\"done\"}} {}\n", photos());
    loop {
        let metrics = backends[0].get("/metrics").send().await.unwrap().text().await.unwrap();
        if metrics.contains(&done) {
            break;
        }
        assert!(began.elapsed() < LONG, "{metrics}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let took = began.elapsed();
    let (whole, share) = (all() - before.0, database() - before.1);
    // SQLite's threads are the process's own.
    let whole = if postgres.is_some() { whole + share } else { whole };
    told(name, took, whole, Some(share));
    println!(
        "{:33}taken from callers: {:.0} a second",
        "",
        f64::from(photos()) / taken.as_secs_f64()
    );
    if let Some((_, mut connection)) = postgres {
        // A server tells its figures after a second at the earliest.
        tokio::time::sleep(Duration::from_secs(2)).await;
        let more = one::<i64>(&mut connection, transactions).await - committed;
        let fsync: String = one(&mut connection, "SHOW fsync").await;
        let each = more as f64 / f64::from(photos());
        println!("{:33}{each:.1} transactions each, fsync = {fsync}", "");
        connection.close().await.unwrap();
    }
    assert_eq!(world.paid(), photos() as usize);
}

fn told(name: &str, took: Duration, processor: f64, database: Option<f64>) {
    let count = f64::from(photos());
    let share = database.map_or_else(String::new, |database| {
        format!(", {:.0} % of it the database's", 100.0 * database / processor)
    });
    println!(
        "{name:32} {:.0} photos a second, {:.2} ms of processor time each{share}",
        count / took.as_secs_f64(),
        processor / count,
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures, for a minute"]
async fn what_the_whole_costs_beside_the_batch_alone() {
    println!(
        "{} photos of 16 KiB, done 2 s after their upload; {AT_ONCE} uploads at once and \
         {PER_SECOND} requests a second at most",
        photos()
    );
    batch().await;
    let mut world = World::new(config()).await;
    world.database = None;
    backend("backend, SQLite", world, 1).await;
    for (name, processes) in [("backend, PostgreSQL", 1), ("backend, PostgreSQL, 4 processes", 4)] {
        let world = World::new(config()).await;
        if world.database.is_none() {
            println!("SKIPPED {name}: no PGHOST");
            continue;
        }
        backend(name, world, processes).await;
    }
}
