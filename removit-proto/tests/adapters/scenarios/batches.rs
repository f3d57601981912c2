//! Many inputs at once, with and without a journal.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use removit_tokio::proto::journal::{Entry, Header, Stage, WallTime};
use removit_tokio::proto::{BatchPolicy, Stop};

use super::super::adapter::{Batch, BatchInput, JournalFile, Processed};
use super::*;

/// The beginning is all that anybody looks at.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and so on: ";

pub(super) fn hasty() -> BatchPolicy {
    let backoff = Backoff::new(Duration::from_millis(20), Duration::from_millis(200));
    let mut policy = BatchPolicy::default();
    policy.upload.retry.backoff = backoff;
    policy.poll.schedule = Schedule::fixed(Duration::from_millis(10)).with_floor(Duration::ZERO);
    policy.poll.backoff = backoff;
    policy.poll.timeout = Duration::from_secs(20);
    policy.download.retry.backoff = backoff;
    policy.backoff = backoff;
    policy.requests_per_second = 1000;
    policy
}

/// The same, and one upload after the other.
pub(super) fn one_at_a_time() -> BatchPolicy {
    hasty().with(|policy| policy.uploads_at_once = 1)
}

/// By the time the one result is there, the second upload is under way, and stays so.
fn second_upload_never_answered() -> SimulatorServer {
    start(Config::instant().with(|config| {
        let late = Fault::Delay(Duration::from_secs(2));
        config.script.push(Rule::new(Kind::Result, When::Always, late));
        let never = Fault::Delay(Duration::from_secs(600));
        config.script.push(Rule::new(Kind::Upload, When::From(2), never));
    }))
}

/// So many photos, no two of them alike.
pub(super) fn photos(count: usize) -> Vec<Photo> {
    let photo = |n: usize| {
        let bytes = [PNG, n.to_string().as_bytes()].concat();
        Photo::from_bytes(&format!("{n}.png"), bytes).unwrap()
    };
    (0..count).map(photo).collect()
}

pub(super) fn into(folder: &Path, photos: Vec<Photo>) -> Vec<BatchInput> {
    let input = |(n, photo): (usize, Photo)| {
        BatchInput::from(photo).to(Destination::folder(folder, n.to_string()))
    };
    photos.into_iter().enumerate().map(input).collect()
}

fn with_journal(batch: Batch, folder: &Path) -> Batch {
    let header = Header::new(WallTime::default(), "a test");
    let (journal, replay) = JournalFile::open(folder.join("the.removit"), header).unwrap();
    batch.journal(journal, replay)
}

fn stages(folder: &Path) -> Vec<Stage> {
    let journal = JournalFile::read(folder.join("the.removit")).unwrap();
    assert!(journal.check().is_ok(), "{journal:?}");
    journal.replay.entries().iter().map(Entry::stage).collect()
}

fn files_of(processed: &Processed) -> Vec<PathBuf> {
    processed.end.as_ref().unwrap().files.clone()
}

/// The ends of a batch that come after these, all of them by the order of the inputs.
macro_rules! rest {
    ($batch:expr, $all:expr) => {{
        let (mut batch, mut all): (_, Vec<Processed>) = ($batch, $all);
        while let Some(processed) = go!(batch.next()) {
            all.push(processed);
        }
        assert!(go!(batch.next()).is_none(), "its end is its end");
        all.sort_by_key(|processed| processed.index);
        let places: Vec<_> = all.iter().map(|processed| processed.index).collect();
        assert_eq!(places, Vec::from_iter(0..all.len()), "every input once");
        all
    }};
}

macro_rules! run {
    ($batch:expr) => {
        rest!($batch.policy(hasty()), Vec::new())
    };
}

scenario! {
    fn every_photo_of_a_batch_is_paid_for_once_and_saved() {
        let server = start(Config::instant());
        let folder = tempfile::tempdir().unwrap();
        let inputs = into(folder.path(), photos(20));
        let all = run!(client(&server).batch(inputs));
        assert_eq!(all.len(), 20);
        for (n, processed) in all.iter().enumerate() {
            let expected = [PNG, n.to_string().as_bytes()].concat();
            let files = files_of(processed);
            assert_eq!(files.len(), 1, "{files:?}");
            assert_eq!(fs::read(&files[0]).unwrap(), expected, "the result of its own photo");
        }
        let account = server.account();
        assert_eq!(account.jobs.len(), 20);
        assert!(!account.key_seen_at(Origin::Results));
        let ids: BTreeSet<_> = all.iter().map(|processed| processed.job_id.clone()).collect();
        assert_eq!(ids.len(), 20);
    }
}

