//! Connections to endpoints.

mod tcp;
#[cfg(feature = "tls")]
mod tls;
#[cfg(feature = "vsock")]
mod vsock;
mod watched;

use std::time::Duration;

use tokio::time;
use tonic::transport::Endpoint as Transport;

use super::{
    Endpoint, SourceError,
    door::{Door, Line},
    endpoint::Address,
};

/// An address that does not react for this long is given up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// A peer that has vanished without a word (a pulled cable, a stopped process) is noticed after
/// the two together.
const PING_INTERVAL: Duration = Duration::from_secs(3);
const PING_TIMEOUT: Duration = Duration::from_secs(3);
/// Agents and console-subscribers answer from threads of their own, so a busy service is no reason
/// to be late.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// What requests go through. It connects when it is first used, and again when it is used after
/// its connection was lost. To be made inside a runtime.
pub(super) fn line(door: &Door) -> Result<Line, SourceError> {
    let endpoint = door.endpoint();
    let uri = match endpoint.address() {
        // Not `https`, which tonic would take for itself in a build with TLS of its own.
        Address::Tcp { host, port, .. } => format!("http://{host}:{port}"),
        // Tonic has a connector for this.
        Address::Unix(path) => format!("unix:{}", path.display()),
        Address::Vsock { .. } => "http://vsock".to_owned(),
    };
    let unreachable = |reason: String| SourceError::Unreachable {
        endpoint: endpoint.to_string(),
        reason,
    };
    let mut transport = Transport::from_shared(uri)
        .map_err(|error| unreachable(error.to_string()))?
        .http2_keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT);
    if let Address::Tcp {
        host,
        port,
        is_tls: true,
        ..
    } = endpoint.address()
    {
        let origin = format!("https://{host}:{port}").parse();
        let origin = origin.map_err(|error| unreachable(format!("{error}")))?;
        transport = transport.origin(origin);
    }
    let channel = match *endpoint.address() {
        Address::Tcp { .. } => transport.connect_with_connector_lazy(tcp::Connector::new(door)),
        Address::Unix(_) => transport.connect_timeout(CONNECT_TIMEOUT).connect_lazy(),
        #[cfg(feature = "vsock")]
        Address::Vsock { cid, port } => transport
            .connect_timeout(CONNECT_TIMEOUT)
            .connect_with_connector_lazy(vsock::Connector { cid, port }),
        #[cfg(not(feature = "vsock"))]
        Address::Vsock { .. } => {
            return Err(unreachable(
                "this `loiter` was built without vsock; build it with `--features vsock`"
                    .to_owned(),
            ));
        }
    };
    Ok(Line::new(channel, door.clone()))
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

#[cfg(all(test, not(feature = "vsock")))]
mod tests {
    use super::*;
    use crate::source::Credentials;

    #[tokio::test]
    async fn an_address_that_this_build_cannot_use_names_the_feature() {
        let endpoint = "vsock://2:6669".parse().expect("an address");
        let door = Door::new(endpoint, Credentials::default());
        let error = line(&door).err().expect("not built in").to_string();
        assert!(error.contains("`--features vsock`"), "{error}");
    }
}
