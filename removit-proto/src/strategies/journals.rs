//! What a journal holds.

use core::time::Duration;
use std::path::Path;

use proptest::prelude::*;

use super::requests::{text, upload_options};
use crate::journal::{
    Accepted, Destination, Ended, Header, Input, Intent, JobOutcome, JournalPath, NotAccepted,
    Opened, Planned, Reason, Record, Saved, Status, UploadOutcome, WallTime, encode,
};
use crate::{ContentHash, InputKey, JobId};

/// Any path, also one that is no UTF-8 where the system has such.
pub fn journal_path() -> impl Strategy<Value = JournalPath> {
    let raw = prop::collection::vec(1..=u8::MAX, 1..20).prop_map(|bytes| {
        #[cfg(unix)]
        let name = {
            use std::os::unix::ffi::OsStringExt;
            std::ffi::OsString::from_vec(bytes)
        };
        #[cfg(not(unix))]
        let name = String::from_utf8_lossy(&bytes).into_owned();
        JournalPath::new(Path::new(&name))
    });
    prop_oneof![text().prop_map(|text| JournalPath::new(Path::new(&text))), raw]
}

/// Any header.
pub fn journal_header() -> impl Strategy<Value = Header> {
    let texts = (text(), prop::option::of(text()), prop::option::of(text()));
    (time(), texts, prop::option::of(journal_path())).prop_map(|(at, (by, api, label), folder)| {
        let mut header = Header::new(at, by);
        (header.api, header.label, header.folder) = (api, label, folder);
        header
    })
}

/// Any record but a header. Keys, jobs and attempts are few, so that records are
/// about the same input.
pub fn journal_record() -> impl Strategy<Value = Record> {
    let opened = (time(), text(), prop::option::of(any::<u32>()), prop::option::of(journal_path()));
    let opened = opened.prop_map(|(at, by, pid, folder)| {
        let mut opened = Opened::new(at, by, pid);
        opened.folder = folder;
        Record::Opened(opened)
    });
    let intent = (key(), time(), 0_u32..4)
        .prop_map(|(key, at, attempt)| Record::Intent(Intent::new(at, key, attempt)));
    prop_oneof![
        1 => opened,
        1 => planned().prop_map(Record::Planned),
        5 => intent,
        2 => accepted().prop_map(Record::Accepted),
        4 => not_accepted().prop_map(Record::NotAccepted),
        1 => status().prop_map(Record::Status),
        2 => ended().prop_map(Record::Ended),
        1 => saved().prop_map(Record::Saved),
    ]
}

/// A journal as its bytes: a header, then up to a dozen records.
pub fn journal_lines() -> impl Strategy<Value = Vec<u8>> {
    (journal_header(), prop::collection::vec(journal_record(), 0..=12)).prop_map(
        |(header, records)| {
            let all = [Record::Header(header)].into_iter().chain(records);
            all.map(|record| encode(&record)).collect::<String>().into_bytes()
        },
    )
}

fn time() -> impl Strategy<Value = WallTime> {
    any::<u64>().prop_map(|millis| WallTime::from_unix(Duration::from_millis(millis >> 16)))
}

fn key() -> impl Strategy<Value = InputKey> {
    (0_u8..3).prop_map(|number| InputKey::new(ContentHash::new([number; 32])))
}

fn job() -> impl Strategy<Value = JobId> {
    prop::sample::select(vec!["job-1", "job-2", "019cdc54-2673", "é \"quoted\" \\ id"])
        .prop_filter_map("no id", |id| id.parse().ok())
}

fn planned() -> impl Strategy<Value = Planned> {
    let url = Just("https://example.com/a.jpg?sig=1#x");
    let input = prop_oneof![
        journal_path().prop_map(Input::File),
        url.prop_filter_map("no URL", |url| url.parse().ok().map(Input::Url)),
        text().prop_map(Input::Memory),
    ];
    let destination = prop_oneof![
        journal_path().prop_map(Destination::File),
        (journal_path(), text()).prop_map(|(path, stem)| Destination::Folder { path, stem }),
    ];
    (key(), time(), input, upload_options(), prop::option::of(destination)).prop_map(
        |(key, at, input, options, destination)| Planned { key, at, input, options, destination },
    )
}

fn accepted() -> impl Strategy<Value = Accepted> {
    (key(), job(), time(), 0_u32..4, any::<bool>(), 0_u32..3).prop_map(
        |(key, job_id, at, attempt, salvaged, earlier_ambiguous)| Accepted {
            key,
            job_id,
            at,
            attempt,
            salvaged,
            earlier_ambiguous,
        },
    )
}

fn not_accepted() -> impl Strategy<Value = NotAccepted> {
    let outcome = prop::sample::select(vec![
        UploadOutcome::Rejected,
        UploadOutcome::NotSent,
        UploadOutcome::Ambiguous,
    ]);
    (key(), time(), 0_u32..4, outcome, 0_u32..3, text()).prop_map(
        |(key, at, attempt, outcome, ambiguous_attempts, reason)| {
            let reason = Reason::new(reason);
            NotAccepted { key, at, attempt, outcome, ambiguous_attempts, reason }
        },
    )
}

fn status() -> impl Strategy<Value = Status> {
    let progress = prop::option::of(any::<u8>());
    (key(), job(), time(), prop::option::of(text()), progress).prop_map(
        |(key, job_id, at, step, progress)| {
            let step = step.map(Reason::new);
            Status { key, job_id, at, step, progress }
        },
    )
}

fn ended() -> impl Strategy<Value = Ended> {
    let outcome = prop::sample::select(vec![
        JobOutcome::Done,
        JobOutcome::Failed,
        JobOutcome::NoResult,
        JobOutcome::TimedOut,
        JobOutcome::Refused,
    ]);
    let results = prop::collection::vec(prop::option::of(text()), 0..3);
    (key(), job(), time(), outcome, any::<u64>(), results, prop::option::of(text())).prop_map(
        |(key, job_id, at, outcome, elapsed_ms, results, reason)| {
            let (progress, reason) = (Some(100), reason.map(Reason::new));
            Ended { key, job_id, at, outcome, elapsed_ms, progress, results, reason }
        },
    )
}

fn saved() -> impl Strategy<Value = Saved> {
    let hash = prop::option::of(any::<[u8; 32]>().prop_map(ContentHash::new));
    (key(), time(), 0_u32..3, prop::option::of(text()), journal_path(), any::<u64>(), hash)
        .prop_map(|(key, at, place, variation, path, len, sha256)| Saved {
            key,
            at,
            place,
            variation,
            path,
            len,
            sha256,
        })
}
