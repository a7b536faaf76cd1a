//! The JSON that `loiter tasks` and `loiter stacks` print.
//!
//! One object, [`Document`] or [`Stacks`]. Its shape is stable: fields may be added, but none is
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
//! With `--group site` there is `sites` in place of `tasks`. `loiter stacks` prints [`Stacks`], by
//! the same rules.

use std::io::{self, Write};

use loiter_model::{
    self as model, Nanos, Thresholds,
    query::Labels,
    update::{CaptureOutcome, LabelSet, Overview, SitesUpdate, TasksUpdate, WaitsUpdate},
};
use serde::Serialize;

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
    /// The limits for `blocked`, `hogging` and `starved`.
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
    /// From `tokio::task::Builder::name`.
    name: Option<String>,
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
    /// When it was spawned.
    spawned_at_ns: u64,
    /// How often it was polled.
    polls: u64,
    /// Its longest poll.
    longest_poll_ns: u64,
    /// How often it was woken.
    wakes: u64,
    /// How often it woke itself inside its own poll.
    self_wakes: u64,
    /// Clones of its waker that exist now.
    wakers: u32,
    /// The task inside which it was woken last.
    woken_by: Option<u64>,
    /// The task inside which it was spawned.
    parent: Option<u64>,
    /// Bytes of its future.
    size_bytes: Option<u64>,
    /// Bytes of it before tokio boxed it, when it did.
    original_size_bytes: Option<u64>,
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
    /// The limits for `blocked`, `hogging` and `starved`.
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
    /// As the debug info has it.
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

impl Document {
    /// A row a task.
    pub(crate) fn of_tasks(
        target: &model::Target,
        thresholds: &Thresholds,
        update: &TasksUpdate,
    ) -> Self {
        let task = |task| Task::new(task, thresholds, &update.labels);
        let rows = Rows::Tasks(update.tasks.iter().map(task).collect());
        Self::new(target, thresholds, &update.overview, update.matched, rows)
    }

    /// A row a site.
    pub(crate) fn of_sites(
        target: &model::Target,
        thresholds: &Thresholds,
        update: &SitesUpdate,
    ) -> Self {
        let site = |stats| SiteStats::new(stats, &update.labels);
        let rows = Rows::Sites(update.sites.iter().map(site).collect());
        Self::new(target, thresholds, &update.overview, update.matched, rows)
    }

    fn new(
        target: &model::Target,
        thresholds: &Thresholds,
        overview: &Overview,
        matched: u64,
        rows: Rows,
    ) -> Self {
        Self {
            schema: SCHEMA,
            target: Target::new(target),
            tier: target.tier.name(),
            thresholds: Limits::new(thresholds),
            at_ns: overview.at.0,
            totals: Totals::new(&overview.totals),
            matched,
            rows,
        }
    }

    /// Writes it indented, with a newline at its end.
    ///
    /// # Errors
    /// Those of `out`.
    pub(crate) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        write(self, out)
    }
}

fn write(document: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    let json = serde_json::to_string_pretty(document)?;
    writeln!(out, "{}", escape_controls(&json))
}

impl Stacks {
    /// `name` gives the names of the tasks in the samples.
    pub(crate) fn new(
        target: &model::Target,
        thresholds: &Thresholds,
        capture: Option<&CaptureOutcome>,
        update: &WaitsUpdate,
        name: impl Fn(model::TaskSeq) -> Option<String>,
    ) -> Self {
        let stack = |stats| Stack::new(stats, &update.labels, &name);
        Self {
            schema: SCHEMA,
            target: Target::new(target),
            tier: target.tier.name(),
            thresholds: Limits::new(thresholds),
            at_ns: update.overview.at.0,
            totals: Totals::new(&update.overview.totals),
            capture: capture.map(Capture::new),
            matched: update.matched,
            stacks: update.waits.iter().map(stack).collect(),
        }
    }

    /// Writes it indented, with a newline at its end.
    ///
    /// # Errors
    /// Those of `out`.
    pub(crate) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        write(self, out)
    }
}

impl Capture {
    fn new(outcome: &CaptureOutcome) -> Self {
        Self {
            matched: outcome.matched,
            captured: outcome.captured,
            not_idle: outcome.not_idle,
            not_watched: outcome.not_watched,
            timed_out: outcome.timed_out,
            over_limit: outcome.over_limit,
        }
    }
}

