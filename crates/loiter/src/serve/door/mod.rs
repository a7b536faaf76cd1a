//! The ways in, each opened however long that takes: a port, a Unix socket, a virtual machine's
//! socket.

mod tcp;
#[cfg(unix)]
mod unix;
#[cfg(feature = "vsock")]
mod vsock;

#[cfg(unix)]
pub(crate) use unix::own_user;

use std::{future, io, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    task, time,
};

use super::{
    connection,
    guard::{Guard, Peer},
    places::{Limits, Places},
    route::Routes,
};
use crate::{
    agent::Core,
    notice, stretch,
    upkeep::{self, Part},
};

/// Waits between two attempts to open a door: from the first to the second, doubling.
const RETRY: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(10));

/// Connections that are accepted before those are served that were accepted so far.
const AT_ONCE: u64 = 16;

/// Opens all doors and serves for ever whoever comes in.
pub(super) async fn run(core: Arc<Core>, routes: Routes, guard: Arc<Guard>) {
    let hall = Hall {
        routes,
        guard,
        places: Places::new(Limits::of_this_process()),
    };
    #[cfg(unix)]
    {
        let (core, hall) = (core.clone(), hall.clone());
        let begin = move || unix::run(core.clone(), hall.clone());
        tokio::spawn(upkeep::keep(Part::UnixSocket, begin));
    }
    #[cfg(feature = "vsock")]
    for &address in &core.config.vsock {
        let (core, hall) = (core.clone(), hall.clone());
        let begin = move || vsock::run(core.clone(), address, hall.clone());
        tokio::spawn(upkeep::keep(Part::Vsock, begin));
    }
    if let Some(address) = core.config.listen {
        upkeep::keep(Part::Port, || tcp::run(&core, address, hall.clone())).await;
    }
    future::pending().await
}

/// Something that accepts connections.
trait Door {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    async fn accept(&self) -> io::Result<(Self::Stream, Peer)>;
}

/// Where all doors lead to. Connections are limited together.
#[derive(Clone)]
struct Hall {
    routes: Routes,
    guard: Arc<Guard>,
    places: Places,
}

impl Hall {
    /// Accepts for ever. The door stays open should that panic.
    async fn receive(self, part: Part, door: impl Door) {
        upkeep::keep(part, || self.accept(part, &door)).await;
    }

    async fn accept(&self, part: Part, door: &impl Door) {
        let mut accepted = 0_u64;
        loop {
            upkeep::may_panic(part);
            let (stream, peer) = next(door).await;
            let Some(visitor) = self.guard.receive(peer) else {
                continue;
            };
            let (routes, guest) = (self.routes.clone(), self.places.enter());
            let served = connection::serve(stream, routes, guest, visitor);
            tokio::spawn(upkeep::once(Part::Connection, served));
            stretch::rest();
            // Whoever is in has to get to speak before somebody else may need the place.
            accepted = accepted.wrapping_add(1);
            if accepted.is_multiple_of(AT_ONCE) {
                task::yield_now().await;
            }
        }
    }
}

/// The next connection. Errors are those of a connection that is gone already, or of a process
/// that is out of file descriptors: neither is the door's end.
async fn next<D: Door>(door: &D) -> (D::Stream, Peer) {
    loop {
        match door.accept().await {
            Ok(come) => return come,
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(_) => time::sleep(RETRY.0).await,
        }
    }
}

/// Opens a door; while that fails, warns once and tries again. `what` is the door's name,
/// `way_out` what to do about it.
async fn open<D, F: Future<Output = io::Result<D>>>(
    core: &Core,
    what: &str,
    way_out: &str,
    mut bind: impl FnMut() -> F,
) -> D {
    let mut pause = RETRY.0;
    let mut warned = false;
    loop {
        let error = match bind().await {
            Ok(door) => {
                if warned {
                    notice::info(core.through_tracing, &format!("now listening on {what}"));
                }
                return door;
            }
            Err(error) => error,
        };
        if !warned {
            warned = true;
            let message = format!(
                "cannot listen on {what}: {error}; trying again until it is free. {way_out}"
            );
            notice::warn(core.through_tracing, &message);
        }
        time::sleep(pause).await;
        pause = (pause * 2).min(RETRY.1);
    }
}
