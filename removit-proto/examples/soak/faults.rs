//! Everything that goes wrong: at the vendor's, on the way, and at the client's.

use std::fmt;
use std::time::Duration;

use http::StatusCode;
use removit_proto::simulator::{Canned, Fate, Fault, Kind, Odd, RetryAfter, Rule, Target, When};
use removit_proto::{Attempt, Sink};

use crate::bounds;

/// What a request is for, as the network sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Upload,
    Poll,
    Fetch,
}

/// What goes wrong on the way there and back, whatever the request is for.
const ON_THE_WAY: [&str; 10] = [
    "no connection",
    "request lost, connection broken",
    "request lost, silence",
    "request late",
    "answer lost, connection broken",
    "answer lost, silence",
    "answer just after the deadline",
    "answer late",
    "answer cut off",
    "answer twice",
];

/// What goes wrong at the client's.
const AT_THE_CLIENTS: [&str; 14] = [
    "upload: request cut short",
    "client: crash while an attempt is under way",
    "client: crash before the answer was looked at",
    "client: suspended for hours",
    "client: asks with another account's key",
    "client: another's answer",
    "client: accepted after its end",
    "client: rebuilt under a clock of another origin",
    "client: clock set",
    "client: clock set between a crash and the rebuild",
    "client: clock set forward by hours",
    "client: clock set forward by seconds",
    "client: clock set back by seconds",
    "client: clock set back by hours",
];

/// What goes wrong around a batch.
const AROUND_A_BATCH: [&str; 8] = [
    "shop: crash",
    "shop: no connection",
    "shop: request lost",
    "shop: a request that nobody hears of",
    "shop: answer lost",
    "shop: answer just after the deadline",
    "shop: answer late",
    "shop: accepted after the end of its batch",
];

impl Way {
    const ALL: [Self; 3] = [Self::Upload, Self::Poll, Self::Fetch];

    pub(crate) fn of(attempt: &Attempt) -> Self {
        match (&attempt.sink, attempt.request.body().is_empty()) {
            (Sink::File { .. }, _) => Self::Fetch,
            (_, true) => Self::Poll,
            (_, false) => Self::Upload,
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Upload => "upload",
            Self::Poll => "status",
            Self::Fetch => "result",
        })
    }
}

