//! A later run begins with what the journal says.

use std::time::Duration;

use removit_proto::catalogue::{InputEnd, resumable};
use removit_proto::journal::{Ended, JobOutcome, Record};
use removit_proto::simulator::Config;

use super::shop::{Lasting, Shop, files, key, photo};

fn slow() -> Config {
    Config::instant().with(|config| config.pending_for = Duration::from_secs(60))
}

#[test]
fn what_is_done_is_not_done_again() {
    let mut shop = Shop::new(Config::instant());
    shop.add_photos(&[(1, "cup"), (1, "cup again")]);
    shop.run();
    let mut shop = Shop::over(shop.lasting, |_| {});
    let written = shop.lasting.journal.len();
    shop.add_photos(&[(1, "cup"), (1, "cup again")]);
    shop.run();
    for (index, name) in [(0, "cup"), (1, "cup again")] {
        let InputEnd::Done(done) = &shop.ends[&index] else { panic!() };
        assert_eq!((done.files.as_slice(), &done.finished), (&[name.to_owned()][..], &None));
    }
    assert_eq!(shop.jobs(), 1);
    assert_eq!(shop.lasting.journal.len(), written, "and nothing is written");
}

#[test]
fn a_file_that_is_gone_is_fetched_again_and_not_paid_for() {
    let mut shop = Shop::new(Config::instant());
    shop.add_photos(&[(1, "cup"), (1, "cup again")]);
    shop.run();
    shop.lasting.files.remove("cup again");
    let mut shop = Shop::over(shop.lasting, |_| {});
    shop.add_photos(&[(1, "cup"), (1, "cup again")]);
    shop.run();
    assert_eq!(files(&shop.ends[&1]), ["cup again"]);
    let account = shop.lasting.vendor.account();
    assert_eq!((account.jobs.len(), account.jobs[0].downloads), (1, 2));
    // And then it is there, once.
    let mut shop = Shop::over(shop.lasting, |_| {});
    shop.add_photos(&[(1, "cup again")]);
    shop.run();
    assert_eq!(files(&shop.ends[&0]), ["cup again"]);
}

#[test]
fn an_accepted_job_is_waited_for_by_the_photo_and_by_the_journal_alone() {
    for by_photo in [true, false] {
        let mut shop = Shop::new(slow());
        shop.add_photos(&[(1, "cup"), (1, "cup again")]);
        shop.run_until(|shop| shop.accepted() == 1);
        let mut shop = Shop::over(shop.lasting, |_| {});
        if by_photo {
            shop.add_photos(&[(1, "cup"), (1, "cup again")]);
        } else {
            let replay = shop.lasting.replay();
            for (item, name) in resumable(&replay).zip(["cup", "cup again"]) {
                assert!(item.job_id().is_some() && !item.may_be_sent(None));
                assert_eq!(item.destination(), photo(1, name).destination());
                shop.add(item, name);
            }
        }
        shop.run();
        assert_eq!(files(&shop.ends[&0]), ["cup"]);
        assert_eq!(files(&shop.ends[&1]), ["cup again"]);
        assert_eq!(shop.jobs(), 1);
    }
}

#[test]
fn a_job_that_failed_before_is_told_with_its_reason_and_not_sent_again() {
    let mut shop = Shop::new(Config::instant());
    shop.add_photos(&[(1, "cup")]);
    shop.run();
    let job_id = shop.lasting.replay().entries()[0].job().unwrap().id().clone();
    let is_ended = |record: &Record| matches!(record, Record::Ended(_));
    for record in shop.lasting.journal.iter_mut().filter(|record| is_ended(record)) {
        let Record::Ended(Ended { outcome, results, .. }) = record else { unreachable!() };
        *outcome = JobOutcome::Failed;
        results.clear();
    }
    let mut shop = Shop::over(shop.lasting, |_| {});
    shop.add_photos(&[(1, "cup")]);
    shop.run();
    let end = InputEnd::FailedBefore { job_id, reason: String::new() };
    assert_eq!((&shop.ends[&0], shop.jobs()), (&end, 1));
}

#[test]
fn an_intent_without_an_outcome_is_ambiguous_unless_it_is_to_be_sent_again() {
    for resend in [false, true] {
        let mut shop = Shop::new(Config::instant());
        shop.add_photos(&[(1, "cup")]);
        shop.run_until(|shop| shop.records(|record| matches!(record, Record::Intent(_))) == 1);
        let mut shop = Shop::over(shop.lasting, |policy| policy.upload.resend_ambiguous = resend);
        shop.add_photos(&[(1, "cup")]);
        shop.run();
        let is_sent = matches!(shop.ends[&0], InputEnd::Done(_));
        assert_eq!((is_sent, shop.jobs()), (resend, usize::from(resend)));
    }
}

#[test]
fn each_input_has_a_place_of_its_own_in_the_journal() {
    let mut shop = Shop::over(Lasting::new(Config::instant()), |_| {});
    shop.add_photos(&[(1, "cup"), (1, "cup again"), (1, "cup")]);
    shop.run();
    let entry = shop.lasting.replay().entry(&key(1)).cloned().unwrap();
    assert_eq!(entry.places().len(), 2, "the same input twice is one");
    assert_eq!(photo(1, "cup again").place_in(&entry), Some(1));
    assert!(photo(1, "cup").planned(entry.saved()[0].at, Some(&entry)).is_none());
    assert!(photo(1, "new").planned(entry.saved()[0].at, Some(&entry)).is_some());
}
