//! Requests that cost nothing where the contract is kept: each mistake alone,
//! then several at once, drawn from the seed.

use serde_json::{Value, json};

use super::draft::{Asked, Auth, Content, Draft, FileBytes, FilePart, Raw};
use super::expected::{DELIVERIES, Expected, FORMATS, MODES};
use super::luck::Luck;

type Fields = Vec<(&'static str, Value)>;

const JSON: Option<&str> = Some("application/json");
const FORM: Option<&str> = Some("multipart/form-data");

/// What is not a `file_url`: of another type, then no address of the web.
fn wrong_urls() -> Vec<Value> {
    vec![
        json!(7),
        json!(true),
        json!([]),
        json!({}),
        json!(["https://example.com/image.jpg"]),
        json!(""),
        json!("image.jpg"),
        json!("/image.jpg"),
        json!("ftp://example.com/image.jpg"),
        json!("file:///etc/passwd"),
        json!("javascript:alert(1)"),
        json!("data:image/png;base64,AA=="),
        json!("https://"),
        json!("http:///image.jpg"),
        json!("https://exam ple.com/image.jpg"),
    ]
}

fn wrong_modes() -> Vec<Value> {
    vec![json!("Background"), json!("clip"), json!(""), json!(1), json!(true), json!([]), json!({})]
}

fn wrong_deliveries() -> Vec<Value> {
    vec![json!("urls"), json!("FINAL_URL"), json!(""), json!(0), json!(["url"])]
}

fn wrong_formats() -> Vec<Value> {
    vec![json!("gif"), json!("PNG"), json!("image/png"), json!(""), json!(1), json!({})]
}

fn wrong_params() -> Vec<Value> {
    vec![json!(7), json!(true), json!([]), json!(["a-set"])]
}

/// Names that a form has to carry, at the limits of file systems and quoting.
fn file_names() -> [String; 4] {
    let long = format!("{}.png", "n".repeat(251));
    ["notes.txt".to_owned(), "a \"quoted\" cup.png".to_owned(), "tasse-é-🦀.png".to_owned(), long]
}

const WRONG_TYPES: [Option<&str>; 5] = [
    Some("text/plain"),
    Some("application/pdf"),
    Some("application/octet-stream"),
    Some("video/mp4"),
    None,
];

const RAW: [Raw; 14] = [
    raw(JSON, r#"{"file_url":"https://example.com/image.jpg""#, "malformed-json"),
    raw(JSON, r#"{"file_url":}"#, "malformed-json"),
    raw(JSON, "{'mode':'clipping'}", "malformed-json"),
    raw(JSON, "", "malformed-json"),
    raw(JSON, "[]", "malformed-json"),
    raw(JSON, r#""https://example.com/image.jpg""#, "malformed-json"),
    raw(JSON, "7", "malformed-json"),
    raw(JSON, "null", "malformed-json"),
    raw(FORM, "mode=clipping", "malformed-form"),
    raw(Some("multipart/form-data; boundary=b"), "no part at all", "malformed-form"),
    raw(
        Some("multipart/form-data; boundary=b"),
        "--b\r\nContent-Disposition: form-data; name=\"mode\"\r\n\r\nclipp",
        "malformed-form",
    ),
    raw(Some("text/plain"), r#"{"mode":"clipping"}"#, "unread-type"),
    raw(Some("application/xml"), "<upload/>", "unread-type"),
    raw(None, r#"{"mode":"clipping"}"#, "unread-type"),
];

const fn raw(content_type: Option<&'static str>, body: &'static str, rule: &'static str) -> Raw {
    Raw { content_type, body, rule }
}

/// What the probes are made of.
pub(super) struct Means<'a> {
    /// An address that an upload may name.
    pub(super) photo_url: &'a str,
    /// The id of a job of another account.
    pub(super) foreign_job: Option<&'a str>,
    /// How many requests have several mistakes.
    pub(super) mixed: usize,
}

/// The first requests of all: in which header the key is accepted.
pub(super) fn keys_that_are_right(luck: &mut Luck) -> Vec<Draft> {
    let right = [Auth::XApiKey, Auth::Bearer, Auth::Both];
    right.map(|auth| Draft::status(Asked::Unknown(luck.uuid())).with_auth(auth)).into()
}

/// Every other request that costs nothing.
pub(super) fn all(means: &Means<'_>, luck: &mut Luck) -> Vec<Draft> {
    let mut all = wrong_keys(means, luck);
    all.extend(looks(means, luck));
    all.extend(fields(means));
    all.extend(forms(means));
    all.extend(RAW.map(|raw| Draft::upload(Content::Raw(raw))));
    let mixed = (0..means.mixed).map(|_| mixed(means, luck));
    all.extend(mixed.filter(|draft| Expected::of(draft).is_free()));
    all
}

fn wrong_keys(means: &Means<'_>, luck: &mut Luck) -> Vec<Draft> {
    let wrong = [Auth::Nothing, Auth::WrongXApiKey, Auth::WrongBearer];
    let look = |auth, luck: &mut Luck| Draft::status(Asked::Unknown(luck.uuid())).with_auth(auth);
    let mut keys: Vec<_> = wrong.map(|auth| look(auth, luck)).into();
    let upload = || Draft::upload(Content::Json(vec![("file_url", json!(means.photo_url))]));
    keys.extend(wrong.map(|auth| upload().with_auth(auth)));
    keys
}

fn looks(means: &Means<'_>, luck: &mut Luck) -> Vec<Draft> {
    let strange = [
        "0",
        "null",
        "a b/c?d=e&f#g",
        "../../etc/passwd",
        "' OR '1'='1",
        "tâche-π-🦀",
        "00000000-0000-0000-0000-00000000000g",
        &"x".repeat(255),
    ];
    let strange = strange.map(|id| Asked::Strange(id.to_owned()));
    let plain = [Asked::Missing, Asked::Empty, Asked::Unknown(luck.uuid())];
    let foreign = means.foreign_job.map(|id| Asked::Foreign(id.to_owned()));
    plain.into_iter().chain(strange).chain(foreign).map(Draft::status).collect()
}

fn fields(means: &Means<'_>) -> Vec<Draft> {
    let source = || ("file_url", json!(means.photo_url));
    let mut all: Vec<Fields> = vec![vec![], vec![("mode", json!("background"))]];
    all.extend(wrong_urls().into_iter().map(|url| vec![("file_url", url)]));
    let with_source = |name, values: Vec<Value>| {
        values.into_iter().map(move |value| vec![source(), (name, value)])
    };
    all.extend(with_source("mode", wrong_modes()));
    all.extend(with_source("delivery_mode", wrong_deliveries()));
    all.extend(with_source("output_format", wrong_formats()));
    let params = || vec![source(), ("mode", json!("params"))];
    all.push(params());
    for value in [vec![json!(null)], wrong_params()].concat() {
        let mut fields = params();
        fields.push(("params", value));
        all.push(fields);
    }
    all.into_iter().map(|fields| Draft::upload(Content::Json(fields))).collect()
}

fn forms(means: &Means<'_>) -> Vec<Draft> {
    let photo = || Some(file("photo.png", Some("image/png"), FileBytes::Photo(0)));
    let text = |name: &'static str, value: &str| (name, value.to_owned());
    let mut all = vec![
        Content::Form(vec![text("mode", "clipping")], None),
        Content::Form(vec![text("file_url", means.photo_url)], photo()),
        Content::Form(vec![], Some(file("photo.png", Some("image/png"), FileBytes::Empty))),
        Content::Form(vec![text("mode", "clip")], photo()),
        Content::Form(vec![text("mode", "params")], photo()),
        Content::Form(vec![text("delivery_mode", "urls")], photo()),
        Content::Form(vec![text("output_format", "gif")], photo()),
    ];
    let names = file_names();
    let types = WRONG_TYPES.iter().map(|mime| ("photo.png", *mime));
    let names = names.iter().map(|name| (name.as_str(), Some("text/plain")));
    all.extend(
        types.chain(names).map(|(n, m)| Content::Form(vec![], Some(file(n, m, FileBytes::Text)))),
    );
    all.into_iter().map(Draft::upload).collect()
}

fn file(name: &str, mime: Option<&'static str>, bytes: FileBytes) -> FilePart {
    FilePart { name: name.to_owned(), mime, bytes }
}

/// An upload with fields right and wrong, in any order.
fn mixed(means: &Means<'_>, luck: &mut Luck) -> Draft {
    let mut urls = wrong_urls();
    urls.push(json!(means.photo_url));
    let mut fields: Fields = Vec::new();
    let mut add = |luck: &mut Luck, name, right: &[&str], wrong: Vec<Value>| {
        let value = match luck.below(4) {
            0 => None,
            1 => luck.one(right).map(|right| json!(right)),
            _ => luck.one(&wrong).cloned(),
        };
        fields.extend(value.map(|value| (name, value)));
    };
    add(luck, "file_url", &[means.photo_url], urls);
    add(luck, "mode", &MODES, wrong_modes());
    add(luck, "delivery_mode", &DELIVERIES, wrong_deliveries());
    add(luck, "output_format", &FORMATS, wrong_formats());
    add(luck, "params", &["a-set"], wrong_params());
    let turn = luck.below(fields.len());
    fields.rotate_left(turn);
    Draft::upload(Content::Json(fields))
}
