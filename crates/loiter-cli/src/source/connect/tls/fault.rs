//! What rustls's errors mean to the person at the terminal.

use std::io;

use tokio_rustls::rustls::{
    AlertDescription, CertificateError, Error, InvalidMessage, pki_types::UnixTime,
};

use super::{expected, without_tls};
use crate::source::door::{Door, Fault};

/// What is meant by an error of a stream with TLS; `None` when it is not one of TLS.
pub(in crate::source::connect) fn fault_of(error: &io::Error, door: &Door) -> Option<Fault> {
    let error = error.get_ref()?.downcast_ref::<Error>()?;
    Some(match error {
        Error::InvalidCertificate(error) => of_certificate(error, door),
        Error::AlertReceived(alert) => of_alert(*alert, door),
        // Its first bytes were no record of TLS.
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => Fault::NoTls {
            instead: without_tls(door),
        },
        error => Fault::Handshake {
            reason: error.to_string(),
        },
    })
}

/// What is wrong with the other side's certificate.
fn of_certificate(error: &CertificateError, door: &Door) -> Fault {
    let ca = door.credentials().ca.as_ref();
    match error {
        // A bad signature is what a CA has that was made anew under its old name.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => Fault::Untrusted {
            ca: ca.map(|file| file.path().to_owned()),
        },
        CertificateError::NotValidForNameContext { presented, .. } => Fault::WrongName {
            name: expected(door),
            names: presented.iter().map(|name| bare(name)).collect(),
        },
        CertificateError::NotValidForName => Fault::WrongName {
            name: expected(door),
            names: Vec::new(),
        },
        CertificateError::ExpiredContext { time, not_after } => Fault::Expired {
            seconds: Some(between(*not_after, *time)),
        },
        CertificateError::Expired => Fault::Expired { seconds: None },
        CertificateError::NotValidYetContext { time, not_before } => Fault::NotYetValid {
            seconds: Some(between(*time, *not_before)),
        },
        CertificateError::NotValidYet => Fault::NotYetValid { seconds: None },
        // There is no variant for it.
        CertificateError::Other(error) if error.to_string().contains("CaUsedAsEndEntity") => {
            Fault::OfCa
        }
        error => Fault::BadCertificate {
            reason: error.to_string(),
        },
    }
}

fn between(earlier: UnixTime, later: UnixTime) -> u64 {
    later.as_secs().saturating_sub(earlier.as_secs())
}

/// A name as it is written: rustls has it as `DnsName("db-3")`.
fn bare(name: &str) -> String {
    let inner = name.split_once('(').map_or(name, |(_, inner)| inner);
    inner.trim_matches([')', '"', '(']).to_owned()
}

/// Why the other side does not go on.
fn of_alert(alert: AlertDescription, door: &Door) -> Fault {
    use AlertDescription as Alert;

    let Some(cert) = &door.credentials().cert else {
        return match alert {
            Alert::CertificateRequired => Fault::CertificateRequired,
            // What TLS 1.2 has in its place.
            Alert::HandshakeFailure | Alert::BadCertificate => Fault::CertificateRequired,
            alert => of_other_alert(alert, door),
        };
    };
    let reason = match alert {
        Alert::UnknownCA => "it does not know its CA; an agent knows those in LOITER_TLS_CLIENT_CA",
        Alert::CertificateExpired => "it has expired; have it renewed",
        Alert::CertificateRevoked => "it was revoked",
        Alert::AccessDenied => "it is not on its list of clients",
        Alert::CertificateRequired => "it is not for clients; have one issued that is",
        Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateUnknown
        | Alert::DecryptError => {
            "it was not issued by a CA that it knows (an agent, those in LOITER_TLS_CLIENT_CA), or \
             not for clients"
        }
        alert => return of_other_alert(alert, door),
    };
    Fault::CertificateRefused {
        path: cert.path().to_owned(),
        reason: reason.to_owned(),
    }
}

fn of_other_alert(alert: AlertDescription, door: &Door) -> Fault {
    let reason = match alert {
        AlertDescription::UnrecognisedName => format!(
            "it does not know the name `{}`; say which one you mean by `--server-name NAME`",
            expected(door)
        ),
        AlertDescription::NoApplicationProtocol => {
            "it speaks no HTTP/2, so it is no agent; check the port".to_owned()
        }
        AlertDescription::ProtocolVersion => {
            "it speaks neither TLS 1.3 nor 1.2; have it updated".to_owned()
        }
        alert => format!("the other side says `{alert:?}`"),
    };
    Fault::Handshake { reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_people_write_them() {
        assert_eq!(bare("DnsName(\"db-3\")"), "db-3");
        assert_eq!(bare("IpAddress(10.0.0.1)"), "10.0.0.1");
        assert_eq!(bare("db-3"), "db-3");
    }
}
