//! Wall-clock time for people, as RFC 3339 in UTC. No clock is read here.

use core::fmt;
use core::time::Duration;

use serde::{Deserialize, Serialize};

/// The last second of the year 9999.
const MAX_MILLIS: u64 = 253_402_300_799_999;

const DAY_MILLIS: u64 = 24 * 60 * 60 * 1000;

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
        parse(text.as_bytes()).ok_or(InvalidTime)
    }
}

fn parse(text: &[u8]) -> Option<WallTime> {
    let number = |from: usize, len: usize, after: u8| {
        let end = from.checked_add(len)?;
        let digits = text.get(from..end).filter(|_| text.get(end) == Some(&after))?;
        let digits = digits.iter().map(|digit| char::from(*digit).to_digit(10));
        digits.reduce(|number, digit| number?.checked_mul(10)?.checked_add(digit?))?
    };
    let date = (number(0, 4, b'-')?, number(5, 2, b'-')?, number(8, 2, b'T')?);
    let (hour, minute) = (number(11, 2, b':')?, number(14, 2, b':')?);
    let (second, milli) = (number(17, 2, b'.')?, number(20, 3, b'Z')?);
    let in_range = text.len() == 24 && hour < 24 && minute < 60 && second < 60;
    // A day that is in no calendar comes back as another.
    let days = days_of(date).filter(|days| in_range && date_of(*days) == date)?;
    let minutes = u64::from(hour).checked_mul(60)?.checked_add(u64::from(minute))?;
    let seconds = minutes.checked_mul(60)?.checked_add(u64::from(second))?;
    let millis = seconds.checked_mul(1000)?.checked_add(u64::from(milli))?;
    Some(WallTime { millis: days.checked_mul(DAY_MILLIS)?.checked_add(millis)? })
}

/// The days from 1970-01-01 to a date of the Gregorian calendar, where it is not
/// before that.
fn days_of((year, month, day): (u32, u32, u32)) -> Option<u64> {
    // Counted from March, so that the leap day is a year's last.
    let (year, month) = match month {
        1 | 2 => (year.checked_sub(1)?, month.checked_add(9)?),
        _ => (year, month.checked_sub(3)?),
    };
    let leap_days = (year / 4).checked_sub(year / 100)?.checked_add(year / 400)?;
    let before_month = month.checked_mul(153)?.checked_add(2)? / 5;
    let days = year.checked_mul(365)?.checked_add(leap_days)?.checked_add(before_month)?;
    days.checked_add(day.checked_sub(1)?)?.checked_sub(EPOCH).map(u64::from)
}

/// The days from the first of March of the year 0 to 1970-01-01.
const EPOCH: u32 = 719_468;

/// The date so many days after 1970-01-01, at most in the year 9999.
#[expect(clippy::arithmetic_side_effects, reason = "days up to the year 9999 are small numbers")]
fn date_of(days: u64) -> (u32, u32, u32) {
    let days = u32::try_from(days).unwrap_or(0).min(2_932_896) + EPOCH;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}

impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, millis) = (self.millis / DAY_MILLIS, self.millis % DAY_MILLIS);
        let (year, month, day) = date_of(days);
        let (second, milli) = (millis / 1000, millis % 1000);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
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
            assert_eq!(format!("{time:?}"), text);
        }
        let end = WallTime::from_unix(Duration::MAX);
        assert_eq!(end.since_unix(), Duration::from_millis(MAX_MILLIS));
    }

    #[test]
    fn each_day_is_the_one_that_another_calendar_has() {
        for days in 0..=2_932_896 {
            let elapsed = Duration::from_millis(days * DAY_MILLIS);
            let (year, month, day) = date_of(days);
            assert_eq!(days_of((year, month, day)), Some(days));
            let month = "JanFebMarAprMayJunJulAugSepOctNovDec"
                .as_bytes()
                .chunks(3)
                .nth(usize::try_from(month).unwrap() - 1)
                .map(|name| String::from_utf8_lossy(name).into_owned())
                .unwrap();
            let http = httpdate::fmt_http_date(std::time::SystemTime::UNIX_EPOCH + elapsed);
            let (_, date) = http.split_once(", ").unwrap();
            assert_eq!(date, format!("{day:02} {month} {year} 00:00:00 GMT"));
        }
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
            "2026-11-24T11:60:00.000Z",
            "2026-11-24T24:00:00.000Z",
            "2026-11-24T11:07:00.0000Z",
            "2026-1-24T11:07:00.000Z",
            "2100-02-29T00:00:00.000Z",
            "2026-11-00T00:00:00.000Z",
            "+026-11-24T11:07:00.000Z",
            "0000-01-01T00:00:00.000Z",
        ] {
            assert_eq!(text.parse::<WallTime>(), Err(InvalidTime), "{text}");
        }
        assert!(InvalidTime.to_string().contains("2026-11-24T"));
    }
}
