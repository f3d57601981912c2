//! How a receiver knows that a webhook is ours and not an old one: as Standard Webhooks
//! has it, so that its libraries verify these.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::app::read;
use crate::error::{Error, Result};
use crate::settings::Settings;

/// The shortest secret that is taken, in characters.
const SHORTEST: usize = 24;

/// What webhooks are signed with: two while the secret changes, and both sign.
#[derive(Clone, Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// Reads the file of secrets. Without one no webhook is taken.
    pub fn read(settings: &Settings) -> Result<Self> {
        let Some(file) = &settings.webhook_secrets_file else { return Ok(Self::default()) };
        let text = read(file)?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let secrets: Vec<_> = lines.map(str::to_owned).collect();
        let good = (1..=2).contains(&secrets.len()) && secrets.iter().all(|s| s.len() >= SHORTEST);
        if !good {
            let what = "one or two lines of at least 24 characters each";
            return Err(Error::setup(format!("{}: {what}", file.display())));
        }
        Ok(Self(secrets))
    }

    /// Whether nothing can be signed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of `webhook-signature`: one signature for each secret.
    ///
    /// The id and the time are in it, so that neither can be changed and an old message
    /// is known to be old.
    pub fn sign(&self, id: &str, timestamp: u64, body: &str) -> String {
        let signature = |secret: &String| {
            // HMAC takes keys of any length.
            let mut mac = <Hmac<Sha256>>::new_from_slice(secret.as_bytes()).ok()?;
            mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
            Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
        };
        self.0.iter().filter_map(signature).collect::<Vec<_>>().join(" ")
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_secret_signs_id_time_and_body() {
        let secrets = Secrets(vec!["a".repeat(24), "b".repeat(24)]);
        let signed = secrets.sign("id", 7, "{}");
        let signatures: Vec<_> = signed.split(' ').collect();
        assert_eq!(signatures.len(), 2);
        // printf 'id.7.{}' | openssl dgst -sha256 -hmac aaaaaaaaaaaaaaaaaaaaaaaa -binary | base64
        assert_eq!(signatures[0], OPENSSL);
        for other in [("ie", 7, "{}"), ("id", 8, "{}"), ("id", 7, "[]")] {
            assert!(!secrets.sign(other.0, other.1, other.2).contains(signatures[0]));
        }
        assert_eq!(format!("{secrets:?}"), "Secrets(2)");
    }

    const OPENSSL: &str = "v1,UXKXezAq6CUwNd0J5pNgC5ELT0HzQYOdWrIMnlwGjKI=";
}
