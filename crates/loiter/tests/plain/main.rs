//! The agent as scrapers and profilers meet it: plain requests over HTTP/1.1 and 2, on the port
//! of gRPC. Run with `--features metrics,pprof`.
#![cfg(all(feature = "metrics", feature = "pprof", not(loom)))]

#[path = "../agent/support/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "shared with the agent's other tests"
)]
mod support;

mod http;
mod metrics;
mod pprof;

use loiter::Builder;
use loiter_wire::v1;
use tokio::net::TcpStream;

use http::{ask, ask_for, get};
use support::{Program, connect, listen, query, update_where, wait_until};

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let mut program = Program::start(async |_| listen(Builder::new()));
    let address = program.address();
    for path in ["/", "/metricsx", "/metrics/", "/debug/pprof/heap"] {
        let answer = get(address, path, "").await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text().contains("/metrics"), "{}", answer.text());
    }
}

const PAUSE: &str = "/rs.tokio.console.instrument.Instrument/Pause";
const CAPTURE: &str = "/loiter.v1.Loiter/CaptureStacks";

/// However it asks: what takes no permission is sent by its browser at once, whatever comes back.
#[tokio::test]
async fn a_page_may_not_ask() {
    let mut program = Program::start(async |_| listen(Builder::new()));
    let address = program.address();
    let mut origins = vec!["\r\nOrigin: http://evil.example", "\r\nOrigin: null"];
    if cfg!(not(feature = "grpc-web")) {
        origins.push("\r\nOrigin: http://localhost:3000");
    }
    for method in ["GET", "HEAD", "POST", "PUT", "OPTIONS"] {
        for path in ["/metrics", "/debug/pprof/goroutine?debug=2", PAUSE, CAPTURE] {
            for origin in &origins {
                let answer = ask(address, method, path, origin).await;
                assert_eq!(answer.status, 403, "{method} {path}{origin}");
                assert!(!answer.text().contains("loiter_"), "{}", answer.text());
            }
        }
    }
}

/// Its name leads to this machine, so that the browser takes the answer for the page's own.
#[tokio::test]
async fn a_page_whose_name_leads_here_may_not_ask_either() {
    let mut program = Program::start(async |_| listen(Builder::new()));
    let address = program.address();
    for (method, path, good) in [
        ("GET", "/metrics", 200),
        ("HEAD", "/metrics", 200),
        ("GET", "/loiter.v1.Loiter/WatchTasks", 404),
    ] {
        for (host, status) in [
            ("evil.example", 421),
            ("evil.example:port", 421),
            ("", 421),
            ("localhost\r\nHost: evil.example", 421),
            ("localhost", good),
            ("127.0.0.1:6669", good),
        ] {
            let answer = ask_for(address, host, method, path, "").await;
            assert_eq!(answer.status, status, "{method} {path} {host}");
        }
    }
    for kind in ["", "\r\nContent-Type: application/grpc-web"] {
        let answer = ask_for(address, "evil.example", "POST", CAPTURE, kind).await;
        assert_eq!(answer.status, 421, "{kind}");
    }
    program
        .wait_for_stderr("a page that may not ask, by its host: evil.example")
        .await;
}

/// Asking in vain is not for nothing.
#[tokio::test]
async fn a_page_does_not_ask_very_often() {
    let mut program = Program::start(async |_| listen(Builder::new()));
    let address = program.address();
    let stream = TcpStream::connect(address).await.expect("it listens");
    let refused = http::refused_at_once(stream, "Origin: http://evil.example", 300).await;
    assert!((1..150).contains(&refused), "{refused}");
}

/// It would keep its place for ever.
#[tokio::test]
async fn a_request_without_an_end_is_given_up() {
    let mut program = Program::start(async |_| listen(Builder::new()));
    let address = program.address();
    let kind = match cfg!(feature = "grpc-web") {
        true => "application/grpc-web+proto",
        false => "application/grpc",
    };
    let more = format!("\r\nContent-Type: {kind}\r\nContent-Length: 100");
    let answer = ask(address, "POST", "/loiter.v1.Loiter/GetTarget", &more).await;
    assert_eq!(answer.status, 200, "{}", answer.head);
    assert!(!answer.head.contains("grpc-status: 0"), "{}", answer.head);
}

/// As with `curl --unix-socket`.
#[cfg(unix)]
#[tokio::test]
async fn the_unix_socket_is_as_good() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("agent.sock");
    let socket = path.to_str().expect("UTF-8");
    let mut program = Program::start_with(&[("LOITER_UNIX_SOCKET", socket)], async |_| {
        listen(Builder::new());
    });
    program.address();
    let stream = wait_until("the socket", async || {
        tokio::net::UnixStream::connect(&path).await.ok()
    })
    .await;
    let answer = http::exchange(stream, "localhost", "GET", "/metrics", "").await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("loiter_tasks"));
}

#[tokio::test]
async fn only_the_head_comes_for_head() {
    let mut program = Program::start(async |_| listen(Builder::new()));
    let answer = ask(program.address(), "HEAD", "/metrics", "").await;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert!(
        answer.header("content-type").starts_with("text/plain"),
        "{}",
        answer.head
    );
}

/// gRPC comes over HTTP/2 at the same port, before, between and after.
#[tokio::test]
async fn grpc_is_served_on_the_same_port() {
    let mut program = Program::start(async |_| listen(Builder::new().name("both")));
    let address = program.address();
    let mut client = connect(address).await;
    for _ in 0..3 {
        let target = client.get_target(v1::GetTargetRequest {}).await;
        assert_eq!(target.expect("an answer").into_inner().name, "both");
        let answer = get(address, "/metrics", "").await;
        assert_eq!(answer.status, 200);
        update_where(&mut client, query(""), |_| true).await;
    }
}
