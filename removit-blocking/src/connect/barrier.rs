//! Which failures of connecting no repetition mends, and what to do about them.

use std::error::Error;
use std::time::Duration;

use removit_proto::TransportFailure;
use rustls::{AlertDescription, CertificateError};

use crate::connect::UnusableProxy;

/// How the proxies' clients put it that the proxy wants a name and a password, or
/// other ones: their errors are texts.
const PROXY_WANTS_OTHERS: [&str; 6] = [
    "responded 407",
    "proxy authorization required",
    "credentials not accepted",
    "password authentication failed",
    "does not support user/pass authentication",
    "no acceptable auth methods",
];

/// What somebody must change before a connection can be made; `None` where trying
/// again may do.
#[must_use]
pub fn barrier(error: &(dyn Error + 'static)) -> Option<&'static str> {
    TransportFailure::causes_of(error).find_map(|error| {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return of_tls(tls);
        }
        if error.is::<UnusableProxy>() {
            return Some(UnusableProxy::ADVICE);
        }
        let text = error.to_string();
        let refused = PROXY_WANTS_OTHERS.iter().any(|said| text.contains(said));
        refused.then_some("give the proxy's URL the name and password that it wants")
    })
}

/// As [`barrier`], of an error after a request was sent: over TLS 1.3 the server looks
/// at this side's certificate when the client takes the handshake for finished. A
/// server that refuses it hands nothing of what came to whoever processes requests.
#[must_use]
pub fn refused_after_all(error: &(dyn Error + 'static)) -> Option<&'static str> {
    TransportFailure::causes_of(error).find_map(|error| {
        match error.downcast_ref::<rustls::Error>() {
            Some(rustls::Error::AlertReceived(alert)) => of_this_side(*alert),
            _ => None,
        }
    })
}

fn of_tls(error: &rustls::Error) -> Option<&'static str> {
    use CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet,
        NotValidYetContext, UnknownIssuer,
    };
    match error {
        rustls::Error::InvalidCertificate(why) => Some(match why {
            UnknownIssuer => {
                "who signed it is not trusted here: add its root certificate, or find out \
                 who answers in the server's place"
            }
            Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. } => {
                "set this machine's clock, or have the server's certificate renewed"
            }
            NotValidForName | NotValidForNameContext { .. } => {
                "the certificate is for another name: check the server's URL"
            }
            _ => "the server's certificate cannot be trusted: have it replaced",
        }),
        rustls::Error::PeerIncompatible(_) => {
            Some("server and client have no version or cipher of TLS in common")
        }
        rustls::Error::AlertReceived(alert) => of_alert(*alert),
        _ => None,
    }
}

fn of_alert(alert: AlertDescription) -> Option<&'static str> {
    of_this_side(alert).or(match alert {
        AlertDescription::ProtocolVersion | AlertDescription::InsufficientSecurity => {
            Some("server and client have no version or cipher of TLS in common")
        }
        AlertDescription::UnrecognisedName => {
            Some("the server does not go by this name: check its URL")
        }
        _ => None,
    })
}

/// What the server says of this side's certificate, or of its absence.
fn of_this_side(alert: AlertDescription) -> Option<&'static str> {
    match alert {
        AlertDescription::CertificateRequired
        | AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::DecryptError
        | AlertDescription::AccessDenied => {
            Some("the server wants a client certificate, or another one: set it in the options")
        }
        _ => None,
    }
}

/// How a connection that was not made within its own time is told.
#[must_use]
pub fn not_in_time(limit: Duration) -> String {
    format!("not within {limit:?}, the time for a connection")
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn wrapped(error: rustls::Error) -> io::Error {
        io::Error::other(io::Error::new(io::ErrorKind::InvalidData, error))
    }

    #[test]
    fn a_certificate_that_is_no_good_stays_so_and_it_is_said_what_to_do() {
        for (why, advice) in [
            (CertificateError::UnknownIssuer, "add its root certificate"),
            (CertificateError::Expired, "clock"),
            (CertificateError::NotValidYet, "clock"),
            (CertificateError::NotValidForName, "check the server's URL"),
            (CertificateError::Revoked, "have it replaced"),
            (CertificateError::BadSignature, "have it replaced"),
        ] {
            let error = wrapped(rustls::Error::InvalidCertificate(why.clone()));
            let said = barrier(&error).unwrap();
            assert!(said.contains(advice), "{why:?}: {said}");
        }
    }

    #[test]
    fn what_the_server_says_of_this_side_stays_so_too() {
        for alert in [
            AlertDescription::CertificateRequired,
            AlertDescription::UnknownCA,
            AlertDescription::ProtocolVersion,
            AlertDescription::UnrecognisedName,
        ] {
            assert!(barrier(&wrapped(rustls::Error::AlertReceived(alert))).is_some(), "{alert:?}");
        }
    }

    #[test]
    fn a_server_that_speaks_another_tls_goes_on_doing_so() {
        use rustls::PeerIncompatible::ServerDoesNotSupportTls12Or13;
        let error = wrapped(rustls::Error::PeerIncompatible(ServerDoesNotSupportTls12Or13));
        assert!(barrier(&error).unwrap().contains("no version or cipher of TLS in common"));
    }

    #[test]
    fn a_certificate_of_this_side_may_be_refused_after_the_handshake_and_nothing_else() {
        let refusal = wrapped(rustls::Error::AlertReceived(AlertDescription::CertificateRequired));
        assert!(refused_after_all(&refusal).unwrap().contains("client certificate"));
        for other in [
            rustls::Error::AlertReceived(AlertDescription::InternalError),
            rustls::Error::AlertReceived(AlertDescription::CloseNotify),
            rustls::Error::AlertReceived(AlertDescription::ProtocolVersion),
            rustls::Error::InvalidCertificate(CertificateError::Expired),
        ] {
            assert_eq!(refused_after_all(&wrapped(other.clone())), None, "{other:?}");
        }
    }

    #[test]
    fn a_proxy_that_wants_a_password_goes_on_wanting_it() {
        for text in ["proxy server responded 407/407", "tunnel error: proxy authorization required"]
        {
            assert!(barrier(&io::Error::other(text)).unwrap().contains("password"), "{text}");
        }
    }

    #[test]
    fn a_bad_moment_is_no_barrier() {
        for error in [
            io::ErrorKind::ConnectionRefused.into(),
            io::ErrorKind::TimedOut.into(),
            io::Error::other("proxy server responded 503/503"),
            wrapped(rustls::Error::AlertReceived(AlertDescription::HandshakeFailure)),
            wrapped(rustls::Error::AlertReceived(AlertDescription::InternalError)),
            wrapped(rustls::Error::HandshakeNotComplete),
        ] {
            assert_eq!(barrier(&error), None, "{error:?}");
        }
    }
}
