//! TLS at the port.

mod handshake;
mod stream;

use std::{path::PathBuf, sync::Arc};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::rustls::{
    RootCertStore, ServerConfig,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{NoServerSessionStorage, WebPkiClientVerifier, danger::ClientCertVerifier},
};

pub(super) use handshake::Handshakes;
pub(super) use stream::Stream;

use super::{
    guard::{Tls, Visitor},
    intake::Intake,
};
use crate::builder::Access;

#[cfg(not(any(feature = "tls-aws-lc", feature = "tls-ring")))]
compile_error!(
    "the feature `tls` is private: enable `tls-ring` or `tls-aws-lc`, which do the cryptography"
);

/// Has somebody whose first bytes have come begin TLS, where that is spoken. `None` if it did not,
/// and was turned away.
pub(super) async fn greet<S>(
    stream: Intake<S>,
    mut visitor: Visitor,
) -> Option<(Stream<Intake<S>>, Visitor)>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Some(keys) = visitor.wants_tls() else {
        return Some((Stream::Plain(stream), visitor));
    };
    let first = stream.begins().to_vec();
    let greeted = visitor.handshakes().shake(&keys, &first, stream).await;
    let greeted = greeted.and_then(|(stream, certificate)| {
        visitor.show(certificate)?;
        Ok(stream)
    });
    match greeted {
        Ok(stream) => Some((Stream::Encrypted(Box::new(stream)), visitor)),
        Err(why) => {
            visitor.turn_away(&why);
            None
        }
    }
}

/// The files it takes, in the order of [`read`].
pub(super) fn files(access: &Access) -> Vec<PathBuf> {
    let all = [&access.tls_cert, &access.tls_key, &access.client_ca];
    all.into_iter().flatten().cloned().collect()
}

/// What is in the files, as a server needs it. Certificates that are out of date are taken all the
/// same: clients say so.
pub(super) fn read(access: &Access, contents: &[Vec<u8>]) -> Result<Tls, String> {
    let named = |index: usize, reason: String| {
        let path = files(access)
            .get(index)
            .map(|path| path.display().to_string());
        format!("`{}`: {reason}", path.unwrap_or_default())
    };
    let [chain, key, rest @ ..] = contents else {
        return Err("the certificate or its key is missing".to_owned());
    };
    let chain = certificates(chain).map_err(|reason| named(0, reason))?;
    let key = PrivateKeyDer::from_pem_slice(key)
        // Says nothing of what is in it.
        .map_err(|_| named(1, "there is no private key (PEM) in it".to_owned()))?;
    let clients = match rest.first() {
        Some(ca) => Some(verifier(ca).map_err(|reason| named(2, reason))?),
        None => None,
    };
    let config = config(chain, key, clients.clone()).map_err(|error| {
        named(
            0,
            format!("{error}; the key is that of `{}`", key_path(access)),
        )
    })?;
    Ok(Tls {
        config: Arc::new(config),
        clients,
    })
}

fn key_path(access: &Access) -> String {
    let path = access.tls_key.as_ref();
    path.map_or_else(String::new, |path| path.display().to_string())
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match all {
        Ok(all) if !all.is_empty() => Ok(all),
        _ => Err("there is no certificate (PEM) in it".to_owned()),
    }
}

/// Lets in whose certificate one of these has issued, for clients, and that is not out of date.
fn verifier(ca: &[u8]) -> Result<Arc<dyn ClientCertVerifier>, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(ca)? {
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(|error| error.to_string())
}

fn config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    clients: Option<Arc<dyn ClientCertVerifier>>,
) -> Result<ServerConfig, tokio_rustls::rustls::Error> {
    let config =
        ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let config = match clients {
        Some(clients) => config.with_client_cert_verifier(clients),
        None => config.with_no_client_auth(),
    };
    let mut config = config.with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    if cfg!(feature = "http1") {
        config.alpn_protocols.push(b"http/1.1".to_vec());
    }
    // Whoever comes back shows its certificate again, and the agent remembers nobody.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

/// What does the cryptography: the agent's own choice, whatever the program has as its default.
#[cfg(feature = "tls-aws-lc")]
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider())
}

/// What does the cryptography: the agent's own choice, whatever the program has as its default.
#[cfg(all(feature = "tls-ring", not(feature = "tls-aws-lc")))]
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(tokio_rustls::rustls::crypto::ring::default_provider())
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn access() -> Access {
        Access {
            tls_cert: Some("/cert".into()),
            tls_key: Some("/key".into()),
            client_ca: Some("/ca".into()),
            ..Access::default()
        }
    }

    /// A certificate and its key.
    fn pair() -> [Vec<u8>; 2] {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        let certificate = params.self_signed(&key).expect("a certificate");
        [
            certificate.pem().into_bytes(),
            key.serialize_pem().into_bytes(),
        ]
    }

    #[test]
    fn good_files_are_taken() {
        let [cert, key] = pair();
        let [ca, _] = pair();
        let tls = read(&access(), &[cert.clone(), key.clone(), ca]).expect("all are good");
        assert!(tls.clients.is_some());
        assert_eq!(tls.config.alpn_protocols[0], b"h2");
        assert!(!tls.config.session_storage.can_cache());
        let tls = read(&access(), &[cert, key]).expect("both are good");
        assert!(tls.clients.is_none());
    }

    #[test]
    fn what_is_no_good_is_named_and_not_shown() {
        let [cert, key] = pair();
        let [other, other_key] = pair();
        for (contents, reason) in [
            (
                vec![key.clone(), key.clone()],
                "`/cert`: there is no certificate",
            ),
            (
                vec![cert.clone(), cert.clone()],
                "`/key`: there is no private key",
            ),
            (vec![cert.clone(), other_key], "`/cert`: "),
            (
                vec![cert.clone(), key.clone(), b"PEM".to_vec()],
                "`/ca`: there is no certificate",
            ),
            (vec![other], "missing"),
        ] {
            let error = read(&access(), &contents).expect_err("no good");
            assert!(error.contains(reason), "{error}");
            assert!(!error.contains("BEGIN"), "{error}");
        }
    }
}
