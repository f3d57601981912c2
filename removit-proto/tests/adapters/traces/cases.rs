//! The ways that are traced: every scenario of the simulator, every option of an
//! upload, and what only time brings.

use std::time::Duration;

use super::super::proto::simulator::{Config, Fault, Kind, Rule, Scenario, When};
use super::super::proto::{
    ApiKey, AuthScheme, Delivery, Endpoint, Mode, OutputFormat, Params, Seed, UploadPolicy,
};

pub(crate) const PHOTO: &[u8] = b"\x89PNG\r\n\x1a\n0123456789";
pub(crate) const URL: &str = "https://example.com/cup.png";

/// One photo, one vendor, one seed.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) config: Config,
    pub(crate) seed: Seed,
    pub(crate) auth: AuthScheme,
    pub(crate) by_url: bool,
    pub(crate) mode: Mode,
    pub(crate) delivery: Delivery,
    pub(crate) format: OutputFormat,
    pub(crate) resends: bool,
    pub(crate) wait: Wait,
}

/// How the end of the job is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    Once,
    /// Once more after the time limit.
    Again,
    /// By the id alone, as another process does.
    Resumed,
}

impl Case {
    fn new(name: impl Into<String>, seed: u128, config: Config) -> Self {
        Self {
            name: name.into(),
            config,
            seed: Seed::new(seed),
            auth: AuthScheme::XApiKey,
            by_url: false,
            mode: Mode::Params(Params::set("shop")),
            delivery: Delivery::Url,
            format: OutputFormat::Png,
            resends: false,
            wait: Wait::Once,
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        let key = ApiKey::new("sk-trace-key").unwrap();
        Endpoint::new(super::API, key).unwrap().with_auth(self.auth)
    }

    pub(crate) fn upload_policy(&self) -> UploadPolicy {
        let mut policy = UploadPolicy::default();
        policy.resend_ambiguous = self.resends;
        policy
    }
}

pub(crate) fn all() -> Vec<Case> {
    let mut all = Vec::new();
    for scenario in Scenario::ALL {
        for seed in [1, u128::MAX - 7] {
            let config = Config::default().with(|config| config.seed = Seed::new(seed));
            let config = scenario.apply(config);
            let name = format!("{} {seed}", scenario.name());
            all.push(Case::new(&*name, seed, config.clone()));
            all.push(Case::new(format!("{name} resent"), seed, config).with(|case| {
                case.resends = true;
                case.by_url = true;
            }));
        }
    }
    all.extend(options());
    all.extend(slow());
    all.extend(waits());
    all
}

const FORMATS: [OutputFormat; 6] = [
    OutputFormat::Png,
    OutputFormat::Jpg,
    OutputFormat::Jpeg,
    OutputFormat::Psd,
    OutputFormat::Tiff,
    OutputFormat::Webp,
];

/// Every mode with every delivery and source; every format with both headers.
fn options() -> Vec<Case> {
    let mut all = Vec::new();
    let object = serde_json::from_str(r#"{"shadow":true,"margin":[1,2.5,"a\nb"]}"#).unwrap();
    for mode in [Mode::Background, Mode::Clipping, Mode::Params(Params::Object(object))] {
        for delivery in [Delivery::Url, Delivery::FinalUrl] {
            for by_url in [false, true] {
                let name = format!("{} {} {by_url}", mode.as_str(), delivery.as_str());
                all.push(Case::new(name, 3, Config::default()).with(|case| {
                    case.mode = mode.clone();
                    case.delivery = delivery;
                    case.by_url = by_url;
                    case.auth = AuthScheme::Bearer;
                    case.format = OutputFormat::Webp;
                }));
            }
        }
    }
    for format in FORMATS {
        for (auth, by_url) in
            [(AuthScheme::XApiKey, false), (AuthScheme::Bearer, false), (AuthScheme::XApiKey, true)]
        {
            let name = format!("{} {auth:?} {by_url}", format.as_str());
            all.push(Case::new(name, 8, Config::default()).with(|case| {
                case.auth = auth;
                case.by_url = by_url;
                case.format = format;
            }));
        }
    }
    all
}

/// Answers that come after an attempt's deadline, and a job that takes minutes.
fn slow() -> Vec<Case> {
    let late = |on, when| {
        Config::default().with(|config| {
            let delay = Fault::Delay(Duration::from_secs(700));
            config.script.push(Rule::new(on, when, delay));
        })
    };
    vec![
        Case::new("late answer to an upload", 4, late(Kind::Upload, When::Nth(1))),
        Case::new("late answer to an upload resent", 4, late(Kind::Upload, When::Nth(1)))
            .with(|case| case.resends = true),
        Case::new("late answers to polls", 5, late(Kind::Status, When::First(3))),
        Case::new("late results", 6, late(Kind::Result, When::First(2))),
        Case::new(
            "minutes of work",
            7,
            Config::default().with(|config| {
                config.pending_for = Duration::from_secs(240);
            }),
        ),
    ]
}

/// A wait that begins anew, and one by a process that has the id alone.
fn waits() -> Vec<Case> {
    let mut all = Vec::new();
    for (how, wait) in [("waits again", Wait::Again), ("resumed", Wait::Resumed)] {
        for name in ["happy", "late-404", "flaky-polls", "rate-limited", "never-done"] {
            let scenario = Scenario::by_name(name).unwrap();
            let config = scenario.apply(Config::default());
            let case = Case::new(format!("{name} {how}"), 9, config);
            all.push(case.with(|case| case.wait = wait));
        }
    }
    all
}
