//! What a server has to do: the rules that the check judges.

use super::rule::{Means, Origin, Rule, numbered, settled, vendor};

const CHECK: &[Means] = &[Means::Check];

/// In the order of the report: keys, uploads, refusals, looks at a job, results.
pub(super) const SERVER_RULES: &[Rule] = &[
    // Keys
    vendor("key-x-api-key", "A valid key in `X-API-Key` is accepted."),
    vendor("key-bearer", "A valid key in `Authorization: Bearer` is accepted."),
    settled("key-both", "A valid key in both headers at once is accepted."),
    vendor("key-missing", "A request without a key is answered with 401."),
    vendor("key-invalid", "A key that is not a valid one is answered with 401, in either header."),
    vendor("unauthorized-body", "The body of a 401 says `\"error\":\"unauthorized\"`."),
    vendor(
        "unauthorized-message",
        "The message of a 401 is `API key missing` without a key, `API key invalid` with a wrong one.",
    ),
    settled("key-echo", "No answer repeats the key that was sent."),
    // Uploads that are refused
    vendor("source-required", "An upload without `file_url` and `file` is refused."),
    vendor("source-exclusive", "An upload with both `file_url` and `file` is refused."),
    vendor("file-url-type", "A `file_url` that is no string is refused."),
    vendor("file-url-web", "A `file_url` that is no absolute `http` or `https` URL is refused."),
    vendor("file-is-image", "A `file` whose type is none of the listed ones is refused."),
    settled("file-not-empty", "A `file` without a byte is refused."),
    vendor("mode-choice", "A `mode` other than `background`, `clipping`, `params` is refused."),
    vendor("params-required", "`mode=params` without `params` is refused."),
    vendor("params-type", "`params` that are no string, object or null are refused."),
    vendor("delivery-choice", "A `delivery_mode` other than `url`, `final_url` is refused."),
    vendor(
        "format-choice",
        "An `output_format` other than `png`, `jpg`, `jpeg`, `psd`, `tiff`, `webp` is refused.",
    ),
    vendor("malformed-json", "JSON that is cut off or no object is refused with 400 or 422."),
    settled("malformed-form", "A form without a boundary or a part is refused with 400 or 422."),
    settled(
        "unread-type",
        "A body that is neither JSON nor a form is refused with 400, 415 or 422.",
    ),
    // How a refusal looks
    vendor("validation-422", "What is well-formed and refused is answered with 422."),
    vendor("validation-body", "The body of a 422 says `\"error\":\"validation\"`."),
    vendor("validation-details", "`details` of a 422 is a map from a field to a list of strings."),
    vendor("details-name-field", "`details` names each field that is refused."),
    settled("details-name-only", "`details` names no field that was right."),
    vendor("credits-body", "A 402 says `\"error\":\"insufficient_credits\"`."),
    vendor("unavailable-body", "A 503 has a body that tells an error."),
    vendor("body-json", "The body of every answer of the API is one JSON object in UTF-8."),
    vendor(
        "documented-status",
        "Every answer has one of the documented status codes for its request: a 500, say, is none.",
    ),
    numbered(3, "no-redirect", "A request to the API is not redirected.", CHECK),
    // Uploads that are accepted
    vendor("upload-202", "A valid upload is answered with 202."),
    vendor("accepted-job-id", "A 202 names the `job_id`, a text that is not empty."),
    vendor("accepted-status", "A 202 says `\"status\":\"queued\"`."),
    vendor(
        "accepted-mode",
        "A 202 tells the `mode` that was asked for; `clipping` where none was.",
    ),
    settled("job-id-unique", "No two uploads get the same `job_id`."),
    // Looking at a job
    vendor(
        "job-id-required",
        "A status request without a `job_id`, or with an empty one, gets 422.",
    ),
    vendor("unknown-404", "A `job_id` that does not exist is answered with 404."),
    numbered(
        15,
        "strange-404",
        "A `job_id` may be any text: one of an odd shape is answered with 404 like any other.",
        CHECK,
    ),
    vendor("foreign-404", "A job of another account is answered with 404."),
    vendor("not-found-body", "A 404 says `\"error\":\"not_found\"`."),
    numbered(11, "job-visible", "From 10 s after its 202 on, a job is found by its id.", CHECK),
    vendor("status-job-id", "A status tells the `job_id` that was asked for."),
    vendor("status-mode", "A status tells the `mode` of the upload."),
    vendor("status-step", "`status` is a string."),
    vendor(
        "status-state",
        "`state` is `pending`, `queued` or `done`, or one of the words for a failure that are settled.",
    ),
    vendor("progress-range", "`progress` is an integer from 0 to 100."),
    settled("progress-rises", "`progress` never falls."),
    vendor("progress-done", "`progress` is 100 when a job is done."),
    vendor(
        "no-result-before-done",
        "`final_url` is null or absent, and `final_urls` absent or empty, until a job is done.",
    ),
    settled("done-stays", "A job that is done is done at the next look, too."),
    numbered(2, "done-has-result", "A job that is done names a result.", CHECK),
    vendor("delivery-final-url", "With `delivery_mode=final_url` the result is in `final_url`."),
    vendor(
        "delivery-url-map",
        "With `delivery_mode=url`, or none, results are in `final_urls`: a map from name to URL.",
    ),
    settled("variation-name", "A variation's name is letters, digits, `_` and `-` alone."),
    vendor("warnings-shape", "`warnings` is a map from a variation to a list of strings."),
    vendor("ignored-shape", "`ignored_variations` is a list of strings."),
    // Results
    numbered(
        8,
        "result-url",
        "A result's URL is absolute and `https`; plain text is for loopback alone.",
        CHECK,
    ),
    vendor("result-there", "A result can be fetched, whole, without the key."),
    numbered(13, "result-image", "A result is an image by its bytes.", CHECK),
    vendor(
        "result-format",
        "A result has the format that was asked for: `png` where none was, JPEG for `jpg` and `jpeg`.",
    ),
    // What nothing here can find out
    unchecked("modes-differ", "Each `mode` makes the kind of picture that its name promises."),
    unchecked("credit-per-job", "An accepted upload costs one credit; a refused one costs none."),
    unchecked("file-url-fetched", "A `file_url` is fetched from wherever the public can fetch it."),
    unchecked("credits-402", "An account that cannot pay for a job gets 402."),
];

const fn unchecked(id: &'static str, text: &'static str) -> Rule {
    Rule { id, text, origin: Origin::Vendor, checked: &[] }
}
