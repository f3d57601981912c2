//! The certificate that this side shows to a server.

use std::fmt;
use std::sync::Arc;

use removit_proto::TransportFailure;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::SetupError;

/// A certificate for this side, for a gateway that lets in none without one, with its
/// private key. It is shown to each server and proxy that asks for one. `Debug` does
/// not show the key.
#[derive(Clone)]
pub struct ClientCertificate {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: Arc<PrivateKeyDer<'static>>,
}

impl ClientCertificate {
    /// From PEM: the certificate first, then those that vouch for it, and its private
    /// key in PKCS#8, PKCS#1 or SEC1, in any place.
    ///
    /// ```no_run
    /// use removit_blocking::{ClientCertificate, TransportOptions};
    ///
    /// let mut options = TransportOptions::default();
    /// let pem = std::fs::read("client.pem")?;
    /// options.client_certificate = Some(ClientCertificate::from_pem(&pem)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`SetupError::ClientCertificate`] where one of the two is missing or cannot be
    /// read.
    pub fn from_pem(pem: &[u8]) -> Result<Self, SetupError> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let key = PrivateKeyDer::from_pem_slice(pem).map_err(|error| unusable(&error))?;
        Self::new(chain.map_err(|error| unusable(&error))?, key)
    }

    /// From DER, in the same order.
    ///
    /// # Errors
    /// [`SetupError::ClientCertificate`] where there is no certificate, or the key is
    /// of no known form.
    pub fn from_der(chain: Vec<Vec<u8>>, key: Vec<u8>) -> Result<Self, SetupError> {
        let unusable =
            |detail: &'static str| SetupError::ClientCertificate { detail: detail.into() };
        let key = PrivateKeyDer::try_from(key).map_err(unusable)?;
        Self::new(chain.into_iter().map(CertificateDer::from).collect(), key)
    }

    fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, SetupError> {
        if chain.is_empty() {
            return Err(SetupError::ClientCertificate { detail: "there is no certificate".into() });
        }
        Ok(Self { chain, key: Arc::new(key) })
    }
}

pub(crate) fn unusable(error: &(dyn std::error::Error + 'static)) -> SetupError {
    SetupError::ClientCertificate { detail: TransportFailure::detail_of(error) }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate").finish_non_exhaustive()
    }
}
