//! An axum service with loiter added.

use axum::{Router, routing::get};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    loiter::init();

    let app = Router::new().route("/", get(|| async { "hello" }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    tokio::spawn(visit(listener.local_addr()?));
    axum::serve(listener, app).await
}

/// A client that keeps its connection, so that there is a task that serves it.
async fn visit(server: std::net::SocketAddr) -> std::io::Result<()> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let mut connection = tokio::net::TcpStream::connect(server).await?;
    connection
        .write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await?;
    let mut buffer = [0; 1024];
    while connection.read(&mut buffer).await? > 0 {}
    Ok(())
}
