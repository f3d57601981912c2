//! `Retry-After` with `Date`: at most an hour, the very seconds where they are
//! written to the letter, and no machine comes back sooner.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response};
use removit_proto::{
    Action, ApiError, Instant, Machine, Outcome, PollPolicy, Poller, Seed, Upload, UploadPolicy,
    WakeReason,
};

use super::support::{endpoint, url_request};

const HOUR: u64 = 3600;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The first line is `Retry-After`, the second one is `Date`.
pub fn body(input: &[u8]) {
    let mut lines = input.split(|byte| *byte == b'\n');
    let mut header = || HeaderValue::from_bytes(lines.next()?).ok();
    let (retry_after, date) = (header(), header());
    let mut answer = Response::builder().status(503);
    for (name, value) in [("retry-after", &retry_after), ("date", &date)] {
        if let Some(value) = value {
            answer = answer.header(name, value);
        }
    }
    let answer = answer.body(Bytes::new()).expect("an answer");
    let wait = ApiError::decode(&answer, &endpoint()).retry_after();

    let read = |value: &Option<HeaderValue>| value.as_ref()?.to_str().ok().map(str::to_owned);
    let (text, date) = (read(&retry_after).unwrap_or_default(), read(&date).unwrap_or_default());
    assert!(wait <= Some(Duration::from_secs(HOUR)));
    if let Some(seconds) = digits(text.trim()) {
        assert_eq!(wait, Some(Duration::from_secs(seconds.min(HOUR))));
    } else if let (Some(until), Some(sent)) = (imf_fixdate(&text), imf_fixdate(&date)) {
        let seconds = until.checked_sub(sent).map(|seconds| seconds.min(HOUR));
        assert_eq!(wait, seconds.map(Duration::from_secs));
    } else if date.is_empty() {
        assert_eq!(wait, None, "a date without `Date` says nothing");
    }
    machines_obey(&answer, wait.unwrap_or_default());
}

fn machines_obey(answer: &Response<Bytes>, wait: Duration) {
    let (now, seed) = (Instant::ORIGIN, Seed::new(wait.as_secs().into()));
    let mut upload = Upload::new(endpoint(), url_request(), UploadPolicy::default(), seed, now);
    comes_back_after(&mut upload, now, answer, wait);
    let (id, mut policy) = ("job-1".parse().expect("an id"), PollPolicy::default());
    policy.timeout = Duration::MAX;
    let mut poller = Poller::resume(endpoint(), id, policy, seed, now);
    comes_back_after(&mut poller, now, answer, wait);
}

fn comes_back_after<M: Machine>(
    machine: &mut M,
    now: Instant,
    answer: &Response<Bytes>,
    wait: Duration,
) {
    let Action::Send(attempt) = machine.next_action(now) else { panic!("nothing to send") };
    machine.handle(now, attempt.id, Outcome::Response(answer.clone()));
    match machine.next_action(now) {
        Action::SleepUntil(wakeup) => {
            assert!(wakeup.at - now >= wait, "sooner than {wait:?}");
            let latest = wait + wait / 10 + Duration::from_secs(1);
            let asked = wakeup.reason == WakeReason::RetryAfter;
            assert!(!asked || wakeup.at - now <= latest, "much later than {wait:?}");
        }
        // The end: a wait that is too long for the machine's own limit.
        Action::Done(_) => {}
        Action::Send(_) => panic!("sent again at once"),
    }
}

/// A decimal number of any length, as far as it matters here.
fn digits(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = text.trim_start_matches('0');
    Some(if number.len() > 9 { u64::MAX } else { number.parse().unwrap_or(0) })
}

/// The seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT` and its like.
fn imf_fixdate(text: &str) -> Option<u64> {
    let [_, day, month, year, time, "GMT"] = text.split(' ').collect::<Vec<_>>()[..] else {
        return None;
    };
    let number = |text: &str, len| digits(text).filter(|_| text.len() == len);
    let (day, year) = (number(day, 2)?, number(year, 4)?);
    let month = MONTHS.iter().position(|name| *name == month)?;
    let [hour, minute, second] = time.split(':').collect::<Vec<_>>()[..] else { return None };
    let (hour, minute, second) = (number(hour, 2)?, number(minute, 2)?, number(second, 2)?);
    let is_leap = |year: u64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, 28 + u64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let days_of_years: u64 = (1970..year).map(|year| 365 + u64::from(is_leap(year))).sum();
    let days = days_of_years + lengths[..month].iter().sum::<u64>() + day.checked_sub(1)?;
    let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][(days % 7) as usize];
    let is_real = year >= 1970
        && (1..=lengths[month]).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60
        && text.starts_with(&format!("{weekday}, "));
    is_real.then_some(((days * 24 + hour) * 60 + minute) * 60 + second)
}
