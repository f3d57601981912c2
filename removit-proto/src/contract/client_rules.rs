//! What a client has to make of what the pages leave open: the rules that the
//! kit and this crate's tests judge, under the numbers that comments use.

use super::rule::Means::{Kit, Tests};
use super::rule::{Rule, numbered};

/// In the order of their numbers.
pub(super) const CLIENT_RULES: &[Rule] = &[
    numbered(
        1,
        "failure-words",
        "`failed`, `error`, `cancelled`, `canceled`, `rejected`, `expired` end a job; an unknown `state` is pending.",
        &[Tests("poller.rs"), Tests("vectors.rs")],
    ),
    numbered(
        2,
        "state-decides",
        "`state` decides, `status` informs; done without a result is an error that keeps the id.",
        &[Tests("poller.rs")],
    ),
    numbered(
        3,
        "never-twice",
        "An upload that may have arrived is ambiguous, and is not sent again by itself.",
        &[
            Kit(&["once-when-closed", "once-when-reset", "closed-after-all", "short-photo"]),
            Tests("upload.rs"),
        ],
    ),
    numbered(
        3,
        "api-redirect",
        "A redirect of an API call is an answer, and is not followed.",
        &[Kit(&["redirected-upload", "redirected-status"])],
    ),
    numbered(
        4,
        "retry-after",
        "429 is handled like 503, and `Retry-After` is honoured where it is sane.",
        &[Kit(&["headers"]), Tests("upload.rs"), Tests("poller.rs")],
    ),
    numbered(
        5,
        "loose-json",
        "`[]` is an empty map, null is absent, `33.0` and `\"33\"` are 33, unknown fields do no harm.",
        &[Tests("vectors.rs"), Tests("damaged_vectors.rs")],
    ),
    numbered(
        6,
        "error-body",
        "The status code decides where an error's body cannot be read; a piece of it is kept.",
        &[Kit(&["refusals", "server-errors"]), Tests("upload.rs")],
    ),
    numbered(
        7,
        "params-in-forms",
        "Object `params` go into a form as their JSON text.",
        &[Tests("multipart.rs")],
    ),
    numbered(
        8,
        "key-at-home",
        "The key goes to the API's own origin alone, and into no text.",
        &[Kit(&["key-in-no-text", "key-at-no-other-host", "redirected-download"])],
    ),
    numbered(
        9,
        "either-delivery",
        "A result is taken in whichever of the two forms it comes.",
        &[Tests("vectors.rs")],
    ),
    numbered(
        10,
        "content-type-unread",
        "The `Content-Type` of an answer decides nothing.",
        &[Tests("damaged_vectors.rs")],
    ),
    numbered(
        11,
        "early-404",
        "404 within 10 s of the acceptance is looked at again; later it is final.",
        &[Tests("poller.rs")],
    ),
    numbered(
        12,
        "failed-look",
        "A look that failed costs time only, and every end of a wait carries the job's id.",
        &[Tests("poller.rs")],
    ),
    numbered(
        13,
        "bytes-decide",
        "What a result is, is told by its bytes; an error page is never saved as one.",
        &[Tests("download.rs")],
    ),
    numbered(
        14,
        "identity",
        "Every request asks for `identity`; an answer in gzip or deflate is decoded within bounds.",
        &[Kit(&["encoded"])],
    ),
    numbered(
        15,
        "text-as-written",
        "Ids and numbers come out as the digits that came in.",
        &[Tests("vectors.rs")],
    ),
    numbered(
        16,
        "noise-around-json",
        "A byte order mark, white space or a notice before the JSON is passed over.",
        &[Tests("vectors.rs")],
    ),
    numbered(
        17,
        "urls-as-browsers",
        "What a URL must not hold is percent-encoded; what could be read as another host is refused.",
        &[Tests("vectors.rs")],
    ),
    numbered(18, "refused-streams", "HTTP/2's refused streams mean not sent.", &[]),
    numbered(
        19,
        "late-acceptance",
        "A 2xx with a `job_id` that comes too late is still the id of a paid job.",
        &[Tests("upload.rs")],
    ),
];
