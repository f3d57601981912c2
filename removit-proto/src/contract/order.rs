//! What a real job of the check asks for, and how few of them meet each pair of
//! mode, delivery and format.

use core::fmt;
use std::collections::BTreeSet;

use serde_json::json;

use super::draft::{Auth, Content, Draft, FileBytes, FilePart};
use super::expected::{DELIVERIES, FORMATS, MIME_TYPES, MODES};
use super::policy::CheckPolicy;

/// The options of one real upload. What is `None` is left to its default.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Order {
    pub(super) mode: Option<&'static str>,
    pub(super) delivery: Option<&'static str>,
    pub(super) format: Option<&'static str>,
    auth: Auth,
    source: Source,
    name: &'static str,
}

#[derive(Clone, Debug, PartialEq)]
enum Source {
    Url(String),
    /// Which photo of the policy, under which type.
    File(usize, &'static str),
}

/// Two options that are asked for together.
type Pair = (&'static str, &'static str);

/// Names that a form has to carry, which a server must not stumble over.
const NAMES: [&str; 4] =
    ["photo.png", "a cup, 50% \"off\" & more.png", "tasse-é-🦀.png", "../../photo.png"];

/// Orders for so many credits: each meets as many new pairs as one can.
pub(super) fn spread(policy: &CheckPolicy, credits: u64) -> Vec<Order> {
    let mut left = all_pairs();
    let mut orders = Vec::new();
    let mut turn = 0_usize;
    while u64::try_from(orders.len()).unwrap_or(u64::MAX) < credits && !left.is_empty() {
        let new = |options: &(_, _, _)| pairs(*options).filter(|p| left.contains(p)).count();
        // The first order, which meets as much as any, leaves all to the defaults.
        let Some(options) =
            all_options().into_iter().rev().max_by_key(new).filter(|options| new(options) > 0)
        else {
            break;
        };
        for pair in pairs(options) {
            left.remove(&pair);
        }
        orders.push(Order::new(options, turn, policy));
        turn = turn.saturating_add(1);
    }
    orders
}

/// What no job had: pairs of options, types of photos, a photo by URL.
pub(super) fn uncovered(jobs: &[Order]) -> Vec<String> {
    if jobs.is_empty() {
        return vec!["all that takes a real job".to_owned()];
    }
    let mut left = all_pairs();
    for pair in jobs.iter().flat_map(|order| pairs(order.options())) {
        left.remove(&pair);
    }
    let mut missing: Vec<_> =
        left.into_iter().map(|(one, other)| format!("{one} with {other}")).collect();
    let types: Vec<_> = jobs.iter().map(Order::mime).collect();
    let unsent = MIME_TYPES.iter().filter(|mime| !types.contains(&Some(mime)));
    missing.extend(unsent.map(|mime| format!("a file as {mime}")));
    if !types.contains(&None) {
        missing.push("a photo by URL".to_owned());
    }
    missing
}

type Options = (&'static str, &'static str, &'static str);

const DEFAULTS: Options = ("clipping", "url", "png");

/// The defaults first.
fn all_options() -> Vec<Options> {
    let mut all = vec![DEFAULTS];
    for mode in MODES {
        for format in FORMATS {
            all.extend(DELIVERIES.map(|delivery| (mode, delivery, format)));
        }
    }
    all
}

fn pairs((mode, delivery, format): Options) -> impl Iterator<Item = Pair> {
    [(mode, delivery), (mode, format), (delivery, format)].into_iter()
}

fn all_pairs() -> BTreeSet<Pair> {
    all_options().into_iter().flat_map(pairs).collect()
}

impl Order {
    fn new(options: Options, turn: usize, policy: &CheckPolicy) -> Self {
        let (mode, delivery, format) = options;
        let given = |value| (options != DEFAULTS).then_some(value);
        let even = turn.checked_rem(2) == Some(0);
        let photo = turn.checked_rem(policy.photos.len()).unwrap_or_default();
        let mime = policy.photos.get(photo).map_or("image/png", |photo| photo.mime());
        let source = match &policy.photo_url {
            // Every second one, beginning with the second.
            Some(url) if !even => Source::Url(url.clone()),
            _ => Source::File(photo, mime),
        };
        let name = turn.checked_rem(NAMES.len()).and_then(|n| NAMES.get(n));
        Self {
            mode: given(mode),
            delivery: given(delivery),
            format: given(format),
            auth: if even { Auth::XApiKey } else { Auth::Bearer },
            source,
            name: name.copied().unwrap_or("photo.png"),
        }
    }

    /// The upload that asks for it.
    pub(super) fn draft(&self) -> Draft {
        let params = (self.mode == Some("params")).then_some("removit-check");
        let options = [
            ("mode", self.mode),
            ("params", params),
            ("delivery_mode", self.delivery),
            ("output_format", self.format),
        ];
        let options = options.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let content = match &self.source {
            Source::Url(url) => {
                let options = options.map(|(name, value)| (name, json!(value)));
                Content::Json([("file_url", json!(url))].into_iter().chain(options).collect())
            }
            Source::File(photo, mime) => {
                let options = options.map(|(name, value)| (name, value.to_owned()));
                let (name, bytes) = (self.name.to_owned(), FileBytes::Photo(*photo));
                let file = FilePart { name, mime: Some(mime), bytes };
                Content::Form(options.collect(), Some(file))
            }
        };
        Draft::upload(content).with_auth(self.auth)
    }

    /// The options, the defaults filled in.
    fn options(&self) -> Options {
        let (mode, delivery, format) = DEFAULTS;
        let given = (self.mode, self.delivery, self.format);
        (given.0.unwrap_or(mode), given.1.unwrap_or(delivery), given.2.unwrap_or(format))
    }

    /// The type under which a photo is sent; `None` for a URL.
    fn mime(&self) -> Option<&'static str> {
        match self.source {
            Source::Url(_) => None,
            Source::File(_, mime) => Some(mime),
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.mode, self.delivery, self.format) {
            (Some(mode), Some(delivery), Some(format)) => {
                write!(f, "{mode}, {delivery}, {format}")?;
            }
            _ => f.write_str("all defaults")?,
        }
        match self.source {
            Source::Url(_) => f.write_str(", by URL"),
            Source::File(_, mime) => write!(f, ", {mime}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::expected::Expected;

    /// How many pairs are left.
    fn left(credits: u64) -> usize {
        let orders = spread(&CheckPolicy::default(), credits);
        uncovered(&orders).iter().filter(|what| what.contains(" with ")).count()
    }

    #[test]
    fn eighteen_jobs_meet_every_pair_and_seventeen_cannot() {
        assert_eq!(all_pairs().len(), 36);
        assert_eq!(spread(&CheckPolicy::default(), 100).len(), 18);
        assert_eq!(left(18), 0);
        assert!(left(17) > 0);
    }

    #[test]
    fn the_first_jobs_meet_the_most() {
        assert_eq!([left(1), left(2), left(6)], [33, 30, 18]);
    }

    #[test]
    fn types_and_urls_that_were_not_sent_are_told() {
        let orders = spread(&CheckPolicy::default(), 2);
        let missing = uncovered(&orders);
        assert!(missing.contains(&"a photo by URL".to_owned()));
        assert!(missing.contains(&"a file as image/webp".to_owned()));
        assert!(!missing.contains(&"a file as image/png".to_owned()));
    }

    #[test]
    fn each_order_is_a_valid_upload() {
        let policy = CheckPolicy::default()
            .with(|policy| policy.photo_url = Some("https://example.com/cup.jpg".to_owned()));
        let orders = spread(&policy, 100);
        assert_eq!(orders[0].mode, None, "the defaults are met first");
        for order in orders {
            assert_eq!(Expected::of(&order.draft()), Expected::Accepted, "{order}");
        }
    }

    #[test]
    fn an_order_is_told_by_its_options_and_its_source() {
        let policy = CheckPolicy::default()
            .with(|policy| policy.photo_url = Some("https://example.com/cup.jpg".to_owned()));
        for (options, turn, told) in [
            (DEFAULTS, 0, "all defaults, image/png"),
            (DEFAULTS, 1, "all defaults, by URL"),
            (("params", "final_url", "webp"), 2, "params, final_url, webp, image/png"),
            (("background", "url", "png"), 3, "background, url, png, by URL"),
        ] {
            assert_eq!(Order::new(options, turn, &policy).to_string(), told);
        }
    }
}