/// The vendor's part, each with the same small probability, and the maze of
/// redirects, with another one.
pub(crate) fn script(per_mille: u16, maze: u16) -> Vec<(String, Rule)> {
    let bare = |status| Canned::bare(StatusCode::from_u16(status).expect("a status"));
    let soon = Some(RetryAfter::Seconds(3));
    let date = Some(RetryAfter::Date(Duration::from_secs(5)));
    let strange = Some(RetryAfter::Text("soon".to_owned()));
    let huge = Canned::Huge { status: StatusCode::INTERNAL_SERVER_ERROR, bytes: 1024 * 1024 + 1 };
    let redirect = |to| Canned::Redirect { status: StatusCode::TEMPORARY_REDIRECT, to };
    let failed = |word: &str| Fate::Failed { state: word.to_owned(), status: word.to_owned() };
    let answers = || {
        [
            ("401 for no key", Canned::KeyMissing),
            ("401", Canned::KeyInvalid),
            ("402", Canned::NoCredits),
            ("404", Canned::NotFound),
            ("422", Canned::Validation),
            ("429", Canned::RateLimited { retry_after: None }),
            ("429 with Retry-After", Canned::RateLimited { retry_after: soon.clone() }),
            (
                "429 with a strange Retry-After",
                Canned::RateLimited { retry_after: strange.clone() },
            ),
            ("503", Canned::Unavailable { retry_after: None }),
            ("503 with Retry-After as a date", Canned::Unavailable { retry_after: date.clone() }),
            ("bare 503", bare(503)),
            ("500", bare(500)),
            ("HTML 502", Canned::Html(StatusCode::BAD_GATEWAY)),
            ("504", bare(504)),
            ("cut JSON", Canned::CutJson(StatusCode::OK)),
            ("no UTF-8", Canned::InvalidUtf8(StatusCode::OK)),
            ("redirect to another host", redirect(Target::OtherOrigin)),
        ]
    };
    let mut named = Vec::new();
    for (name, canned) in answers() {
        named.push((format!("upload: {name}"), Kind::Upload, Fault::Answer(canned.clone())));
        named.push((format!("status: {name}"), Kind::Status, Fault::Answer(canned)));
    }
    let upload = [
        ("upload: closed before the body", Fault::DropBeforeBody),
        ("upload: answered early", Fault::AnswerEarly(Canned::Unavailable { retry_after: None })),
        ("upload: closed before the job", Fault::DropBeforeWork),
        ("upload: closed after the job", Fault::DropAfterWork),
        ("upload: 502 after the job", Fault::AnswerAfterWork(bare(502))),
        ("upload: 202 without an id", Fault::Odd(Odd::NoJobId)),
        ("upload: 202 behind a notice", Fault::Odd(Odd::Notice)),
        ("upload: 202 cut after the id", Fault::Odd(Odd::CutAfterId)),
        ("upload: answer after a minute", Fault::Delay(Duration::from_secs(70))),
        ("job: failed", Fault::Fate(failed("failed"))),
        ("job: expired", Fault::Fate(failed("Expired"))),
        ("job: no result", Fault::Fate(Fate::NoResult)),
        ("job: other delivery", Fault::Fate(Fate::OtherDelivery)),
        ("job: both deliveries", Fault::Fate(Fate::BothDeliveries)),
        ("job: strange names", Fault::Fate(Fate::Names(strange_names()))),
        ("job: never ends", Fault::Fate(Fate::NeverEnds)),
    ];
    let status = [
        ("status: closed", Fault::DropBeforeWork),
        ("status: of another job", Fault::Odd(Odd::OtherJobId)),
        ("status: unknown state", Fault::Odd(Odd::State("moonlit".to_owned()))),
        ("status: unknown step", Fault::Odd(Odd::Status("pending_moonlight".to_owned()))),
        ("status: nulls", Fault::Odd(Odd::Nulls)),
        ("status: absent fields", Fault::Odd(Odd::Absent)),
        ("status: further fields", Fault::Odd(Odd::ExtraFields)),
        ("status: fractions", Fault::Odd(Odd::FloatNumbers)),
        ("status: without state", Fault::Odd(Odd::NoState)),
        ("status: empty PHP maps", Fault::Odd(Odd::EmptyMaps)),
        ("status: numbers as text", Fault::Odd(Odd::TextNumbers)),
        ("status: upper case", Fault::Odd(Odd::UpperCase)),
        ("status: dripped", Fault::Drip { chunk: 16, every: Duration::from_secs(1) }),
        ("status: cut off", Fault::CutBody { after: 40 }),
    ];
    let result = [
        ("result: 503", Fault::Answer(bare(503))),
        ("result: 404", Fault::Answer(bare(404))),
        ("result: cut off", Fault::CutBody { after: 20 }),
        ("result: closed", Fault::DropBeforeWork),
        ("result: redirected", Fault::Answer(redirect(Target::OtherPath))),
        ("result: to another host", Fault::Answer(redirect(Target::OtherOrigin))),
        ("result: in a circle", Fault::Answer(redirect(Target::Here))),
        (
            "result: to a local file",
            Fault::Answer(redirect(Target::Text("file:///etc/passwd".to_owned()))),
        ),
    ];
    named.extend(upload.map(|(name, fault)| (name.to_owned(), Kind::Upload, fault)));
    named.extend(status.map(|(name, fault)| (name.to_owned(), Kind::Status, fault)));
    named.extend(result.map(|(name, fault)| (name.to_owned(), Kind::Result, fault)));
    let when = When::Chance { per_mille };
    let scripted = named.into_iter().map(|(name, on, fault)| (name, Rule::new(on, when, fault)));
    let when = When::Chance { per_mille: maze };
    let maze = [
        ("maze: redirected", Fault::Answer(redirect(Target::Here))),
        ("maze: 503 at its end", Fault::Answer(bare(503))),
    ];
    let maze = maze.map(|(name, fault)| (name.to_owned(), Rule::new(Kind::Result, when, fault)));
    // A megabyte takes its time: in a hurricane alone.
    let rarely = When::Chance { per_mille: per_mille / 8 };
    let huge = [("upload", Kind::Upload), ("status", Kind::Status)].map(|(kind, on)| {
        let rule = Rule::new(on, rarely, Fault::Answer(huge.clone()));
        (format!("{kind}: 500 and more than is read"), rule)
    });
    scripted.chain(maze).chain(huge).collect()
}

fn strange_names() -> Vec<String> {
    ["", "../../etc/passwd", "CON", "clipping"].map(str::to_owned).to_vec()
}

/// Everything that must have happened, by name.
pub(crate) fn names() -> impl Iterator<Item = String> {
    let on_the_way = Way::ALL.into_iter().flat_map(|way| {
        let possible =
            ON_THE_WAY.iter().filter(move |fault| !(way == Way::Poll && **fault == "request late"));
        possible.map(move |fault| format!("{way}: {fault}"))
    });
    let others = AT_THE_CLIENTS.into_iter().chain(AROUND_A_BATCH).chain(bounds::REACHED);
    let others = others.map(str::to_owned);
    on_the_way.chain(others).chain(script(0, 0).into_iter().map(|(name, _)| name))
}
