//! Takes the port, however long that takes, and accepts connections.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time,
};

use super::{MOST_CONNECTIONS, connection};
use crate::{agent::Core, notice};

/// Waits between two attempts at a port: from the first to the second, doubling.
const RETRY: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(10));

/// Accepts for ever; each connection gets a clone of the service.
pub(super) async fn run(core: &Core, address: SocketAddr, service: connection::Grpc) {
    let listener = take_port(core, address).await;
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let stream = accept(&listener).await;
        // Closed at once: better than a client that waits for an answer.
        let Ok(place) = places.clone().try_acquire_owned() else {
            continue;
        };
        let service = service.clone();
        tokio::spawn(async move {
            connection::serve(stream, service).await;
            drop(place);
        });
    }
}

/// Binds the port; while somebody else has it, warns once and tries again.
async fn take_port(core: &Core, wanted: SocketAddr) -> TcpListener {
    let mut pause = RETRY.0;
    let mut warned = false;
    loop {
        let error = match TcpListener::bind(wanted).await {
            Ok(listener) => {
                let address = listener.local_addr().unwrap_or(wanted);
                core.listens_on(address);
                if warned {
                    let message = format!("now listening on {address}");
                    notice::info(core.through_tracing, &message);
                }
                return listener;
            }
            Err(error) => error,
        };
        if !warned {
            warned = true;
            let message = format!(
                "cannot listen on {wanted}: {error}; trying again until it is free. Set \
                 LOITER_LISTEN or Builder::listen to use another port"
            );
            notice::warn(core.through_tracing, &message);
        }
        time::sleep(pause).await;
        pause = (pause * 2).min(RETRY.1);
    }
}

/// The next connection. Errors are those of a connection that is gone already, or of a process
/// that is out of file descriptors: neither is the listener's end.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(_) => time::sleep(RETRY.0).await,
        }
    }
}