impl Stack {
    fn new(
        stats: &model::WaitStats,
        labels: &LabelSet,
        name: impl Fn(model::TaskSeq) -> Option<String>,
    ) -> Self {
        let wait = stats.wait.and_then(|id| labels.wait(id));
        let sample = stats.sample.iter();
        Self {
            kind: wait.as_ref().map(|wait| wait.kind.name()),
            source: wait.as_ref().map(|wait| wait.stack.source.name()),
            state: stats.state.name(),
            count: stats.count,
            oldest_ns: stats.oldest.map(nanos),
            median_ns: stats.median.map(nanos),
            bytes: stats.bytes,
            site: labels.site(stats.site).map(|site| Site::new(&site)),
            tasks: sample
                .map(|&seq| TaskName {
                    seq: seq.get(),
                    name: name(seq),
                })
                .collect(),
            branches: wait.map_or_else(Vec::new, |wait| {
                let branches = wait.stack.branches.iter();
                branches
                    .map(|branch| Branch {
                        frames: branch.frames.iter().map(Frame::new).collect(),
                    })
                    .collect()
            }),
        }
    }
}

impl Frame {
    fn new(frame: &model::Frame) -> Self {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let number = |number| (number > 0).then_some(number);
        Self {
            origin: frame.origin().name(),
            function: text(&frame.function),
            file: text(&frame.file),
            line: number(frame.line),
            column: number(frame.column),
        }
    }
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

impl Target {
    fn new(target: &model::Target) -> Self {
        Self {
            name: target.name.clone(),
            pid: target.pid,
            host: target.host.clone(),
            agent_version: target.agent_version.clone(),
            // Not a number: most JSON readers are exact up to 2^53 only.
            run_id: format!("{:016x}", target.run_id),
            started_unix_ns: target.started_unix.0,
            uptime_ns: target.uptime.0,
            max_tasks: target.max_tasks,
        }
    }
}

impl Limits {
    fn new(thresholds: &Thresholds) -> Self {
        Self {
            blocked_after_ns: thresholds.blocked_after.0,
            hogging_after_ns: thresholds.hogging_after.0,
            starved_after_ns: thresholds.starved_after.0,
        }
    }
}

impl Totals {
    fn new(totals: &model::Totals) -> Self {
        Self {
            alive: totals.alive,
            running: totals.running,
            scheduled: totals.scheduled,
            idle: totals.idle,
            blocked: totals.blocked,
            hogging: totals.hogging,
            starved: totals.starved,
            spawned: totals.spawned,
            ended: totals.ended,
            untracked: totals.untracked,
            remembered: totals.remembered,
        }
    }
}

impl Task {
    fn new(task: &model::Task, thresholds: &Thresholds, labels: &LabelSet) -> Self {
        Self {
            seq: task.seq.get(),
            tokio_id: task.tokio_id.map(Into::into),
            name: task
                .name
                .and_then(|id| labels.name(id))
                .map(|name| name.to_string()),
            kind: task.kind.name(),
            state: task.state.name(),
            warn: task.condition(thresholds).map(model::Condition::name),
            ending: task.ending.map(model::Ending::name),
            in_state_ns: task.in_state.0,
            idle_ns: task.idle().map(nanos),
            wait: task
                .wait
                .and_then(|id| labels.wait(id))
                .map(|wait| Wait::new(&wait)),
            busy_ns: task.busy.0,
            scheduled_ns: task.scheduled.0,
            total_idle_ns: task.total_idle().0,
            total_ns: task.total.0,
            spawned_at_ns: task.spawned_at.0,
            polls: task.polls,
            longest_poll_ns: task.longest_poll.0,
            wakes: task.wakes,
            self_wakes: task.self_wakes,
            wakers: task.live_wakers,
            woken_by: task.woken_by.map(model::TaskSeq::get),
            parent: task.parent.map(model::TaskSeq::get),
            size_bytes: task.size,
            original_size_bytes: task.original_size,
            site: labels.site(task.site).map(|site| Site::new(&site)),
        }
    }
}

impl Wait {
    fn new(wait: &model::Wait) -> Self {
        let place = wait.place.as_ref();
        Self {
            kind: wait.kind.name(),
            function: place.map(|frame| frame.function.to_string()),
            file: place
                .filter(|frame| !frame.file.is_empty())
                .map(|frame| frame.file.to_string()),
            line: place.map(|frame| frame.line).filter(|line| *line > 0),
        }
    }
}

impl Site {
    fn new(site: &model::Site) -> Self {
        Self {
            file: site.file.to_string(),
            line: site.line,
            column: site.column,
            function: (!site.function.is_empty()).then(|| site.function.to_string()),
        }
    }
}

impl SiteStats {
    fn new(stats: &model::SiteStats, labels: &LabelSet) -> Self {
        Self {
            site: labels.site(stats.site).map(|site| Site::new(&site)),
            alive: stats.alive,
            running: stats.running,
            scheduled: stats.scheduled,
            idle: stats.idle,
            blocked: stats.blocked,
            hogging: stats.hogging,
            starved: stats.starved,
            spawned: stats.spawned,
            ended: stats.ended,
            spawned_per_sec: stats.spawned_per_sec,
            ended_per_sec: stats.ended_per_sec,
            oldest_idle_ns: stats.oldest_idle.map(nanos),
            median_idle_ns: stats.median_idle.map(nanos),
            bytes: stats.bytes,
            history: stats.history.clone(),
            poll: Quantiles::new(&stats.poll),
            scheduled_for: Quantiles::new(&stats.scheduled_for),
            waited: Quantiles::new(&stats.waited),
            lifetime: Quantiles::new(&stats.lifetime),
        }
    }
}

impl Quantiles {
    fn new(quantiles: &model::Quantiles) -> Self {
        Self {
            count: quantiles.count,
            p50_ns: quantiles.p50.0,
            p90_ns: quantiles.p90.0,
            p99_ns: quantiles.p99.0,
            max_ns: quantiles.max.0,
        }
    }
}

fn nanos(nanos: Nanos) -> u64 {
    nanos.0
}

#[cfg(test)]
mod tests {
    use loiter_model::query::{Column, SiteColumn, TaskColumn, WaitColumn};
    use serde_json::Value;

