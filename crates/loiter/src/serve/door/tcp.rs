//! The port.

use std::{io, net::SocketAddr};

use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::{Door, Hall, Peer};
use crate::{agent::Core, upkeep::Part};

/// Connections that may wait to be accepted, if the system allows for so many: more than come while
/// the agent is at something else.
const WAITING: u32 = 4096;

/// Takes the port and accepts for ever. The same one if it had one before.
pub(super) async fn run(core: &Core, wanted: SocketAddr, hall: Hall) {
    // Nobody comes in before it is known who may.
    hall.guard.keys().await;
    let wanted = core.listened_on().unwrap_or(wanted);
    let way_out = "Set LOITER_LISTEN or Builder::listen to use another port";
    let what = wanted.to_string();
    let listener = super::open(core, &what, way_out, || async { listen(wanted) }).await;
    core.listens_on(listener.local_addr().unwrap_or(wanted));
    hall.receive(Part::Port, listener).await;
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Elsewhere it would let two programs have the same port.
    if cfg!(unix) {
        socket.set_reuseaddr(true)?;
    }
    socket.bind(address)?;
    #[cfg(target_os = "linux")]
    wait_for_words(&socket);
    socket.listen(WAITING)
}

/// Has the system keep a connection to itself until its client has said something, or for a second
/// or so. All clients speak first; one of a flood that is reset before, or silent for less, costs
/// this process nothing then. One that is closed in the ordinary way is handed over at once, and so
/// are those beyond what the system keeps.
#[cfg(target_os = "linux")]
fn wait_for_words(socket: &TcpSocket) {
    use std::os::fd::AsRawFd;

    // The system makes it as long as it takes until it first answers anew.
    let seconds: libc::c_int = 1;
    let size = size_of_val(&seconds) as libc::socklen_t;
    // SAFETY: it reads this `int`, which lives until it returns, and as many bytes as that has; the
    // descriptor is open, as the socket is borrowed.
    //
    // Where there is no such option all are handed over at once, as on other systems.
    let _ = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_DEFER_ACCEPT,
            (&raw const seconds).cast(),
            size,
        )
    };
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    #[tokio::test]
    async fn who_speaks_is_handed_over_before_who_does_not() {
        let listener = listen(([127, 0, 0, 1], 0).into()).expect("a port");
        let address = listener.local_addr().expect("an address");
        let connect = async || TcpStream::connect(address).await.expect("it listens");
        let from = |stream: &TcpStream| Peer::Tcp(stream.local_addr().expect("an address"));
        let silent = connect().await;
        let mut speaking = connect().await;
        speaking.write_all(b"PRI").await.expect("it is open");
        for client in [speaking, silent] {
            let (stream, peer) = Door::accept(&listener).await.expect("it listens");
            assert_eq!(peer, from(&client));
            assert!(stream.nodelay().expect("an option"));
        }
    }
}
