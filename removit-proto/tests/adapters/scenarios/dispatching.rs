//! A dispatcher: photos from anybody at any time, each told its end.

use std::sync::{Arc, Weak};

use removit_tokio::proto::journal::{Record, Replay, Stage};
use removit_tokio::proto::{Accepted, JobStatus, Observer};

use super::super::adapter::{
    BatchInput, Dispatcher, Done, Handle, Journal, JournalError, MemoryJournal, Stored, SubmitError,
};
use super::batches::{hasty, into, one_at_a_time, photos};
use super::*;

fn dispatcher(server: &SimulatorServer) -> Dispatcher {
    client(server).dispatcher().policy(hasty()).start()
}

scenario! {
    fn whoever_submits_a_photo_is_told_its_end() {
        let server = start(Config::instant());
        let folder = tempfile::tempdir().unwrap();
        let one = dispatcher(&server);
        let other = one.clone();
        let mut handles = Vec::new();
        for (n, input) in into(folder.path(), photos(12)).into_iter().enumerate() {
            let by = if n % 2 == 0 { &one } else { &other };
            handles.push(go!(by.submit(input)).unwrap());
        }
        for (n, handle) in handles.into_iter().enumerate() {
            let done: Done = go!(handle.wait()).unwrap();
            let name = done.files[0].file_name().unwrap().to_str().unwrap().to_owned();
            assert!(name.starts_with(&format!("{n}-")), "{n}: {name}");
        }
        assert_eq!(server.account().jobs.len(), 12);
        assert_eq!(one.counts().done, 12);
    }
}

scenario! {
    fn statuses_come_before_the_end_and_the_id_with_them() {
        let server = start(Config::instant().with(|config| {
            config.pending_for = Duration::from_millis(500);
        }));
        let mut handle = go!(dispatcher(&server).submit(photo())).unwrap();
        assert_eq!((handle.job_id(), handle.is_over()), (None, false));
        let mut statuses: Vec<JobStatus> = Vec::new();
        while let Some(status) = go!(handle.next()) {
            assert_eq!(handle.job_id().as_ref(), Some(status.job_id()));
            statuses.push(status);
        }
        assert!(statuses.len() > 1, "{statuses:?}");
        assert!(handle.is_over());
        assert_eq!(go!(handle.wait()).unwrap().finished.unwrap().job_id().as_str(), only_job(&server).id);
    }
}

scenario! {
    fn no_more_is_taken_than_there_is_room_for() {
        let server = with_fault(Kind::Upload, When::Always, Fault::Delay(Duration::from_millis(400)));
        let dispatcher = client(&server).dispatcher().policy(hasty()).capacity(2).start();
        let mut photos = photos(3).into_iter();
        let mut next = || photos.next().unwrap();
        let first = dispatcher.try_submit(next()).unwrap();
        let second = dispatcher.try_submit(next()).unwrap();
        let third = next();
        assert_eq!(dispatcher.try_submit(third.clone()).unwrap_err(), SubmitError::Full);
        // It waits until one of the others is over.
        let third = go!(dispatcher.submit(third)).unwrap();
        assert!(first.is_over() || second.is_over());
        for handle in [first, second, third] {
            go!(handle.wait()).unwrap();
        }
    }
}

scenario! {
    fn what_is_given_up_before_its_upload_is_not_sent() {
        let server = with_fault(Kind::Upload, When::Always, Fault::Delay(Duration::from_millis(400)));
        let mut journal = MemoryJournal::default();
        let builder = client(&server).dispatcher().policy(one_at_a_time());
        let dispatcher = builder.journal(journal.clone(), Replay::default()).start();
        let mut handles = Vec::new();
        for photo in photos(6) {
            handles.push(go!(dispatcher.submit(photo)).unwrap());
        }
        handles[2..].iter().for_each(Handle::cancel);
        for (n, handle) in handles.into_iter().enumerate() {
            match go!(handle.wait()) {
                Ok(_) => assert!(n < 2),
                Err(Error::Cancelled) => assert!(n >= 2),
                Err(error) => panic!("{n}: {error}"),
            }
        }
        assert_eq!(server.account().requests(Kind::Upload), 2);
        let replay = journal.load().unwrap();
        let is_open = |stage| matches!(stage, Stage::Open | Stage::Ambiguous);
        assert!(!replay.entries().iter().any(|entry| is_open(entry.stage())), "{replay:?}");
    }
}

scenario! {
    fn an_accepted_job_that_is_given_up_is_left_with_its_id() {
        let server = start(Config::instant().with(|config| {
            config.pending_for = Duration::from_secs(600);
        }));
        let dispatcher = dispatcher(&server);
        let mut handle = go!(dispatcher.submit(photo())).unwrap();
        go!(handle.next()).unwrap();
        handle.cancel();
        let error = go!(handle.wait()).unwrap_err();
        assert!(matches!(error, Error::Left { .. }), "{error}");
        assert_eq!(error.job_id().unwrap().as_str(), only_job(&server).id);
    }
}

