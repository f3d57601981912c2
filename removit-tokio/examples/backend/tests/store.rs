//! Photos and results wherever they lie: whole or absent, and none that nobody names. The same
//! judges on disk and, with the feature `object-store`, in an object store.

mod support;

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, SystemTime};

use futures_util::TryStreamExt;
use removit_backend::db::Db;
use removit_backend::db::decide::From;
#[cfg(feature = "object-store")]
use removit_backend::db::photo::State;
use removit_backend::error::Error;
use removit_backend::hub::Hub;
use removit_backend::store::{Store, file_name};
use removit_tokio::proto::simulator::Config;
use removit_tokio::proto::{ApiKey, Endpoint};
use removit_tokio::{Client, Destination, Photo};
use support::World;
use support::rows::given;

const HOUR: Duration = Duration::from_secs(3600);

/// What all places of photos and results have in common.
async fn suite(store: Store, world: &World) {
    let incoming = world.data().join("incoming");
    let on_its_way = || fs::read_dir(&incoming).unwrap().count();
    let db = Db::open(world.database.as_deref(), &world.data(), 4, Hub::default()).await.unwrap();

    // A photo is the same where it is read and where it is sent from, however long it is.
    let (small, large) = (support::photo(1), noise(12 * 1024 * 1024));
    let mut names = Vec::new();
    for (id, bytes) in [("small", &small), ("large", &large)] {
        let name = keep(&store, id, bytes).await;
        assert_eq!(on_its_way(), 0);
        assert_eq!(&whole(&store, &name).await, bytes);
        let local = store.photo(&name).await.unwrap();
        assert_eq!(&fs::read(local.path()).unwrap(), bytes);
        assert_eq!(local.path().file_name().unwrap().to_str().unwrap(), format!("{id}.png"));
        // It opens again and again.
        let sent = Photo::from_path(local.path()).await.unwrap();
        assert!(sent.key().await.is_ok() && sent.key().await.is_ok());
        drop(local);
        assert_eq!(on_its_way(), 0);
        names.push(name);
    }

    // What is broken off, or is no photo, was never there.
    let mut half = store.incoming().await.unwrap();
    half.write(&small).await.unwrap();
    assert_eq!(on_its_way(), 1);
    drop(half);
    let mut page = store.incoming().await.unwrap();
    page.write(b"<html>").await.unwrap();
    page.end().await.unwrap().unwrap_err();
    assert_eq!(on_its_way(), 0);

    // What is forgotten is not there, and needs not to have been.
    let forgotten = keep(&store, "forgotten", &small).await;
    store.forget(&forgotten).await;
    store.forget(&forgotten).await;
    let Err(Error::Io(error)) = store.read(&forgotten).await else { panic!("it is there") };
    assert_eq!(error.kind(), ErrorKind::NotFound);

    // Results are kept together, or are gone.
    let endpoint = Endpoint::new(&world.base_url, ApiKey::new("a-key").unwrap()).unwrap();
    let client = Client::new(endpoint).unwrap();
    let photo = Photo::from_bytes("cup.png", small.clone()).unwrap();
    let finished = client.process(&photo).await.unwrap();
    let results = store.results("done");
    let place = Destination::folder(results.folder(), "result");
    let saved = client.download(&finished, &place).await.unwrap();
    let bytes = fs::read(&saved[0].path).unwrap();
    let folder = results.keep(&saved).await.unwrap();
    assert!(folder.starts_with("results/done-"), "{folder}");
    let result = format!("{folder}/{}", file_name(&saved[0]));
    assert_eq!(whole(&store, &result).await, bytes);
    let results = store.results("dropped");
    let dropped = results.folder().to_owned();
    let place = Destination::folder(&dropped, "result");
    client.download(&finished, &place).await.unwrap();
    assert!(dropped.exists());
    drop(results);
    assert!(!dropped.exists());
    assert_eq!(on_its_way(), 0);

    // The sweep: the small photo has a row, and nothing else has.
    let mut row = given("shop");
    row.id = "small".to_owned();
    row.source = From::File(names[0].clone());
    db.give(&row).await.unwrap();
    let mut slow = store.incoming().await.unwrap();
    slow.write(&small).await.unwrap();
    let slow_results = incoming.join("results-on-their-way");
    fs::create_dir(&slow_results).unwrap();
    fs::write(slow_results.join("result"), "x").unwrap();
    // They began long ago, and are written to still.
    age(&slow_results);
    for entry in fs::read_dir(&incoming).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            age(&path);
        }
    }
    slow.write(&small).await.unwrap();
    store.sweep_older(&db, HOUR / 2).await.unwrap();
    assert_eq!(on_its_way(), 2);
    for name in names.iter().chain([&result]) {
        assert!(store.read(name).await.is_ok(), "{name}");
    }
    let whole_again = slow.end().await.unwrap().unwrap();
    assert_eq!(whole_again.len, 2 * small.len() as u64);
    drop(whole_again);
    age(&slow_results.join("result"));
    age(&slow_results);
    store.sweep_older(&db, HOUR / 2).await.unwrap();
    assert_eq!(on_its_way(), 0);
    store.sweep_older(&db, Duration::ZERO).await.unwrap();
    assert_eq!(whole(&store, &names[0]).await, small);
    for name in [&names[1], &result] {
        assert!(matches!(store.read(name).await, Err(Error::Io(_))), "{name}");
    }
}

