//! Wall-clock time for people, as RFC 3339 in UTC. No clock is read here.

use core::fmt;
use core::time::Duration;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

/// The last second of the year 9999.
const MAX_MILLIS: u64 = 253_402_300_799_999;

/// The months as HTTP dates name them.
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A moment of the years 1970 to 9999, to the millisecond.
///
/// ```
/// use removit_proto::Instant;
/// use removit_proto::journal::WallTime;
/// use std::time::Duration;
///
/// // The clocks of the adapters count from the Unix epoch.
/// let now = Instant::from_origin(Duration::from_millis(1_796_000_000_007));
/// let now = WallTime::from_unix(now.since_origin());
/// assert_eq!(now.to_string(), "2026-11-30T00:53:20.007Z");
/// assert_eq!("2026-11-30T00:53:20.007Z".parse(), Ok(now));
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WallTime {
    millis: u64,
}

/// The text is not of the form `2026-11-24T11:07:00.000Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidTime;

impl WallTime {
    /// The moment so long after 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn from_unix(elapsed: Duration) -> Self {
        let millis = u64::try_from(elapsed.as_millis()).unwrap_or(MAX_MILLIS);
        Self { millis: millis.min(MAX_MILLIS) }
    }

    /// The time since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn since_unix(self) -> Duration {
        Duration::from_millis(self.millis)
    }

    /// The time from `earlier` to here; zero where that is the later one.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.millis.saturating_sub(earlier.millis))
    }
}

impl core::str::FromStr for WallTime {
    type Err = InvalidTime;

    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        parse(text).filter(|time| time.to_string() == text).ok_or(InvalidTime)
    }
}

/// Whether the calendar was held to shows when the result is written again.
fn parse(text: &str) -> Option<WallTime> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let (time, millis) = time.split_once('.')?;
    let mut date = date.splitn(3, '-');
    let (year, month, day) = (date.next()?, date.next()?, date.next()?);
    let month = MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?)?;
    // The day of the week is not looked at.
    let http = format!("Mon, {day} {month} {year} {time} GMT");
    let seconds = httpdate::parse_http_date(&http).ok()?;
    let elapsed = seconds.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    let millis = Duration::from_millis(millis.parse().ok()?);
    Some(WallTime::from_unix(elapsed.checked_add(millis)?))
}

impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = SystemTime::UNIX_EPOCH.checked_add(self.since_unix());
        let http = httpdate::fmt_http_date(moment.unwrap_or(SystemTime::UNIX_EPOCH));
        let mut parts = http.split(' ').skip(1);
        let mut part = || parts.next().unwrap_or_default();
        let (day, month, year, time) = (part(), part(), part(), part());
        let month = MONTHS.iter().zip(1_u8..).find_map(|(name, n)| (*name == month).then_some(n));
        let (month, millis) = (month.unwrap_or_default(), self.since_unix().subsec_millis());
        write!(f, "{year}-{month:02}-{day}T{time}.{millis:03}Z")
    }
}

impl fmt::Debug for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for WallTime {
    type Error = InvalidTime;

    fn try_from(text: String) -> Result<Self, InvalidTime> {
        text.parse()
    }
}

impl From<WallTime> for String {
    fn from(time: WallTime) -> Self {
        time.to_string()
    }
}

impl fmt::Display for InvalidTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a time of the form 2026-11-24T11:07:00.000Z")
    }
}

impl core::error::Error for InvalidTime {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leap_days_and_the_ends_of_the_calendar_are_right() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (MAX_MILLIS, "9999-12-31T23:59:59.999Z"),
        ] {
            let time = WallTime::from_unix(Duration::from_millis(millis));
            assert_eq!(time.to_string(), text);
            assert_eq!(text.parse(), Ok(time));
        }
        let end = WallTime::from_unix(Duration::MAX);
        assert_eq!(end.since_unix(), Duration::from_millis(MAX_MILLIS));
    }

    #[test]
    fn a_text_in_another_form_is_no_time() {
        for text in [
            "",
            "2026-11-24T11:07:00Z",
            "2026-11-24T11:07:00.000+01:00",
            "2026-02-30T00:00:00.000Z",
            "2026-13-01T00:00:00.000Z",
            "2026-00-01T00:00:00.000Z",
            "1969-12-31T23:59:59.999Z",
            "2026-11-24T11:07:60.000Z",
            "2026-11-24T24:00:00.000Z",
            "2026-11-24T11:07:00.0000Z",
            "2026-1-24T11:07:00.000Z",
        ] {
            assert_eq!(text.parse::<WallTime>(), Err(InvalidTime), "{text}");
        }
    }
}
