//! Inputs of one key share a job, and each gets its results.

use std::time::Duration;

use removit_proto::catalogue::{InputEnd, Item, Missing};
use removit_proto::journal::{Need, Record};
use removit_proto::simulator::Config;

use super::shop::{Shop, files, key, photo};

#[test]
fn copies_of_a_photo_are_paid_for_once_and_each_gets_its_result() {
    let mut shop = Shop::new(Config::instant());
    shop.add_photos(&[(1, "cup"), (2, "bowl"), (1, "cup again"), (1, "cup once more")]);
    let ends = shop.run();
    assert_eq!(ends.len(), 4);
    for (index, name) in ["cup", "bowl", "cup again", "cup once more"].into_iter().enumerate() {
        assert_eq!(files(&ends[&index]), [name]);
    }
    assert_eq!(shop.jobs(), 2);
    let downloads: u64 = shop.lasting.vendor.account().jobs.iter().map(|job| job.downloads).sum();
    assert_eq!(downloads, 2, "and each result is fetched once");
    assert_eq!(shop.records(|record| matches!(record, Record::Planned(_))), 4);
    assert_eq!(shop.records(|record| matches!(record, Record::Saved(_))), 4);
    assert_eq!(shop.lasting.replay().need(&key(1)), Need::Nothing);
}

#[test]
fn a_copy_that_comes_while_the_job_runs_is_its_own_too() {
    let mut shop = Shop::new(Config::instant().with(|config| {
        config.pending_for = Duration::from_secs(30);
    }));
    shop.add_photos(&[(1, "cup")]);
    shop.run_until(|shop| shop.accepted() == 1);
    shop.add_photos(&[(1, "cup again")]);
    shop.run();
    assert_eq!(files(&shop.ends[&1]), ["cup again"]);
    assert_eq!(shop.jobs(), 1);
}

#[test]
fn a_copy_that_comes_after_the_end_is_fetched_by_the_journal_and_not_paid_for() {
    let mut shop = Shop::new(Config::instant());
    shop.add_photos(&[(1, "cup")]);
    shop.run();
    shop.add_photos(&[(1, "cup again")]);
    shop.run();
    assert_eq!(files(&shop.ends[&1]), ["cup again"]);
    assert_eq!((shop.jobs(), shop.ends.len()), (1, 2));
}

#[test]
fn a_result_that_has_no_place_is_missing_for_that_input_alone() {
    let mut shop = Shop::new(Config::instant());
    shop.keep = Box::new(|name| if name == "cup" { Err("no room".into()) } else { Ok(()) });
    shop.add_photos(&[(1, "cup"), (1, "cup again")]);
    shop.run();
    let InputEnd::Incomplete { files: there, missing, .. } = &shop.ends[&0] else { panic!() };
    let no_room = (Some("clipping".to_owned()), Missing::Keep("no room".to_owned()));
    assert_eq!((there.len(), missing.as_slice()), (0, &[no_room][..]));
    assert_eq!(files(&shop.ends[&1]), ["cup again"]);
    // It stays to be fetched.
    assert!(matches!(shop.lasting.replay().need(&key(1)), Need::Download(_)));
}

#[test]
fn an_input_without_a_destination_ends_with_its_job_and_nothing_is_fetched() {
    let mut shop = Shop::new(Config::instant());
    let request = crate::support::url_request();
    let name = removit_proto::journal::Input::Memory("cup".into());
    shop.add(Item::photo(request, name).with_key(key(1)), "cup");
    shop.run();
    assert!(files(&shop.ends[&0]).is_empty());
    assert_eq!(shop.lasting.vendor.account().jobs[0].downloads, 0);
}

#[test]
fn a_job_that_exists_joins_no_upload_of_its_key() {
    let mut shop = Shop::new(Config::instant());
    shop.add_photos(&[(1, "cup")]);
    shop.run();
    let job_id = shop.lasting.replay().entries()[0].job().unwrap().id().clone();
    // A process that has lost its journal, and knows the id from elsewhere.
    let mut lasting = shop.lasting;
    lasting.journal.clear();
    let mut shop = Shop::over(lasting, |_| {});
    shop.add_photos(&[(1, "cup")]);
    let destination = photo(1, "by its id").destination().unwrap().clone();
    shop.add(Item::job(job_id.clone()).with_key(key(1)).to(destination), "by its id");
    shop.lasting.journal.push(Record::Accepted(removit_proto::journal::Accepted::new(
        removit_proto::journal::WallTime::default(),
        key(1),
        job_id.clone(),
        9,
    )));
    // The photo is given up; who waits for the job has no photo to send.
    shop.catalogue.cancel(0);
    shop.run();
    assert_eq!(shop.ends[&0], InputEnd::Cancelled);
    let InputEnd::Done(done) = &shop.ends[&1] else { panic!("{:?}", shop.ends[&1]) };
    assert_eq!(done.finished.as_ref().unwrap().job_id(), &job_id);
    assert_eq!(shop.jobs(), 1);
}
