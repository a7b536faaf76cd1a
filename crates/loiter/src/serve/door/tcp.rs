//! The port.

use std::{io, net::SocketAddr};

use tokio::net::{TcpListener, TcpStream};

use super::{Door, Hall, Peer};
use crate::{agent::Core, upkeep::Part};

/// Takes the port and accepts for ever. The same one if it had one before.
pub(super) async fn run(core: &Core, wanted: SocketAddr, hall: Hall) {
    // Nobody comes in before it is known who may.
    hall.guard.keys().await;
    let wanted = core.listened_on().unwrap_or(wanted);
    let way_out = "Set LOITER_LISTEN or Builder::listen to use another port";
    let what = wanted.to_string();
    let listener = super::open(core, &what, way_out, || TcpListener::bind(wanted)).await;
    core.listens_on(listener.local_addr().unwrap_or(wanted));
    hall.receive(Part::Port, listener).await;
}

impl Door for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<(TcpStream, Peer)> {
        let (stream, from) = TcpListener::accept(self).await?;
        // Updates are small and somebody waits for them.
        let _ = stream.set_nodelay(true);
        Ok((stream, Peer::Tcp(from)))
    }
}
