//! A service whose tasks come and go, very many of them, for a long time: what it takes of memory.

use std::{
    fmt,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use loiter_wire::v1::{Query, WatchTasksRequest, loiter_client::LoiterClient};
use tokio::runtime;
use tonic::transport::Endpoint;

use crate::{Program, memory_kib};

/// Windows in which it is looked.
const WINDOWS: usize = 10;
/// Looks in a window.
const LOOKS: u32 = 50;

/// What was seen in a part of the time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// From its beginning to that of the first window.
    pub after: Duration,
    /// The median, in kibibytes.
    pub memory_kib: u64,
    /// Tasks spawned a second.
    pub spawned: f64,
}

/// Runs `churn` at a rate of so many tasks a second for this time.
///
/// # Panics
/// When it ends, or its agent does not answer.
#[must_use]
pub fn soak(program: &Path, rate: u32, time: Duration) -> Vec<Window> {
    let mut command = Command::new(program);
    command.arg(rate.to_string());
    let program = Program::start(command);
    let agent = program.address();
    let started = Instant::now();
    let mut spawned = spawned_so_far(&agent);
    (0..WINDOWS as u32)
        .map(|window| {
            let (began, before) = (Instant::now(), spawned);
            let mut memory: Vec<_> = (0..LOOKS)
                .map(|look| {
                    let until = time * (window * LOOKS + look + 1) / (WINDOWS as u32 * LOOKS);
                    thread::sleep(until.saturating_sub(started.elapsed()));
                    memory_kib(program.pid()).expect("it runs")
                })
                .collect();
            memory.sort_unstable();
            spawned = spawned_so_far(&agent);
            Window {
                after: began - started,
                memory_kib: memory[memory.len() / 2],
                spawned: (spawned - before) as f64 / began.elapsed().as_secs_f64(),
            }
        })
        .collect()
}

/// How much more memory there is in the last third than in the second one, in kibibytes: the
/// first is where tables and pools find their size.
///
/// # Panics
/// Without windows.
#[must_use]
pub fn growth_kib(windows: &[Window]) -> i64 {
    let median = |windows: &[Window]| {
        let mut memory: Vec<_> = windows.iter().map(|window| window.memory_kib).collect();
        memory.sort_unstable();
        i64::try_from(memory[memory.len() / 2]).expect("a machine has less")
    };
    let third = windows.len() / 3;
    median(&windows[windows.len() - third..]) - median(&windows[third..2 * third])
}

/// By the agent's own count.
fn spawned_so_far(agent: &str) -> u64 {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let endpoint = Endpoint::from_shared(format!("http://{agent}")).expect("a URL");
        let channel = endpoint.connect().await.expect("it listens");
        let request = WatchTasksRequest {
            query: Some(Query {
                limit: 1,
                ..Query::default()
            }),
            interval_ms: 0,
        };
        let updates = LoiterClient::new(channel).watch_tasks(request).await;
        let update = updates.expect("a stream").into_inner().message().await;
        let update = update.expect("no error").expect("an answer");
        let totals = update.overview.and_then(|overview| overview.totals);
        totals.expect("it counts").spawned
    })
}

/// A row of a Markdown table.
impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "| {:.1} min | {:.0} | {:.1} MiB |",
            self.after.as_secs_f64() / 60.0,
            self.spawned,
            self.memory_kib as f64 / 1024.0,
        )
    }
}

impl Window {
    /// Of the table.
    pub const HEADINGS: &'static str = "| after | spawned a second | memory |\n| --: | --: | --: |";
}
