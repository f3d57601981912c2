//! A percentage as servers write it, without a float in between.

/// The whole percent that a text says, 0 to 100: `33`, `33.0`, ` 33 %`, `3.3e1`.
/// What is below or above counts as the end that it is beyond.
pub(crate) fn percentage(text: &str) -> Option<u8> {
    let text = text.trim().trim_end_matches('%').trim_end();
    if let Ok(percent) = text.parse::<u8>() {
        return Some(percent.min(100));
    }
    let (is_negative, text) = match text.as_bytes() {
        [b'-', ..] => (true, text.get(1..)?),
        [b'+', ..] => (false, text.get(1..)?),
        _ => (false, text),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, power(exponent)?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let significant = digits.trim_start_matches('0');
    let zeros = digits.len().saturating_sub(significant.len());
    if is_negative || significant.is_empty() {
        return Some(0);
    }
    // How many of the significant digits stand before the point.
    let point = i64::try_from(whole.len()).ok()?.saturating_add(exponent);
    let point = point.saturating_sub(i64::try_from(zeros).ok()?);
    match usize::try_from(point) {
        Err(_) | Ok(0) => Some(0),
        Ok(places @ 1..=3) => {
            let filled = significant.chars().chain(['0', '0']).take(places).collect::<String>();
            filled.parse::<u16>().ok().map(|n| u8::try_from(n.min(100)).unwrap_or(100))
        }
        Ok(_) => Some(100),
    }
}

/// An exponent; one of more digits than a number holds is as far as one goes.
fn power(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // Far from both ends, so that sums with lengths stay below them.
    let size: i64 = digits.parse().unwrap_or(i64::MAX >> 2).min(i64::MAX >> 2);
    Some(if text.starts_with('-') { size.saturating_neg() } else { size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_writing_are_percent() {
        for (text, percent) in [
            ("33", 33),
            ("33.0", 33),
            (" 33 %", 33),
            ("33%", 33),
            ("+33", 33),
            ("+33.5", 33),
            ("+3.3e1", 33),
            ("-0.5", 0),
            ("033", 33),
            ("33.9999999999999999999999", 33),
            ("3.3e1", 33),
            ("3300E-2", 33),
            ("0.33e+2", 33),
            ("0.9", 0),
            ("99.9999999999999999999999", 99),
            ("100", 100),
            ("100.5", 100),
            ("101", 100),
            ("999", 100),
            ("1000", 100),
            ("1e2", 100),
            ("1e1", 10),
            ("5e400", 100),
            ("5e99999999999999999999999", 100),
            ("5e-99999999999999999999999", 0),
            ("0e99999999999999999999999", 0),
            ("-1", 0),
            ("-0.5", 0),
            ("0", 0),
            ("000", 0),
            ("0.001e5", 100),
            ("0.001e4", 10),
            (".5e1", 5),
            ("5.", 5),
            ("123456789012345678901234567890", 100),
        ] {
            assert_eq!(percentage(text), Some(percent), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_no_percentage() {
        for text in
            ["", "%", "x", "-", ".", "e5", "1e", "1e+", "1e5.0", "NaN", "inf", "3 3", "0x1f"]
        {
            assert_eq!(percentage(text), None, "{text}");
        }
    }

    #[test]
    fn every_whole_percent_is_itself() {
        for percent in 0..=100_u8 {
            for text in [format!("{percent}"), format!("{percent}.0"), format!("{percent}00e-2")] {
                assert_eq!(percentage(&text), Some(percent), "{text}");
            }
        }
    }
}
