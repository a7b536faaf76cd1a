//! What nobody is told, in whatever way they ask.

use std::{collections::BTreeMap, fmt::Debug, future::pending, time::Duration};

use console_api::instrument::{InstrumentRequest, instrument_client::InstrumentClient};
use loiter::{Builder, Redact, task};
use loiter_wire::v1;
use tokio::sync::Mutex;

use crate::{
    client::plain,
    support::{Client, Cues, Program, connect, listen, message, query, update_where, wait_until},
};

const NAME: &str = "conn alice@example.org";
const SCOPE: &str = "customer 4711";
const REASON: &str = "alice is slow";

/// Everything that could be told of one program, by where it is told.
#[derive(Default)]
struct Told(BTreeMap<&'static str, String>);

impl Told {
    fn add(&mut self, place: &'static str, what: &impl Debug) {
        self.0.insert(place, format!("{what:?}\n"));
    }

    /// Where it is.
    fn places(&self, what: &str) -> Vec<&'static str> {
        let told = self.0.iter().filter(|(_, told)| told.contains(what));
        told.map(|(place, _)| *place).collect()
    }

    fn all(&self) -> String {
        let told = self.0.iter();
        told.map(|(place, told)| format!("{place}: {told}"))
            .collect()
    }
}

/// A program with something of each kind.
async fn play(mut cues: Cues) {
    let log = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .finish();
    let builder = Builder::new()
        .with_subscriber(log)
        .blocked_after(Duration::from_millis(50))
        .resources(true)
        .allow("name:nobody", REASON);
    listen(builder);
    let lock: &'static Mutex<()> = Box::leak(Box::new(Mutex::new(())));
    let spawn = async || {
        let spawned = async {
            let named = task::Builder::new().name(NAME);
            let waiting = named.spawn(async {
                let _guard = lock.lock().await;
                pending::<()>().await;
            });
            drop(waiting.expect("it is spawned"));
        };
        loiter::scope(SCOPE, spawned).await;
    };
    spawn().await;
    // Once more when somebody watches what happens.
    cues.next().await;
    spawn().await;
    cues.next().await;
}

/// Asks for everything of a program that was started with [`started`].
async fn ask(mut program: Scene) -> Told {
    let mut told = Told::default();
    let address = program.program.address();
    let mut client = connect(address).await;
    let is_there = |update: &v1::TasksUpdate| update.matched > 0;
    let tasks = update_where(&mut client, query("state:idle"), is_there).await;
    told.add("tasks", &tasks);
    captured(&mut client).await;
    let update = update_where(&mut client, query("state:idle"), |update| {
        let labels = update.labels.as_ref().expect("they come along");
        !labels.waits.is_empty()
    });
    told.add("waits", &update.await);
    let task = v1::WatchTaskRequest {
        seq: tasks.tasks[0].seq,
        ..Default::default()
    };
    let stream = client.watch_task(task).await.expect("it is there");
    told.add("one task", &message(&mut stream.into_inner()).await);

    let events = client.watch_events(v1::WatchEventsRequest::default()).await;
    let mut events = events.expect("the filter is right").into_inner();
    program.program.cue("spawn another one");
    // Until it waits: the second one for the lock that the first one holds.
    let mut batches = Vec::new();
    for _ in 0..3 {
        batches.push(message(&mut events).await);
    }
    told.add("events", &batches);
    let finding = wait_until("a finding", async || {
        let stream = client
            .watch_findings(v1::WatchFindingsRequest::default())
            .await;
        let update = message(&mut stream.ok()?.into_inner()).await?;
        (!update.findings.is_empty()).then_some(update)
    });
    told.add("findings", &finding.await);
    let resources = v1::WatchResourcesRequest {
        query: Some(v1::Query {
            limit: 100,
            ..v1::Query::default()
        }),
        ..Default::default()
    };
    let stream = client.watch_resources(resources).await;
    let update = message(&mut stream.expect("they are tracked").into_inner()).await;
    told.add("resources", &update);
    for resource in update.iter().flat_map(|update| &update.resources) {
        let resource = v1::WatchResourceRequest {
            seq: resource.seq,
            ..Default::default()
        };
        let stream = client.watch_resource(resource).await.expect("it is there");
        told.add("one resource", &message(&mut stream.into_inner()).await);
    }

    let channel = plain(address).connect().await.expect("it listens");
    let updates = InstrumentClient::new(channel)
        .watch_updates(InstrumentRequest {})
        .await;
    let mut updates = updates.expect("it is spoken").into_inner();
    told.add("tokio-console", &message(&mut updates).await);
    #[cfg(all(feature = "metrics", feature = "pprof"))]
    for (place, path) in [
        ("metrics", "/metrics"),
        ("profile", "/debug/pprof/goroutine?debug=2"),
        ("leaks", "/debug/pprof/goroutineleak?debug=1"),
    ] {
        let answer = crate::plain::get_from(address, "localhost", path, "").await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        told.add(place, &answer);
    }
    #[cfg(feature = "otlp")]
    {
        let figures = wait_until("figures", async || {
            program.collector.received("/v1/metrics").pop()
        });
        told.add("figures", &figures.await.figures());
        let records = wait_until("records", async || {
            program.collector.received("/v1/logs").pop()
        });
        told.add("records", &records.await.records());
    }
    program.program.wait_for_stderr("loiter::finding").await;
    told.add("log", &program.program.stderr());
    told
}

