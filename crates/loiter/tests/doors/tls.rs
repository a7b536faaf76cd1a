//! TLS: whom the client finds, and what comes of other things that are said to the port.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use loiter::Builder;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::rustls;
#[cfg(feature = "tls-aws-lc")]
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider as provider;
#[cfg(not(feature = "tls-aws-lc"))]
use tokio_rustls::rustls::crypto::ring::default_provider as provider;

use crate::{
    Files,
    authority::{Authority, Caller, For, NAME, Pair},
    client::{ask, ask_over, plain},
    listen_aloud,
    support::{Cues, PATIENCE, Program, wait_until},
};

fn put(files: &Files, pair: &Pair) {
    // Of the two, one is new first: that changes nothing.
    files.put("key", &pair.key);
    files.put("cert", &pair.cert);
}

fn encrypted(files: &Files, pair: &Pair, program: impl AsyncFnOnce(Cues) + Send) -> Program {
    put(files, pair);
    let (cert, key) = (files.text("cert"), files.text("key"));
    let variables = [("LOITER_TLS_CERT", &*cert), ("LOITER_TLS_KEY", &*key)];
    Program::start_with(&variables, program)
}

async fn play(_: Cues) {
    listen_aloud(Builder::new().name("encrypted"));
}

fn caller<'a>(trusts: &'a Authority, calls: &'a str) -> Caller<'a> {
    let shows = None;
    Caller {
        trusts,
        calls,
        shows,
    }
}

#[tokio::test]
async fn the_client_finds_who_it_looks_for_and_nobody_else() {
    let (ours, others) = (Authority::new("ours"), Authority::new("others"));
    let files = Files::new();
    let mut program = encrypted(&files, &ours.issue(NAME, For::Server), async |cues| {
        play(cues).await
    });
    let address = program.address();
    let good = caller(&ours, NAME).at(address);
    assert_eq!(
        ask(&good, None).await.expect("it is the right one"),
        "encrypted"
    );
    let attached = good.connect().await.expect("it is the right one");

    for (caller, reason) in [
        (caller(&others, NAME), "UnknownIssuer"),
        (caller(&ours, "another.test"), "not valid for name"),
    ] {
        let refused = ask(&caller.at(address), None)
            .await
            .expect_err("the client does not");
        assert!(refused.reason().contains(reason), "{refused:?}");
        ask_over(attached.clone(), None)
            .await
            .expect("others are served");
    }
    // What the client tells the agent of that, the agent tells.
    program.wait_for_stderr("refused: 127.0.0.1:").await;
    program.wait_for_stderr("UnknownCA").await;
    let log = program.finish();
    assert!(log.contains("with no credentials"), "{log}");
}

#[tokio::test]
async fn a_certificate_that_is_out_of_date_is_the_clients_to_refuse() {
    let ours = Authority::new("ours");
    let files = Files::new();
    let mut program = encrypted(
        &files,
        &ours.issue(NAME, For::ExpiredServer),
        async |cues| play(cues).await,
    );
    let endpoint = caller(&ours, NAME).at(program.address());
    let refused = ask(&endpoint, None).await.expect_err("it is out of date");
    assert!(refused.reason().contains("expired"), "{refused:?}");
    // It is renewed, and all is well.
    put(&files, &ours.issue(NAME, For::Server));
    wait_until("the new one", async || ask(&endpoint, None).await.ok()).await;
}

#[tokio::test]
async fn a_certificate_is_exchanged_while_the_program_runs() {
    let (before, after) = (Authority::new("before"), Authority::new("after"));
    let files = Files::new();
    let mut program = encrypted(&files, &before.issue(NAME, For::Server), async |cues| {
        play(cues).await
    });
    let address = program.address();
    let (old, new) = (
        caller(&before, NAME).at(address),
        caller(&after, NAME).at(address),
    );
    let attached = old.connect().await.expect("it is the right one");
    ask_over(attached.clone(), None)
        .await
        .expect("it is the right one");
    ask(&new, None).await.expect_err("it is not yet");

    files.put("cert", "no certificate");
    program
        .wait_for_stderr("what was read before goes on to count")
        .await;
    ask(&old, None).await.expect("it is as before");
    put(&files, &after.issue(NAME, For::Server));
    wait_until("the new one", async || ask(&new, None).await.ok()).await;
    ask(&old, None).await.expect_err("it is so no more");
    // Whoever was there is not concerned.
    ask_over(attached, None).await.expect("it is served on");
    let log = program.finish();
    assert_eq!(log.matches("took over new credentials").count(), 1, "{log}");
    assert!(!log.contains("PRIVATE KEY"), "{log}");
}

