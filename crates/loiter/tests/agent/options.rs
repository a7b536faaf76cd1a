//! What a program says with [`Builder`], as a client sees it.

use std::{
    future::pending,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use loiter::Builder;
use loiter_wire::v1;
use tracing_subscriber::prelude::*;

use crate::support::{Client, Program, free_address, listen, message, query, update_where};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn listen_is_where_it_listens() {
    let program = Program::start(async |_| {
        let address = free_address();
        let agent = Builder::new()
            .listen(address)
            .try_init()
            .expect("it starts");
        let listening = agent.wait_listening(Duration::from_secs(10));
        assert_eq!(listening, Some(address));
        assert_eq!(agent.local_addr(), Some(address));
    });
    program.finish();
}

#[tokio::test]
async fn name_is_what_clients_call_it() {
    let mut program = Program::start(async |_| listen(Builder::new().name("checkout")));
    let target = target(&mut program.client().await).await;
    assert_eq!(target.name, "checkout");
}

#[tokio::test]
async fn the_limits_decide_what_is_blocked_hogging_and_starved() {
    let mut program = Program::start(async |_| {
        listen(
            Builder::new()
                .blocked_after(Duration::from_millis(30))
                .hogging_after(Duration::from_millis(40))
                .starved_after(HOUR),
        );
        get_stuck().await;
    });
    check_limits(&mut program.client().await).await;
}

/// Two tasks that hold both workers, one that waits for something and one for a worker.
pub(crate) async fn get_stuck() {
    let waiting = tokio::spawn(pending::<()>());
    let (sender, mut holding) = tokio::sync::mpsc::unbounded_channel();
    for _ in 0..2 {
        let sender = sender.clone();
        tokio::spawn(async move {
            // The other one needs a worker as well: only this one may be held.
            tokio::task::yield_now().await;
            let _ = sender.send(());
            loop {
                std::thread::park();
            }
        });
    }
    for _ in 0..2 {
        holding.recv().await.expect("a sender is left");
    }
    tokio::spawn(async {});
    drop(waiting);
}

/// Checks limits of 30 ms, 40 ms and one hour with what [`get_stuck`] does: two tasks are
/// counted long before the usual limits, and one is not though beyond the usual limit.
pub(crate) async fn check_limits(client: &mut Client) {
    let limits = target(client).await.thresholds.expect("limits");
    assert_eq!(limits.blocked_after_ns, 30_000_000);
    assert_eq!(limits.hogging_after_ns, 40_000_000);
    assert_eq!(limits.starved_after_ns, HOUR.as_nanos() as u64);

    let update = update_where(client, query("blocked"), |update| !update.tasks.is_empty()).await;
    let blocked = &update.tasks[0];
    assert!((30_000_000..10_000_000_000).contains(&blocked.in_state_ns));
    assert_eq!(totals(&update).blocked, 1);

    let update = update_where(client, query("hogging"), |update| update.tasks.len() == 2).await;
    assert!(
        update
            .tasks
            .iter()
            .all(|task| task.in_state_ns >= 40_000_000)
    );
    assert_eq!(totals(&update).hogging, 2);

    let waiting = query("state:scheduled");
    let update = update_where(client, waiting, |update| {
        let tasks = &update.tasks;
        tasks.iter().any(|task| task.in_state_ns > 150_000_000)
    })
    .await;
    assert_eq!(totals(&update).starved, 0);
}

#[tokio::test]
async fn a_short_limit_makes_tasks_starve() {
    let mut program = Program::start(async |_| {
        listen(Builder::new().starved_after(Duration::from_millis(1)));
        get_stuck().await;
    });
    let client = &mut program.client().await;
    update_where(client, query("starved"), |update| {
        totals(update).starved == 1 && update.tasks.len() == 1
    })
    .await;
}

#[tokio::test]
async fn publish_interval_is_for_clients_that_do_not_say() {
    let mut program = Program::start(async |_| {
        listen(Builder::new().publish_interval(Duration::from_millis(300)));
    });
    check_interval(&mut program.client().await).await;
}

/// Checks an interval of 300 ms.
pub(crate) async fn check_interval(client: &mut Client) {
    let unsaid = gaps(client, 0).await;
    assert!(unsaid.iter().all(|&gap| gap >= 300_000_000), "{unsaid:?}");
    assert!(unsaid.iter().any(|&gap| gap < 1_000_000_000), "{unsaid:?}");
    let said = gaps(client, 50).await;
    assert!(said.iter().any(|&gap| gap < 300_000_000), "{said:?}");
}

/// Nanoseconds between some updates.
async fn gaps(client: &mut Client, interval_ms: u32) -> Vec<u64> {
    let request = v1::WatchTasksRequest {
        interval_ms,
        ..query("")
    };
    let stream = client.watch_tasks(request).await;
    let mut updates = stream.expect("an answer").into_inner();
    let mut instants = Vec::new();
    while instants.len() < 6 {
        let update = message(&mut updates)
            .await
            .expect("a stream without an end");
        instants.push(update.overview.expect("an overview").at_ns);
    }
    instants.windows(2).map(|two| two[1] - two[0]).collect()
}

#[tokio::test]
async fn tasks_beyond_max_tasks_are_counted_only() {
    let mut program = Program::start(async |_| {
        listen(Builder::new().max_tasks(3));
        spawn_waiting(5);
    });
    check_max_tasks(&mut program.client().await).await;
}

pub(crate) fn spawn_waiting(tasks: usize) {
    for _ in 0..tasks {
        tokio::spawn(pending::<()>());
    }
}

/// Checks a limit of three with five tasks.
pub(crate) async fn check_max_tasks(client: &mut Client) {
    assert_eq!(target(client).await.max_tasks, 3);
    let update = update_where(client, query(""), |update| {
        totals(update).spawned == 5 && update.tasks.len() == 3
    })
    .await;
    assert_eq!(totals(&update).alive, 3);
    assert_eq!(totals(&update).untracked, 2);
    assert_eq!(update.tasks.len(), 3);
}

#[tokio::test]
async fn the_ledger_remembers_the_last_ones() {
    let mut program = Program::start(async |_| {
        listen(Builder::new().ledger(2));
        finish_tasks(5).await;
    });
    check_ledger(&mut program.client().await).await;
}

/// Tasks that end one after the other.
pub(crate) async fn finish_tasks(tasks: usize) {
    for number in 0..tasks {
        let task = tokio::task::Builder::new()
            .name(&format!("task-{number}"))
            .spawn(async {});
        task.expect("a runtime").await.expect("no panic");
    }
}

/// Checks a ledger of two with what [`finish_tasks`] does five times.
pub(crate) async fn check_ledger(client: &mut Client) {
    let all_ended = |update: &v1::TasksUpdate| totals(update).ended == 5;
    update_where(client, query("state:ended"), all_ended).await;
    // The sums are read after the scan, so only the next one shows all that they tell of.
    let update = update_where(client, query("state:ended"), all_ended).await;
    assert_eq!(totals(&update).remembered, 2);
    let mut seqs: Vec<u64> = update.tasks.iter().map(|task| task.seq).collect();
    seqs.sort_unstable();
    assert_eq!(seqs, [4, 5]);
}

#[tokio::test]
async fn a_ledger_of_0_remembers_nothing() {
    let mut program = Program::start(async |_| {
        listen(Builder::new().ledger(0));
        finish_tasks(5).await;
    });
    let client = &mut program.client().await;
    let all_ended = |update: &v1::TasksUpdate| totals(update).ended == 5;
    let update = update_where(client, query("state:ended"), all_ended).await;
    assert_eq!(totals(&update).remembered, 0);
    assert_eq!(update.tasks, []);
}

#[tokio::test]
async fn the_programs_subscriber_sees_its_events_and_no_task_of_tokio() {
    let mut program = Program::start(async |_| {
        let log = Log::default();
        let writer = log.clone();
        let layer = tracing_subscriber::fmt::layer()
            .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(move || writer.clone());
        listen(Builder::new().with_subscriber(tracing_subscriber::registry().with(layer)));
        tokio::spawn(async {
            tracing::info_span!("request", path = "/pay").in_scope(|| tracing::info!("paid"));
        })
        .await
        .expect("no panic");
        let text = log.text();
        assert!(
            text.contains("request{path=\"/pay\"}") && text.contains("paid"),
            "{text}"
        );
        assert!(!text.contains("runtime.spawn"), "{text}");
    });
    let client = &mut program.client().await;
    update_where(client, query(""), |update| totals(update).spawned == 1).await;
    program.finish();
}

/// What a subscriber has written.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) async fn target(client: &mut Client) -> v1::Target {
    let answer = client.get_target(v1::GetTargetRequest {}).await;
    answer.expect("an answer").into_inner()
}

pub(crate) fn totals(update: &v1::TasksUpdate) -> v1::Totals {
    let overview = update.overview.as_ref().expect("an overview");
    overview.totals.expect("totals")
}
