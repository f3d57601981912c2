//! What one client orders, with which key, and how patient it is.

use std::time::Duration;

use bytes::Bytes;
use removit_proto::{
    ApiKey, Backoff, Delivery, DownloadPolicy, Endpoint, FileName, ImageType, Mode, Params,
    PollPolicy, Schedule, Seed, SourceFile, UploadPolicy, UploadRequest,
};

use crate::dice::Dice;

pub(crate) const API: &str = "http://127.0.0.1:1";
/// Each key is an account of its own.
const KEYS: [&str; 3] = ["sk-soak-one", "sk-soak-two", "sk-soak-three"];

/// What a client wants, and how it goes about it.
#[derive(Debug)]
pub(crate) struct Order {
    /// The photo's URL or its file's name: what the vendor's books know it by.
    pub(crate) name: String,
    /// The photo itself, where it is sent along.
    pub(crate) photo: Option<Bytes>,
    pub(crate) key: &'static str,
    pub(crate) endpoint: Endpoint,
    /// With another account's key.
    pub(crate) wrong_endpoint: Endpoint,
    pub(crate) request: UploadRequest,
    pub(crate) upload: UploadPolicy,
    pub(crate) poll: PollPolicy,
    pub(crate) download: DownloadPolicy,
    pub(crate) seed: Seed,
}

impl Order {
    pub(crate) fn new(number: u64, dice: &mut Dice) -> Self {
        let which = usize::try_from(dice.below(3)).unwrap_or(0);
        let (key, wrong_key) = (KEYS[which], KEYS[(which + 1) % KEYS.len()]);
        let (name, photo, request) =
            if dice.chance(500) { by_file(number, dice) } else { by_url(number) };
        let request = match dice.below(4) {
            0 => request.delivery(Delivery::FinalUrl),
            1 => request.mode(Mode::Params(Params::set("shop"))),
            _ => request,
        };
        let mut upload = UploadPolicy::default();
        upload.resend_ambiguous = dice.chance(200);
        Self {
            name,
            photo,
            key,
            endpoint: endpoint(key),
            wrong_endpoint: endpoint(wrong_key),
            request,
            upload,
            poll: poll_policy(dice.chance(250)),
            download: download_policy(dice.chance(250)),
            seed: Seed::new(u128::from(dice.bits())),
        }
    }
}

fn endpoint(key: &str) -> Endpoint {
    Endpoint::new(API, ApiKey::new(key).expect("a key")).expect("loopback")
}

fn by_url(number: u64) -> (String, Option<Bytes>, UploadRequest) {
    let url = format!("https://photos.example/{number}.jpg");
    let request = UploadRequest::from_url(url.parse().expect("a URL"));
    (url, None, request)
}

fn by_file(number: u64, dice: &mut Dice) -> (String, Option<Bytes>, UploadRequest) {
    let mut photo = b"\x89PNG\r\n\x1a\n".to_vec();
    photo.extend_from_slice(&number.to_le_bytes());
    photo.resize(photo.len() + usize::try_from(dice.below(200)).unwrap_or(0), b'x');
    let name = format!("{number}.png");
    let len = u64::try_from(photo.len()).unwrap_or(u64::MAX);
    let file = SourceFile::new(FileName::new(&name), ImageType::Png, len).expect("not empty");
    (name, Some(photo.into()), UploadRequest::from_file(file))
}

/// The hasty ones look as often as they may: they reach the bound on polls.
fn poll_policy(hasty: bool) -> PollPolicy {
    let mut policy = PollPolicy::default();
    policy.timeout = Duration::from_secs(60);
    policy.backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(10));
    if hasty {
        policy.timeout = Duration::from_millis(9_500);
        policy.schedule = Schedule::fixed(Duration::ZERO);
    }
    policy
}

/// The strict ones allow little: they reach the bound on downloads.
fn download_policy(strict: bool) -> DownloadPolicy {
    let mut policy = DownloadPolicy::default();
    policy.attempt_timeout = Duration::from_secs(60);
    if strict {
        policy.retry.max_attempts = 2;
        policy.max_redirects = 1;
    }
    policy
}
