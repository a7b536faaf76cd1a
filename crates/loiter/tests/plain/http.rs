//! A client of HTTP/1.1, as small as can be.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::support::PATIENCE;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// In small letters.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        let start = format!("{name}: ");
        let mut lines = self.head.lines();
        lines
            .find_map(|line| line.strip_prefix(start.as_str()))
            .unwrap_or_default()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }
}

/// A GET on a connection of its own. `more`: further headers, each after `\r\n`.
pub(crate) async fn get(address: SocketAddr, path: &str, more: &str) -> Answer {
    ask(address, "GET", path, more).await
}

pub(crate) async fn ask(address: SocketAddr, method: &str, path: &str, more: &str) -> Answer {
    ask_for(address, &address.to_string(), method, path, more).await
}

/// A request that says whom it is for.
pub(crate) async fn ask_for(
    address: SocketAddr,
    host: &str,
    method: &str,
    path: &str,
    more: &str,
) -> Answer {
    let stream = TcpStream::connect(address).await.expect("it listens");
    exchange(stream, host, method, path, more).await
}

/// One request and its answer, after which nothing more comes.
pub(crate) async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    host: &str,
    method: &str,
    path: &str,
    more: &str,
) -> Answer {
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close{more}\r\n\r\n");
    stream
        .write_all(request.as_bytes())
        .await
        .expect("it is open");
    let mut answer = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    read.expect("in time").expect("no reset");
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    let body = answer.split_off(end.expect("a head") + 4);
    let head = String::from_utf8(answer).expect("text").to_lowercase();
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let answer = Answer {
        status: status.expect("a status"),
        head,
        body,
    };
    // Not in chunks: it is known how long it is.
    if method == "GET" {
        let length = answer.header("content-length").parse::<usize>();
        assert_eq!(length.ok(), Some(answer.body.len()), "{}", answer.head);
    }
    answer
}

/// How many of so many requests, sent one after the other on one connection, are refused before it
/// is closed.
pub(crate) async fn refused_at_once(mut stream: TcpStream, header: &str, count: usize) -> usize {
    let request = format!("POST / HTTP/1.1\r\nHost: localhost\r\n{header}\r\n\r\n");
    // The agent may have closed it before all is written.
    let _ = stream.write_all(request.repeat(count).as_bytes()).await;
    let mut answers = Vec::new();
    // A reset is an end as well.
    let read = timeout(PATIENCE, stream.read_to_end(&mut answers)).await;
    let _ = read.expect("the agent closes it");
    let answers = String::from_utf8_lossy(&answers);
    answers.matches("HTTP/1.1 403 ").count()
}
