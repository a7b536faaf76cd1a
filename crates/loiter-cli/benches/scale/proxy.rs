//! A TCP proxy that counts.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
};

/// Hands bytes on between clients and the agent, and counts them in both directions.
pub(crate) struct Proxy {
    address: SocketAddr,
    bytes: Arc<AtomicU64>,
}

impl Proxy {
    /// Stands before `agent` until this process ends.
    pub(crate) fn start(agent: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let bytes = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&bytes);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A client whose agent is gone is closed.
                let _ = join(client, agent, &counter);
            }
        });
        Self { address, bytes }
    }

    /// Where clients connect to.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Bytes so far, in both directions.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }
}

/// Connects a client to the agent.
fn join(client: TcpStream, agent: SocketAddr, bytes: &Arc<AtomicU64>) -> io::Result<()> {
    let agent = TcpStream::connect(agent)?;
    // Both ends send small messages that somebody waits for.
    client.set_nodelay(true)?;
    agent.set_nodelay(true)?;
    pump(client.try_clone()?, agent.try_clone()?, Arc::clone(bytes));
    pump(agent, client, Arc::clone(bytes));
    Ok(())
}

/// Copies to the end, in a thread of its own.
fn pump(mut from: TcpStream, mut to: TcpStream, bytes: Arc<AtomicU64>) {
    thread::spawn(move || {
        let mut buffer = [0; 64 * 1024];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            bytes.fetch_add(count as u64, Relaxed);
            if to.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
}