/// Lets a file or a folder be older than what is spared.
fn age(path: &Path) {
    File::open(path).unwrap().set_modified(SystemTime::now() - HOUR).unwrap();
}

/// A photo of this length in which no two places are alike.
fn noise(len: usize) -> Vec<u8> {
    let mut bytes = support::photo(2);
    let mut state = 1_u32;
    bytes.extend((bytes.len()..len).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    }));
    bytes
}

async fn keep(store: &Store, id: &str, bytes: &[u8]) -> String {
    let mut incoming = store.incoming().await.unwrap();
    for chunk in bytes.chunks(64 * 1024) {
        incoming.write(chunk).await.unwrap();
    }
    store.keep(incoming.end().await.unwrap().unwrap(), id).await.unwrap()
}

async fn whole(store: &Store, name: &str) -> Vec<u8> {
    let (len, bytes) = store.read(name).await.unwrap();
    let bytes = bytes.try_collect::<Vec<_>>().await.unwrap().concat();
    assert_eq!(len, bytes.len() as u64);
    bytes
}

#[tokio::test]
async fn photos_and_results_on_disk() {
    let world = World::new(Config::instant()).await;
    suite(Store::on_disk(&world.data()).unwrap(), &world).await;
}

#[cfg(feature = "object-store")]
mod objects {
    use std::sync::Arc;
    use std::time::Instant;

    use object_store::memory::InMemory;
    use reqwest::StatusCode;
    use reqwest::multipart::{Form, Part};
    use support::s3::S3;
    use support::{LONG, form, problem};

    use super::*;

    /// A store, and a world whose processes know the way to it.
    async fn stored() -> (S3, World) {
        let s3 = S3::start().await;
        let mut world = World::new(Config::instant()).await;
        world.env = s3.env();
        (s3, world)
    }

    #[tokio::test]
    async fn photos_and_results_in_memory() {
        let world = World::new(Config::instant()).await;
        let store = Store::in_objects(&world.data(), Arc::new(InMemory::new())).unwrap();
        suite(store, &world).await;
    }

    #[tokio::test]
    async fn photos_and_results_in_s3() {
        let (world, s3) = (World::new(Config::instant()).await, S3::start().await);
        let store = Store::in_objects(&world.data(), Arc::new(s3.client())).unwrap();
        suite(store, &world).await;
        let books = s3.books();
        assert!(books.uploads.is_empty() && books.begun == 1);
        // No more of a photo is in memory.
        assert!(books.longest <= 5 * 1024 * 1024, "{}", books.longest);
    }

