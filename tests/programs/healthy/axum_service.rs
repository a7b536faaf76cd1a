//! An axum server with clients that keep their connections: busy ones, and one that says
//! nothing for long.

use std::{io, net::SocketAddr, time::Duration};

use axum::{Router, extract::State, routing::get};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot},
    time,
};

use crate::{pause, spawn};

type Jobs = mpsc::Sender<oneshot::Sender<u64>>;

pub(super) async fn run() -> io::Result<()> {
    let (jobs, queue) = mpsc::channel(16);
    spawn("counter", count(queue));
    let app = Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/count", get(next))
        .with_state(jobs);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let server = listener.local_addr()?;
    for number in 0..8 {
        spawn("client", visit(server, number));
    }
    spawn("quiet-client", stay(server));
    let (_stop, stopped) = oneshot::channel::<()>();
    let graceful = axum::serve(listener, app).with_graceful_shutdown(async {
        let _ = stopped.await;
    });
    graceful.await
}

/// An actor: idle whenever nobody asks.
async fn count(mut queue: mpsc::Receiver<oneshot::Sender<u64>>) {
    let mut count = 0;
    while let Some(reply) = queue.recv().await {
        count += 1;
        let _ = reply.send(count);
    }
}

async fn next(State(jobs): State<Jobs>) -> String {
    let (reply, answer) = oneshot::channel();
    let _ = jobs.send(reply).await;
    answer
        .await
        .map_or_else(|_| "gone".to_owned(), |n| n.to_string())
}

/// Comes again with a new connection after some requests.
async fn visit(server: SocketAddr, number: u64) -> io::Result<()> {
    loop {
        let mut connection = TcpStream::connect(server).await?;
        for request in 0..50 {
            ask(&mut connection, "/count").await?;
            pause(number + request).await;
        }
    }
}

async fn stay(server: SocketAddr) -> io::Result<()> {
    let mut connection = TcpStream::connect(server).await?;
    loop {
        ask(&mut connection, "/").await?;
        time::sleep(Duration::from_secs(45)).await;
    }
}

async fn ask(connection: &mut TcpStream, path: &str) -> io::Result<()> {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    connection.write_all(request.as_bytes()).await?;
    let read = connection.read(&mut [0; 1024]).await?;
    match read {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}
