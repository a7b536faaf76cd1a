//! Clients that are too many, or not clients at all.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use loiter::Builder;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tonic::Code;

use crate::{
    options::target,
    support::{PATIENCE, Program, connect, listen, query, wait_until},
};

/// Reads a raw connection until the agent closes it.
async fn closed(mut connection: TcpStream) {
    let mut rest = Vec::new();
    // A reset is an end as well.
    let end = timeout(PATIENCE, connection.read_to_end(&mut rest)).await;
    let _ = end.expect("the agent closes it");
}

async fn raw(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address)
        .await
        .expect("the agent listens")
}

#[tokio::test]
async fn the_streams_are_limited() {
    let mut program = Program::start(async |_| listen(Builder::new()));
    let address = program.address();
    let mut streams = Vec::new();
    for _ in 0..4 {
        let mut client = connect(address).await;
        for _ in 0..16 {
            let stream = client.watch_tasks(query("")).await;
            streams.push(stream.expect("a place"));
        }
    }
    let mut client = connect(address).await;
    let status = client
        .watch_tasks(query(""))
        .await
        .expect_err("one too many");
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    assert!(
        status.message().starts_with("64 streams are open already"),
        "{status}"
    );
    // Whoever asks only once is served.
    target(&mut client).await;

    drop(streams.pop());
    wait_until("a place", async || client.watch_tasks(query("")).await.ok()).await;
}

#[tokio::test]
async fn the_connections_are_limited() {
    let mut program = Program::start(async |_| listen(Builder::new()));
    let address = program.address();
    let mut clients = Vec::new();
    for _ in 0..32 {
        let mut client = connect(address).await;
        target(&mut client).await;
        clients.push(client);
    }
    closed(raw(address).await).await;
    for client in &mut clients {
        target(client).await;
    }

    drop(clients.pop());
    wait_until("a place", async || {
        let mut client = connect(address).await;
        let answer = client
            .get_target(loiter_wire::v1::GetTargetRequest {})
            .await;
        answer.ok()
    })
    .await;
}

#[tokio::test]
async fn garbage_ends_its_own_connection_only() {
    let mut program = Program::start(async |_| listen(Builder::new()));
    let address = program.address();
    let mut client = connect(address).await;
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let garbage: [&[u8]; 4] = [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        &[0xff; 64 * 1024],
        &[0; 100],
        &[preface, &[0xff; 100][..]].concat(),
    ];
    for bytes in garbage {
        let mut connection = raw(address).await;
        // The agent may have closed it before all is written.
        let _ = connection.write_all(bytes).await;
        closed(connection).await;
        target(&mut client).await;
    }
}

#[tokio::test]
async fn silence_is_not_waited_for() {
    let mut program = Program::start(async |_| listen(Builder::new()));
    let address = program.address();
    let mut client = connect(address).await;
    let first = target(&mut client).await;
    let start = Instant::now();
    let silent = raw(address).await;
    let mut slow = raw(address).await;
    slow.write_all(b"PRI * HTTP/2.0\r\n\r\n")
        .await
        .expect("it is open");
    closed(silent).await;
    closed(slow).await;
    let took = start.elapsed();
    let expected = Duration::from_secs(9)..Duration::from_secs(30);
    assert!(expected.contains(&took), "{took:?}");
    // Whoever has asked once may be silent.
    assert_eq!(target(&mut client).await.run_id, first.run_id);
}
