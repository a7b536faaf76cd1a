//! What rustls is told of the credentials.

use std::sync::{Arc, OnceLock};

use tokio_rustls::rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
};

use crate::source::{
    CredentialFile, Credentials,
    door::{Fault, Part},
};

/// The configuration for one connection.
pub(super) fn client(credentials: &Credentials) -> Result<Arc<ClientConfig>, Fault> {
    let roots = match &credentials.ca {
        Some(file) => Arc::new(cas(file)?),
        None => system_cas()?,
    };
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has the ciphers of TLS 1.2 and 1.3")
        .with_root_certificates(roots);
    let mut config = match &credentials.cert {
        None => builder.with_no_client_auth(),
        Some(cert) => {
            let chain = certificates(cert, Part::Cert)?;
            let key_file = credentials.key.as_ref().unwrap_or(cert);
            let key = private_key(key_file)?;
            builder.with_client_auth_cert(chain, key).map_err(|error| {
                let reason = format!("{error}; is it the key of {}?", cert.path().display());
                unreadable(Part::Key, key_file, reason)
            })?
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Arc::new(config))
}

/// The CAs of a file, all of which have to be good.
fn cas(file: &CredentialFile) -> Result<RootCertStore, Fault> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file, Part::Ca)? {
        let added = roots.add(certificate);
        added.map_err(|error| unreadable(Part::Ca, file, error.to_string()))?;
    }
    Ok(roots)
}

/// The CAs of the system, which are read once: there are hundreds, and they hardly change.
fn system_cas() -> Result<Arc<RootCertStore>, Fault> {
    static CAS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    if let Some(cas) = CAS.get() {
        return Ok(cas.clone());
    }
    let mut roots = RootCertStore::empty();
    // One that cannot be read is one that is not trusted.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    match roots.is_empty() {
        // They may be installed later.
        true => Err(Fault::NoSystemCas),
        false => Ok(CAS.get_or_init(|| Arc::new(roots)).clone()),
    }
}

fn certificates(file: &CredentialFile, part: Part) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let content = read(file, part)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&content).collect();
    match certificates {
        Ok(certificates) if certificates.is_empty() => {
            let reason = "there is no certificate in it, as PEM has them: \
                          `-----BEGIN CERTIFICATE-----`";
            Err(unreadable(part, file, reason.to_owned()))
        }
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(unreadable(part, file, error.to_string())),
    }
}

fn private_key(file: &CredentialFile) -> Result<PrivateKeyDer<'static>, Fault> {
    let content = read(file, Part::Key)?;
    PrivateKeyDer::from_pem_slice(&content).map_err(|error| {
        let is_encrypted = content
            .windows(b"ENCRYPTED".len())
            .any(|window| window == b"ENCRYPTED");
        let reason = match error {
            pem::Error::NoItemsFound if is_encrypted => {
                "it is locked by a passphrase; `openssl pkey` writes it without".to_owned()
            }
            pem::Error::NoItemsFound => {
                "there is no private key in it, as PEM has them: `-----BEGIN PRIVATE KEY-----`"
                    .to_owned()
            }
            // Of what is in the file, nothing is repeated.
            _ => "it is damaged".to_owned(),
        };
        unreadable(Part::Key, file, reason)
    })
}

fn read(file: &CredentialFile, part: Part) -> Result<Vec<u8>, Fault> {
    file.read()
        .map_err(|error| unreadable(part, file, error.to_string()))
}

fn unreadable(part: Part, file: &CredentialFile, reason: String) -> Fault {
    Fault::Unreadable {
        part,
        path: file.path().to_owned(),
        reason,
    }
}
