//! A status code as its number, for serde, which `http` knows nothing of.

use http::StatusCode;
use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer, Serializer};

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a field so")]
pub(crate) fn serialize<S: Serializer>(status: &StatusCode, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u16(status.as_u16())
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<StatusCode, D::Error> {
    let number = u16::deserialize(from)?;
    let not_a_status =
        |_| D::Error::invalid_value(Unexpected::Unsigned(number.into()), &"a status code");
    StatusCode::from_u16(number).map_err(not_a_status)
}
