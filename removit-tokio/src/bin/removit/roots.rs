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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    #[test]
    fn a_file_without_a_certificate_is_refused_and_der_is_taken_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca");
        assert_eq!(read(&path).unwrap_err().exit, Exit::LocalIo);
        for der in [b"\x30\x81\x80x", b"\x30\x82\x03x", b"\x30\x83\x01x"] {
            std::fs::write(&path, der).unwrap();
            assert_eq!(read(&path).unwrap(), [der.to_vec()]);
        }
        for none in [&b"words"[..], b"", b"0", b"\x30\x10xx", b"\x31\x82\x03x"] {
            std::fs::write(&path, none).unwrap();
            let refused = read(&path).unwrap_err();
            assert_eq!(refused.exit, Exit::Usage);
            assert!(refused.message.contains("no certificate in it"), "{}", refused.message);
        }
    }
}