scenario! {
    fn a_second_run_with_the_journal_requests_nothing_that_is_done() {
        let server = start(Config::instant());
        let folder = tempfile::tempdir().unwrap();
        let first = with_journal(client(&server).batch(into(folder.path(), photos(5))), folder.path());
        let all = run!(first);
        assert!(!all.iter().any(|processed| processed.end.as_ref().unwrap().was_done()));
        let before: Vec<_> = all.iter().map(files_of).collect();
        assert_eq!(stages(folder.path()), [Stage::Saved; 5]);
        let requests = server.account().requests;

        let second = with_journal(client(&server).batch(into(folder.path(), photos(5))), folder.path());
        let all = run!(second);
        assert_eq!(server.account().requests, requests, "no request of any kind");
        assert!(all.iter().all(|processed| processed.end.as_ref().unwrap().was_done()));
        assert_eq!(all.iter().map(files_of).collect::<Vec<_>>(), before);
    }
}

scenario! {
    fn a_result_whose_file_is_gone_is_fetched_again_and_not_paid_for() {
        let server = start(Config::instant());
        let folder = tempfile::tempdir().unwrap();
        let first = with_journal(client(&server).batch(into(folder.path(), photos(3))), folder.path());
        let before: Vec<_> = run!(first).iter().map(files_of).collect();
        fs::remove_file(&before[1][0]).unwrap();

        let second = with_journal(client(&server).batch(into(folder.path(), photos(3))), folder.path());
        let all = run!(second);
        assert_eq!(all.iter().map(files_of).collect::<Vec<_>>(), before);
        assert!(before[1][0].exists());
        assert_eq!(server.account().jobs.len(), 3);
        assert_eq!(server.account().requests(Kind::Result), 4);
    }
}

scenario! {
    fn every_variation_of_every_job_is_saved() {
        let server = start(Config::instant());
        let folder = tempfile::tempdir().unwrap();
        let several = |photo: Photo| photo.mode(Mode::Params(Params::set("shop")));
        let inputs = into(folder.path(), photos(6).into_iter().map(several).collect());
        let all = run!(with_journal(client(&server).batch(inputs), folder.path()));
        for (n, processed) in all.iter().enumerate() {
            let files = files_of(processed);
            assert!(files.len() > 1, "{files:?}");
            assert_eq!(files.iter().collect::<BTreeSet<_>>().len(), files.len(), "{files:?}");
            let expected = [PNG, n.to_string().as_bytes()].concat();
            assert!(files.iter().all(|file| fs::read(file).unwrap() == expected), "{files:?}");
        }
    }
}

scenario! {
    fn a_result_whose_file_was_cut_is_fetched_again_and_nothing_is_replaced() {
        let server = start(Config::instant());
        let folder = tempfile::tempdir().unwrap();
        let batch = || with_journal(client(&server).batch(into(folder.path(), photos(1))), folder.path());
        let file = run!(batch()).iter().map(files_of).next().unwrap().remove(0);
        let whole = fs::read(&file).unwrap();
        fs::write(&file, "half").unwrap();

        let files = files_of(&run!(batch())[0]);
        assert_eq!(fs::read(&files[0]).unwrap(), whole);
        assert_eq!(fs::read(&file).unwrap(), b"half", "it may be the user's own by now");
        assert_eq!(server.account().jobs.len(), 1);
    }
}

scenario! {
    fn copies_of_a_photo_are_paid_for_once_and_each_gets_its_result() {
        let server = start(Config::instant());
        let folder = tempfile::tempdir().unwrap();
        let other_name = Photo::from_bytes("other.jpg", PHOTO).unwrap().format(OutputFormat::Jpg);
        let copies = vec![photo(), other_name, photo()];
        let batch = with_journal(client(&server).batch(into(folder.path(), copies)), folder.path());
        let all = run!(batch);
        only_job(&server);
        for (n, processed) in all.iter().enumerate() {
            let files = files_of(processed);
            assert_eq!(files, [folder.path().join(format!("{n}-clipping.jpg"))]);
            assert_eq!(fs::read(&files[0]).unwrap(), PHOTO);
        }
        assert_eq!(server.account().requests(Kind::Result), 1);
    }
}

