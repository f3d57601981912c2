//! Acceptances that come late, and inputs that are not over before.

use std::time::Duration;

use removit_proto::UploadError;
use removit_proto::catalogue::InputEnd;
use removit_proto::journal::{Record, UploadOutcome};
use removit_proto::simulator::Config;

use super::shop::{Lasting, Shop, files, key};

const MINUTES: Duration = Duration::from_secs(600);

/// A shop whose first upload's outcome is handed over long after its deadline.
fn late_shop() -> Shop {
    let mut shop = Shop::over(Lasting::new(Config::instant()), |_| {});
    shop.hold = Box::new(|input| if input == 0 { MINUTES } else { Duration::ZERO });
    shop.add_photos(&[(1, "cup"), (2, "bowl")]);
    shop
}

const fn is_ambiguous(record: &Record) -> bool {
    matches!(record, Record::NotAccepted(end) if matches!(end.outcome, UploadOutcome::Ambiguous))
}

#[test]
fn an_acceptance_counts_and_is_stored_however_late_it_comes() {
    let mut shop = late_shop();
    shop.run();
    assert_eq!(shop.records(is_ambiguous), 1, "the machine had given it up");
    let accepted = |record: &Record| matches!(record, Record::Accepted(a) if a.key == key(1));
    assert_eq!(shop.records(accepted), 1);
    assert_eq!(files(&shop.ends[&0]), ["cup"]);
    assert_eq!(shop.jobs(), 2);
}

#[test]
fn an_ambiguous_input_is_not_over_while_its_request_is_under_way() {
    let mut shop = late_shop();
    shop.run_until(|shop| shop.records(is_ambiguous) == 1);
    shop.run_until(|shop| shop.ends.contains_key(&1));
    assert!(!shop.ends.contains_key(&0), "its acceptance may still come");
    shop.run();
    assert_eq!(files(&shop.ends[&0]), ["cup"]);
}

#[test]
fn a_photo_that_is_left_under_way_is_ambiguous_and_stays_so_in_the_next_run() {
    let mut shop = late_shop();
    shop.run_until(|shop| shop.jobs() == 2);
    let now = shop.lasting.now;
    shop.catalogue.leave(now);
    while !shop.catalogue.is_quiet() {
        shop.step();
    }
    shop.catalogue.close();
    shop.hear();
    let InputEnd::NotAccepted(UploadError::Ambiguous(_)) = &shop.ends[&0] else {
        panic!("{:?}", shop.ends[&0])
    };
    let mut shop = Shop::over(shop.lasting, |_| {});
    shop.add_photos(&[(1, "cup")]);
    shop.run();
    assert!(matches!(&shop.ends[&0], InputEnd::NotAccepted(UploadError::Ambiguous(_))));
    assert_eq!(shop.jobs(), 2, "and it is not sent again unasked");
}
