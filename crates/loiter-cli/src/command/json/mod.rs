//! The JSON that the commands print.
//!
//! One object: [`Document`], [`Stacks`], [`Resources`], [`Agents`], [`Check`] or [`Diff`]. Its shape is stable: fields may be added, but none is
//! renamed, removed or given another meaning without a new [`SCHEMA`]. Every field is always
//! there; what is not known or does not apply is `null`.
//!
//! - Durations and instants are whole nanoseconds in fields ending in `_ns`. Instants count from
//!   the agent's start, but for `_unix_ns`, which counts from the Unix epoch.
//! - Sizes are bytes in fields ending in `_bytes`; rates are per second.
//! - A field for a column that rows can be sorted by has the column's name, with `_` for `-`
//!   and the unit at its end: `--sort longest-poll` is `longest_poll_ns`.
//! - Tasks are referred to by `seq`, the agent's own number, never reused in one run.
//!
//! ```json
//! {
//!   "schema": 1,
//!   "target": { "name": "checkout", "pid": 4711, … },
//!   "tier": "every_task",
//!   "thresholds": { "blocked_after_ns": 10000000000, … },
//!   "at_ns": 93000000000,
//!   "totals": { "alive": 42, "running": 1, "scheduled": 0, "idle": 41, "blocked": 3, … },
//!   "matched": 3,
//!   "tasks": [{ "seq": 17, "name": "blocked-send", "state": "idle", "idle_ns": 92700000000, … }]
//! }
//! ```
//!
//! With `--group site` there is `sites` in place of `tasks`. `loiter stacks` prints [`Stacks`],
//! `loiter resources` [`Resources`], `loiter ls` [`Agents`], `loiter check` [`Check`] and `loiter diff` [`Diff`], by the same rules.

mod agents;
mod check;
mod diff;
mod fill;
mod resources;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use serde::Serialize;

use super::check::Seen;

pub(crate) use agents::Agents;
pub(crate) use check::Check;
pub(crate) use diff::Diff;
pub(crate) use resources::Resources;

/// The number of this document's shape.
const SCHEMA: u32 = 1;

/// Everything, as one object.
#[derive(Debug, Serialize)]
pub(crate) struct Document {
    /// The number of this shape, 1.
    schema: u32,
    /// The program looked at.
    target: Target,
    /// How much of the program can be seen: `every_task`, `not_built_in` (it was built without
    /// `--cfg tokio_unstable`) or `subscriber_taken` (another tracing subscriber was there
    /// first). Unless it is `every_task`, only tasks that were spawned through loiter are.
    tier: &'static str,
    /// The limits for `blocked`, `hogging` and `starved`, and for lints.
    thresholds: Limits,
    /// When this was so.
    at_ns: u64,
    /// Counts over every task, whatever the filter lets through.
    totals: Totals,
    /// Rows that the filter lets through. More than there are rows here when `--limit` or the
    /// agent's own limit cut them off.
    matched: u64,
    /// The rows, sorted: tasks, or sites with `--group site`.
    #[serde(flatten)]
    rows: Rows,
}

/// `tasks`, or `sites` with `--group site`: sorted rows.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Rows {
    Tasks(Vec<Task>),
    Sites(Vec<SiteStats>),
}

/// One process with an agent in it.
#[derive(Debug, Serialize)]
struct Target {
    /// The program's name.
    name: String,
    /// The operating system's process id.
    pid: u32,
    /// The machine's name, or empty.
    host: String,
    /// The version of the agent.
    agent_version: String,
    /// What tells of the process: `loiter`, its agent, or `console-subscriber`, which tells
    /// neither `pid` nor `host`, and of tasks no `parent`, `woken_by`, `wait` and `scope`, nor
    /// how they ended.
    teller: &'static str,
    /// Sixteen hexadecimal digits, other ones after each restart of the program.
    run_id: String,
    /// When the agent started.
    started_unix_ns: u64,
    /// How long it has been running.
    uptime_ns: u64,
    /// How many tasks it tracks at most.
    max_tasks: u64,
}

/// The limits beyond which a task is worth a look.
#[derive(Debug, Serialize)]
struct Limits {
    /// For an idle task: its current wait.
    blocked_after_ns: u64,
    /// For a running task: its current poll.
    hogging_after_ns: u64,
    /// For a scheduled task: its wait for a worker.
    starved_after_ns: u64,
    /// For the lints.
    lints: LintLimits,
}

/// From when on there is a lint on a task: a hint.
#[derive(Debug, Serialize)]
struct LintLimits {
    /// Lints that stay silent.
    allowed: Vec<&'static str>,
    /// `self-wakes`: beyond this share of its wakes, in percent.
    self_wakes_percent: u32,
    /// `never-yielded`: the length of its first poll.
    never_yielded_after_ns: u64,
    /// `large-future`: the size of its future.
    large_future_bytes: u64,
}

/// Tasks that have a lint.
#[derive(Debug, Serialize)]
struct LintCounts {
    /// More of its wakes are its own than the limit allows.
    self_wakes: u64,
    /// Idle, and nothing is left that could wake it.
    lost_waker: u64,
    /// Its first poll goes on and on.
    never_yielded: u64,
    /// Tokio boxed its future, as it is too large.
    auto_boxed_future: u64,
    /// Its future is larger than the limit allows.
    large_future: u64,
}