scenario! {
    fn a_batch_that_is_dropped_is_gone_on_with_and_nothing_is_paid_for_twice() {
        // Uploads are slow from the tenth on, so that the stop comes among them.
        let slow = Fault::Delay(Duration::from_millis(300));
        let server = with_fault(Kind::Upload, When::From(10), slow);
        let folder = tempfile::tempdir().unwrap();
        let batch = with_journal(client(&server).batch(into(folder.path(), photos(30))), folder.path());
        let mut batch = batch.policy(hasty());
        for _ in 0..7 {
            go!(batch.next()).unwrap().end.unwrap();
        }
        batch.stop_uploading();
        loop {
            match go!(batch.next()).map(|processed| processed.end) {
                Some(Ok(_) | Err(Error::Stopped(_))) => {}
                Some(Err(error)) => panic!("{error}"),
                None => break,
            }
        }
        drop(batch);
        let jobs = server.account().jobs.len();
        assert!((7..30).contains(&jobs), "{jobs}");

        let batch = with_journal(client(&server).batch(into(folder.path(), photos(30))), folder.path());
        let all = run!(batch);
        assert!(all.iter().all(|processed| processed.end.is_ok()), "{all:?}");
        assert_eq!(server.account().jobs.len(), 30);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 31, "30 results and the journal");
    }
}

scenario! {
    fn a_batch_that_is_left_tells_of_every_input_at_once() {
        // By the time the one result is there, two more jobs are accepted, of which
        // no status comes, and an upload is under way that is never answered.
        let never = || Fault::Delay(Duration::from_secs(600));
        let server = start(Config::instant().with(|config| {
            let late = Fault::Delay(Duration::from_secs(2));
            config.script.push(Rule::new(Kind::Result, When::Always, late));
            config.script.push(Rule::new(Kind::Upload, When::From(4), never()));
            config.script.push(Rule::new(Kind::Status, When::From(2), never()));
        }));
        let folder = tempfile::tempdir().unwrap();
        let batch = with_journal(client(&server).batch(into(folder.path(), photos(30))), folder.path());
        let mut batch = batch.policy(one_at_a_time());
        let began = Instant::now();
        let first = vec![go!(batch.next()).unwrap()];
        assert_eq!(server.account().requests(Kind::Upload), 4);
        batch.leave();
        let all = rest!(batch, first);
        assert!(began.elapsed() < Duration::from_secs(120), "it waited for the answers");
        let ends = all.iter().map(|processed| match &processed.end {
            Ok(_) => "done",
            Err(Error::Left { job_id }) => {
                assert_eq!(processed.job_id.as_ref(), Some(job_id));
                "left"
            }
            Err(Error::Upload(UploadError::Ambiguous(_))) => "ambiguous",
            Err(Error::Stopped(_)) => "stopped",
            end => panic!("{end:?}"),
        });
        let ends: Vec<_> = ends.collect();
        let count = |wanted| ends.iter().filter(|end| **end == wanted).count();
        assert_eq!((count("done"), count("left")), (1, 2), "{ends:?}");
        assert_eq!((count("ambiguous"), count("stopped")), (1, 26), "{ends:?}");

        let stages = stages(folder.path());
        let at = |wanted| stages.iter().filter(|stage| **stage == wanted).count();
        assert_eq!((at(Stage::Saved), at(Stage::Accepted)), (1, 2), "{stages:?}");
        assert_eq!(at(Stage::Ambiguous), 1, "the journal knows it too: {stages:?}");
    }
}

scenario! {
    fn a_job_that_was_accepted_by_an_earlier_run_is_waited_for_and_not_sent_again() {
        let server = start(Config::instant().with(|config| {
            config.pending_for = Duration::from_secs(2);
        }));
        let folder = tempfile::tempdir().unwrap();
        let batch = || with_journal(client(&server).batch(into(folder.path(), photos(3))), folder.path());
        let mut impatient = hasty();
        impatient.poll.timeout = Duration::from_millis(50);
        let all = rest!(batch().policy(impatient), Vec::new());
        let is_late = |p: &Processed| matches!(p.end, Err(Error::Poll(PollError::TimedOut { .. })));
        assert!(all.iter().all(is_late), "{all:?}");
        assert_eq!(stages(folder.path()), [Stage::Accepted; 3]);

        let all = run!(batch());
        assert!(all.iter().all(|processed| processed.end.is_ok()), "{all:?}");
        assert_eq!(server.account().jobs.len(), 3);
    }
}