    use super::*;
    use crate::command::sample;

    fn written(document: &Document) -> String {
        let mut out = Vec::new();
        document.write(&mut out).expect("memory takes everything");
        String::from_utf8(out).expect("UTF-8")
    }

    fn parsed(document: &Document) -> Value {
        serde_json::from_str(&written(document)).expect("valid JSON")
    }

    fn tasks() -> Document {
        Document::of_tasks(&sample::target(), &Thresholds::default(), &sample::tasks())
    }

    fn sites() -> Document {
        Document::of_sites(&sample::target(), &Thresholds::default(), &sample::sites())
    }

    #[test]
    fn the_shape_of_a_document_of_tasks_is_stable() {
        sample::assert_snapshot("tasks_json", &written(&tasks()));
    }

    #[test]
    fn the_shape_of_a_document_of_sites_is_stable() {
        sample::assert_snapshot("sites_json", &written(&sites()));
    }

    fn stacks() -> Value {
        let mut out = Vec::new();
        let (target, limits, update) = (sample::target(), Thresholds::default(), sample::waits());
        let name = |seq: model::TaskSeq| (seq.get() != 33).then(|| "blocked-send".to_owned());
        let document = Stacks::new(&target, &limits, Some(&sample::capture()), &update, name);
        document.write(&mut out).expect("memory takes everything");
        serde_json::from_slice(&out).expect("valid JSON")
    }

    #[test]
    fn the_shape_of_a_document_of_stacks_is_stable() {
        let text = serde_json::to_string_pretty(&stacks()).expect("JSON");
        sample::assert_snapshot("stacks_json", &text);
    }

    /// Whether a row has a field for the column, by its name and a unit.
    fn has_field<C: Column>(row: &Value, column: C) -> bool {
        let name = column.name().replace('-', "_");
        ["", "_ns", "_bytes"]
            .iter()
            .any(|unit| row.get(format!("{name}{unit}")).is_some())
    }

    #[test]
    fn every_column_is_a_field() {
        let task = &parsed(&tasks())["tasks"][0];
        for &column in TaskColumn::ALL {
            // A summary of others: the site's function and the sizes.
            if column != TaskColumn::Fields {
                assert!(has_field(task, column), "{}", column.name());
            }
        }
        let stack = &stacks()["stacks"][0];
        for &column in WaitColumn::ALL {
            // It is the stack itself.
            if column != WaitColumn::Wait {
                assert!(has_field(stack, column), "{}", column.name());
            }
        }
        let site = &parsed(&sites())["sites"][0];
        for &column in SiteColumn::ALL {
            assert!(has_field(site, column), "{}", column.name());
        }
    }

    #[test]
    fn no_text_from_the_wire_steers_the_terminal_and_all_of_it_is_kept() {
        let hostile = "a\x1b[2J\u{9b}31m\x7f\"é";
        let mut update = sample::tasks();
        for name in update.labels.names.values_mut() {
            *name = hostile.into();
        }
        let document = Document::of_tasks(&sample::target(), &Thresholds::default(), &update);
        let text = written(&document);
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text}");
        let names = &parsed(&document)["tasks"];
        assert_eq!(names[0]["name"], hostile);
    }
}
