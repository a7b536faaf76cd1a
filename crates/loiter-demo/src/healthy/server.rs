//! An HTTP server, as far as its own clients need one: a request a connection, no body.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    time,
};

use super::pool::Pool;
use crate::{leak::Acknowledgements, named};

/// Bytes of a request at most.
const MAX_REQUEST: u64 = 1024;

/// What the server serves.
pub(crate) struct Shop {
    workers: Pool,
    orders: AtomicU64,
    acknowledgements: Acknowledgements,
}

impl Shop {
    /// Starts its workers.
    pub(crate) fn open() -> Self {
        Self {
            workers: Pool::start(),
            orders: AtomicU64::new(0),
            acknowledgements: Acknowledgements::default(),
        }
    }

    /// The body for a request line, or `None` when nothing is there.
    async fn answer(&self, request: &str) -> Option<String> {
        match request {
            "GET /price HTTP/1.1" => self.workers.price().await.map(|price| price.to_string()),
            "POST /order HTTP/1.1" => {
                let order = self.orders.fetch_add(1, Ordering::Relaxed);
                self.acknowledgements.expect(order);
                Some(order.to_string())
            }
            _ => None,
        }
    }
}

/// Spawns the accept loop.
pub(crate) fn spawn(listener: TcpListener, shop: Arc<Shop>) {
    named::spawn("accept", accept(listener, shop));
}

async fn accept(listener: TcpListener, shop: Arc<Shop>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let shop = Arc::clone(&shop);
                named::spawn("connection", async move {
                    // A client that went away takes its connection with it, nothing else.
                    let _ = serve(stream, &shop).await;
                });
            }
            // Such as too many open files: passing, but at once again.
            Err(_) => time::sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn serve(stream: TcpStream, shop: &Shop) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let request = read_head(&mut stream).await?;
    let (status, body) = match shop.answer(&request).await {
        Some(body) => ("200 OK", body),
        None => ("404 Not Found", String::new()),
    };
    let response = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len(),
    );
    stream.write_all(response.as_bytes()).await?;
    stream.shutdown().await
}

/// The request line. The headers are read as well: closing a socket with unread bytes resets the
/// connection, and the client would lose the response.
async fn read_head(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut lines = stream.take(MAX_REQUEST).lines();
    let request = lines.next_line().await?.unwrap_or_default();
    while lines
        .next_line()
        .await?
        .is_some_and(|header| !header.is_empty())
    {}
    Ok(request)
}
