//! `--ca-cert`: further root certificates, for a gateway with a private one.

use std::path::Path;

use removit_blocking::rustls::pki_types::CertificateDer;
use removit_blocking::rustls::pki_types::pem::PemObject;

use crate::refused::Refused;

/// The certificates in a file, in DER: all of a PEM bundle, or the one of a DER file.
///
/// # Errors
/// Where it cannot be read, or there is none in it.
pub(crate) fn read(path: &Path) -> Result<Vec<Vec<u8>>, Refused> {
    let named = |why: String| format!("--ca-cert {}: {why}", path.display());
    let bytes = std::fs::read(path).map_err(|error| Refused::local(named(error.to_string())))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let found = found.map_err(|error| Refused::usage(named(error.to_string())))?;
    if !found.is_empty() {
        return Ok(found.iter().map(|certificate| certificate.to_vec()).collect());
    }
    // DER begins with a sequence of some hundred bytes or more.
    match bytes.first_chunk() {
        Some([0x30, 0x81..=0x83]) => Ok(vec![bytes]),
        _ => Err(Refused::usage(named("there is no certificate in it, PEM or DER".to_owned()))),
    }
}
