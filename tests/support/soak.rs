//! A service whose tasks come and go, very many of them, for a long time: what it takes of memory.

use std::{
    fmt,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use loiter_wire::v1::{
    CaptureStacksRequest, Query, WatchTasksRequest, loiter_client::LoiterClient,
};
use tokio::runtime;
use tonic::transport::{Channel, Endpoint};

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

/// Runs `churn` at a rate of so many tasks a second for this time. `prepare`: what to do with its
/// agent before, by its address.
///
/// # Panics
/// When it ends, or its agent does not answer.
#[must_use]
pub fn soak(program: &Path, rate: u32, time: Duration, prepare: impl FnOnce(&str)) -> Vec<Window> {
    let mut command = Command::new(program);
    command.arg(rate.to_string());
    let program = Program::start(command);
    let agent = program.address();
    prepare(&agent);
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
/// first is where tables and pools find their size. At least, in each of them: what comes and goes,
/// as debug info does, is no growth.
///
/// # Panics
/// With fewer than three windows.
#[must_use]
pub fn growth_kib(windows: &[Window]) -> i64 {
    let least = |windows: &[Window]| {
        let least = windows.iter().map(|window| window.memory_kib).min();
        i64::try_from(least.expect("some windows")).expect("a machine has less")
    };
    let third = windows.len() / 3;
    least(&windows[windows.len() - third..]) - least(&windows[third..2 * third])
}

/// Has an agent read its program's debug info. Any finding may have that done, at any time, and some
/// of the memory that it takes stays with the allocator.
///
/// # Panics
/// When it does not answer.
pub fn read_symbols(agent: &str) {
    ask(agent, async |mut client| {
        let request = CaptureStacksRequest::default();
        client.capture_stacks(request).await.expect("an answer");
    });
}

/// By the agent's own count.
fn spawned_so_far(agent: &str) -> u64 {
    ask(agent, async |mut client| {
        let request = WatchTasksRequest {
            query: Some(Query {
                limit: 1,
                ..Query::default()
            }),
            interval_ms: 0,
        };
        let updates = client.watch_tasks(request).await;
        let update = updates.expect("a stream").into_inner().message().await;
        let update = update.expect("no error").expect("an answer");
        let totals = update.overview.and_then(|overview| overview.totals);
        totals.expect("it counts").spawned
    })
}

fn ask<T>(agent: &str, ask: impl AsyncFnOnce(LoiterClient<Channel>) -> T) -> T {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let endpoint = Endpoint::from_shared(format!("http://{agent}")).expect("a URL");
        let channel = endpoint.connect().await.expect("it listens");
        ask(LoiterClient::new(channel)).await
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
