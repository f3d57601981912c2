//! The scenarios by name: first uploads, then polls, then results.

use core::time::Duration;

use http::StatusCode;

use super::canned::{Canned, RetryAfter, Target};
use super::coding::Coding;
use super::config::{Config, Keys};
use super::fate::Fate;
use super::fault::{Fault, Rule, When};
use super::ids::Ids;
use super::kind::Kind;
use super::odd::Odd;
use super::scenario::Scenario;
use crate::OutputFormat;

impl Scenario {
    /// Every scenario, the happy one first.
    pub const ALL: &'static [Self] = &SCENARIOS;

    /// The scenario with this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.name() == name)
    }
}

const fn scenario(name: &'static str, about: &'static str, change: fn(&mut Config)) -> Scenario {
    Scenario::new(name, about, change)
}

fn rule(config: &mut Config, on: Kind, when: When, fault: Fault) {
    config.script.push(Rule::new(on, when, fault));
}

fn upload(config: &mut Config, when: When, fault: Fault) {
    rule(config, Kind::Upload, when, fault);
}

fn status(config: &mut Config, when: When, fault: Fault) {
    rule(config, Kind::Status, when, fault);
}

fn result(config: &mut Config, when: When, fault: Fault) {
    rule(config, Kind::Result, when, fault);
}

fn soon() -> Option<RetryAfter> {
    Some(RetryAfter::Seconds(1))
}

