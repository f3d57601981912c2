//! Everything at once, in an order that a seed draws: copies, faults of the vendor's, full
//! disks, other owners, inputs given up, processes that end. Nothing is paid for twice,
//! and every input is told one end.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use http::StatusCode;
use removit_proto::UploadError;
use removit_proto::catalogue::InputEnd;
use removit_proto::journal::Record;
use removit_proto::simulator::{Canned, Config, Fault, Kind, Rule, When};

use super::shop::{Lasting, Shop, Write, key};

/// Draws numbers.
#[derive(Clone)]
struct Dice(Rc<Cell<u64>>);

impl Dice {
    fn below(&self, end: u64) -> u64 {
        let mut bits = self.0.get();
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        self.0.set(bits);
        bits % end
    }

    fn is(&self, one_of: u64) -> bool {
        self.below(one_of) == 0
    }
}

const KEYS: u8 = 5;
const NAMES: [&str; 3] = ["a", "b", "c"];

fn stormy(seed: u64) -> Config {
    let busy = Canned::Bare { status: StatusCode::SERVICE_UNAVAILABLE, retry_after: None };
    let chance = When::Chance { per_mille: 60 };
    let mut script = Vec::new();
    for kind in [Kind::Upload, Kind::Status, Kind::Result] {
        for fault in [
            Fault::DropBeforeBody,
            Fault::DropAfterWork,
            Fault::Answer(busy.clone()),
            Fault::AnswerAfterWork(busy.clone()),
        ] {
            script.push(Rule::new(kind, chance, fault));
        }
    }
    Config::instant().with(|config| {
        config.seed = removit_proto::Seed::new(seed.into());
        config.pending_for = Duration::from_secs(seed % 20);
        config.script = script;
    })
}

/// One process, which ends somewhere on its way or tells of all.
fn process(lasting: Lasting, dice: &Dice, tally: &mut Tally) -> Lasting {
    let at_once = usize::try_from(dice.below(3)).unwrap() + 1;
    let mut shop = Shop::over(lasting, |policy| policy.uploads_at_once = at_once);
    let (writes, holds) = (dice.clone(), dice.clone());
    let is_full = Rc::new(Cell::new(false));
    let full = Rc::clone(&is_full);
    shop.write = Box::new(move |records| {
        let intent = records.iter().find_map(|record| match record {
            Record::Intent(intent) => Some(intent.clone()),
            _ => None,
        });
        match intent {
            _ if full.get() => Write::DiskFull,
            Some(intent) if writes.is(30) => Write::But(vec![intent]),
            _ => Write::Done,
        }
    });
    shop.hold = Box::new(move |_| Duration::from_secs(if holds.is(10) { 400 } else { 0 }));
    let keeps = dice.clone();
    shop.keep = Box::new(move |_| if keeps.is(20) { Err("no room".into()) } else { Ok(()) });
    let mut added = 0;
    let mut is_left = false;
    for _ in 0..dice.below(120) + 20 {
        if dice.is(8) {
            let (n, name) = (dice.below(KEYS.into()), dice.below(3));
            let n = u8::try_from(n).unwrap();
            let name = format!("{n}{}", NAMES[usize::try_from(name).unwrap()]);
            shop.add_photos(&[(n, &name)]);
            added += 1;
        }
        match dice.below(90) {
            0 => shop.catalogue.cancel(usize::try_from(dice.below(9)).unwrap()),
            1 => is_full.set(!is_full.get()),
            2 => shop.catalogue.stop_uploading(),
            3..=6 => shop.catalogue.resume_uploads(),
            7 => drop(shop.catalogue.turn_away()),
            8 if dice.is(4) => {
                is_left = true;
                break;
            }
            _ => drop(shop.step()),
        }
    }
    if !is_left && dice.is(2) {
        tally.crashed += 1;
        return shop.lasting;
    }
    if is_left {
        let now = shop.lasting.now;
        shop.catalogue.leave(now);
        while !shop.catalogue.is_quiet() {
            shop.step();
        }
    } else {
        shop.run();
    }
    shop.catalogue.close();
    shop.hear();
    assert_eq!(shop.ends.len(), added, "each input has an end");
    tally.told += added;
    shop.lasting
}

#[derive(Debug, Default)]
struct Tally {
    crashed: usize,
    told: usize,
    done: usize,
    ambiguous: usize,
}

#[test]
fn whatever_happens_nothing_is_paid_for_twice_and_every_input_has_one_end() {
    let mut tally = Tally::default();
    for seed in 1..200_u64 {
        let dice = Dice(Rc::new(Cell::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)));
        let mut lasting = Lasting::new(stormy(seed));
        for _ in 0..4 {
            lasting = process(lasting, &dice, &mut tally);
        }
        // A last run in calm.
        lasting.vendor.set_script(Vec::new());
        let mut shop = Shop::over(lasting, |_| {});
        let mut photos = Vec::new();
        for n in 0..KEYS {
            photos.extend(NAMES.map(|name| (n, format!("{n}{name}"))));
        }
        for (n, name) in &photos {
            shop.add_photos(&[(*n, name)]);
        }
        shop.run();
        let mut unknown = BTreeSet::new();
        for (index, (n, name)) in photos.iter().enumerate() {
            match &shop.ends[&index] {
                InputEnd::Done(done) => {
                    assert_eq!(done.files, std::slice::from_ref(name), "seed {seed}");
                    assert!(shop.lasting.files.contains(name));
                    tally.done += 1;
                }
                InputEnd::NotAccepted(UploadError::Ambiguous(_)) => {
                    unknown.insert(key(*n));
                    tally.ambiguous += 1;
                }
                end => panic!("seed {seed}: {name} ends as {end:?}"),
            }
        }
        let jobs = shop.jobs();
        assert!(jobs <= usize::from(KEYS), "seed {seed}: {jobs} jobs for {KEYS} photos");
        assert!(jobs + unknown.len() >= usize::from(KEYS), "seed {seed}: {jobs} jobs");
    }
    assert!(tally.crashed > 200 && tally.told > 2_000, "{tally:?}");
    assert!(tally.done > 2 * tally.ambiguous && tally.ambiguous > 100, "{tally:?}");
}
