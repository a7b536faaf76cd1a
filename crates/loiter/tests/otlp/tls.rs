//! A collector that is spoken to over TLS.

use std::{fs, path::Path, sync::Arc};

use loiter::Builder;
use rcgen::{CertificateParams, KeyPair};
use tokio::net::TcpListener;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig, crypto,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use crate::{
    ENDPOINT, WARNED,
    collector::Collector,
    often,
    support::{Program, listen, wait_until},
};

/// A certificate that vouches for itself, in a file, and a collector that has it.
async fn open(collector: &Collector, file: &Path) -> String {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    let certificate = params.self_signed(&key).expect("a certificate");
    fs::write(file, certificate.pem()).expect("it is written");
    let provider = Arc::new(crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("known versions")
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .expect("its key");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let collector = collector.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(stream) = acceptor.accept(stream).await {
                tokio::spawn(collector.clone().serve(stream));
            }
        }
    });
    format!("https://localhost:{port}")
}

#[tokio::test]
async fn one_that_is_known_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ca.pem");
    let collector = Collector::default();
    let endpoint = open(&collector, &file).await;
    let ca = (
        "OTEL_EXPORTER_OTLP_CERTIFICATE",
        file.to_str().expect("UTF-8"),
    );
    let program = Program::start_with(&[(ENDPOINT, &endpoint), ca], async |_| {
        listen(often(Builder::new()));
    });
    wait_until("figures", async || collector.received("/v1/metrics").pop()).await;
    assert!(!program.stderr().contains(WARNED), "{}", program.stderr());
}

#[tokio::test]
async fn one_that_is_not_known_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let [file, other] = ["ca.pem", "other.pem"].map(|name| folder.path().join(name));
    let collector = Collector::default();
    let endpoint = open(&collector, &file).await;
    open(&Collector::default(), &other).await;
    let ca = (
        "OTEL_EXPORTER_OTLP_CERTIFICATE",
        other.to_str().expect("UTF-8"),
    );
    let program = Program::start_with(&[(ENDPOINT, &endpoint), ca], async |_| {
        listen(often(Builder::new()));
    });
    program.wait_for_stderr(WARNED).await;
    assert!(
        program.stderr().contains("certificate"),
        "{}",
        program.stderr()
    );
    assert!(collector.received("/v1/metrics").is_empty());
}