    #[tokio::test]
    async fn what_breaks_off_half_way_is_not_there() {
        let (world, s3) = (World::new(Config::instant()).await, S3::start().await);
        let store = Store::in_objects(&world.data(), Arc::new(s3.client())).unwrap();
        s3.books().refused_part = Some(2);
        let mut incoming = store.incoming().await.unwrap();
        incoming.write(&noise(12 * 1024 * 1024)).await.unwrap();
        let whole = incoming.end().await.unwrap().unwrap();
        assert!(matches!(store.keep(whole, "large").await, Err(Error::Away(_))));
        let books = s3.books();
        assert!(books.objects.is_empty() && books.uploads.is_empty() && books.begun == 1);
        assert_eq!(fs::read_dir(world.data().join("incoming")).unwrap().count(), 0);
    }

    /// A backend whose photos lie below a prefix.
    const STORE: [&str; 2] = ["--store", "s3://bucket/removit/data"];

    #[tokio::test]
    async fn a_photo_goes_its_way_through_a_store() {
        let (s3, world) = stored().await;
        let backend = world.start(&STORE).await;
        let id = backend.give(1).await;
        let done = backend.until(&id, "done").await;
        let result = backend.get(done["results"][0]["href"].as_str().unwrap()).send().await;
        let result = result.unwrap();
        assert_eq!(result.headers()["content-type"], "image/png");
        assert_eq!(result.content_length().unwrap(), result.bytes().await.unwrap().len() as u64);
        let original = backend.get(&format!("/photos/{id}/original")).send().await.unwrap();
        assert_eq!(original.bytes().await.unwrap(), support::photo(1));
        let folders: Vec<_> = fs::read_dir(world.data()).unwrap().collect();
        let folders = folders.into_iter().filter(|entry| entry.as_ref().unwrap().path().is_dir());
        assert_eq!(folders.count(), 1, "only what is on its way is in the folder");
        assert_eq!(fs::read_dir(world.data().join("incoming")).unwrap().count(), 0);
        assert!(!backend.said().contains("secret-of-the-store"));
        backend.kill();

        // Rows name both: a sweep takes others alone.
        let names = s3.keys();
        assert_eq!(names.len(), 2, "{names:?}");
        assert!(names.iter().all(|name| name.starts_with("removit/data/")), "{names:?}");
        // The last one as of a second fetch of the same photo.
        let (other, again) = (uuid::Uuid::now_v7(), uuid::Uuid::new_v4().simple());
        for orphan in [
            format!("photos/{other}.png"),
            format!("results/{other}-{again}/result.png"),
            format!("results/{id}-{again}/result.png"),
        ] {
            let orphan = format!("removit/data/{orphan}");
            s3.books().objects.insert(orphan, ("x".into(), SystemTime::now()));
        }
        let url = world.database.as_deref();
        let db = Db::open(url, &world.data(), 4, Hub::default()).await.unwrap();
        let prefixed = object_store::prefix::PrefixStore::new(s3.client(), "removit/data");
        let store = Store::in_objects(&world.data(), Arc::new(prefixed)).unwrap();
        store.sweep_older(&db, HOUR / 2).await.unwrap();
        assert_eq!(s3.keys().len(), 5);
        store.sweep_older(&db, Duration::ZERO).await.unwrap();
        assert_eq!(s3.keys(), names);
        assert_eq!(world.paid(), 1);
    }

