//! Figures and findings as a collector of OpenTelemetry gets them. Run with
//! `--features otlp,metrics`; what has to do with TLS needs `tls-ring` as well.
#![cfg(all(feature = "otlp", feature = "metrics", not(loom)))]

mod collector;
#[path = "../plain/http.rs"]
#[allow(dead_code, reason = "shared with the tests of plain requests")]
mod http;
#[path = "../agent/support/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "shared with the agent's other tests"
)]
mod support;
#[cfg(feature = "tls-ring")]
mod tls;

use std::{collections::BTreeMap, future::pending, time::Duration};

use loiter::Builder;
use loiter_wire::v1;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, SeverityNumber};
use tokio::{
    net::TcpListener,
    time::{Instant, sleep, timeout},
};

use collector::{Collector, label};
use http::get;
use support::{PATIENCE, Program, connect, free_address, listen, wait_until};

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// What the agent's warnings about a collector begin with.
const WARNED: &str = "the OpenTelemetry collector at ";

/// The numbers of `/metrics`, by their names with labels. Bounds are written in the shortest way.
fn figures(text: &str) -> BTreeMap<String, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let numbers = lines.filter_map(|line| {
        let (series, number) = line.rsplit_once(' ')?;
        let series = match series.split_once("le=\"") {
            Some((before, bound)) if !bound.starts_with('+') => {
                let bound: f64 = bound.trim_end_matches("\"}").parse().expect("a bound");
                format!("{before}le=\"{bound}\"}}")
            }
            _ => series.to_owned(),
        };
        Some((series, number.parse().expect("a number")))
    });
    numbers.collect()
}

/// Of the tasks of this test, which have come to rest: what is the same whenever one asks.
fn at_rest(mut figures: BTreeMap<String, f64>) -> BTreeMap<String, f64> {
    figures.retain(|series, _| {
        let is_still = !series.starts_with("loiter_task_oldest_idle");
        let is_of_test =
            series.contains("tests/otlp/main.rs") || series.starts_with("loiter_build");
        is_of_test && is_still
    });
    figures
}

/// Sends each second.
fn often(builder: Builder) -> Builder {
    builder.otlp_interval(Duration::from_secs(1))
}

fn attributes(record: &LogRecord) -> BTreeMap<String, String> {
    record.attributes.iter().map(label).collect()
}

#[tokio::test]
async fn figures_are_those_of_metrics() {
    let collector = Collector::default();
    let endpoint = format!("http://{}", collector.open().await);
    let mut program = Program::start_with(&[(ENDPOINT, &endpoint)], async |_| {
        listen(often(Builder::new()));
        for _ in 0..7 {
            loiter::spawn(pending::<()>());
        }
        for _ in 0..3 {
            loiter::spawn(async {}).await.expect("it returns");
        }
    });
    let address = program.address();
    let deadline = Instant::now() + PATIENCE;
    let told = loop {
        let scraped = at_rest(figures(get(address, "/metrics", "").await.text()));
        let told = collector.received("/v1/metrics").pop();
        let told = told.map(|last| at_rest(last.figures())).unwrap_or_default();
        if told == scraped && scraped.values().sum::<f64>() > 20.0 {
            break told;
        }
        assert!(Instant::now() < deadline, "{told:#?}\n{scraped:#?}");
        sleep(Duration::from_millis(20)).await;
    };
    let of = |start: &str, label: &str| -> f64 {
        let those = told
            .iter()
            .filter(|(series, _)| series.starts_with(start) && series.contains(label));
        those.map(|(_, value)| value).sum()
    };
    assert_eq!(of("loiter_tasks{", "state=\"idle\""), 7.0);
    assert_eq!(of("loiter_tasks_spawned_total{", ""), 10.0);
    assert_eq!(of("loiter_tasks_ended_total{", "reason=\"finished\""), 3.0);
    assert_eq!(of("loiter_task_lifetime_seconds_count{", ""), 3.0);
    assert_eq!(of("loiter_build_info{", ""), 1.0);
}

