//! The records that the rules store: each kind, with whatever a field may hold.

use std::time::Duration;

use removit_proto::journal::{
    Accepted, Input, Intent, JournalPath, NotAccepted, Planned, Record, WallTime, decode,
};
use removit_proto::{ContentHash, InputKey, JobId, TransportFailure, UploadError, UploadOptions};

/// A record of each kind that is about an input, as journals have them.
const LINES: &[&str] = &[
    r#"{"kind":"planned","key":"KEY","at":"2026-11-24T11:07:00.001Z","input":{"file":"cups/blue\ncup \"1\".png"},"options":{"mode":"params","params":"shop","output_format":"webp"},"destination":{"folder":{"path":"out","stem":"cup"}}}"#,
    r#"{"kind":"planned","key":"KEY","at":"2026-11-24T11:07:00.001Z","input":{"url":"https://example.com/cup.jpg?size=1&a='"},"options":{},"destination":{"file":{"unix":"636166e92e6a7067","shown":"caf\ufffd.jpg"}}}"#,
    r#"{"kind":"planned","key":"KEY","at":"2026-11-24T11:07:00.001Z","input":{"memory":"\u0000 \u2028 кружка 🫖 %s \\"},"options":{"mode":"params","params":{"a":[1]},"delivery_mode":"final_url"}}"#,
    r#"{"kind":"intent","key":"KEY","at":"2026-11-24T11:07:01.000Z","attempt":1}"#,
    r#"{"kind":"not_accepted","key":"KEY","at":"2026-11-24T11:07:02.000Z","attempt":1,"outcome":"not_sent","reason":"no connection"}"#,
    r#"{"kind":"intent","key":"KEY","at":"2026-11-24T11:07:02.500Z","attempt":2}"#,
    r#"{"kind":"not_accepted","key":"KEY","at":"2026-11-24T11:07:03.000Z","attempt":2,"outcome":"ambiguous","ambiguous_attempts":2,"reason":"upload ambiguous"}"#,
    r#"{"kind":"accepted","key":"KEY","job_id":"019cdc54-2673","at":"2026-11-24T11:07:03.000Z","attempt":2,"salvaged":true,"earlier_ambiguous":1}"#,
    r#"{"kind":"status","key":"KEY","job_id":"019cdc54-2673","at":"2026-11-24T11:07:06.000Z","step":"pending_compose","progress":33}"#,
    r#"{"kind":"ended","key":"KEY","job_id":"019cdc54-2673","at":"2026-11-24T11:07:12.000Z","outcome":"done","elapsed_ms":9000,"progress":100,"results":["clipping",null]}"#,
    r#"{"kind":"saved","key":"KEY","at":"2026-11-24T11:07:13.000Z","variation":"clipping","path":"out/cup-clipping.webp","len":18446744073709551615,"sha256":"107bf4a898ec2aedcb9bda2aaaa2332e0bd00a69f87dc2cddba0f50a6385f070"}"#,
    r#"{"kind":"saved","key":"KEY","at":"2026-11-24T11:07:13.000Z","place":1,"path":"out/cup-result.webp","len":8568}"#,
];

/// All that a journal may say of one input, in order.
pub(super) fn of_each_kind(number: u16) -> Vec<Record> {
    let key = key(number).to_string();
    let record = |line: &&str| decode(line.replace("KEY", &key).as_bytes()).ok().flatten();
    LINES.iter().filter_map(record).collect()
}

pub(super) const KINDS: usize = LINES.len();

pub(super) fn key(number: u16) -> InputKey {
    let mut bytes = [7; 32];
    let [high, low] = number.to_be_bytes();
    (bytes[0], bytes[31]) = (high, low);
    InputKey::new(ContentHash::new(bytes))
}

fn at(secs: u64) -> WallTime {
    WallTime::from_unix(
        Duration::from_secs(1_796_000_000).saturating_add(Duration::from_secs(secs)),
    )
}

pub(super) fn planned(number: u16) -> Record {
    let input = Input::File(JournalPath::new(std::path::Path::new("cup.png")));
    Record::Planned(Planned::new(at(0), key(number), input, UploadOptions::default()))
}

pub(super) fn attempt(number: u16, attempt: u32) -> Intent {
    Intent::new(at(u64::from(attempt)), key(number), attempt)
}

pub(super) fn intent(number: u16, of: u32) -> Record {
    Record::Intent(attempt(number, of))
}

/// The attempt certainly made no job.
pub(super) fn not_sent(number: u16, of: u32) -> Record {
    let error = UploadError::NotSent(TransportFailure::connect("refused"));
    let end: NotAccepted = attempt(number, of).not_accepted(at(9), &error);
    Record::NotAccepted(end)
}

pub(super) fn accepted(number: u16, of: u32, job_id: &JobId) -> Record {
    Record::Accepted(Accepted::new(at(9), key(number), job_id.clone(), of))
}

pub(super) fn job_id() -> Option<JobId> {
    "019cdc54-2673-dc32-b9e5-6e1d36cc9e8a".parse().ok()
}
