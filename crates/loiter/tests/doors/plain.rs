//! What is asked for plainly, by scrapers and profilers: guarded as all else is.

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

/// What comes back for a request on a connection of its own.
async fn get(address: SocketAddr, path: &str, more: &str) -> String {
    get_from(address, "shop.example", path, more).await
}

/// For one that calls the agent so.
pub(crate) async fn get_from(address: SocketAddr, host: &str, path: &str, more: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n");
    stream
        .write_all(request.as_bytes())
        .await
        .expect("it is open");
    let mut answer = String::new();
    let read = timeout(PATIENCE, stream.read_to_string(&mut answer)).await;
    read.expect("in time").expect("text");
    answer
}

#[tokio::test]
async fn a_scraper_without_a_token_is_told_to_bring_one() {
    let mut program = Program::start_with(&[("LOITER_TOKEN", TOKEN)], async |_| {
        listen_aloud(Builder::new());
    });
    let address = program.address();
    let wrong = format!("Authorization: Bearer {}\r\n", TOKEN.to_uppercase());
    for path in ["/metrics", "/debug/pprof/goroutine", "/"] {
        for (more, challenge) in [
            ("", "www-authenticate: Bearer realm=\"loiter\"\r\n"),
            (
                &*wrong,
                "www-authenticate: Bearer realm=\"loiter\", error=\"invalid_token\"\r\n",
            ),
        ] {
            let answer = get(address, path, more).await;
            assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
            assert!(answer.contains(challenge), "{answer}");
            assert!(!answer.contains("loiter_tasks"), "{answer}");
        }
    }
    // By any name: no page can know the token.
    let good = format!("Authorization: Bearer {TOKEN}\r\n");
    let answer = get(address, "/metrics", &good).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("loiter_tasks"), "{answer}");
    program.wait_for_stderr("refused: 127.0.0.1:").await;
    let log = program.finish();
    assert!(!log.to_lowercase().contains(TOKEN), "{log}");
}

#[tokio::test]
async fn nobody_tries_many_tokens_on_one_connection() {
    let mut program = Program::start_with(&[("LOITER_TOKEN", TOKEN)], async |_| {
        listen_aloud(Builder::new());
    });
    let address = program.address();
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let many: String = (0..300)
        .map(|n| {
            format!(
                "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\
                 Authorization: Bearer {n:016}\r\n\r\n"
            )
        })
        .collect();
    // The agent may have closed it before all is written.
    let _ = stream.write_all(many.as_bytes()).await;
    let mut answers = Vec::new();
    // A reset is an end as well.
    let read = timeout(PATIENCE, stream.read_to_end(&mut answers)).await;
    let _ = read.expect("the agent closes it");
    let answers = String::from_utf8_lossy(&answers);
    let refused = answers.matches("HTTP/1.1 401 ").count();
    assert!((1..150).contains(&refused), "{refused}");
    let good = format!("Authorization: Bearer {TOKEN}\r\n");
    let answer = get(address, "/metrics", &good).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}
