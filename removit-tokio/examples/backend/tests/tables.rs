//! The tables by themselves: fences, judges and sweeps.

mod support;

use std::time::Duration;

use removit_backend::db::Db;
use removit_backend::db::photo::State;
use removit_backend::db::queue::Next;
use removit_backend::error::Error;
use removit_backend::hub::Hub;
use removit_backend::store::Store;
use removit_tokio::proto::simulator::Config;
use removit_tokio::proto::{TransportFailure, UploadError};
use support::World;
use support::rows::given;

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
async fn an_answer_counts_after_its_process_was_called_dead() {
    let world = World::new(Config::instant()).await;
    let db = Db::open(world.database.as_deref(), &world.data(), 4, Hub::default()).await.unwrap();
    let given = given("shop");
    db.give(&given).await.unwrap();
    let state = async || db.row_of("shop", &given.id).await.unwrap().unwrap().state;
    let not_sent = UploadError::NotSent(TransportFailure::connect("the server was away"));

    // A process that has yet to judge leaves others' uploads alone.
    let first = db.claim_upload(&given.id, "silent").await.unwrap().unwrap();
    assert_eq!(db.heartbeat("other", false).await.unwrap(), 0);
    assert_eq!(state().await, State::Uploading);
    assert_eq!(db.heartbeat("other", true).await.unwrap(), 1);
    assert_eq!(state().await, State::Ambiguous);
    // Nothing was processed: its turn comes again by itself.
    db.not_accepted(&first, &not_sent, Next::Later(0)).await.unwrap();
    assert_eq!(state().await, State::Waiting);

    // Decided by a person meanwhile, it goes the way that was decided.
    let second = db.claim_upload(&given.id, "silent").await.unwrap().unwrap();
    assert_eq!(db.heartbeat("other", true).await.unwrap(), 1);
    db.resend("shop", &given.id).await.unwrap();
    let third = db.claim_upload(&given.id, "other").await.unwrap().unwrap();
    db.not_accepted(&second, &not_sent, Next::Later(0)).await.unwrap();
    assert_eq!(state().await, State::Uploading);
    db.not_accepted(&third, &not_sent, Next::Stop).await.unwrap();
    assert_eq!(state().await, State::Rejected);
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
    let store = Store::on_disk(&data).unwrap();
    let count = |folder: &str| std::fs::read_dir(data.join(folder)).unwrap().count();
    store.sweep_older(&db, Duration::from_secs(600)).await.unwrap();
    assert_eq!((count("photos"), count("incoming"), count("results")), (2, 1, 2));
    store.sweep_older(&db, Duration::ZERO).await.unwrap();
    assert_eq!((count("photos"), count("incoming"), count("results")), (1, 0, 1));
}
