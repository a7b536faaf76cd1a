//! `/metrics`.

use std::{future::pending, net::SocketAddr, time::Duration};

use loiter::Builder;
use loiter_model::metric::Metric;

use crate::{
    http::get,
    support::{PATIENCE, Program, listen, wait_until},
};

/// The sum of the numbers of a metric whose labels have all of these, each such as
/// `state="idle"`.
fn sum(text: &str, metric: &Metric, labels: &[&str]) -> f64 {
    let name = metric.name();
    let numbers = text.lines().filter_map(|line| {
        let (series, number) = line.rsplit_once(' ')?;
        let rest = series.strip_prefix(name.as_str())?;
        let is_it = rest.is_empty() || rest.starts_with('{');
        let is_wanted = labels.iter().all(|label| rest.contains(label));
        (is_it && is_wanted).then(|| number.parse::<f64>().expect("a number"))
    });
    numbers.sum()
}

async fn text_where(address: SocketAddr, mut is_so: impl FnMut(&str) -> bool) -> String {
    wait_until("such figures", async || {
        let text = get(address, "/metrics", "").await.text().to_owned();
        is_so(&text).then_some(text)
    })
    .await
}

#[tokio::test]
async fn tasks_are_counted_where_they_were_spawned() {
    let mut program = Program::start(async |_| {
        listen(Builder::new());
        for _ in 0..7 {
            loiter::spawn(pending::<()>());
        }
        for _ in 0..3 {
            loiter::spawn(async {}).await.expect("it returns");
        }
        loiter::spawn(async { panic!("as it should") })
            .await
            .expect_err("it panics");
        let cancelled = loiter::spawn(pending::<()>());
        tokio::task::yield_now().await;
        cancelled.abort();
        assert!(cancelled.await.is_err());
    });
    let here = r#"site="crates/loiter/tests/plain/metrics.rs:"#;
    let is_done = |text: &str| {
        sum(text, &Metric::ENDED, &[here]) == 5.0
            && sum(text, &Metric::TASKS, &[here, r#"state="idle""#]) == 7.0
    };
    let text = text_where(program.address(), is_done).await;
    let of = |metric: &Metric, label: &str| sum(&text, metric, &[here, label]);
    assert_eq!(of(&Metric::TASKS, r#"kind="task""#), 7.0);
    assert_eq!(of(&Metric::TASKS, r#"state="running""#), 0.0);
    assert_eq!(of(&Metric::SPAWNED, ""), 12.0);
    assert_eq!(of(&Metric::ENDED, r#"reason="finished""#), 3.0);
    assert_eq!(of(&Metric::ENDED, r#"reason="panicked""#), 1.0);
    assert_eq!(of(&Metric::ENDED, r#"reason="cancelled""#), 1.0);
    for name in ["poll", "lifetime"] {
        let least = if name == "poll" { 11 } else { 5 };
        let count = format!("loiter_task_{name}_seconds_count{{{here}");
        let counts = text.lines().filter(|line| line.starts_with(&count));
        let counts = counts.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
        assert!(counts.sum::<u64>() >= least, "{name}:\n{text}");
    }
    assert!(sum(&text, &Metric::AGENT_CPU, &[]) > 0.0);
    assert!(sum(&text, &Metric::AGENT_MEMORY, &[]) > 0.0);
    assert!(sum(&text, &Metric::RUNTIME_TASKS, &[]) >= 7.0);
}

#[tokio::test]
async fn findings_and_conditions_are_counted() {
    let mut program = Program::start(async |_| {
        listen(Builder::new().blocked_after(Duration::from_millis(50)));
        for _ in 0..4 {
            loiter::spawn(pending::<()>());
        }
    });
    let no_waker = [r#"kind="no waker""#, r#"certainty="proved""#];
    let is_found = |text: &str| sum(text, &Metric::FINDING_TASKS, &no_waker) == 4.0;
    let text = text_where(program.address(), is_found).await;
    assert_eq!(sum(&text, &Metric::FINDINGS, &no_waker), 1.0);
    let here = r#"site="crates/loiter/tests/plain/metrics.rs:"#;
    assert_eq!(sum(&text, &Metric::TASKS_BLOCKED, &[here]), 4.0);
    assert!(sum(&text, &Metric::OLDEST_IDLE, &[here]) >= 0.05);
}

#[tokio::test]
async fn a_scraper_gets_the_form_that_it_asks_for() {
    let mut program = Program::start(async |_| listen(Builder::new()));
    let address = program.address();
    for (accept, kind, ends) in [
        ("", "text/plain; version=0.0.4; charset=utf-8", false),
        (
            "\r\nAccept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            true,
        ),
    ] {
        let answer = get(address, "/metrics", accept).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), kind);
        assert_eq!(answer.text().ends_with("\n# EOF\n"), ends, "{accept}");
        for metric in Metric::ALL {
            let named = format!("# HELP {}", metric.stem);
            assert!(answer.text().contains(&named), "{}", metric.stem);
        }
    }
}

/// A scraper that comes again on its connection, in HTTP/2.
#[tokio::test]
async fn http2_is_as_good() {
    let mut program = Program::start(async |_| listen(Builder::new()));
    let address = program.address();
    // The program listens.
    get(address, "/metrics", "").await;
    let stream = tokio::net::TcpStream::connect(address)
        .await
        .expect("it listens");
    let io = hyper_util::rt::TokioIo::new(stream);
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake::<_, _, http_body_util::Empty<hyper::body::Bytes>>(
            executor, io,
        )
        .await
        .expect("a handshake");
    tokio::spawn(connection);
    for _ in 0..3 {
        let request = hyper::Request::get(format!("http://{address}/metrics"))
            .body(http_body_util::Empty::new())
            .expect("a request");
        let answer = tokio::time::timeout(PATIENCE, sender.send_request(request)).await;
        let answer = answer.expect("in time").expect("an answer");
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["cache-control"], "no-store");
    }
}
