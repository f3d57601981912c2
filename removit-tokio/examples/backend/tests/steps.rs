//! A thousand steps, and readers that come and go while they happen: each step is told
//! once and in order, whichever process it happened in, whatever became of the news.
//!
//! On PostgreSQL half of the steps happen in another process than either reader's, and the
//! sessions that listen are ended again and again.

mod support;

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clap::Parser;
use removit_backend::app::Running;
use removit_backend::db::Db;
use removit_backend::hub::Hub;
use removit_backend::settings::Settings;
use removit_tokio::proto::simulator::Config;
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use support::rows::given;
use support::sessions::end_news;
use support::{LONG, World};

const PHOTOS: usize = 10;
/// Of each photo, the first one included.
const STEPS: usize = 101;

/// A stream looks by itself every four seconds. That one was late for longer than this
/// means that it did not, on a busy machine too.
const LATEST: Duration = Duration::from_secs(20);

/// When a step of a photo was committed.
type Committed = Arc<Mutex<HashMap<(String, usize), Instant>>>;

/// Numbers that are the same in each run.
fn draw(state: &mut u64, below: u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % below
}

/// Writes half of a photo's steps. A transaction is held open for a while before its commit,
/// so that those of other photos that began later end before it.
async fn write(db: Db, id: String, committed: Committed, seed: u64) {
    let mut luck = seed;
    for _ in 0..STEPS / 2 {
        let mut tx = db.begin().await.unwrap();
        let mut photo = tx.photo(&id).await.unwrap().unwrap();
        photo.note("note", "something happened");
        let seq = usize::try_from(photo.row.seq).unwrap() + 1;
        tx.settle(photo).await.unwrap();
        if db.kind() == removit_backend::db::Kind::Postgres {
            tokio::time::sleep(Duration::from_millis(draw(&mut luck, 8))).await;
        }
        // Before the commit: a reader may be faster than what comes after it.
        committed.lock().unwrap().insert((id.clone(), seq), Instant::now());
        tx.commit().await.unwrap();
    }
}

/// Reads all steps of a photo, leaving after a few each time; how late the latest came.
async fn read(client: reqwest::Client, url: String, committed: Committed, seed: u64) -> Duration {
    let id = url.rsplit('/').next().unwrap().to_owned();
    let (mut luck, mut seen, mut latest) = (seed, 0, Duration::ZERO);
    while seen < STEPS {
        let stays = 1 + draw(&mut luck, 20);
        let ask = client.get(format!("{url}/events")).header("last-event-id", seen.to_string());
        let asked = Instant::now();
        let mut answer = ask.send().await.unwrap();
        let (mut text, mut came) = (String::new(), 0);
        while came < stays && seen < STEPS {
            let chunk = tokio::time::timeout(LONG, answer.chunk()).await.unwrap().unwrap();
            text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
            while let Some(end) = text.find("\n\n") {
                let event: String = text.drain(..end + 2).collect();
                let Some(number) = event.lines().find_map(|line| line.strip_prefix("id: ")) else {
                    continue;
                };
                let number: usize = number.parse().unwrap();
                assert_eq!(number, seen + 1, "each step once, and in order");
                seen = number;
                came += 1;
                if let Some(at) = committed.lock().unwrap().get(&(id.clone(), number)) {
                    latest = latest.max((*at).max(asked).elapsed());
                }
            }
        }
    }
    latest
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_a_thousand_steps_is_told_once_and_in_order_to_whoever_comes_and_goes() {
    let world = World::new(Config::instant()).await;
    let mut arguments = vec!["backend".to_owned(), "--roles=web".to_owned()];
    arguments.push("--listen=127.0.0.1:0".to_owned());
    arguments.push(format!("--data={}", world.data().display()));
    arguments.extend(world.database.as_ref().map(|url| format!("--database-url={url}")));
    let here = Running::start(Settings::parse_from(arguments)).await.unwrap();
    let mut doors = vec![format!("http://{}", here.address.unwrap())];
    // Of SQLite there is one process, and one writer.
    let (mut elsewhere, mut writers) = (None, vec![here.app.db.clone(), here.app.db.clone()]);
    if let Some(url) = &world.database {
        let backend = world.start(&["--roles", "web"]).await;
        doors.push(backend.url.clone());
        elsewhere = Some(backend);
        // Its own news go to nobody, as those of a process without callers.
        writers[1] = Db::open(Some(url), &world.data(), 8, Hub::default()).await.unwrap();
    }
    let (committed, mut ids) = (Committed::default(), Vec::new());
    for _ in 0..PHOTOS {
        let given = given("local");
        here.app.db.give(&given).await.unwrap();
        ids.push(given.id);
    }
    let (mut writing, mut reading) = (Vec::new(), Vec::new());
    for (n, id) in ids.iter().enumerate() {
        for (m, door) in doors.iter().chain(&doors).enumerate() {
            let url = format!("{door}/photos/{id}");
            let seed = (10 * n + m) as u64;
            reading.push(tokio::spawn(read(world.client.clone(), url, committed.clone(), seed)));
        }
        for (m, db) in writers.iter().enumerate() {
            let seed = (1000 + 10 * n + m) as u64;
            writing.push(tokio::spawn(write(db.clone(), id.clone(), committed.clone(), seed)));
        }
    }
    let all = async {
        for writer in writing {
            writer.await.unwrap();
        }
        let mut latest = Duration::ZERO;
        for reader in reading {
            latest = latest.max(reader.await.unwrap());
        }
        latest
    };
    let latest = tokio::select! {
        latest = all => latest,
        () = end_news(&world) => unreachable!(),
    };
    println!("{} steps, the latest was told after {latest:?}", PHOTOS * (STEPS - 1));
    assert!(latest < LATEST, "{latest:?}");
    drop(elsewhere);
    here.stop().await;
}

#[tokio::test]
async fn a_page_is_told_to_read_its_list_again_when_news_were_lost() {
    let world = World::new(Config::instant()).await;
    let Some(url) = &world.database else {
        println!("SKIPPED: no PGHOST");
        return;
    };
    let backend = world.start(&["--roles", "web"]).await;
    let mut news = backend.get("/events").send().await.unwrap();
    let mut connection = PgConnectOptions::from_str(url).unwrap().connect().await.unwrap();
    let end = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity
               WHERE query LIKE 'LISTEN%' AND datname = current_database()";
    let began = Instant::now();
    while sqlx::query_scalar::<_, i64>(end).fetch_one(&mut connection).await.unwrap() == 0 {
        assert!(began.elapsed() < LONG, "there is one session that listens");
    }
    let mut text = String::new();
    while !text.contains("event: missed") {
        let chunk = tokio::time::timeout(LONG, news.chunk()).await.unwrap().unwrap().unwrap();
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
}
