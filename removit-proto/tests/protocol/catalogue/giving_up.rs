//! Inputs that are given up, one or all of them: each is told what it is.

use std::time::Duration;

use removit_proto::catalogue::{InputEnd, News};
use removit_proto::journal::Need;
use removit_proto::simulator::{Config, Kind};
use removit_proto::{Stop, UploadError};

use super::shop::{Lasting, Shop, files, key};

fn slow() -> Config {
    Config::instant().with(|config| config.pending_for = Duration::from_secs(60))
}

#[test]
fn a_photo_that_is_given_up_before_its_upload_is_not_sent() {
    let mut shop = Shop::new(Config::instant());
    shop.add_photos(&[(1, "cup"), (2, "bowl")]);
    shop.catalogue.cancel(1);
    shop.run();
    assert_eq!(files(&shop.ends[&0]), ["cup"]);
    assert_eq!(shop.ends[&1], InputEnd::Cancelled);
    assert_eq!(shop.lasting.vendor.account().requests(Kind::Upload), 1);
    assert_eq!(shop.lasting.replay().need(&key(2)), Need::Send);
}

#[test]
fn an_input_can_be_given_up_before_it_is_admitted() {
    let mut shop = Shop::new(Config::instant());
    shop.catalogue.cancel(1);
    shop.add_photos(&[(1, "cup"), (2, "bowl")]);
    shop.run();
    assert_eq!(files(&shop.ends[&0]), ["cup"]);
    assert_eq!(shop.ends[&1], InputEnd::Cancelled);
}

#[test]
fn a_job_that_others_share_goes_on_for_them() {
    let mut shop = Shop::new(slow());
    shop.add_photos(&[(1, "cup"), (1, "cup again")]);
    shop.catalogue.cancel(0);
    // The photo of the first is not there any more: the copy's is sent.
    shop.run_until(|shop| shop.accepted() == 1);
    assert_eq!(shop.ends[&0], InputEnd::Cancelled);
    shop.run();
    assert_eq!(files(&shop.ends[&1]), ["cup again"]);
    assert!(!shop.lasting.files.contains("cup"));
}

#[test]
fn a_result_that_waits_for_its_names_gets_none_for_an_input_that_is_given_up() {
    let mut shop = Shop::new(Config::instant());
    shop.add_photos(&[(1, "cup"), (1, "cup again")]);
    shop.run_until(|shop| {
        let jobs = &shop.lasting.vendor.account().jobs;
        shop.is_idle() && jobs.first().is_some_and(|job| job.downloads == 1)
    });
    shop.catalogue.advance(shop.lasting.now);
    shop.catalogue.cancel(0);
    shop.run();
    assert!(matches!(shop.ends[&0], InputEnd::Left { .. }));
    assert_eq!(files(&shop.ends[&1]), ["cup again"]);
    assert!(!shop.lasting.files.contains("cup"));
}

#[test]
fn an_accepted_job_that_is_given_up_is_left_with_its_id() {
    let mut shop = Shop::new(slow());
    shop.catalogue = shop.catalogue.watched();
    shop.add_photos(&[(1, "cup")]);
    shop.run_until(|shop| shop.accepted() == 1);
    let Some((0, News::Accepted(job_id))) = shop.catalogue.next_news() else { panic!() };
    shop.catalogue.cancel(0);
    shop.run();
    assert_eq!(shop.ends[&0], InputEnd::Left { job_id: job_id.clone() });
    assert_eq!(shop.lasting.replay().need(&key(1)), Need::Poll(&job_id));
}

#[test]
fn whoever_leaves_is_told_of_each_input_what_it_is() {
    let mut shop = Shop::over(Lasting::new(slow()), |policy| policy.uploads_at_once = 1);
    shop.add_photos(&[(1, "cup"), (2, "bowl"), (3, "plate")]);
    // The first is accepted, the second on its way, the third waits.
    shop.run_until(|shop| shop.accepted() == 1 && shop.arriving() == 1);
    let now = shop.lasting.now;
    shop.catalogue.leave(now);
    assert!(!shop.catalogue.is_quiet(), "it is to be written down");
    while !shop.catalogue.is_quiet() {
        shop.step();
    }
    shop.catalogue.pass();
    assert!(shop.catalogue.close());
    shop.hear();
    assert!(matches!(shop.ends[&0], InputEnd::Left { .. }));
    assert!(matches!(shop.ends[&1], InputEnd::NotAccepted(UploadError::Ambiguous(_))));
    assert_eq!(shop.ends[&2], InputEnd::Stopped(Stop::Asked));
    assert_eq!(shop.ends[&3], InputEnd::Stopped(Stop::Asked), "one that was not looked at");
    assert!(!shop.catalogue.close(), "each once");
}

#[test]
fn where_uploads_are_stopped_what_waits_is_turned_away() {
    let mut shop = Shop::over(Lasting::new(slow()), |policy| policy.uploads_at_once = 1);
    shop.add_photos(&[(1, "cup"), (2, "bowl")]);
    assert!(!shop.catalogue.turn_away(), "nothing is stopped");
    shop.run_until(|shop| shop.accepted() == 1);
    shop.catalogue.stop_uploading();
    shop.run_until(|shop| shop.catalogue.counts().uploading == 0);
    assert!(shop.catalogue.turn_away());
    shop.run();
    assert_eq!(files(&shop.ends[&0]), ["cup"]);
    assert_eq!(shop.ends[&1], InputEnd::Stopped(Stop::Asked));
}

#[test]
fn an_acceptance_that_is_there_is_not_turned_away() {
    let mut shop = Shop::new(slow());
    shop.add_photos(&[(1, "cup")]);
    // Handed over, and not taken in.
    shop.run_until(|shop| shop.jobs() == 1 && shop.is_idle());
    shop.catalogue.stop_uploading();
    assert!(!shop.catalogue.turn_away());
    shop.run();
    assert_eq!(files(&shop.ends[&0]), ["cup"]);
}

#[test]
fn an_input_that_the_driver_refuses_has_its_number_and_its_end() {
    let mut shop = Shop::new(Config::instant());
    assert_eq!(shop.catalogue.refuse(), 0);
    shop.hear();
    assert_eq!(shop.ends[&0], InputEnd::Refused);
}
