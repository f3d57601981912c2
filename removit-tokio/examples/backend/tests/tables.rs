//! The tables by themselves: fences, judges and sweeps.

mod support;

use std::time::Duration;

use removit_backend::db::Db;
use removit_backend::error::Error;
use removit_backend::hub::Hub;
use removit_backend::store::Store;
use removit_tokio::proto::simulator::Config;
use support::World;

#[tokio::test]
async fn an_old_epoch_changes_no_row() {
    let world = World::new(Config::instant()).await;
    let url = world.database.as_deref();
    let db = Db::open(url, &world.data(), 4, Hub::default()).await.unwrap();
    let old = db.begin_epoch("one").await.unwrap();
    assert!(db.adopt(old).await.unwrap().is_empty());
    let new = db.begin_epoch("two").await.unwrap();
    assert!(new > old);
    assert!(matches!(db.adopt(old).await, Err(Error::Fenced)));
    assert!(db.adopt(new).await.is_ok());
}

#[tokio::test]
async fn slots_are_apart_and_none_is_in_the_past() {
    let world = World::new(Config::instant()).await;
    let url = world.database.as_deref();
    let db = Db::open(url, &world.data(), 4, Hub::default()).await.unwrap();
    let began = std::time::Instant::now();
    for _ in 0..21 {
        let removit_backend::db::account::Slot::Ticket(ticket) = db.ticket(20).await.unwrap()
        else {
            panic!("nothing paused")
        };
        ticket.wait().await;
    }
    // Twenty a second, and a tenth of a second in reserve.
    assert!(began.elapsed() >= Duration::from_millis(1050), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_sweep_removes_what_no_row_names_and_spares_what_is_young() {
    let world = World::new(Config::instant()).await;
    let backend = world.start(&[]).await;
    let id = backend.give(1).await;
    backend.until(&id, "done").await;
    backend.kill();
    let data = world.data();
    std::fs::write(data.join("photos/orphan.png"), "x").unwrap();
    std::fs::write(data.join("incoming/half"), "x").unwrap();
    std::fs::create_dir(data.join("results/orphan")).unwrap();
    let url = world.database.as_deref();
    let db = Db::open(url, &data, 4, Hub::default()).await.unwrap();
    let store = Store::open(&data).unwrap();
    let count = |folder: &str| std::fs::read_dir(data.join(folder)).unwrap().count();
    store.sweep_older(&db, Duration::from_secs(600)).await.unwrap();
    assert_eq!((count("photos"), count("incoming"), count("results")), (2, 1, 2));
    store.sweep_older(&db, Duration::ZERO).await.unwrap();
    assert_eq!((count("photos"), count("incoming"), count("results")), (1, 0, 1));
}