#[tokio::test]
async fn the_resource_is_this_process() {
    let collector = Collector::default();
    let endpoint = format!("http://{}/with/a/base/", collector.open().await);
    let variables = [
        (ENDPOINT, endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-api-key=a%20secret"),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "service.name=other,deployment.environment.name=test",
        ),
        ("OTEL_SERVICE_NAME", "shop"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "1000"),
    ];
    let program = Program::start_with(&variables, async |_| listen(Builder::new().name("named")));
    let request = wait_until("figures", async || {
        collector.received("/with/a/base/v1/metrics").pop()
    })
    .await;
    let resource = request.resource();
    assert_eq!(resource["service.name"], "shop");
    assert_eq!(resource["deployment.environment.name"], "test");
    assert_eq!(resource["process.pid"], program.pid().to_string());
    assert!(!resource["service.instance.id"].is_empty());
    assert_eq!(request.headers["x-api-key"], "a secret");
    assert_eq!(request.headers["content-type"], "application/x-protobuf");
    assert!(!program.stderr().contains("a secret"));
}

#[tokio::test]
async fn findings_are_log_records() {
    let collector = Collector::default();
    let endpoint = format!("http://{}", collector.open().await);
    let mut program = Program::start(async |mut cues| {
        let endpoint = cues.next().await;
        listen(
            Builder::new()
                .otlp(&endpoint)
                .blocked_after(Duration::from_millis(50)),
        );
        let stands = loiter::spawn(pending::<()>());
        cues.next().await;
        stands.abort();
        pending::<()>().await;
    });
    program.cue(&endpoint);
    let found = |change: &'static str| {
        let collector = &collector;
        wait_until(change, async move || {
            collector.records().into_iter().find(|record| {
                let attributes = attributes(record);
                attributes["loiter.finding.kind"] == "no waker"
                    && attributes["loiter.change"] == change
            })
        })
    };
    let new = found("new").await;
    assert_eq!(new.severity_number(), SeverityNumber::Warn);
    assert!(new.time_unix_nano > 0);
    let attributes = attributes(&new);
    assert_eq!(attributes["loiter.finding.certainty"], "proved");
    assert_eq!(attributes["loiter.finding.tasks"], "1");
    assert!(
        attributes["loiter.site"].contains("tests/otlp/main.rs"),
        "{attributes:?}"
    );
    assert!(!attributes["loiter.finding.cure"].is_empty());
    program.cue("abort");
    assert_eq!(found("gone").await.severity_number(), SeverityNumber::Info);
}

#[tokio::test]
async fn one_that_is_away_is_warned_of_once() {
    let address = free_address();
    let endpoint = format!("http://{address}");
    let mut program = Program::start_with(&[(ENDPOINT, &endpoint)], async |_| {
        listen(often(Builder::new()));
        loiter::spawn(pending::<()>());
    });
    let agent = program.address();
    program
        .wait_for_stderr(&format!("{WARNED}{address}/v1/metrics"))
        .await;
    // It is not in the way.
    assert_eq!(get(agent, "/metrics", "").await.status, 200);
    let collector = Collector::answering(&[503, 503]);
    collector.open_at(address).await;
    wait_until("figures that are taken", async || {
        (collector.received("/v1/metrics").len() >= 3).then_some(())
    })
    .await;
    let log = program.stderr();
    assert_eq!(
        log.matches(&format!("{WARNED}{address}/v1/metrics"))
            .count(),
        1,
        "{log}"
    );
}

#[tokio::test]
async fn a_finding_waits_until_it_is_taken() {
    let collector = Collector::answering(&[503, 429]);
    let endpoint = format!("http://{}", collector.open().await);
    let variables = [
        (ENDPOINT, endpoint.as_str()),
        ("OTEL_METRIC_EXPORT_INTERVAL", "3600000"),
    ];
    let program = Program::start_with(&variables, async |_| {
        listen(Builder::new().blocked_after(Duration::from_millis(50)));
        loiter::spawn(pending::<()>());
    });
    let requests = wait_until("the third try", async || {
        let requests = collector.received("/v1/logs");
        (requests.len() >= 3).then_some(requests)
    })
    .await;
    let first = requests[0].records();
    assert!(!first.is_empty());
    for again in &requests[1..3] {
        let records = again.records();
        assert_eq!(records[..first.len()], first[..]);
    }
    assert_eq!(
        program.stderr().matches(WARNED).count(),
        1,
        "{}",
        program.stderr()
    );
}

