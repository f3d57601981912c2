//! Nothing goes on before it is stored, and nothing is sent that another owner has.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use removit_proto::catalogue::{Effect, InputEnd};
use removit_proto::journal::{Need, Record, Stage};
use removit_proto::simulator::{Config, Kind};
use removit_proto::{Action, Machine, Stop};

use super::shop::{Lasting, Shop, Write, files, key};

/// The shop checks it at every request.
#[test]
fn every_upload_follows_its_intent_and_every_poll_its_acceptance() {
    let mut shop = Shop::new(Config::default());
    let names: Vec<_> = (0..30).map(|n| format!("photo {n}")).collect();
    let photos: Vec<_> = names.iter().zip(1..).map(|(name, n)| (n, name.as_str())).collect();
    shop.add_photos(&photos);
    assert_eq!(shop.run().len(), 30);
    assert_eq!(shop.lasting.vendor.account().requests(Kind::Upload), 30);
}

#[test]
fn an_intent_whose_effect_nobody_carries_out_is_not_followed() {
    let mut shop = Shop::new(Config::instant());
    shop.add_photos(&[(1, "cup")]);
    let mut now = shop.lasting.now;
    let effects = shop.catalogue.effects(now);
    let is_intent = |effect: &Effect| match effect {
        Effect::Store(record, receipt) => {
            matches!(**record, Record::Intent(_)) && receipt.is_some()
        }
        _ => false,
    };
    assert!(effects.iter().any(is_intent), "{effects:?}");
    for _ in 0..5 {
        let action = shop.catalogue.next_action(now);
        let Action::SleepUntil(wakeup) = action else { panic!("{action:?}") };
        now = wakeup.at;
    }
}

#[test]
fn an_intent_that_another_owner_has_is_left_to_that_one() {
    let mut shop = Shop::new(Config::instant());
    shop.write = Box::new(|records| {
        let taken = records.iter().filter_map(|record| match record {
            Record::Intent(intent) if intent.key == key(1) => Some(intent.clone()),
            _ => None,
        });
        Write::But(taken.collect())
    });
    shop.add_photos(&[(1, "cup"), (1, "cup again"), (2, "bowl")]);
    shop.run();
    assert_eq!(shop.ends[&0], InputEnd::Taken { key: key(1) });
    assert_eq!(shop.ends[&1], InputEnd::Taken { key: key(1) });
    assert_eq!(files(&shop.ends[&2]), ["bowl"]);
    assert_eq!(shop.jobs(), 1);
    // Nothing is written that would speak of the other one's upload.
    let spoken_of = |record: &Record| match record {
        Record::Intent(of) => of.key == key(1),
        Record::NotAccepted(of) => of.key == key(1),
        Record::Accepted(of) => of.key == key(1),
        _ => false,
    };
    assert_eq!(shop.records(spoken_of), 0);
    // Nor is a copy sent that comes later.
    shop.add_photos(&[(1, "cup once more")]);
    shop.run();
    assert_eq!(shop.ends[&3], InputEnd::Taken { key: key(1) });
}

#[test]
fn a_journal_that_cannot_be_written_stops_uploads_and_nothing_else() {
    let is_full = Rc::new(Cell::new(false));
    let mut shop = Shop::over(
        Lasting::new(Config::instant().with(|config| {
            config.pending_for = Duration::from_secs(10);
        })),
        |policy| policy.uploads_at_once = 1,
    );
    let full = Rc::clone(&is_full);
    shop.write = Box::new(move |_| if full.get() { Write::DiskFull } else { Write::Done });
    shop.add_photos(&[(1, "cup"), (2, "bowl"), (3, "plate")]);
    // The second one's intent is stored with the first one's acceptance.
    shop.run_until(|shop| shop.accepted() == 1);
    is_full.set(true);
    shop.run_until(|shop| shop.catalogue.stopped().is_some());
    assert_eq!(shop.catalogue.stopped(), Some(&Stop::Asked));
    // The disk has room again: what it refused is written with the next records.
    is_full.set(false);
    shop.run();
    assert_eq!(shop.jobs(), 2, "none is sent whose intent was not stored");
    assert_eq!(files(&shop.ends[&0]), ["cup"]);
    assert_eq!(files(&shop.ends[&1]), ["bowl"]);
    assert!(shop.catalogue.close());
    shop.hear();
    assert_eq!(shop.ends[&2], InputEnd::Stopped(Stop::Asked));
    let replay = shop.lasting.replay();
    assert_eq!(shop.accepted(), 2);
    for n in [1, 2] {
        assert_eq!(replay.need(&key(n)), Need::Nothing);
    }
    assert_eq!(replay.need(&key(3)), Need::Send, "and a later run sends it");
}

#[test]
fn the_records_of_a_round_that_failed_come_back_but_for_intents() {
    let mut shop = Shop::new(Config::instant());
    shop.write = Box::new(|_| Write::DiskFull);
    shop.add_photos(&[(1, "cup")]);
    shop.run();
    assert!(shop.lasting.journal.is_empty());
    assert_eq!(shop.jobs(), 0);
    // The next thing that is written brings what is missing.
    shop.write = Box::new(|_| Write::Done);
    shop.catalogue.resume_uploads();
    shop.run();
    assert_eq!(files(&shop.ends[&0]), ["cup"]);
    let entry = shop.lasting.replay().entry(&key(1)).cloned().unwrap();
    assert_eq!((entry.places().len(), entry.stage()), (1, Stage::Saved));
    let intents = shop.records(|record| matches!(record, Record::Intent(_)));
    assert_eq!(intents, 1, "one that came to nothing would be ambiguous");
}

#[test]
fn without_a_journal_nothing_is_to_be_stored() {
    let mut shop = Shop::over(Lasting::new(Config::instant()), |_| {});
    shop.without_journal();
    shop.write = Box::new(|records| {
        assert!(records.is_empty(), "{records:?}");
        Write::DiskFull
    });
    shop.add_photos(&[(1, "cup"), (1, "cup again")]);
    shop.run();
    assert_eq!(files(&shop.ends[&0]), ["cup"]);
    assert_eq!(files(&shop.ends[&1]), ["cup again"]);
    assert_eq!(shop.jobs(), 1, "and copies are paid for once all the same");
}
