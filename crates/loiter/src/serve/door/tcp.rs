//! The port.

use std::{io, net::SocketAddr};

use tokio::net::{TcpListener, TcpStream};

use super::{Door, Hall};
use crate::agent::Core;

/// Takes the port and accepts for ever.
pub(super) async fn run(core: &Core, wanted: SocketAddr, hall: Hall) {
    let way_out = "Set LOITER_LISTEN or Builder::listen to use another port";
    let what = wanted.to_string();
    let listener = super::open(core, &what, way_out, || TcpListener::bind(wanted)).await;
    core.listens_on(listener.local_addr().unwrap_or(wanted));
    hall.receive(listener).await;
}

impl Door for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<TcpStream> {
        let (stream, _) = TcpListener::accept(self).await?;
        // Updates are small and somebody waits for them.
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }
}