/// Who takes connections and says nothing holds nobody up.
#[tokio::test]
async fn nobody_waits_for_one_that_hangs() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("bound"));
    let mut program = Program::start_with(&[(ENDPOINT, &endpoint)], async |_| {
        listen(often(Builder::new()));
        // The program goes on, too.
        for _ in 0..100 {
            loiter::spawn(async {}).await.expect("it returns");
        }
        println!("went on ");
    });
    let address = program.address();
    program.told("went on");
    let (_hanging, _) = timeout(PATIENCE, listener.accept())
        .await
        .expect("in time")
        .expect("one");
    let mut client = connect(address).await;
    for _ in 0..10 {
        let asked = client.get_target(v1::GetTargetRequest {});
        // Far less than the agent's own patience with the collector.
        let answer = timeout(Duration::from_secs(5), asked)
            .await
            .expect("at once");
        answer.expect("an answer");
    }
}

/// Set for the program's own way to a collector, it is no reason for the agent not to start.
#[tokio::test]
async fn another_protocol_is_not_guessed() {
    let variables = [
        (ENDPOINT, "http://127.0.0.1:4317"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
    ];
    let program = Program::start_with(&variables, async |_| {
        let started = Builder::new().listen_nowhere().try_init();
        started.expect("a warning is all");
    });
    let log = program.finish();
    assert!(
        log.contains("OTEL_EXPORTER_OTLP_PROTOCOL is `grpc`: loiter sends `http/protobuf`"),
        "{log}"
    );
    assert!(log.contains("nothing is sent"), "{log}");
}

#[tokio::test]
async fn an_empty_variable_is_none_and_one_of_what_is_off_is_not_read() {
    for variables in [
        &[(ENDPOINT, ""), ("OTEL_EXPORTER_OTLP_PROTOCOL", " ")][..],
        &[
            ("LOITER_OTLP", "false"),
            (ENDPOINT, "nonsense"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ],
    ] {
        let program = Program::start_with(variables, async |_| {
            let started = Builder::new().listen_nowhere().try_init();
            started.expect("there is nothing wrong");
        });
        let log = program.finish();
        assert!(!log.contains("OTEL_"), "{log}");
    }
}

#[tokio::test]
async fn a_password_in_an_address_is_not_shown() {
    let program = Program::start_with(&[(ENDPOINT, "http://me:hunter2@collector")], async |_| {
        let builder = Builder::new().otlp("http://me:hunter2@collector");
        let error = builder.try_init().expect_err("it is no address");
        eprintln!("{error} {error:?}");
        Builder::new().listen_nowhere().init();
    });
    let log = program.finish();
    assert!(
        log.contains("OTEL_EXPORTER_OTLP_ENDPOINT is `(not shown)`"),
        "{log}"
    );
    assert!(log.contains("collector `(not shown)`"), "{log}");
    assert!(!log.contains("hunter2"), "{log}");
}

/// Whoever mistypes what is to be kept back wants something kept back.
#[tokio::test]
async fn without_knowing_what_to_redact_all_of_it_is() {
    let collector = Collector::default();
    let endpoint = format!("http://{}", collector.open().await);
    let variables = [
        (ENDPOINT, endpoint.as_str()),
        ("LOITER_REDACT", "tasknames"),
    ];
    let program = Program::start_with(&variables, async |_| {
        let builder = Builder::new().no_unix_socket();
        builder.blocked_after(Duration::from_millis(50)).init();
        let waiting = loiter::task::Builder::new().name("conn alice@example.org");
        drop(waiting.spawn(pending::<()>()));
    });
    let requests = wait_until("a finding", async || {
        let requests = collector.received("/v1/logs");
        (!requests.is_empty()).then_some(requests)
    })
    .await;
    let told = format!("{:?}", requests[0].records());
    assert!(
        !told.contains("alice") && !told.contains("tests/otlp"),
        "{told}"
    );
    program
        .wait_for_stderr("LOITER_REDACT is `tasknames`")
        .await;
}