async fn raw(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.expect("it listens")
}

/// What the agent says until it closes the connection.
async fn rest(mut connection: TcpStream) -> Vec<u8> {
    let mut rest = Vec::new();
    // A reset is an end as well.
    let end = timeout(PATIENCE, connection.read_to_end(&mut rest)).await;
    let _ = end.expect("the agent closes it");
    rest
}

#[tokio::test]
async fn whatever_else_is_said_ends_its_own_connection_only() {
    let ours = Authority::new("ours");
    let files = Files::new();
    let mut program = encrypted(&files, &ours.issue(NAME, For::Server), async |cues| {
        play(cues).await
    });
    let address = program.address();
    let good = caller(&ours, NAME).at(address);
    let attached = good.connect().await.expect("it is the right one");
    ask_over(attached.clone(), None)
        .await
        .expect("it is the right one");

    let mut web = raw(address).await;
    let request = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
    web.write_all(request).await.expect("it is open");
    let answer = String::from_utf8(rest(web).await).expect("text");
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains("https://"), "{answer}");

    // To HTTP/2 without TLS it says no as TLS does, with an alert.
    ask(&plain(address), None).await.expect_err("it speaks TLS");
    let mut plainly = raw(address).await;
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    plainly.write_all(preface).await.expect("it is open");
    assert_eq!(rest(plainly).await.first(), Some(&0x15));

    for garbage in [
        &[0xff; 64 * 1024][..],
        &[0; 100],
        &[0x16, 3, 1, 0xff, 0xff, 0],
    ] {
        let mut connection = raw(address).await;
        // The agent may have closed it before all is written.
        let _ = connection.write_all(garbage).await;
        let _ = connection.shutdown().await;
        rest(connection).await;
        ask_over(attached.clone(), None)
            .await
            .expect("others are served");
    }
    ask(&good, None).await.expect("and whoever comes");
    program
        .wait_for_stderr("TLS: it speaks HTTP without it")
        .await;
}

/// The whole of what a client says first.
fn hello() -> Vec<u8> {
    let provider = Arc::new(provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("it has some")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let name = NAME.try_into().expect("a name");
    let mut client = rustls::ClientConnection::new(Arc::new(config), name).expect("a client");
    let mut hello = Vec::new();
    client.write_tls(&mut hello).expect("there is room");
    hello
}

#[tokio::test]
async fn nobody_waits_for_those_who_never_come_to_an_end() {
    let ours = Authority::new("ours");
    let files = Files::new();
    let mut program = encrypted(&files, &ours.issue(NAME, For::Server), async |cues| {
        play(cues).await
    });
    let address = program.address();
    let good = caller(&ours, NAME).at(address);
    ask(&good, None).await.expect("it is the right one");
    let start = Instant::now();
    let mut slow = Vec::new();
    // The begin of a hello that goes on, and whole ones after which nothing comes: more of each than
    // are begun at a time.
    for first in [&[0x16, 3, 1, 2, 0, 1][..], &hello()] {
        for _ in 0..20 {
            let mut connection = raw(address).await;
            connection.write_all(first).await.expect("it is open");
            slow.push(connection);
        }
    }
    let meanwhile = Instant::now();
    ask(&good, None).await.expect("others come in meanwhile");
    let took = meanwhile.elapsed();
    assert!(took < Duration::from_secs(3), "{took:?}");
    for connection in slow {
        rest(connection).await;
    }
    let took = start.elapsed();
    let expected = Duration::from_secs(4)..Duration::from_secs(30);
    assert!(expected.contains(&took), "{took:?}");
    program.wait_for_stderr("TLS: it took too long").await;
}
