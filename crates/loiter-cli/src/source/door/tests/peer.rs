//! Servers that let in whom they like.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use loiter_wire::v1::loiter_server::LoiterServer;
use tokio::{
    io::{self, DuplexStream},
    net::TcpListener,
    sync::mpsc,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig, SupportedProtocolVersion, crypto::ring,
        server::WebPkiClientVerifier, version,
    },
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Status, service::Routes, transport::Server};

use super::pki::{Ca, Pair};
use crate::source::tests::Agent;

/// TLS as a server has it.
pub(crate) struct Tls {
    pub(crate) pair: Pair,
    /// Who issues the certificates of clients, where those need one.
    pub(crate) client_ca: Option<String>,
    pub(crate) version: &'static SupportedProtocolVersion,
}

impl Tls {
    pub(crate) fn new(pair: Pair) -> Self {
        Self {
            pair,
            client_ca: None,
            version: &version::TLS13,
        }
    }

    pub(crate) fn for_clients_of(pair: Pair, ca: &Ca) -> Self {
        Self {
            client_ca: Some(ca.own.cert.clone()),
            ..Self::new(pair)
        }
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&[self.version])
            .expect("ring has it");
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(cert) => {
                let pair = Pair {
                    cert: cert.clone(),
                    key: String::new(),
                };
                let mut roots = RootCertStore::empty();
                for cert in pair.chain() {
                    roots.add(cert).expect("a CA");
                }
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().expect("a CA"))
            }
        };
        let mut config = builder
            .with_single_cert(self.pair.chain(), self.pair.private_key())
            .expect("a certificate with its key");
        config.alpn_protocols = vec![b"h2".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }
}

/// Serves these over TLS.
pub(crate) async fn serve(tls: Tls, routes: Routes) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let acceptor = tls.acceptor();
    let (sender, receiver) = mpsc::channel(8);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, sender) = (acceptor.clone(), sender.clone());
            tokio::spawn(async move {
                // Who is not let in has been told so.
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let (inner, mut outer) = io::duplex(64 * 1024);
                let _ = sender.send(Ok::<DuplexStream, io::Error>(inner)).await;
                let _ = io::copy_bidirectional(&mut stream, &mut outer).await;
            });
        }
    });
    let incoming = ReceiverStream::new(receiver);
    tokio::spawn(
        Server::builder()
            .add_routes(routes)
            .serve_with_incoming(incoming),
    );
    address
}

/// Serves these without.
pub(crate) async fn serve_plainly(routes: Routes) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let (sender, receiver) = mpsc::channel(8);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = sender.send(Ok::<_, io::Error>(stream)).await;
        }
    });
    let incoming = ReceiverStream::new(receiver);
    tokio::spawn(
        Server::builder()
            .add_routes(routes)
            .serve_with_incoming(incoming),
    );
    address
}

/// An agent that lets everybody in.
pub(crate) fn agent() -> Routes {
    Routes::new(LoiterServer::new(Agent::sending(Vec::new())))
}

/// Who looks at what clients show.
#[derive(Clone, Default)]
pub(crate) struct Guard {
    /// The token that is accepted now.
    token: Arc<Mutex<String>>,
    /// What the last client has shown.
    shown: Arc<Mutex<Option<String>>>,
}

impl Guard {
    pub(crate) fn new(token: &str) -> Self {
        let guard = Self::default();
        guard.renew(token);
        guard
    }

    pub(crate) fn renew(&self, token: &str) {
        *self.token.lock().expect("no panic") = token.to_owned();
    }

    pub(crate) fn shown(&self) -> Option<String> {
        self.shown.lock().expect("no panic").clone()
    }

    /// An agent behind it, which speaks too freely of what it is shown.
    pub(crate) fn agent(&self) -> Routes {
        let guard = self.clone();
        let agent = Agent::sending(Vec::new());
        let interceptor = move |request: Request<()>| {
            let header = request.metadata().get("authorization");
            let header = header.map(|value| value.to_str().expect("a text").to_owned());
            guard.shown.lock().expect("no panic").clone_from(&header);
            let expected = format!("Bearer {}", guard.token.lock().expect("no panic"));
            match header {
                Some(header) if header == expected => Ok(request),
                Some(header) if header.ends_with("reader") => Err(Status::permission_denied(
                    format!("`{header}` may only look"),
                )),
                Some(header) => Err(Status::unauthenticated(header)),
                None => Err(Status::unauthenticated("no token")),
            }
        };
        Routes::new(LoiterServer::with_interceptor(agent, interceptor))
    }
}
