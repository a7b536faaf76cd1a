//! As many connections a second as can be, up to some thousands.

use std::{
    collections::VecDeque,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use tokio::{
    net::{TcpSocket, TcpStream},
    sync::Semaphore,
    time::{self, MissedTickBehavior},
};

use super::{Count, frames::GREETING};

/// What comes in.
#[derive(Clone, Copy)]
pub(super) struct Flood {
    /// At a time, a thousand times a second.
    pub(super) at_a_time: u64,
    /// In HTTP/2.
    pub(super) greets: bool,
}

/// Connects under way.
const MOST: usize = 256;
/// Connections that are held, and say no more, before they are let go.
const HELD: usize = 256;
/// Addresses of this machine from which they come: each has some thousand ports.
const SOURCES: u64 = 200;

pub(super) async fn run(address: SocketAddr, flood: Flood, count: &Count) {
    let mut ticks = time::interval(Duration::from_millis(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let room = Arc::new(Semaphore::new(MOST));
    let held = Arc::new(std::sync::Mutex::new(VecDeque::new()));
    for number in 0.. {
        if number % flood.at_a_time == 0 {
            ticks.tick().await;
        }
        let Ok(place) = room.clone().acquire_owned().await else {
            return;
        };
        let (count, held) = (count.clone(), held.clone());
        tokio::spawn(async move {
            let connected = connect(address, number).await;
            count.fetch_add(u64::from(connected.is_ok()), Relaxed);
            // Every other one is let go at once.
            if let Ok(stream) = connected
                && (!flood.greets || stream.try_write(GREETING).is_ok())
                && number % 2 == 0
                && let Ok(mut held) = held.lock()
            {
                held.push_back(stream);
                if held.len() > HELD {
                    held.pop_front();
                }
            }
            drop(place);
        });
    }
}

async fn connect(address: SocketAddr, number: u64) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    let last = u8::try_from(number % SOURCES + 1).unwrap_or(1);
    socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 1, last), 0)))?;
    // With a reset at its end: no port waits for what may still come.
    #[allow(deprecated, reason = "it blocks for no time at all")]
    socket.set_linger(Some(Duration::ZERO))?;
    socket.connect(address).await
}