/// A program, and what it tells by itself.
struct Scene {
    program: Program,
    #[cfg(feature = "otlp")]
    collector: crate::collector::Collector,
}

/// With these variables.
async fn started(variables: &[(&str, &str)], program: impl AsyncFnOnce(Cues) + Send) -> Scene {
    #[cfg(feature = "otlp")]
    {
        let collector = crate::collector::Collector::default();
        let endpoint = format!("http://{}", collector.open().await);
        let mut all = variables.to_vec();
        all.push(("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint));
        all.push(("OTEL_METRIC_EXPORT_INTERVAL", "1000"));
        let program = Program::start_with(&all, program);
        Scene { program, collector }
    }
    #[cfg(not(feature = "otlp"))]
    Scene {
        program: Program::start_with(variables, program),
    }
}

async fn captured(client: &mut Client) {
    let outcome = client
        .capture_stacks(v1::CaptureStacksRequest::default())
        .await;
    assert!(outcome.expect("they may be asked").into_inner().captured > 0);
}

#[tokio::test]
async fn nobody_finds_it_out_by_a_filter() {
    let mut program = Program::start(async |_| {
        crate::support::listen(
            Builder::new()
                .redact([Redact::TaskNames])
                .redact([Redact::Scopes]),
        );
        let named = task::Builder::new().name(NAME).scope(SCOPE);
        drop(named.spawn(pending::<()>()).expect("it is spawned"));
    });
    let mut client = program.client().await;
    let numbered = |update: &v1::TasksUpdate| update.matched > 0;
    let shown = update_where(&mut client, query("name:#"), numbered).await;
    let labels = shown.labels.expect("they come along");
    let name = labels.names.values().next().expect("a number");
    assert!(name.starts_with('#'), "{name}");
    for filter in ["name:alice", "scope:4711", "alice"] {
        let update = update_where(&mut client, query(filter), |_| true).await;
        assert_eq!(update.matched, 0, "{filter}");
    }
}

#[tokio::test]
async fn what_is_redacted_is_told_nowhere() {
    let variables = [("LOITER_REDACT", "all")];
    let program = started(&variables, async |cues| play(cues).await);
    let told = ask(program.await).await;
    for secret in ["alice", "4711", REASON, "tests/doors", "permits"] {
        assert_eq!(told.places(secret), [""; 0], "{secret}: {}", told.all());
    }
    // What is left is of use.
    for left in ["redact.rs", "#"] {
        assert!(!told.places(left).is_empty(), "{}", told.all());
    }
}

/// So each place would tell of something.
#[tokio::test]
async fn without_it_all_of_that_is_told() {
    let program = started(&[], async |cues| play(cues).await);
    let told = ask(program.await).await;
    let mut expected = vec![
        ("tasks", NAME),
        ("tasks", SCOPE),
        ("waits", "tests/doors"),
        ("one task", NAME),
        ("events", NAME),
        ("findings", REASON),
        ("tokio-console", NAME),
        ("log", "tests/doors"),
    ];
    if cfg!(all(feature = "metrics", feature = "pprof")) {
        expected.push(("metrics", "tests/doors"));
        expected.push(("profile", "tests/doors"));
        expected.push(("leaks", SCOPE));
    }
    if cfg!(feature = "otlp") {
        expected.push(("figures", "tests/doors"));
        expected.push(("records", "tests/doors"));
    }
    if cfg!(tokio_unstable) {
        expected.push(("resources", "permits"));
        expected.push(("one resource", "permits"));
    }
    for (place, open) in expected {
        assert!(
            told.places(open).contains(&place),
            "{place} {open}: {}",
            told.all()
        );
    }
}
