//! TLS to a collector.

use std::{path::PathBuf, sync::Arc};

use tokio::{net::TcpStream, task};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use crate::{file, serve::crypto};

/// Begins it with whoever is called so. `ca`: a file of authorities, instead of this machine's.
pub(super) async fn begin(
    name: &str,
    ca: Option<PathBuf>,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, String> {
    let server = ServerName::try_from(name.to_owned()).map_err(|error| error.to_string())?;
    // Anew each time, as files change; on another thread, as it reads many.
    let config = task::spawn_blocking(move || config(ca)).await;
    let config = config.map_err(|error| error.to_string())??;
    let connector = TlsConnector::from(Arc::new(config));
    let begun = connector.connect(server, stream).await;
    begun.map_err(|error| error.to_string())
}

fn config(ca: Option<PathBuf>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    match ca {
        Some(path) => {
            let named = |reason: String| format!("`{}`: {reason}", path.display());
            let pem = file::read(&path)?;
            for certificate in CertificateDer::pem_slice_iter(&pem) {
                let certificate = certificate.map_err(|error| named(error.to_string()))?;
                roots
                    .add(certificate)
                    .map_err(|error| named(error.to_string()))?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() {
        return Err(
            "no certificate authority is known (OTEL_EXPORTER_OTLP_CERTIFICATE)".to_owned(),
        );
    }
    let config = ClientConfig::builder_with_provider(crypto())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