scenario! {
    fn an_upload_under_way_is_in_the_journal_before_its_answer() {
        let server = second_upload_never_answered();
        let folder = tempfile::tempdir().unwrap();
        let batch = with_journal(client(&server).batch(into(folder.path(), photos(3))), folder.path());
        let mut batch = batch.policy(one_at_a_time());
        go!(batch.next()).unwrap().end.unwrap();
        assert_eq!(server.account().requests(Kind::Upload), 2);
        // What a crash would leave.
        drop(batch);
        assert_eq!(stages(folder.path()), [Stage::Saved, Stage::Open, Stage::Planned]);
    }
}

scenario! {
    fn inputs_are_taken_as_they_are_needed() {
        let slow = Fault::Delay(Duration::from_secs(1));
        let server = with_fault(Kind::Upload, When::Always, slow);
        let taken = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&taken);
        let inputs = photos(5000).into_iter().inspect(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        let mut batch = client(&server).batch(inputs).policy(hasty());
        go!(batch.next()).unwrap().end.unwrap();
        let taken = taken.load(Ordering::Relaxed);
        assert!((100..=300).contains(&taken), "{taken} of 5000");
    }
}

scenario! {
    fn an_empty_account_stops_uploads_and_a_later_run_does_the_rest() {
        let server = start(Config::instant().with(|config| config.credits = Some(4)));
        let folder = tempfile::tempdir().unwrap();
        let batch = with_journal(client(&server).batch(into(folder.path(), photos(10))), folder.path());
        let all = run!(batch);
        let done = all.iter().filter(|processed| processed.end.is_ok()).count();
        let stopped = all.iter().filter(|p| matches!(p.end, Err(Error::Stopped(_)))).count();
        assert_eq!((done, stopped), (4, 6), "{all:?}");
        let uploads = server.account().requests(Kind::Upload);
        assert!(uploads <= 8, "at most those that were under way are tried: {uploads}");

        server.with_simulator(|simulator| simulator.add_credits(100));
        let batch = with_journal(client(&server).batch(into(folder.path(), photos(10))), folder.path());
        let all = run!(batch);
        assert!(all.iter().all(|processed| processed.end.is_ok()), "{all:?}");
        assert_eq!(server.account().jobs.len(), 10);
    }
}

scenario! {
    fn a_batch_says_how_far_it_is_and_why_it_sends_no_more() {
        let server = start(Config::instant().with(|config| config.credits = Some(2)));
        let mut batch = client(&server).batch(photos(4)).policy(one_at_a_time());
        assert_eq!((batch.counts().done, batch.stopped()), (0, None));
        while go!(batch.next()).is_some() {}
        assert_eq!(batch.counts().done, 2);
        assert!(matches!(batch.stopped(), Some(Stop::InsufficientCredits(_))), "{batch:?}");
        assert!(batch.journal_error().is_none());
    }
}

scenario! {
    fn a_batch_cannot_be_dropped_while_an_upload_is_under_way() {
        let server = second_upload_never_answered();
        let folder = tempfile::tempdir().unwrap();
        let mut batch = client(&server).batch(into(folder.path(), photos(3))).policy(one_at_a_time());
        assert!(batch.can_be_dropped(), "it has not begun");
        go!(batch.next()).unwrap().end.unwrap();
        assert!(!batch.can_be_dropped());
    }
}

scenario! {
    fn a_batch_at_its_end_can_be_dropped() {
        let server = start(Config::instant());
        let mut batch = client(&server).batch(photos(2)).policy(hasty());
        while go!(batch.next()).is_some() {}
        assert!(batch.can_be_dropped());
    }
}

scenario! {
    fn an_upload_without_an_answer_is_reported_and_never_sent_again_unasked() {
        let server = with_fault(Kind::Upload, When::Nth(2), Fault::DropAfterWork);
        let folder = tempfile::tempdir().unwrap();
        for run in 0..2 {
            let batch =
                with_journal(client(&server).batch(into(folder.path(), photos(4))), folder.path());
            let all = run!(batch);
            let ambiguous = |p: &&Processed| {
                matches!(p.end, Err(Error::Upload(UploadError::Ambiguous(_))))
            };
            assert_eq!(all.iter().filter(ambiguous).count(), 1, "run {run}: {all:?}");
            assert_eq!(server.account().jobs.len(), 4);
        }
    }
}

