//! What nobody is told, in whatever way they ask.

use std::{fmt::Debug, future::pending, time::Duration};

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

/// Everything that could be told of one program.
#[derive(Default)]
struct Told(String);

impl Told {
    fn add(&mut self, what: &impl Debug) {
        self.0 += &format!("{what:?}\n");
    }

    fn has(&self, what: &str) -> bool {
        self.0.contains(what)
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

/// Asks for everything.
async fn ask(program: &mut Program) -> Told {
    let mut told = Told::default();
    let address = program.address();
    let mut client = connect(address).await;
    let is_there = |update: &v1::TasksUpdate| update.matched > 0;
    told.add(&update_where(&mut client, query("state:idle"), is_there).await);
    captured(&mut client).await;
    let update = update_where(&mut client, query("state:idle"), |update| {
        let labels = update.labels.as_ref().expect("they come along");
        !labels.waits.is_empty()
    });
    told.add(&update.await);

    let events = client.watch_events(v1::WatchEventsRequest::default()).await;
    let mut events = events.expect("the filter is right").into_inner();
    program.cue("spawn another one");
    // Until it waits: the second one for the lock that the first one holds.
    for _ in 0..3 {
        told.add(&message(&mut events).await);
    }
    let finding = wait_until("a finding", async || {
        let stream = client
            .watch_findings(v1::WatchFindingsRequest::default())
            .await;
        let update = message(&mut stream.ok()?.into_inner()).await?;
        (!update.findings.is_empty()).then_some(update)
    });
    told.add(&finding.await);
    let resources = v1::WatchResourcesRequest {
        query: Some(v1::Query {
            limit: 100,
            ..v1::Query::default()
        }),
        ..Default::default()
    };
    let stream = client.watch_resources(resources).await;
    told.add(&message(&mut stream.expect("they are tracked").into_inner()).await);

    let channel = plain(address).connect().await.expect("it listens");
    let updates = InstrumentClient::new(channel)
        .watch_updates(InstrumentRequest {})
        .await;
    let mut updates = updates.expect("it is spoken").into_inner();
    told.add(&message(&mut updates).await);
    program.wait_for_stderr("loiter::finding").await;
    told.0 += &program.stderr();
    told
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
    let mut program =
        Program::start_with(&[("LOITER_REDACT", "all")], async |cues| play(cues).await);
    let told = ask(&mut program).await;
    for secret in ["alice", "4711", REASON, "tests/doors", "permits"] {
        assert!(!told.has(secret), "{secret}: {}", told.0);
    }
    // What is left is of use.
    assert!(told.has("redact.rs"), "{}", told.0);
    assert!(told.has("\"#"), "names have become numbers: {}", told.0);
}

#[tokio::test]
async fn without_it_all_of_that_is_told() {
    let mut program = Program::start(async |cues| play(cues).await);
    let told = ask(&mut program).await;
    for open in [NAME, SCOPE, REASON, "tests/doors"] {
        assert!(told.has(open), "{open}: {}", told.0);
    }
    if cfg!(tokio_unstable) {
        assert!(told.has("permits"), "{}", told.0);
    }
}