scenario! {
    fn an_upload_under_way_that_is_given_up_is_awaited() {
        let server = with_fault(Kind::Upload, When::Always, Fault::Delay(Duration::from_millis(500)));
        let dispatcher = dispatcher(&server);
        let handle = go!(dispatcher.submit(photo())).unwrap();
        while dispatcher.counts().uploading == 0 {
            pause!(Duration::from_millis(5));
        }
        while server.account().requests(Kind::Upload) == 0 {
            pause!(Duration::from_millis(5));
        }
        handle.cancel();
        let error = go!(handle.wait()).unwrap_err();
        assert_eq!(error.job_id().unwrap().as_str(), only_job(&server).id);
    }
}

scenario! {
    fn draining_ends_all_that_was_submitted_and_takes_no_more() {
        let server = with_fault(Kind::Upload, When::Always, Fault::Delay(Duration::from_millis(50)));
        let dispatcher = dispatcher(&server);
        let mut handles = Vec::new();
        for photo in photos(10) {
            handles.push(go!(dispatcher.submit(photo)).unwrap());
        }
        go!(dispatcher.drain());
        assert!(handles.iter().all(Handle::is_over));
        for handle in handles {
            go!(handle.wait()).unwrap();
        }
        assert_eq!(go!(dispatcher.submit(photo())).unwrap_err(), SubmitError::Closed);
        assert_eq!(dispatcher.try_submit(photo()).unwrap_err(), SubmitError::Closed);
        assert_eq!(server.account().jobs.len(), 10);
    }
}

scenario! {
    fn one_that_stops_is_gone_on_with_by_the_next() {
        let server = start(Config::instant().with(|config| {
            config.pending_for = Duration::from_secs(3);
            let slow = Fault::Delay(Duration::from_millis(200));
            config.script.push(Rule::new(Kind::Upload, When::Always, slow));
        }));
        let folder = tempfile::tempdir().unwrap();
        let mut journal = MemoryJournal::default();
        let mut policy = hasty();
        policy.uploads_at_once = 2;
        let builder = || client(&server).dispatcher().policy(policy);
        let first = builder().journal(journal.clone(), Replay::default()).start();
        assert!(first.resumed().is_empty());
        let mut handles = Vec::new();
        for input in into(folder.path(), photos(30)) {
            handles.push(go!(first.submit(input)).unwrap());
        }
        go!(handles[1].next()).unwrap();
        go!(first.stop());
        let (mut left, mut stopped) = (0, 0);
        for handle in handles {
            match go!(handle.wait()).unwrap_err() {
                Error::Left { .. } => left += 1,
                Error::Stopped(_) => stopped += 1,
                error => panic!("{error}"),
            }
        }
        assert!(left >= 2 && stopped > 0 && left + stopped == 30, "{left} {stopped}");
        assert_eq!(server.account().jobs.len(), left, "no upload was given up");

        let replay = journal.load().unwrap();
        let second = builder().journal(journal.clone(), replay).start();
        let resumed = second.resumed();
        assert_eq!(resumed.len(), left);
        assert!(second.resumed().is_empty(), "they are told once");
        for handle in resumed {
            assert!(handle.job_id().is_some(), "it is paid for");
            assert_eq!(go!(handle.wait()).unwrap().files.len(), 1);
        }
        assert_eq!(server.account().jobs.len(), left, "none is paid for again");
        // Who submits them again pays for what was not sent alone.
        let mut handles = Vec::new();
        for input in into(folder.path(), photos(30)) {
            handles.push(go!(second.submit(input)).unwrap());
        }
        for handle in handles {
            assert_eq!(go!(handle.wait()).unwrap().files.len(), 1);
        }
        assert_eq!(server.account().jobs.len(), 30);
    }
}

scenario! {
    fn an_empty_account_is_told_to_each_and_a_top_up_goes_on() {
        let server = start(Config::instant().with(|config| config.credits = Some(2)));
        let dispatcher = client(&server).dispatcher().policy(one_at_a_time()).start();
        let mut handles = Vec::new();
        for photo in photos(5) {
            handles.push(go!(dispatcher.submit(photo)).unwrap());
        }
        for (n, handle) in handles.into_iter().enumerate() {
            let end = go!(handle.wait());
            assert_eq!(matches!(end, Err(Error::Stopped(_))), n >= 2, "{n}: {end:?}");
        }
        assert!(dispatcher.stopped().is_some());
        let end = go!(go!(dispatcher.submit(photo())).unwrap().wait());
        assert!(matches!(end, Err(Error::Stopped(_))), "{end:?}");
        assert_eq!(server.account().requests(Kind::Upload), 3);

        server.with_simulator(|simulator| simulator.add_credits(100));
        dispatcher.resume_uploads();
        go!(go!(dispatcher.submit(photo())).unwrap().wait()).unwrap();
        assert!(dispatcher.stopped().is_none());
    }
}

