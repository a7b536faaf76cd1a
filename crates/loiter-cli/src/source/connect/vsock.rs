//! Connections to virtual machines, and from them to their host.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use hyper_util::rt::TokioIo;
use tokio_vsock::{VsockAddr, VsockStream};
use tonic::codegen::{Service, http::Uri};

/// Connects to one port of one machine, whatever the URI says.
#[derive(Clone, Copy)]
pub(super) struct Connector {
    pub(super) cid: u32,
    pub(super) port: u32,
}

impl Service<Uri> for Connector {
    type Response = TokioIo<VsockStream>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let address = VsockAddr::new(self.cid, self.port);
        Box::pin(async move { Ok(TokioIo::new(VsockStream::connect(address).await?)) })
    }
}