/// The whole program in counts.
#[derive(Debug, Serialize)]
struct Totals {
    /// Tasks alive: the sum of the next three.
    alive: u64,
    /// Tasks inside a poll.
    running: u64,
    /// Tasks woken and waiting for a worker.
    scheduled: u64,
    /// Tasks pending.
    idle: u64,
    /// Idle tasks beyond the threshold.
    blocked: u64,
    /// Running tasks beyond the threshold.
    hogging: u64,
    /// Scheduled tasks beyond the threshold.
    starved: u64,
    /// Tasks alive that have a lint.
    lints: LintCounts,
    /// Tasks spawned since the agent's start.
    spawned: u64,
    /// Tasks ended since the agent's start.
    ended: u64,
    /// Tasks that the agent had no room to track.
    untracked: u64,
    /// Ended tasks that are remembered still: `state:ended` finds them.
    remembered: u64,
}

/// One task.
#[derive(Debug, Serialize)]
struct Task {
    /// The agent's number of it.
    seq: u64,
    /// Tokio's id of it; may be reused after its end.
    tokio_id: Option<u64>,
    /// From `task::Builder::name`.
    name: Option<String>,
    /// From `loiter::scope`: the scope that it was spawned in.
    scope: Option<String>,
    /// `task`, `local`, `blocking` or `block_on`.
    kind: &'static str,
    /// `running`, `scheduled`, `idle` or `ended`.
    state: &'static str,
    /// What is wrong with it now: `blocked`, `hogging`, `starved` or `null`.
    warn: Option<&'static str>,
    /// How an ended task ended: `finished`, `cancelled`, `panicked` or `unknown`.
    ending: Option<&'static str>,
    /// For how long it has been in `state`.
    in_state_ns: u64,
    /// Its current wait; `null` unless it is idle.
    idle_ns: Option<u64>,
    /// What it waits on, if that was captured; `null` otherwise, and unless it is idle.
    wait: Option<Wait>,
    /// Time inside polls, in all.
    busy_ns: u64,
    /// Time woken and waiting for a worker, in all.
    scheduled_ns: u64,
    /// Time waiting, in all.
    total_idle_ns: u64,
    /// Time since its spawn, or from spawn to end.
    total_ns: u64,
    /// Time since its end; `null` while it is alive.
    ended_for_ns: Option<u64>,
    /// When it was spawned.
    spawned_at_ns: u64,
    /// How often it was polled.
    polls: u64,
    /// Its longest poll; `null` where that is not told.
    longest_poll_ns: Option<u64>,
    /// How often it was woken.
    wakes: u64,
    /// How often it woke itself inside its own poll.
    self_wakes: u64,
    /// Clones of its waker that exist now.
    wakers: u32,
    /// The task inside which it was woken last.
    woken_by: Option<u64>,
    /// Whether its program says that it waits by design (`expect_idle`).
    expect_idle: bool,
    /// The task inside which it was spawned.
    parent: Option<u64>,
    /// Bytes of its future.
    size_bytes: Option<u64>,
    /// Bytes of it before tokio boxed it, when it did.
    original_size_bytes: Option<u64>,
    /// Hints on it: `self-wakes`, `lost-waker`, `never-yielded`, `auto-boxed-future`,
    /// `large-future`.
    lints: Vec<&'static str>,
    /// Where it was spawned.
    site: Option<Site>,
}

/// What a task waits on.
#[derive(Debug, Serialize)]
struct Wait {
    /// The kind of the innermost future, such as `mpsc recv`, `sleep` or `select`.
    kind: &'static str,
    /// The program's own function that waits.
    function: Option<String>,
    /// The file of its source, where that is known.
    file: Option<String>,
    /// From 1.
    line: Option<u32>,
}

/// A source location.
#[derive(Debug, Serialize)]
struct Site {
    /// The path that the compiler recorded.
    file: String,
    /// From 1.
    line: u32,
    /// From 1.
    column: u32,
    /// The function that `spawn_blocking` runs; `null` for other kinds.
    function: Option<String>,
}

/// Everything that `loiter stacks` prints, as one object.
#[derive(Debug, Serialize)]
pub(crate) struct Stacks {
    /// The number of this shape, 1.
    schema: u32,
    /// The program looked at.
    target: Target,
    /// How much of the program can be seen, as in the document of tasks.
    tier: &'static str,
    /// The limits for `blocked`, `hogging` and `starved`, and for lints.
    thresholds: Limits,
    /// When this was so.
    at_ns: u64,
    /// Counts over every task, whatever the filter lets through.
    totals: Totals,
    /// What became of asking the tasks; `null` with `--no-capture`.
    capture: Option<Capture>,
    /// Stacks there are. More than `stacks` when `--limit` or the agent's own limit cut them off.
    matched: u64,
    /// The tasks that wait alike, most of them first unless sorted otherwise.
    stacks: Vec<Stack>,
}