const SCENARIOS: [Scenario; 57] = [
    scenario("happy", "Every job is queued, worked on and done.", |_| {}),
    scenario("slow-queue", "A job waits in the queue for 30 s.", |config| {
        config.queued_for = Duration::from_secs(30);
    }),
    scenario("key-refused", "No key is accepted (401).", |config| {
        config.keys = Keys::only(&[]);
    }),
    scenario("no-credits", "The account cannot pay for any job (402).", |config| {
        config.credits = Some(0);
    }),
    scenario("validation", "Every upload is refused as invalid (422).", |config| {
        upload(config, When::Always, Fault::Answer(Canned::Validation));
    }),
    scenario("job-unknown", "No job is ever found by its id (404).", |config| {
        status(config, When::Always, Fault::Answer(Canned::NotFound));
    }),
    scenario("rate-limited", "Two uploads and two polls get 429 with Retry-After.", |config| {
        let limited = Fault::Answer(Canned::RateLimited { retry_after: soon() });
        upload(config, When::First(2), limited.clone());
        status(config, When::First(2), limited);
    }),
    scenario("unavailable", "Two uploads and two polls get 503 as JSON.", |config| {
        let down = Fault::Answer(Canned::Unavailable { retry_after: None });
        upload(config, When::First(2), down.clone());
        status(config, When::First(2), down);
    }),
    scenario("unavailable-until", "One upload gets 503 with Retry-After as a date.", |config| {
        let until = Some(RetryAfter::Date(Duration::from_secs(2)));
        let down = Canned::Unavailable { retry_after: until };
        upload(config, When::Nth(1), Fault::Answer(down));
    }),
    scenario("unavailable-bare", "An upload gets a 503 that says nothing.", |config| {
        let bare = Canned::bare(StatusCode::SERVICE_UNAVAILABLE);
        upload(config, When::Nth(1), Fault::Answer(bare));
    }),
    scenario("html-error", "A proxy's HTML page (502) answers the first upload.", |config| {
        let page = Canned::Html(StatusCode::BAD_GATEWAY);
        upload(config, When::Nth(1), Fault::Answer(page));
    }),
    scenario("lost-answer", "The job is created, and the 202 is lost.", |config| {
        upload(config, When::Nth(1), Fault::DropAfterWork);
    }),
    scenario("lost-before-create", "The upload arrives, no job is created, no answer.", |config| {
        upload(config, When::Nth(1), Fault::DropBeforeWork);
    }),
    scenario("hang-up", "The connection closes before the upload has been read.", |config| {
        upload(config, When::Nth(1), Fault::DropBeforeBody);
    }),
    scenario("early-refusal", "401 comes while the upload is still being sent.", |config| {
        upload(config, When::Always, Fault::AnswerEarly(Canned::KeyInvalid));
    }),
    scenario("hidden-success", "The job is created, and a 500 is the answer.", |config| {
        let failed = Canned::bare(StatusCode::INTERNAL_SERVER_ERROR);
        upload(config, When::Nth(1), Fault::AnswerAfterWork(failed));
    }),
    scenario("noisy-accept", "A PHP notice stands before the JSON of the 202.", |config| {
        upload(config, When::Always, Fault::Odd(Odd::Notice));
    }),
    scenario("cut-accept", "The 202 ends after its job_id.", |config| {
        upload(config, When::Always, Fault::Odd(Odd::CutAfterId));
    }),
    scenario("nameless-accept", "The 202 has no job_id.", |config| {
        upload(config, When::Always, Fault::Odd(Odd::NoJobId));
    }),
    scenario("unreadable-accept", "The 202 is compressed in a way that nobody reads.", |config| {
        upload(config, When::Always, Fault::Compressed(Coding::Unreadable));
    }),
    scenario("cut-gzip-accept", "The 202 is gzip, and ends after its job_id.", |config| {
        upload(config, When::Always, Fault::Compressed(Coding::Gzip));
        upload(config, When::Always, Fault::ShortBody { after: 80 });
    }),
    scenario("late-accept", "The first 202 comes after 90 s, later than clients wait.", |config| {
        upload(config, When::Nth(1), Fault::Delay(Duration::from_secs(90)));
    }),
    scenario("compressed-answers", "Every answer of the API is gzip, unasked.", |config| {
        upload(config, When::Always, Fault::Compressed(Coding::Gzip));
        status(config, When::Always, Fault::Compressed(Coding::Gzip));
    }),
    scenario("noisy-answers", "Marks and PHP notices around the JSON of every answer.", |config| {
        for odd in [Odd::QuotingNotice, Odd::NoticeAfter, Odd::Marked] {
            upload(config, When::Always, Fault::Odd(odd.clone()));
            status(config, When::Always, Fault::Odd(odd));
        }
    }),
    scenario("number-ids", "Job ids are numbers of 30 digits.", |config| {
        config.ids = Ids::Digits;
        upload(config, When::Always, Fault::Odd(Odd::NumberId));
        status(config, When::Always, Fault::Odd(Odd::NumberId));
    }),
    scenario("odd-ids", "Job ids have quotes, line breaks and a NUL in them.", |config| {
        config.ids = Ids::AnyText;
    }),
    scenario("other-words", "A job that is done is called completed.", |config| {
        status(config, When::Always, Fault::Odd(Odd::Completed));
    }),
    scenario(
        "odd-addresses",
        "Results have brackets, blanks and accents in their URLs.",
        |config| {
            let stems = ["a[1]", "b c", "é 日本", "d|e\"f<g>", "100%"];
            let stems = stems.map(str::to_owned).to_vec();
            upload(config, When::Always, Fault::Fate(Fate::Files(stems)));
        },
    ),
    scenario("failed-job", "Every job fails for good.", |config| {
        let (state, status) = ("failed".to_owned(), "failed".to_owned());
        upload(config, When::Always, Fault::Fate(Fate::Failed { state, status }));
    }),
    scenario("never-done", "Every job stays at 99 %.", |config| {
        upload(config, When::Always, Fault::Fate(Fate::NeverEnds));
    }),
    scenario("no-result", "Every job is done and names no result.", |config| {
        upload(config, When::Always, Fault::Fate(Fate::NoResult));
    }),
    scenario("other-delivery", "Results come in the form that was not asked for.", |config| {
        upload(config, When::Always, Fault::Fate(Fate::OtherDelivery));
    }),
    scenario(
        "odd-bodies",
        "Legal and strange: [] for maps, \"33\" for 33, more fields.",
        |config| {
            for odd in [Odd::EmptyMaps, Odd::TextNumbers, Odd::ExtraFields, Odd::UpperCase] {
                status(config, When::Always, Fault::Odd(odd));
            }
        },
    ),
    scenario(
        "unknown-state",
        "Until it is done, a job is in a state that nobody knows.",
        |config| {
            config.pending_for = config.pending_for.max(Duration::from_secs(3));
            status(config, When::Always, Fault::Odd(Odd::Pending("napping".to_owned())));
        },
    ),
    scenario("late-404", "A job is unknown for 3 s after its 202.", |config| {
        config.visible_after = Duration::from_secs(3);
    }),
    scenario(
        "flaky-polls",
        "About half of the polls fail: 502, cut-off JSON, no answer.",
        |config| {
            let fifth = When::Chance { per_mille: 200 };
            let gateway = Canned::bare(StatusCode::BAD_GATEWAY);
            status(config, fifth, Fault::Answer(gateway));
            status(config, fifth, Fault::Answer(Canned::CutJson(StatusCode::OK)));
            status(config, fifth, Fault::DropBeforeWork);
        },
    ),
    scenario("redirect-upload", "Uploads are redirected (307) to another host.", |config| {
        let (status, to) = (StatusCode::TEMPORARY_REDIRECT, Target::OtherOrigin);
        upload(config, When::Always, Fault::Answer(Canned::Redirect { status, to }));
    }),
    scenario("redirect-download", "The first download is redirected to another host.", |config| {
        let (status, to) = (StatusCode::FOUND, Target::OtherOrigin);
        result(config, When::Nth(1), Fault::Answer(Canned::Redirect { status, to }));
    }),
    scenario("redirect-loop", "Every download is redirected to itself.", |config| {
        let (status, to) = (StatusCode::FOUND, Target::Here);
        result(config, When::Always, Fault::Answer(Canned::Redirect { status, to }));
    }),
    scenario("raw-redirect", "The first download is redirected in raw UTF-8.", |config| {
        let (status, to) = (StatusCode::FOUND, Target::RawPath);
        result(config, When::Nth(1), Fault::Answer(Canned::Redirect { status, to }));
    }),
    scenario("gzip-result", "Every result is gzip, unasked.", |config| {
        result(config, When::Always, Fault::Compressed(Coding::Gzip));
    }),
    scenario("once-gzip-result", "The first download is gzip, unasked.", |config| {
        result(config, When::Nth(1), Fault::Compressed(Coding::Gzip));
    }),
    scenario("cut-download", "Every download ends after 20 bytes.", |config| {
        result(config, When::Always, Fault::CutBody { after: 20 });
    }),
    scenario("broken-download", "The first download breaks; Range gets the rest.", |config| {
        result(config, When::Nth(1), Fault::CutBody { after: 20 });
    }),
    scenario("broken-no-range", "The first download breaks; there is no Range.", |config| {
        result(config, When::Nth(1), Fault::CutBody { after: 20 });
        result(config, When::Always, Fault::NoRanges);
    }),
    scenario("broken-remade", "The first download breaks; then the ETag is another.", |config| {
        result(config, When::Nth(1), Fault::CutBody { after: 20 });
        result(config, When::From(2), Fault::MadeAgain);
    }),
    scenario("silent-download", "The first download stops in silence, half way.", |config| {
        result(config, When::Nth(1), Fault::Stall { after: 20 });
    }),
    scenario("html-result", "An HTML page (200) answers the first two downloads.", |config| {
        result(config, When::First(2), Fault::Answer(Canned::Html(StatusCode::OK)));
    }),
    scenario(
        "json-result",
        "JSON that says \"not ready\" (200) answers two downloads.",
        |config| {
            result(config, When::First(2), Fault::Answer(Canned::NotReady(StatusCode::OK)));
        },
    ),
    scenario("accepted-result", "202 with JSON answers the first two downloads.", |config| {
        result(config, When::First(2), Fault::Answer(Canned::NotReady(StatusCode::ACCEPTED)));
    }),
    scenario("empty-result", "204 answers the first two downloads.", |config| {
        let nothing = Canned::bare(StatusCode::NO_CONTENT);
        result(config, When::First(2), Fault::Answer(nothing));
    }),
    scenario("never-an-image", "Every download is an HTML page (200).", |config| {
        result(config, When::Always, Fault::Answer(Canned::Html(StatusCode::OK)));
    }),
    scenario("unasked-part", "206 with the first 20 bytes answers the first download.", |config| {
        result(config, When::Nth(1), Fault::Part { first: 0, last: 19 });
    }),
    scenario("other-format", "Every result is a WebP, whatever was asked for.", |config| {
        result(config, When::Always, Fault::OtherFormat(OutputFormat::Webp));
    }),
    scenario("expired-result", "Results can be fetched no longer (403).", |config| {
        config.results_expire_after = Some(Duration::ZERO);
    }),
    scenario("hostile-names", "Variations are named to write outside of a folder.", |config| {
        let long = "n".repeat(5000);
        let names = [
            "../../etc/passwd",
            "/etc/passwd",
            "a/b",
            "a\\b",
            "C:\\x",
            "..",
            "CON",
            "",
            ".hidden",
            "line\nbreak",
            "nul\0",
            "\u{202e}gnp",
            "A",
            "a",
            &long,
        ];
        let names = names.map(str::to_owned).to_vec();
        upload(config, When::Always, Fault::Fate(Fate::Names(names)));
    }),
    scenario("hostile-urls", "Results point to local files and internal hosts.", |config| {
        let urls = [
            "file:///etc/passwd",
            "http://169.254.169.254/latest/meta-data/",
            "javascript:alert(1)",
            "data:image/png;base64,AA==",
            "ftp://example.com/x",
            "//example.com/x",
            "/etc/passwd",
            "https://user:secret@example.com/x",
            "",
        ];
        let urls = urls.map(str::to_owned).to_vec();
        upload(config, When::Always, Fault::Fate(Fate::Addresses(urls)));
    }),
];
