//! The default transport's TLS: which certificates it trusts, and which it shows.

use std::error::Error;
use std::sync::Arc;

use removit_proto::TransportFailure;
use rustls::client::WantsClientCert;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore};

use crate::connect::client_certificate::unusable as unusable_certificate;
use crate::{ClientCertificate, SetupError, TlsRoots, TransportOptions};

/// The configuration of a client that trusts what the options say, and offers no
/// protocol.
///
/// # Errors
/// [`SetupError::Roots`] where a certificate cannot be used, or there is none;
/// [`SetupError::ClientCertificate`] where this side's cannot be.
pub fn tls_config(options: &TransportOptions) -> Result<ClientConfig, SetupError> {
    let mut config = match &options.tls {
        Some(own) => ClientConfig::clone(own),
        None => show(trusting(options)?, options.client_certificate.as_ref())?,
    };
    config.alpn_protocols.clear();
    Ok(config)
}

fn trusting(
    options: &TransportOptions,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, SetupError> {
    let installed = CryptoProvider::get_default().cloned();
    let provider = installed.unwrap_or_else(|| Arc::new(ring::default_provider()));
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
            return Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)));
        }
        #[cfg(feature = "bundled-roots")]
        TlsRoots::Bundled => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        TlsRoots::ExtraOnly => {}
    }
    for certificate in extra {
        roots.add(certificate).map_err(unusable)?;
    }
    Ok(builder.with_root_certificates(roots))
}

fn show(
    builder: ConfigBuilder<ClientConfig, WantsClientCert>,
    own: Option<&ClientCertificate>,
) -> Result<ClientConfig, SetupError> {
    match own {
        None => Ok(builder.with_no_client_auth()),
        Some(ClientCertificate { chain, key }) => builder
            .with_client_auth_cert(chain.clone(), key.clone_key())
            .map_err(|error| unusable_certificate(&error)),
    }
}

fn unusable(error: impl Error + 'static) -> SetupError {
    SetupError::Roots { detail: TransportFailure::detail_of(&error) }
}