/// What became of asking tasks what they wait on. Every task that the filter lets through is in
/// one of the counts behind the first.
#[derive(Debug, Serialize)]
struct Capture {
    /// Tasks that the filter lets through.
    matched: u64,
    /// Tasks of which it is known now.
    captured: u64,
    /// Tasks that were running, scheduled or ended when their turn came.
    not_idle: u64,
    /// Tasks that were not spawned through loiter: they cannot be asked.
    not_watched: u64,
    /// Tasks that no worker polled in time.
    timed_out: u64,
    /// Tasks beyond the agent's limit.
    over_limit: u64,
}

/// The tasks with the same stack. Those without one are together by state and site.
#[derive(Debug, Serialize)]
struct Stack {
    /// What the innermost future waits on, such as `mpsc recv`, `select` or `nothing`; `null`
    /// where it was not captured.
    kind: Option<&'static str>,
    /// How it was obtained: `probed`, or `sampled`, where branches may be missing.
    source: Option<&'static str>,
    /// What the tasks are doing: `idle` where there is a stack.
    state: &'static str,
    /// How many they are.
    count: u64,
    /// The longest time in `state` among them.
    oldest_ns: Option<u64>,
    /// The median time in `state`, right within an eighth.
    median_ns: Option<u64>,
    /// Size of their futures together.
    bytes: u64,
    /// Where the oldest of them was spawned.
    site: Option<Site>,
    /// Some of them, oldest first.
    tasks: Vec<TaskName>,
    /// One for each waker that was registered, as by the branches of a `select!`. Empty with the
    /// kind `nothing`: nothing can wake the tasks.
    branches: Vec<Branch>,
}

/// Which task.
#[derive(Debug, Serialize)]
struct TaskName {
    /// The agent's number of it.
    seq: u64,
    /// Its name, as far as it is known.
    name: Option<String>,
}

/// The calls down to one leaf.
#[derive(Debug, Serialize)]
struct Branch {
    /// Innermost first, up to the task's own future.
    frames: Vec<Frame>,
}

/// One call.
#[derive(Debug, Serialize)]
struct Frame {
    /// Whose code it is: `user`, `library`, `tokio`, `std` or `agent`.
    origin: &'static str,
    /// Its full name where the program has it; without any symbol where its code is:
    /// `app+0x1234`, or `app (replaced)+0x1234` when the executable was replaced.
    function: Option<String>,
    /// The path that the compiler recorded.
    file: Option<String>,
    /// From 1.
    line: Option<u32>,
    /// From 1.
    column: Option<u32>,
}

/// All tasks of one site. The counts and `bytes` are of those alive.
#[derive(Debug, Serialize)]
struct SiteStats {
    /// Where they were spawned.
    site: Option<Site>,
    /// Tasks alive.
    alive: u64,
    /// Tasks inside a poll.
    running: u64,
    /// Tasks woken and waiting for a worker.
    scheduled: u64,
    /// Tasks pending.
    idle: u64,
    /// Idle tasks beyond the threshold.
    blocked: u64,
    /// Running tasks beyond the threshold.
    hogging: u64,
    /// Scheduled tasks beyond the threshold.
    starved: u64,
    /// Tasks spawned since the agent's start.
    spawned: u64,
    /// Tasks ended since the agent's start.
    ended: u64,
    /// Spawns a second, over the last ten seconds.
    spawned_per_sec: f64,
    /// Ends a second, over the last ten seconds.
    ended_per_sec: f64,
    /// The longest current wait.
    oldest_idle_ns: Option<u64>,
    /// The median current wait, right within an eighth.
    median_idle_ns: Option<u64>,
    /// Size of the futures together.
    bytes: u64,
    /// Tasks alive over the last minutes, oldest first, one count a second.
    history: Vec<u32>,
    /// How long polls took.
    poll: Quantiles,
    /// How long woken tasks waited for a worker.
    scheduled_for: Quantiles,
    /// How long waits took that have ended.
    waited: Quantiles,
    /// How long the ended tasks lived.
    lifetime: Quantiles,
}

/// What is known of many durations, each figure right within an eighth.
#[derive(Debug, Serialize)]
struct Quantiles {
    /// How many they are; the other fields are 0 when it is.
    count: u64,
    /// The median.
    p50_ns: u64,
    /// Nine in ten are no longer.
    p90_ns: u64,
    /// Ninety-nine in a hundred are no longer.
    p99_ns: u64,
    /// The longest.
    max_ns: u64,
}

/// A finding, as it is among those of [`Check`].
pub(crate) fn finding(seen: &Seen) -> impl Serialize {
    check::Finding::new(seen, None)
}

/// Writes a document indented, with a newline at its end.
///
/// # Errors
/// Those of `out`.
pub(crate) fn write(document: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    let json = serde_json::to_string_pretty(document)?;
    writeln!(out, "{}", escape_controls(&json))
}

/// JSON escapes the control characters of ASCII by itself. The others, to which some terminals
/// listen as well, can stand only inside its strings, where an escape means the same.
fn escape_controls(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\u{7f}'..='\u{9f}' => escaped.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => escaped.push(c),
        }
    }
    escaped
}
