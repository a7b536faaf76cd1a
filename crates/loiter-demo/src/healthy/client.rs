//! The server's clients. They live in the same process, so that the demo needs nothing else.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time,
};

use crate::named;

/// Spawns two visitors that look often.
pub(crate) fn spawn_visitors(server: SocketAddr) {
    for _ in 0..2 {
        named::spawn(
            "visitor",
            repeat(server, "GET /price HTTP/1.1", Duration::from_millis(100)),
        );
    }
}

/// Spawns a customer that orders once a second: the rate at which tasks leak.
pub(crate) fn spawn_customer(server: SocketAddr) {
    named::spawn(
        "customer",
        repeat(server, "POST /order HTTP/1.1", Duration::from_secs(1)),
    );
}

/// The same request, again and again.
async fn repeat(server: SocketAddr, request: &'static str, every: Duration) {
    let mut interval = time::interval(every);
    // After a pause of the machine, one request is due, not all that were missed.
    interval.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        // A request that fails is made again on the next tick.
        let _ = ask(server, request).await;
    }
}

async fn ask(server: SocketAddr, request: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(server).await?;
    stream
        .write_all(format!("{request}\r\n\r\n").as_bytes())
        .await?;
    let mut response = String::new();
    stream.read_to_string(&mut response).await?;
    Ok(response)
}
