//! TCP, and TLS over it.

use std::{
    error::Error,
    net::IpAddr,
    task::{Context, Poll},
};

use futures_util::{FutureExt, future::BoxFuture};
use hyper_util::{client::legacy::connect::HttpConnector, rt::TokioIo};
use tokio::net::TcpStream;
use tonic::codegen::{Service, http::Uri};

use super::{
    CONNECT_TIMEOUT,
    watched::{Stream, Watched},
};
use crate::source::{
    door::{Door, Fault},
    endpoint::Address,
};

type BoxError = Box<dyn Error + Send + Sync>;

/// Connects to one host, and has TLS begin if it is spoken there.
#[derive(Clone)]
pub(super) struct Connector {
    tcp: HttpConnector,
    door: Door,
}

impl Connector {
    pub(super) fn new(door: &Door) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        Self {
            tcp,
            door: door.clone(),
        }
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Box<dyn Stream>>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let door = self.door.clone();
        door.begin();
        let uri = match door.endpoint().address() {
            Address::Tcp {
                port, ip: Some(ip), ..
            } => at(*ip, *port),
            _ => Ok(uri),
        };
        let mut tcp = self.tcp.clone();
        async move {
            let stream = tcp.call(uri?).await?.into_inner();
            let stream = match door.endpoint().is_tls() {
                true => secured(stream, door).await?,
                false => Box::new(Watched::new(stream, door)),
            };
            Ok(TokioIo::new(stream))
        }
        .boxed()
    }
}

/// A resolved host, as it stands in a URI.
fn at(ip: IpAddr, port: u16) -> Result<Uri, BoxError> {
    let address = std::net::SocketAddr::new(ip, port);
    Ok(format!("http://{address}").parse()?)
}

#[cfg(feature = "tls")]
async fn secured(stream: TcpStream, door: Door) -> Result<Box<dyn Stream>, Fault> {
    let stream = super::tls::begin(stream, &door).await?;
    Ok(Box::new(Watched::new(stream, door)))
}

#[cfg(not(feature = "tls"))]
async fn secured(_: TcpStream, _: Door) -> Result<Box<dyn Stream>, Fault> {
    Err(Fault::NotBuiltIn)
}
