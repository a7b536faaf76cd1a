//! Connections to endpoints.

use std::time::Duration;

use tokio::time;
use tonic::transport::{Channel, Endpoint as Transport};

use super::{Endpoint, SourceError, endpoint::Address};

/// An address that does not react for this long is given up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// A peer that has vanished without a word (a pulled cable, a stopped process) is noticed after
/// the two together.
const PING_INTERVAL: Duration = Duration::from_secs(3);
const PING_TIMEOUT: Duration = Duration::from_secs(3);
/// Agents and console-subscribers answer from threads of their own, so a busy service is no reason
/// to be late.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// A channel that connects when it is first used, and again when it is used after its connection
/// was lost. To be made inside a runtime.
pub(super) fn channel(endpoint: &Endpoint) -> Result<Channel, SourceError> {
    let uri = match endpoint.address() {
        Address::Tcp { host, port } => format!("http://{host}:{port}"),
        // Tonic has a connector for this.
        Address::Unix(path) => format!("unix:{}", path.display()),
        Address::Vsock { .. } => "http://vsock".to_owned(),
    };
    let unreachable = |reason: String| SourceError::Unreachable {
        endpoint: endpoint.to_string(),
        reason,
    };
    let transport = Transport::from_shared(uri)
        .map_err(|error| unreachable(error.to_string()))?
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT);
    match *endpoint.address() {
        Address::Tcp { .. } | Address::Unix(_) => Ok(transport.connect_lazy()),
        #[cfg(feature = "vsock")]
        Address::Vsock { cid, port } => {
            Ok(transport.connect_with_connector_lazy(vsock::Connector { cid, port }))
        }
        #[cfg(not(feature = "vsock"))]
        Address::Vsock { .. } => Err(unreachable(
            "this `loiter` was built without vsock; build it with `--features vsock`".to_owned(),
        )),
    }
}

/// Waits for an answer, but not for ever.
pub(super) async fn in_time<T>(
    endpoint: &Endpoint,
    limit: Duration,
    answer: impl Future<Output = T>,
) -> Result<T, SourceError> {
    let answered = time::timeout(limit, answer).await;
    answered.map_err(|_| SourceError::Unreachable {
        endpoint: endpoint.to_string(),
        reason: format!("no answer within {} s", limit.as_secs()),
    })
}

#[cfg(feature = "vsock")]
mod vsock {
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
}

#[cfg(all(test, not(feature = "vsock")))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_that_this_build_cannot_use_names_the_feature() {
        let endpoint = "vsock://2:6669".parse().expect("an address");
        let error = channel(&endpoint).expect_err("not built in").to_string();
        assert!(error.contains("`--features vsock`"), "{error}");
    }
}
