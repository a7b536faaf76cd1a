//! The agent as a browser meets it: gRPC-Web over HTTP/1.1, from pages that may or may not look.
//! Run with `--features grpc-web`.
#![cfg(all(feature = "grpc-web", not(loom)))]

#[path = "../agent/support/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "shared with the agent's other tests"
)]
mod support;

use std::net::SocketAddr;

use loiter::Builder;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use support::{PATIENCE, Program, listen};

const GET_TARGET: &str = "/loiter.v1.Loiter/GetTarget";
/// A message of no bytes, not compressed: a request without any field.
const NOTHING: [u8; 5] = [0; 5];

/// What comes back for a request on a connection of its own: its head in small letters, its body.
async fn ask(address: SocketAddr, head: &str, body: &[u8]) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let head = format!(
        "{head}\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let request = [head.as_bytes(), body].concat();
    stream.write_all(&request).await.expect("it is open");
    let mut answer = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    read.expect("in time").expect("no reset");
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    let body = answer.split_off(end.expect("a head") + 4);
    (
        String::from_utf8(answer).expect("text").to_lowercase(),
        body,
    )
}

fn post(path: &str, more: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nContent-Type: application/grpc-web+proto\r\nX-Grpc-Web: 1{more}"
    )
}

/// Puts chunks together.
fn whole(mut chunked: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let line = chunked.windows(2).position(|bytes| bytes == b"\r\n");
        let (size, rest) = chunked.split_at(line.expect("a size"));
        let size = std::str::from_utf8(size).expect("text");
        let size = usize::from_str_radix(size, 16).expect("a number");
        if size == 0 {
            return whole;
        }
        let (chunk, rest) = rest[2..].split_at(size);
        whole.extend(chunk);
        chunked = &rest[2..];
    }
}

/// The frames of a body: what kind each is of, and its content.
fn frames(mut body: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut frames = Vec::new();
    while let [kind, a, b, c, d, rest @ ..] = body {
        let (content, rest) = rest.split_at(u32::from_be_bytes([*a, *b, *c, *d]) as usize);
        frames.push((*kind, content.to_vec()));
        body = rest;
    }
    assert!(body.is_empty(), "half a frame: {body:?}");
    frames
}

#[tokio::test]
async fn a_browser_gets_an_answer() {
    let mut program = Program::start(async |_| listen(Builder::new().name("seen from a page")));
    let address = program.address();
    let (head, body) = ask(address, &post(GET_TARGET, ""), &NOTHING).await;
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    assert!(
        head.contains("\r\ncontent-type: application/grpc-web+proto"),
        "{head}"
    );
    assert!(head.contains("\r\ntransfer-encoding: chunked"), "{head}");
    let frames = frames(&whole(&body));
    let [(0, message), (0x80, trailers)] = &frames[..] else {
        panic!("not a message and trailers: {frames:?}");
    };
    let name = b"seen from a page";
    assert!(message.windows(name.len()).any(|bytes| bytes == name));
    let trailers = std::str::from_utf8(trailers).expect("text");
    assert!(trailers.contains("grpc-status:0"), "{trailers}");
}

#[tokio::test]
async fn others_are_served_as_before() {
    let mut program = Program::start(async |_| listen(Builder::new().name("native")));
    let mut client = program.client().await;
    let target = client
        .get_target(loiter_wire::v1::GetTargetRequest {})
        .await;
    assert_eq!(target.expect("an answer").into_inner().name, "native");
}

#[tokio::test]
async fn a_page_is_answered_if_it_may_look() {
    let mut program = Program::start(async |_| {
        listen(Builder::new().allow_origin("https://tasks.example"));
    });
    let address = program.address();
    for (origin, allowed) in [
        ("http://localhost:8080", true),
        ("https://tasks.example", true),
        ("https://evil.example", false),
        // Its name may lead to this machine all the same.
        ("http://evil.example:6669", false),
        ("null", false),
    ] {
        let from = format!("\r\nOrigin: {origin}");
        let (head, _) = ask(address, &post(GET_TARGET, &from), &NOTHING).await;
        let permission = format!("\r\naccess-control-allow-origin: {origin}");
        assert_eq!(head.contains(&permission), allowed, "{head}");
        let status = if allowed {
            "http/1.1 200 "
        } else {
            "http/1.1 403 "
        };
        assert!(head.starts_with(status), "{origin}: {head}");

        let asks = format!(
            "OPTIONS {GET_TARGET} HTTP/1.1{from}\r\nAccess-Control-Request-Method: POST\r\n\
             Access-Control-Request-Headers: content-type,x-grpc-web"
        );
        let (head, _) = ask(address, &asks, b"").await;
        assert_eq!(head.contains(&permission), allowed, "{head}");
        assert_eq!(
            head.contains("\r\naccess-control-allow-headers: content-type, x-grpc-web"),
            allowed,
            "{head}"
        );
        let status = if allowed {
            "http/1.1 204 "
        } else {
            "http/1.1 403 "
        };
        assert!(head.starts_with(status), "{origin}: {head}");
    }
}

#[tokio::test]
async fn what_is_no_grpc_is_refused() {
    let mut program = Program::start(async |_| listen(Builder::new()));
    let address = program.address();
    let (head, _) = ask(address, "GET / HTTP/1.1", b"").await;
    let plain = cfg!(any(feature = "metrics", feature = "pprof"));
    let status = if plain { "404" } else { "400" };
    assert!(head.starts_with(&format!("http/1.1 {status} ")), "{head}");
    let get = format!("GET {GET_TARGET} HTTP/1.1\r\nContent-Type: application/grpc-web");
    let (head, _) = ask(address, &get, b"").await;
    assert!(head.starts_with("http/1.1 405 "), "{head}");
}