scenario! {
    fn copies_that_are_submitted_apart_are_paid_for_once() {
        let server = start(Config::instant().with(|config| {
            config.pending_for = Duration::from_millis(500);
        }));
        let folder = tempfile::tempdir().unwrap();
        let builder = client(&server).dispatcher().policy(hasty());
        let dispatcher = builder.journal(MemoryJournal::default(), Replay::default()).start();
        let input = |stem: &str| {
            BatchInput::from(photo()).to(Destination::folder(folder.path(), stem))
        };
        let mut first = go!(dispatcher.submit(input("a"))).unwrap();
        go!(first.next()).unwrap();
        let second = go!(dispatcher.submit(input("b"))).unwrap();
        let third = go!(dispatcher.submit(input("c"))).unwrap();
        // Who gives up one of them gives up that one.
        third.cancel();
        let left = go!(third.wait());
        assert!(matches!(left, Err(Error::Left { .. } | Error::Cancelled)), "{left:?}");
        let files = [go!(first.wait()).unwrap().files, go!(second.wait()).unwrap().files];
        assert_eq!(files.map(|files| files.len()), [1, 1]);
        only_job(&server);
        let later = go!(go!(dispatcher.submit(input("a"))).unwrap().wait()).unwrap();
        assert!(later.was_done(), "nothing is requested");
        assert_eq!(names_in(folder.path()).len(), 2);
    }
}

scenario! {
    fn what_nobody_waits_for_goes_on() {
        let server = start(Config::instant());
        let dispatcher = dispatcher(&server);
        drop(go!(dispatcher.submit(photo())).unwrap());
        let handle = go!(dispatcher.submit(photos(1).remove(0))).unwrap();
        drop(dispatcher);
        go!(handle.wait()).unwrap();
        let began = Instant::now();
        while server.account().jobs.len() < 2 {
            assert!(began.elapsed() < Duration::from_secs(60));
            pause!(Duration::from_millis(5));
        }
    }
}

/// Is there as long as the dispatcher that has it.
struct Held(#[allow(dead_code, reason = "it is there or not")] Arc<()>);

impl Held {
    fn new() -> (Self, Weak<()>) {
        let held = Arc::new(());
        let seen = Arc::downgrade(&held);
        (Self(held), seen)
    }
}

impl Journal for Held {
    fn load(&mut self) -> Result<Replay, JournalError> {
        Ok(Replay::default())
    }

    fn store(&mut self, _: &[Record]) -> Result<Stored, JournalError> {
        Ok(Stored::all())
    }
}

scenario! {
    fn without_anybody_who_could_submit_it_ends_after_what_is_under_way() {
        let server = with_fault(Kind::Upload, When::Always, Fault::Delay(Duration::from_millis(200)));
        let (journal, seen) = Held::new();
        let builder = client(&server).dispatcher().policy(hasty());
        let one = builder.journal(journal, Replay::default()).start();
        let other = one.clone();
        let handle = go!(one.submit(photo())).unwrap();
        drop((one, other));
        let began = Instant::now();
        while seen.strong_count() > 0 {
            assert!(began.elapsed() < Duration::from_secs(60), "it goes on, as for a handle");
            pause!(Duration::from_millis(5));
        }
        assert!(handle.is_over());
        go!(handle.wait()).unwrap();
    }
}

scenario! {
    fn a_resumed_job_that_is_given_up_is_left() {
        let server = start(Config::instant().with(|config| {
            config.pending_for = Duration::from_secs(600);
        }));
        let mut journal = MemoryJournal::default();
        let builder = || client(&server).dispatcher().policy(hasty());
        let first = builder().journal(journal.clone(), Replay::default()).start();
        let mut handle = go!(first.submit(photo())).unwrap();
        go!(handle.next()).unwrap();
        go!(first.stop());
        let replay = journal.load().unwrap();
        let second = builder().journal(journal.clone(), replay).start();
        let handle = second.resumed().remove(0);
        handle.cancel();
        let error = go!(handle.wait()).unwrap_err();
        assert!(matches!(error, Error::Left { .. }), "{error}");
        assert_eq!(error.job_id().unwrap().as_str(), only_job(&server).id);
    }
}

/// It must not, but may.
struct Panicking;

impl Observer for Panicking {
    fn accepted(&self, _: &Accepted) {
        panic!("a defect of the observer");
    }
}

scenario! {
    fn an_observer_that_panics_ends_it_and_loses_no_paid_job() {
        let server = start(Config::instant());
        let client = client(&server).observer(Arc::new(Panicking));
        let dispatcher = client.dispatcher().policy(one_at_a_time()).start();
        let mut handles = Vec::new();
        for photo in photos(2) {
            handles.push(dispatcher.try_submit(photo));
        }
        go!(dispatcher.drain());
        let mut left = 0;
        for handle in handles {
            // It may be at its end before the second one comes.
            let Ok(handle) = handle else { continue };
            match go!(handle.wait()).unwrap_err() {
                Error::Left { job_id } => {
                    assert_eq!(job_id.as_str(), only_job(&server).id);
                    left += 1;
                }
                error => assert!(matches!(error, Error::Stopped(_)), "{error}"),
            }
        }
        assert_eq!(left, 1);
        assert_eq!(dispatcher.try_submit(photo()).unwrap_err(), SubmitError::Closed);
    }
}
