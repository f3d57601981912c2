//! Which attempt of which machine: so that no outcome reaches the wrong one.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::api::seed::Seed;

/// Names one attempt: the machine's kind, its seed, and the attempt's number,
/// counted from one.
///
/// An outcome that is handed to another machine than the one that asked for it
/// is ignored: to a poller in place of an upload, or to an upload of another
/// seed. That is why two machines of one kind must not share a seed. A machine
/// that was [restored](crate::Upload::restore) goes on with its seed and its
/// count, so that its ids hold in another process, too.
///
/// As text, and in serde, an id is its three parts between hyphens, the seed as
/// 32 lower-case hexadecimal digits. The text does not change between releases.
///
/// ```
/// use removit_proto::{AttemptId, MachineKind, Seed};
///
/// let text = "upload-0123456789abcdef0123456789abcdef-1";
/// let id: AttemptId = text.parse()?;
/// assert_eq!((id.kind(), id.number()), (MachineKind::Upload, 1));
/// assert_eq!(id.seed(), Seed::new(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef));
/// assert_eq!(id.to_string(), text);
/// assert!("1".parse::<AttemptId>().is_err());
/// # Ok::<(), removit_proto::InvalidAttemptId>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AttemptId {
    kind: MachineKind,
    seed: Seed,
    number: u64,
}

/// Which kind of machine asks for an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum MachineKind {
    /// An [`Upload`](crate::Upload).
    Upload,
    /// A [`Poller`](crate::Poller).
    Poller,
    /// A [`Download`](crate::Download).
    Download,
    /// A [`Batch`](crate::Batch), whatever the attempt is for.
    Batch,
    /// A check of a server (`contract::Check`), whatever the attempt is for.
    Check,
}

/// The text is not one that [`AttemptId`] writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidAttemptId;

impl AttemptId {
    pub(crate) const fn new(kind: MachineKind, seed: Seed, number: u64) -> Self {
        Self { kind, seed, number }
    }

    /// The kind of the machine.
    #[must_use]
    pub const fn kind(&self) -> MachineKind {
        self.kind
    }

    /// The machine's seed.
    #[must_use]
    pub const fn seed(&self) -> Seed {
        self.seed
    }

    /// Which of the machine's attempts it is, counted from one.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }
}

impl MachineKind {
    const ALL: [Self; 5] = [Self::Upload, Self::Poller, Self::Download, Self::Batch, Self::Check];

    /// The word for it, as in the text of an [`AttemptId`].
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Poller => "poller",
            Self::Download => "download",
            Self::Batch => "batch",
            Self::Check => "check",
        }
    }
}

impl fmt::Display for MachineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:032x}-{}", self.kind, self.seed.bits(), self.number)
    }
}

impl fmt::Debug for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AttemptId({self})")
    }
}

impl FromStr for AttemptId {
    type Err = InvalidAttemptId;

    fn from_str(text: &str) -> Result<Self, InvalidAttemptId> {
        let id = parts(text).ok_or(InvalidAttemptId)?;
        // One text for one id: no sign, no upper case, no zeros in front.
        if id.to_string() == text { Ok(id) } else { Err(InvalidAttemptId) }
    }
}

fn parts(text: &str) -> Option<AttemptId> {
    let mut parts = text.splitn(3, '-');
    let (kind, seed, number) = (parts.next()?, parts.next()?, parts.next()?);
    let kind = MachineKind::ALL.into_iter().find(|known| known.as_str() == kind)?;
    let seed = Seed::new(u128::from_str_radix(seed, 16).ok()?);
    Some(AttemptId::new(kind, seed, number.parse().ok()?))
}

impl TryFrom<String> for AttemptId {
    type Error = InvalidAttemptId;

    fn try_from(text: String) -> Result<Self, InvalidAttemptId> {
        text.parse()
    }
}

impl From<AttemptId> for String {
    fn from(id: AttemptId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for InvalidAttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an attempt's id: a kind of machine, 32 hexadecimal digits, a number")
    }
}

impl core::error::Error for InvalidAttemptId {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_read_back_from_its_text_and_its_json() {
        for kind in MachineKind::ALL {
            for (bits, number) in [(0, 0), (7, 1), (u128::MAX, u64::MAX)] {
                let id = AttemptId::new(kind, Seed::new(bits), number);
                assert_eq!(id.to_string().parse(), Ok(id));
                let json = serde_json::to_value(id).unwrap();
                assert_eq!(json, serde_json::json!(id.to_string()));
                assert_eq!(serde_json::from_value::<AttemptId>(json).unwrap(), id);
                assert_eq!(format!("{id:?}"), format!("AttemptId({id})"));
            }
        }
    }

    #[test]
    fn an_id_has_one_text() {
        let seed = "0123456789abcdef0123456789abcdef";
        assert!(format!("upload-{seed}-1").parse::<AttemptId>().is_ok());
        for wrong in [
            String::new(),
            "1".to_owned(),
            seed.to_owned(),
            format!("upload-{seed}"),
            format!("upload-{seed}-"),
            format!("upload-{seed}-x"),
            format!("upload-{seed}-01"),
            format!("upload-{seed}-+1"),
            format!("upload-{seed}-1-1"),
            format!("upload-{seed}-18446744073709551616"),
            format!("upload-{}-1", seed.to_uppercase()),
            format!("upload-{}-1", &seed[1..]),
            format!("upload-+{}-1", &seed[1..]),
            format!("upload-0{seed}-1"),
            format!("Upload-{seed}-1"),
            format!("courier-{seed}-1"),
            format!(" upload-{seed}-1"),
        ] {
            assert_eq!(wrong.parse::<AttemptId>(), Err(InvalidAttemptId), "{wrong}");
        }
        assert!(InvalidAttemptId.to_string().contains("hexadecimal"));
    }
}
