//! A socket between a virtual machine and its host.

use std::{io, sync::Arc};

use tokio_vsock::{VsockAddr, VsockListener, VsockStream};

use super::{Door, Hall, Peer};
use crate::{agent::Core, upkeep::Part};

/// Takes the port of a context and accepts for ever.
pub(super) async fn run(core: Arc<Core>, (context, port): (u32, u32), hall: Hall) {
    // Nobody comes in before it is known who may.
    hall.guard.keys().await;
    let what = format!("vsock {context}:{port}");
    let way_out = "Set another port with Builder::listen_vsock";
    let bind = || std::future::ready(VsockListener::bind(VsockAddr::new(context, port)));
    let listener = super::open(&core, &what, way_out, bind).await;
    hall.receive(Part::Vsock, listener).await;
}

impl Door for VsockListener {
    type Stream = VsockStream;

    async fn accept(&self) -> io::Result<(VsockStream, Peer)> {
        let (stream, from) = VsockListener::accept(self).await?;
        let (context, port) = (from.cid(), from.port());
        Ok((stream, Peer::Vsock { context, port }))
    }
}
