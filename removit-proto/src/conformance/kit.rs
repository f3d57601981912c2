//! Every case by name: how binding it is, and the rule behind it.
//!
//! What each does is in `cases`; none of them knows this list.

use super::case::{Case, must, note, should};
use super::cases::{
    answers, bounds, cancel, cut_off, early, files, once, reach, redirects, requests, secrecy,
    several, time,
};

/// The cases in the order of the report.
pub(super) fn all() -> Vec<Case> {
    let mut all = Vec::new();
    all.extend(REQUESTS);
    all.extend(MONEY);
    all.extend(ANSWERS);
    all.extend(LIMITS);
    all.extend(COMPANY);
    all
}

const AS_BUILT: &str = "a request goes out as the core built it: its headers and Host, none that frames, identifies or asks for less, its body under its Content-Length";
const ONCE: &str = "an attempt is one request, whatever becomes of it (contract, rule 3)";
const CAUTION: &str = "what may have arrived is never called not sent (contract, rule 3)";
const CLARITY: &str = "what certainly did not arrive whole is called not sent, so that it is tried again (contract, rule 3)";
const REDIRECT: &str = "a redirect is an answer and is not followed: the key would go where it says (contract, rules 3 and 8)";
const EVERY_ANSWER: &str =
    "every answer is handed over with its status, headers and body (contract, rules 4 and 6)";
const NO_HALF: &str =
    "an answer that was cut off is Partial with what came, never a whole one (contract, rule 3)";
const BOUNDED: &str =
    "no more is read than the sink allows, and no more is kept than was asked for";
const DEADLINE: &str = "an exchange ends by its deadline, whatever the server does (law 4)";
const WHOLE_FILE: &str = "a 2xx body is in the file from its start, whole, or the exchange failed";
const NO_MIX: &str = "an answer belongs to the request that it answers";
const SECRET: &str = "the key goes to the API's own origin and into no text (contract, rule 8)";

const REQUESTS: [Case; 9] = [
    must("json-upload", AS_BUILT, requests::json_upload),
    must("file-upload", AS_BUILT, requests::file_upload),
    must("large-upload", AS_BUILT, requests::large_upload),
    must("bearer-key", AS_BUILT, requests::bearer_key),
    must("status", AS_BUILT, requests::status),
    must("download", AS_BUILT, requests::download),
    should("dotted-path", AS_BUILT, requests::dotted_path),
    note(
        "added-headers",
        "headers that a stack adds of itself and that do no harm are better left out: each is one more thing that a server can trip over",
        requests::added_headers,
    ),
    must(
        "short-photo",
        "a photo with fewer bytes than promised never makes a whole request (contract, rule 3)",
        requests::short_photo,
    ),
];

const MONEY: [Case; 17] = [
    must("once-when-closed", ONCE, once::closed),
    must("once-when-reset", ONCE, once::reset),
    must("once-when-half-answered", ONCE, once::half_answered),
    must("once-when-silent", ONCE, once::silent),
    must("once-when-refused", ONCE, once::refused),
    must("once-on-a-stale-connection", ONCE, once::stale_connection),
    must("refused-connection", CLARITY, reach::refused_connection),
    must("closed-after-all", CAUTION, reach::closed_after_all),
    must("reset-after-all", CAUTION, reach::reset_after_all),
    must("garbage-after-all", CAUTION, reach::garbage_after_all),
    must("silent-after-all", CAUTION, reach::silent_after_all),
    should("broken-half-way", CLARITY, reach::broken_half_way),
    should("blocked-half-way", CLARITY, reach::blocked_half_way),
    must("redirected-upload", REDIRECT, redirects::upload),
    must("redirected-status", REDIRECT, redirects::status),
    must("redirected-download", REDIRECT, redirects::download),
    must("redirect-without-location", REDIRECT, redirects::without_location),
];

const ANSWERS: [Case; 13] = [
    must("refusals", EVERY_ANSWER, answers::refusals),
    must("server-errors", EVERY_ANSWER, answers::server_errors),
    must("headers", EVERY_ANSWER, answers::headers),
    must("chunked", EVERY_ANSWER, answers::chunked),
    must("until-close", EVERY_ANSWER, answers::until_close),
    must("interim-answers", EVERY_ANSWER, answers::interim),
    must("no-content", EVERY_ANSWER, answers::no_content),
    must(
        "encoded",
        "a body is handed over as it came, not decompressed: it may be a bomb",
        answers::encoded,
    ),
    must("cut-off-by-length", NO_HALF, cut_off::by_length),
    must("cut-off-in-chunks", NO_HALF, cut_off::in_chunks),
    must("cut-off-by-reset", NO_HALF, cut_off::by_reset),
    should(
        "early-answer",
        "an answer that comes while the request is still going out is handed over",
        early::while_reading,
    ),
    should(
        "early-answer-then-closed",
        "an answer that comes before the server hangs up on a request is handed over",
        early::then_closed,
    ),
];

const LIMITS: [Case; 14] = [
    must("endless-body", BOUNDED, bounds::endless_body),
    must("body-over-the-limit", BOUNDED, bounds::over_the_limit),
    must("endless-headers", BOUNDED, bounds::endless_headers),
    must("silence", DEADLINE, time::silence),
    must("dripped-head", DEADLINE, time::dripped_head),
    must(
        "dripped-body",
        "an exchange ends by its deadline, with an id that came in drops before it in a Partial (law 4; contract, rules 3 and 19)",
        time::dripped_body,
    ),
    must(
        "id-before-a-drip",
        "what came of an answer by the deadline is handed over as Partial, never as TimedOut: the id of a paid job may be in it (contract, rules 3 and 19)",
        time::id_before_a_drip,
    ),
    must("dripped-file", DEADLINE, time::dripped_file),
    must("stored-file", WHOLE_FILE, files::stored),
    must("second-attempt-at-a-file", WHOLE_FILE, files::second_attempt),
    must("cut-off-file", WHOLE_FILE, files::cut_off),
    must("file-over-the-limit", BOUNDED, files::over_the_limit),
    must("endless-file", BOUNDED, files::endless),
    must("refused-file", EVERY_ANSWER, files::refused),
];

const COMPANY: [Case; 6] = [
    must("side-by-side", NO_MIX, several::side_by_side),
    must("bytes-after-the-answer", NO_MIX, several::bytes_after_the_answer),
    must(
        "cancelled-upload",
        "an exchange that is dropped ends: its connection closes and no more is sent",
        cancel::upload,
    ),
    should(
        "cancelled-wait",
        "the connection of a wait that is dropped closes: it may be of use to nobody",
        cancel::wait,
    ),
    must("key-in-no-text", SECRET, secrecy::in_no_text),
    must("key-at-no-other-host", SECRET, secrecy::at_no_other_host),
];
