//! The ways in, each opened however long that takes: a port, a Unix socket, a virtual machine's
//! socket.

mod tcp;
#[cfg(unix)]
mod unix;
#[cfg(feature = "vsock")]
mod vsock;

use std::{future, io, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::Semaphore,
    time,
};

use super::{MOST_CONNECTIONS, connection, route::Routes};
use crate::{agent::Core, notice};

/// Waits between two attempts to open a door: from the first to the second, doubling.
const RETRY: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(10));

/// Opens all doors and serves for ever whoever comes in.
pub(super) async fn run(core: Arc<Core>, routes: Routes) {
    let hall = Hall {
        routes,
        places: Arc::new(Semaphore::new(MOST_CONNECTIONS)),
    };
    #[cfg(unix)]
    tokio::spawn(unix::run(core.clone(), hall.clone()));
    #[cfg(feature = "vsock")]
    for &address in &core.config.vsock {
        tokio::spawn(vsock::run(core.clone(), address, hall.clone()));
    }
    match core.config.listen {
        Some(address) => tcp::run(&core, address, hall).await,
        None => future::pending().await,
    }
}

/// Something that accepts connections.
trait Door {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    async fn accept(&self) -> io::Result<Self::Stream>;
}

/// Where all doors lead to. Connections are limited together.
#[derive(Clone)]
struct Hall {
    routes: Routes,
    places: Arc<Semaphore>,
}

impl Hall {
    /// Accepts for ever.
    async fn receive(self, door: impl Door) {
        loop {
            let stream = next(&door).await;
            // Closed at once: better than a client that waits for an answer.
            let Ok(place) = self.places.clone().try_acquire_owned() else {
                continue;
            };
            let routes = self.routes.clone();
            tokio::spawn(async move {
                connection::serve(stream, routes).await;
                drop(place);
            });
        }
    }
}

/// The next connection. Errors are those of a connection that is gone already, or of a process
/// that is out of file descriptors: neither is the door's end.
async fn next<D: Door>(door: &D) -> D::Stream {
    loop {
        match door.accept().await {
            Ok(stream) => return stream,
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
