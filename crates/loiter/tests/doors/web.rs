//! Pages in a browser: which page it is comes first, then the token.

use std::net::SocketAddr;

use loiter::Builder;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{
    listen_aloud,
    support::{PATIENCE, Program},
};

const TOKEN: &str = "token-0123456789abcdef";
const CALL: &str = "/loiter.v1.Loiter/GetTarget";
const ORIGIN: &str = "Origin: http://localhost:3000\r\n";

/// What comes back for a request on a connection of its own, in small letters.
async fn ask(address: SocketAddr, method: &str, more: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let request = format!(
        "{method} {CALL} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/grpc-web+proto\r\nContent-Length: 5\r\n{more}\r\n\0\0\0\0\0"
    );
    stream
        .write_all(request.as_bytes())
        .await
        .expect("it is open");
    let mut answer = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    let _ = read.expect("in time");
    String::from_utf8_lossy(&answer).to_lowercase()
}

#[tokio::test]
async fn a_page_that_may_look_needs_a_token_as_well() {
    let mut program = Program::start_with(&[("LOITER_TOKEN", TOKEN)], async |_| {
        listen_aloud(Builder::new().name("seen from a page"));
    });
    let address = program.address();
    // A browser asks whether it may send one, without sending it.
    let asks = format!("{ORIGIN}Access-Control-Request-Method: POST\r\n");
    let answer = ask(address, "OPTIONS", &asks).await;
    assert!(answer.starts_with("http/1.1 204 "), "{answer}");
    assert!(answer.contains(", authorization\r\n"), "{answer}");
    // That is no way in.
    for (method, more) in [("OPTIONS", ORIGIN), ("OPTIONS", ""), ("POST", ORIGIN)] {
        let answer = ask(address, method, more).await;
        assert!(answer.contains("\r\ngrpc-status: 16\r\n"), "{answer}");
        assert!(!answer.contains("seen from a page"), "{answer}");
        // The page may read why.
        let readable =
            answer.contains("\r\naccess-control-allow-origin: http://localhost:3000\r\n");
        assert_eq!(readable, !more.is_empty(), "{answer}");
    }
    let token = format!("Authorization: Bearer {TOKEN}\r\n");
    let answer = ask(address, "POST", &format!("{ORIGIN}{token}")).await;
    assert!(answer.starts_with("http/1.1 200 "), "{answer}");
    assert!(answer.contains("seen from a page"), "{answer}");
    // And a token is no way in for a page from elsewhere.
    let evil = format!("Origin: https://evil.example\r\n{token}");
    let answer = ask(address, "POST", &evil).await;
    assert!(answer.starts_with("http/1.1 403 "), "{answer}");
    program
        .wait_for_stderr("a page that may not ask, by its origin: https://evil.example")
        .await;
}