    #[tokio::test]
    #[cfg(target_os = "linux")]
    async fn a_large_photo_goes_through_a_store_in_little_memory() {
        let (_s3, world) = stored().await;
        let backend = world.start(&[STORE[0], STORE[1], "--max-photo", "80000000"]).await;
        let id = backend.give(1).await;
        backend.until(&id, "done").await;
        let before = backend.peak();
        let bytes = noise(70_000_000);
        let part = Part::bytes(bytes.clone()).file_name("a.png");
        let form = Form::new().part("file", part);
        let answer = backend.post("/photos").multipart(form).send().await.unwrap();
        let id = support::id_of(answer).await;
        backend.until(&id, "done").await;
        let original = backend.get(&format!("/photos/{id}/original")).send().await.unwrap();
        assert!(original.bytes().await.unwrap() == bytes);
        let more = backend.peak() - before;
        println!("{more} bytes more");
        // A part and what is on its way, in as many places as there are threads: no photo.
        assert!(more < 48 * 1024 * 1024, "{more} bytes more");
        assert_eq!(fs::read_dir(world.data().join("incoming")).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn while_the_store_is_away_nothing_is_taken_and_nothing_is_lost() {
        let (s3, world) = stored().await;
        let web = world.start(&[STORE[0], STORE[1], "--roles", "web"]).await;
        let id = web.give(1).await;
        s3.books().away = Some("photos/");
        let not_now = web.post("/photos").multipart(form(2)).send().await.unwrap();
        assert_eq!(not_now.status(), StatusCode::SERVICE_UNAVAILABLE);
        problem(not_now, 503).await;
        let original = web.get(&format!("/photos/{id}/original")).send().await.unwrap();
        problem(original, 503).await;
        web.kill();

        // A photo that cannot be read waits, and is not refused for good.
        let backend = world.start(&STORE).await;
        let began = Instant::now();
        while !backend.said().contains("waits for the store") {
            assert!(began.elapsed() < LONG);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let waiting = backend.photo(&id).await;
        assert_eq!(waiting["state"], "waiting");
        assert!(!waiting.to_string().contains("bucket"), "{waiting}");
        s3.books().away = None;
        backend.until(&id, "done").await;
        assert_eq!((world.paid(), s3.keys().len()), (1, 2));
        // No attempt was begun that could not be made.
        let kinds: Vec<_> = support::without_withdrawn(backend.history(&id).await);
        assert_eq!(kinds.len(), 5, "{kinds:?}");
    }

    #[tokio::test]
    async fn results_wait_for_a_store_that_is_away() {
        let (s3, world) = stored().await;
        s3.books().away = Some("results/");
        let backend = world.start(&STORE).await;
        let id = backend.give(1).await;
        let began = Instant::now();
        while backend.photo(&id).await["reason"].is_null() {
            assert!(began.elapsed() < LONG);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let waiting = backend.photo(&id).await.to_string();
        assert!(backend.said().contains("results wait for the store"), "{waiting}");
        assert!(!waiting.contains("bucket") && !waiting.contains(&s3.url), "{waiting}");
        assert_eq!(backend.photo(&id).await["state"], "fetching");
        backend.kill();

        // However long that is: it is not given up as it would be for a reason of its own.
        let url = world.database.as_deref();
        let db = Db::open(url, &world.data(), 4, Hub::default()).await.unwrap();
        let row = async || db.row_of("local", &id).await.unwrap().unwrap();
        for _ in 0..20 {
            db.not_fetched(&row().await, "the store is away", false).await.unwrap();
            assert_eq!(row().await.state, State::Fetching);
        }
        db.not_fetched(&row().await, "no such result", true).await.unwrap();
        assert_eq!(row().await.state, State::Incomplete);
        db.close().await;
        drop(db);

        s3.books().away = None;
        let backend = world.start(&STORE).await;
        let retry = backend.post(&format!("/photos/{id}/retry")).send().await.unwrap();
        assert_eq!(retry.status(), StatusCode::ACCEPTED);
        backend.until(&id, "done").await;
        assert_eq!(world.paid(), 1);
    }

    #[tokio::test]
    async fn machines_with_a_store_share_no_folder() {
        let (_s3, world) = stored().await;
        if world.database.is_none() {
            println!("SKIPPED: no PGHOST");
            return;
        }
        let mut backends = Vec::new();
        for roles in ["web", "web,upload", "web,poll,fetch"] {
            let folder = world.folder.path().join(roles);
            let folder = folder.to_str().unwrap();
            let arguments = [STORE[0], STORE[1], "--roles", roles, "--data", folder];
            backends.push(world.start(&arguments).await);
        }
        let id = backends[0].give(1).await;
        let done = backends[0].until(&id, "done").await;
        let result = backends[0].get(done["results"][0]["href"].as_str().unwrap());
        assert_eq!(result.send().await.unwrap().status(), StatusCode::OK);
        assert_eq!(world.paid(), 1);
    }
}
