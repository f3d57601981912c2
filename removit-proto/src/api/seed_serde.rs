//! How a seed is stored: as text, since few stores keep a number of 128 bits whole.
//!
//! Earlier releases stored the number, and that is read as well.

use core::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Unexpected, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::api::seed::Seed;

/// A newtype of this name comes from `serde_json` as the text that stands there, so
/// that no digit of an old number is lost. To every other format it means nothing.
const AS_WRITTEN: &str = "$serde_json::private::RawValue";

impl Serialize for Seed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:032x}", self.bits()))
    }
}

impl<'de> Deserialize<'de> for Seed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_newtype_struct(AS_WRITTEN, SeedVisitor)
        } else {
            deserializer.deserialize_str(SeedVisitor)
        }
    }
}

struct SeedVisitor;

impl SeedVisitor {
    fn hex<E: Error>(text: &str) -> Result<Seed, E> {
        let is_hex = text.len() == 32 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        let bits = is_hex.then(|| u128::from_str_radix(text, 16).ok()).flatten();
        bits.map(Seed::new).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &Self))
    }
}

impl<'de> Visitor<'de> for SeedVisitor {
    type Value = Seed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a seed: 32 hexadecimal digits, or its number")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Seed, E> {
        Self::hex(text)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Seed, E> {
        Ok(Seed::new(number.into()))
    }

    fn visit_u128<E: Error>(self, number: u128) -> Result<Seed, E> {
        Ok(Seed::new(number))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Seed, D::Error> {
        inner.deserialize_any(self)
    }

    /// JSON as it was written: a text in quotes, or digits.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Seed, A::Error> {
        let entry: Option<(String, String)> = map.next_entry()?;
        let Some((_, json)) = entry.filter(|(name, _)| name == AS_WRITTEN) else {
            return Err(A::Error::invalid_type(Unexpected::Map, &self));
        };
        match json.parse() {
            Ok(number) if json.bytes().all(|digit| digit.is_ascii_digit()) => Ok(Seed::new(number)),
            _ => {
                let text = serde_json::from_str::<String>(&json);
                Self::hex(
                    &text.map_err(|_| A::Error::invalid_value(Unexpected::Other(&json), &self))?,
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REAL: Seed = Seed::new(0x0b60_a4d2_09ef_4c35_b7f8_3e19_5ac4_d270);

    #[test]
    fn a_seed_is_stored_as_32_digits() {
        let json = serde_json::to_value(REAL).unwrap();
        assert_eq!(json, serde_json::json!("0b60a4d209ef4c35b7f83e195ac4d270"));
        assert_eq!(serde_json::from_value::<Seed>(json.clone()).unwrap(), REAL);
        assert_eq!(serde_json::from_str::<Seed>(&json.to_string()).unwrap(), REAL);
    }

    #[test]
    fn the_number_that_earlier_releases_stored_is_read_with_all_its_digits() {
        for seed in [Seed::new(0), Seed::new(7), REAL, Seed::new(u128::MAX)] {
            let json = seed.bits().to_string();
            assert_eq!(serde_json::from_str::<Seed>(&json).unwrap(), seed);
        }
        assert_eq!(serde_json::from_value::<Seed>(7.into()).unwrap(), Seed::new(7));
    }

    #[test]
    fn what_is_no_seed_is_refused() {
        for wrong in [
            "\"\"",
            "\"7\"",
            "\"+b60a4d209ef4c35b7f83e195ac4d270\"",
            "\"0b60a4d209ef4c35b7f83e195ac4d2700\"",
            "-1",
            "1.0",
            "1e3",
            "340282366920938463463374607431768211456",
            "null",
            "{}",
            "[7]",
            r#"{"$serde_json::private::RawValue":"7"}"#,
        ] {
            assert!(serde_json::from_str::<Seed>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_was_expected_is_told_and_a_sign_is_no_digit() {
        use serde::de::value::{Error, MapDeserializer};
        let error = serde_json::from_str::<Seed>("\"7\"").unwrap_err().to_string();
        assert!(error.contains("expected a seed: 32 hexadecimal digits, or its number"), "{error}");
        let read = |json| {
            SeedVisitor
                .visit_map(MapDeserializer::<_, Error>::new([(AS_WRITTEN, json)].into_iter()))
        };
        assert_eq!(read("7").ok(), Some(Seed::new(7)));
        assert!(read("+7").is_err());
    }
}