scenario! {
    fn what_cannot_be_processed_costs_nothing_and_the_rest_goes_on() {
        let server = start(Config::instant());
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken.png");
        fs::write(&taken, "the user's").unwrap();
        let mut inputs = into(folder.path(), photos(2));
        inputs.push(BatchInput::from(photo()).to(Destination::file(&taken)));
        let nowhere = taken.join("below-a-file");
        inputs.push(BatchInput::from(by_url()).to(Destination::folder(nowhere, "x")));
        let batch = with_journal(client(&server).batch(inputs), folder.path());
        let all = run!(batch);
        assert!(all[0].end.is_ok() && all[1].end.is_ok(), "{all:?}");
        assert!(matches!(all[2].end, Err(Error::NoPlace(SaveError::Exists(_)))), "{all:?}");
        assert!(matches!(all[3].end, Err(Error::NoPlace(SaveError::File { .. }))), "{all:?}");
        assert_eq!(server.account().jobs.len(), 2);
        assert_eq!(fs::read(&taken).unwrap(), b"the user's");
    }
}

scenario! {
    fn jobs_that_exist_are_waited_for_and_never_sent() {
        let server = start(Config::instant());
        let folder = tempfile::tempdir().unwrap();
        let job = go!(client(&server).upload(&photo())).unwrap();
        let input = BatchInput::from(job.id().clone()).to(Destination::folder(folder.path(), "x"));
        let all = run!(client(&server).batch([input]));
        assert_eq!(fs::read(&files_of(&all[0])[0]).unwrap(), PHOTO);
        only_job(&server);
    }
}

scenario! {
    fn results_survive_faults_of_every_kind_beside_each_other() {
        let faults = [
            (Kind::Upload, Fault::Answer(Canned::Unavailable { retry_after: None })),
            (Kind::Status, Fault::DropBeforeWork),
            (Kind::Status, Fault::Answer(Canned::RateLimited { retry_after: None })),
            (Kind::Result, Fault::CutBody { after: 10 }),
            (Kind::Result, Fault::DropBeforeWork),
        ];
        let server = start(Config::instant().with(|config| {
            for (kind, fault) in faults {
                config.script.push(Rule::new(kind, When::Chance { per_mille: 100 }, fault));
            }
        }));
        let folder = tempfile::tempdir().unwrap();
        let batch = with_journal(client(&server).batch(into(folder.path(), photos(40))), folder.path());
        let all = run!(batch);
        for (n, processed) in all.iter().enumerate() {
            let expected = [PNG, n.to_string().as_bytes()].concat();
            assert_eq!(fs::read(&files_of(processed)[0]).unwrap(), expected);
        }
        assert_eq!(server.account().jobs.len(), 40);
        assert_eq!(stages(folder.path()), [Stage::Saved; 40]);
    }
}

scenario! {
    fn of_many_too_what_is_no_image_is_neither_saved_nor_recorded_as_saved() {
        let server = start(Scenario::by_name("never-an-image").unwrap().apply(Config::instant()));
        let folder = tempfile::tempdir().unwrap();
        let batch = with_journal(client(&server).batch(into(folder.path(), photos(2))), folder.path());
        for processed in run!(batch) {
            let Err(Error::Incomplete { files, failed, .. }) = &processed.end else {
                panic!("{processed:?}")
            };
            assert_eq!(files.len(), 0);
            let told = matches!(failed[0].1, SaveError::Fetch(DownloadError::NotAnImage { .. }));
            assert!(told, "{failed:?}");
        }
        assert_eq!(stages(folder.path()), [Stage::Done; 2]);
        assert!(names_in(folder.path()).iter().all(|name| !name.ends_with(".png")));
    }
}

scenario! {
    fn of_many_too_an_image_of_another_kind_is_said() {
        let server = start(Scenario::by_name("other-format").unwrap().apply(Config::instant()));
        let folder = tempfile::tempdir().unwrap();
        let input = BatchInput::from(by_url()).to(Destination::folder(folder.path(), "cup"));
        let all = run!(client(&server).batch([input]));
        let done = all[0].end.as_ref().unwrap();
        assert_eq!(done.unexpected[0].1.kind, ResultKind::Webp);
        assert!(done.files.iter().all(|file| file.extension().unwrap() == "webp"), "{done:?}");
    }
}
