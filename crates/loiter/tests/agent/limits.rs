//! Clients that are too many, or not clients at all.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use loiter::Builder;
use loiter_wire::v1::{GetTargetRequest, WatchTasksRequest};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tonic::Code;

use crate::{
    options::target,
    support::{PATIENCE, Program, connect, listen, message, query, wait_until},
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

/// A question whose answer is not a large one.
fn few() -> WatchTasksRequest {
    let mut request = query("");
    request.query.as_mut().expect("a query").limit = 100;
    request
}

#[tokio::test]
async fn the_streams_are_limited() {
    let mut program = Program::start(async |_| listen(Builder::new()));
    let address = program.address();
    let mut streams = Vec::new();
    // Each has three of its own, and they share 64 more.
    for count in [32, 32, 9] {
        let mut client = connect(address).await;
        for _ in 0..count {
            let stream = client.watch_tasks(few()).await;
            streams.push(stream.expect("a place"));
        }
    }
    let mut client = connect(address).await;
    for _ in 0..3 {
        let stream = client.watch_tasks(few()).await;
        streams.push(stream.expect("its own"));
    }
    let status = client.watch_tasks(few()).await.expect_err("one too many");
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    let beginning = "this client has 3 streams open, and all clients together 64";
    assert!(status.message().starts_with(beginning), "{status}");
    // Whoever asks only once is served.
    target(&mut client).await;

    drop(streams.pop());
    wait_until("a place", async || client.watch_tasks(few()).await.ok()).await;
}

#[tokio::test]
async fn the_streams_of_large_answers_are_limited() {
    let mut program = Program::start(async |_| listen(Builder::new()));
    let address = program.address();
    let mut client = connect(address).await;
    let mut streams = Vec::new();
    for _ in 0..16 {
        let stream = client.watch_tasks(query("")).await;
        streams.push(stream.expect("a place"));
    }
    let status = client.watch_tasks(query("")).await.expect_err("too many");
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    assert!(
        status.message().starts_with("16 streams are open already"),
        "{status}"
    );
    let few = client.watch_tasks(few()).await;
    few.expect("a small one");

    drop(streams.pop());
    wait_until("a place", async || client.watch_tasks(query("")).await.ok()).await;
}

#[tokio::test]
async fn who_watches_keeps_its_place_and_who_does_not_makes_room() {
    let mut program = Program::start(async |_| listen(Builder::new()));
    let address = program.address();
    let mut watching = Vec::new();
    for _ in 0..255 {
        let mut client = connect(address).await;
        let stream = client.watch_tasks(few()).await;
        watching.push((client, stream.expect("a place").into_inner()));
    }
    let mut idle = connect(address).await;
    target(&mut idle).await;

    // The last place is that of somebody who wants nothing.
    let mut client = connect(address).await;
    let stream = client.watch_tasks(few()).await;
    watching.push((client, stream.expect("a place").into_inner()));
    let mut late = connect(address).await;
    let status = late.watch_tasks(few()).await.expect_err("no place is left");
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    assert!(
        status.message().starts_with("256 clients are being served"),
        "{status}"
    );
    for (_, updates) in &mut watching {
        message(updates).await.expect("it is served");
    }

    drop(watching.pop());
    wait_until("a place", async || {
        let mut client = connect(address).await;
        client.watch_tasks(few()).await.ok()
    })
    .await;
}

#[tokio::test]
async fn who_says_nothing_makes_room() {
    let mut program = Program::start(async |_| listen(Builder::new()));
    let address = program.address();
    let first = raw(address).await;
    let mut silent = Vec::new();
    for _ in 0..400 {
        silent.push(raw(address).await);
    }
    closed(first).await;
    let mut client = connect(address).await;
    target(&mut client).await;
}

#[tokio::test]
async fn who_asks_for_too_much_at_once_is_sent_away() {
    let mut program = Program::start(async |_| listen(Builder::new()));
    let address = program.address();
    let mut client = connect(address).await;
    // On one connection, which is not made anew.
    let mut asked = 0;
    while client.get_target(GetTargetRequest {}).await.is_ok() {
        asked += 1;
        assert!(asked < 1_000_000, "nobody minds");
    }
    assert!(asked >= 500, "{asked}");
    target(&mut connect(address).await).await;
}

#[tokio::test]
async fn garbage_ends_its_own_connection_only() {
    let mut program = Program::start(async |_| listen(Builder::new()));
    let address = program.address();
    let mut client = connect(address).await;
    // Whoever has asked once may be silent, for as long as the agent waits for more of the garbage.
    target(&mut client).await;
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
