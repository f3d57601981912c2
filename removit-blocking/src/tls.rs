//! Which certificates the default transport trusts.

use std::error::Error;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

use crate::text::one_line;
use crate::{SetupError, TlsRoots, TransportOptions};

/// The configuration of a client that trusts what the options say.
///
/// # Errors
/// [`SetupError::Roots`] where a certificate cannot be used, or there is none.
pub fn config(options: &TransportOptions) -> Result<ClientConfig, SetupError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?;
    let extra = options.extra_roots.iter().map(|der| CertificateDer::from(der.clone()));
    let mut roots = RootCertStore::empty();
    match options.roots {
        #[cfg(feature = "platform-roots")]
        TlsRoots::Platform => {
            let verifier =
                rustls_platform_verifier::Verifier::new_with_extra_roots(extra, provider)
                    .map_err(unusable)?;
            // "Dangerous" only for verifiers of one's own making.
            let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
            return Ok(builder.with_no_client_auth());
        }
        #[cfg(feature = "bundled-roots")]
        TlsRoots::Bundled => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        TlsRoots::ExtraOnly => {}
    }
    for certificate in extra {
        roots.add(certificate).map_err(unusable)?;
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn unusable(error: impl Error + 'static) -> SetupError {
    SetupError::Roots { detail: one_line(&error) }
}
