//! The tables: a row a task, a group of tasks that wait alike, or a site. Columns, headings and
//! what rows are sorted by are the model's.

use std::{
    collections::HashSet,
    io::{self, Write},
};

use loiter_model::{
    Nanos, SiteId, SiteStats, State, Task, TaskSeq, Thresholds, Wait, WaitKind, WaitStats,
    query::{Column, Labels, SiteColumn, SortKey, TaskColumn, WaitColumn},
    update::LabelSet,
};

use super::{super::trace::site_title, escaped, finding::link};
use crate::command::column::status;

/// Calls of a branch that are shown, and branches.
const CALLS: usize = 32;
const BRANCHES: usize = 8;

/// What a cell needs to know beside its row.
pub(super) struct Context<'a> {
    labels: &'a LabelSet,
    thresholds: &'a Thresholds,
    /// The tasks that have a row of their own.
    rows: HashSet<TaskSeq>,
}

impl<'a> Context<'a> {
    pub(super) fn new(labels: &'a LabelSet, thresholds: &'a Thresholds, tasks: &[Task]) -> Self {
        Self {
            labels,
            thresholds,
            rows: tasks.iter().map(|task| task.seq).collect(),
        }
    }

    pub(super) fn has_row(&self, task: TaskSeq) -> bool {
        self.rows.contains(&task)
    }
}

/// What can be a row.
pub(super) trait Row: 'static {
    type Column: Column;
    const COLUMNS: &'static [Spec<Self>];

    fn key(&self, column: Self::Column, context: &Context<'_>) -> SortKey;
    /// The attributes of the row.
    fn attributes(&self, context: &Context<'_>) -> String;
}

/// A column with its cells, which are HTML.
pub(super) struct Spec<R: Row + ?Sized> {
    column: R::Column,
    is_figure: bool,
    cell: fn(&R, &Context<'_>) -> String,
}

impl<R: Row> Spec<R> {
    const fn word(column: R::Column, cell: fn(&R, &Context<'_>) -> String) -> Self {
        Self {
            column,
            is_figure: false,
            cell,
        }
    }

    const fn figure(column: R::Column, cell: fn(&R, &Context<'_>) -> String) -> Self {
        Self {
            column,
            is_figure: true,
            cell,
        }
    }
}

/// Writes a table with a row each.
pub(super) fn write<R: Row>(
    out: &mut impl Write,
    caption: &str,
    rows: &[R],
    context: &Context<'_>,
) -> io::Result<()> {
    writeln!(
        out,
        "<div class=\"scroll\"><table>\n<caption>{}</caption>\n<thead><tr>",
        escaped(caption)
    )?;
    for spec in R::COLUMNS {
        let class = if spec.is_figure { " class=\"n\"" } else { "" };
        let title = match spec.column.title() {
            "!" => "Warn",
            title => title,
        };
        writeln!(
            out,
            "<th scope=\"col\"{class} aria-sort=\"none\" title=\"{}\">{}</th>",
            attribute(spec.column.description()),
            escaped(title)
        )?;
    }
    out.write_all(b"</tr></thead>\n<tbody>\n")?;
    for row in rows {
        write!(out, "<tr{}>", row.attributes(context))?;
        for spec in R::COLUMNS {
            let class = match (spec.is_figure, spec.column.name()) {
                (true, _) => " class=\"n\"",
                (_, "state") => " class=\"state\"",
                _ => "",
            };
            let key = match row.key(spec.column, context) {
                SortKey::Number(key) => format!(" data-k=\"{key}\""),
                SortKey::Missing => " data-k=\"\"".to_owned(),
                SortKey::Text(..) => String::new(),
            };
            let cell = (spec.cell)(row, context);
            write!(out, "<td{class}{key}>{cell}</td>")?;
        }
        out.write_all(b"</tr>\n")?;
    }
    out.write_all(b"</tbody>\n</table></div>\n")
}

type TaskSpec = Spec<Task>;
type SiteSpec = Spec<SiteStats>;
type WaitSpec = Spec<WaitStats>;

impl Row for Task {
    type Column = TaskColumn;
    const COLUMNS: &'static [TaskSpec] = &[
        TaskSpec::figure(TaskColumn::Seq, |task, _| task.seq.to_string()),
        TaskSpec::word(TaskColumn::Name, |task, context| {
            let name = task.name.and_then(|id| context.labels.name(id));
            text(name.as_deref())
        }),
        TaskSpec::word(TaskColumn::Kind, |task, _| text(Some(task.kind.name()))),
        TaskSpec::word(TaskColumn::State, |task, context| {
            status(task, context.thresholds).to_owned()
        }),
        TaskSpec::figure(TaskColumn::Idle, |task, _| duration(task.idle())),
        TaskSpec::word(TaskColumn::Wait, |task, context| {
            let wait = task.wait.and_then(|id| context.labels.wait(id));
            wait.map(|wait| waits_on(&wait)).unwrap_or_default()
        }),
        TaskSpec::figure(TaskColumn::Busy, |task, _| task.busy.to_string()),
        TaskSpec::figure(TaskColumn::Scheduled, |task, _| task.scheduled.to_string()),
        TaskSpec::figure(TaskColumn::Total, |task, _| task.total.to_string()),
        TaskSpec::figure(TaskColumn::Polls, |task, _| task.polls.to_string()),
        TaskSpec::figure(TaskColumn::LongestPoll, |task, _| {
            task.longest_poll.to_string()
        }),
        TaskSpec::figure(TaskColumn::Wakes, |task, _| task.wakes.to_string()),
        TaskSpec::figure(TaskColumn::SelfWakes, |task, _| task.self_wakes.to_string()),
        TaskSpec::figure(TaskColumn::Wakers, |task, _| task.live_wakers.to_string()),
        TaskSpec::figure(TaskColumn::WokenBy, |task, context| {
            other(task.woken_by, context)
        }),
        TaskSpec::figure(TaskColumn::Parent, |task, context| {
            other(task.parent, context)
        }),
        TaskSpec::word(TaskColumn::Scope, |task, context| {
            let scope = task.scope.and_then(|id| context.labels.name(id));
            text(scope.as_deref())
        }),
        TaskSpec::word(TaskColumn::Lints, |task, context| {
            text(Some(&task.lints(context.thresholds).names()))
        }),
        TaskSpec::word(TaskColumn::Site, |task, context| site(task.site, context)),
    ];

    fn key(&self, column: TaskColumn, context: &Context<'_>) -> SortKey {
        column.key(self, context.thresholds, context.labels)
    }

    fn attributes(&self, context: &Context<'_>) -> String {
        let class = match self.condition(context.thresholds) {
            Some(condition) => condition.name(),
            None => self.state.name(),
        };
        format!(" id=\"task-{}\" class=\"{class}\"", self.seq)
    }
}

impl Row for WaitStats {
    type Column = WaitColumn;
    const COLUMNS: &'static [WaitSpec] = &[
        WaitSpec::figure(WaitColumn::Count, |stats, _| stats.count.to_string()),
        WaitSpec::figure(WaitColumn::Oldest, |stats, _| duration(stats.oldest)),
        WaitSpec::figure(WaitColumn::Median, |stats, _| duration(stats.median)),
        WaitSpec::figure(WaitColumn::Bytes, |stats, _| stats.bytes.to_string()),
        WaitSpec::word(WaitColumn::Wait, group),
    ];

    fn key(&self, column: WaitColumn, context: &Context<'_>) -> SortKey {
        column.key(self, context.labels)
    }

    fn attributes(&self, context: &Context<'_>) -> String {
        let is_idle = self.state == State::Idle;
        let is_blocked = is_idle && self.oldest >= Some(context.thresholds.blocked_after);
        let class = if is_blocked {
            "blocked"
        } else {
            self.state.name()
        };
        format!(" class=\"{class}\"")
    }
}

impl Row for SiteStats {
    type Column = SiteColumn;
    const COLUMNS: &'static [SiteSpec] = &[
        SiteSpec::word(SiteColumn::Site, |stats, context| site(stats.site, context)),
        SiteSpec::figure(SiteColumn::Alive, |stats, _| stats.alive.to_string()),
        SiteSpec::figure(SiteColumn::Blocked, |stats, _| stats.blocked.to_string()),
        SiteSpec::figure(SiteColumn::Hogging, |stats, _| stats.hogging.to_string()),
        SiteSpec::figure(SiteColumn::Starved, |stats, _| stats.starved.to_string()),
        SiteSpec::figure(SiteColumn::Spawned, |stats, _| stats.spawned.to_string()),
        SiteSpec::figure(SiteColumn::Ended, |stats, _| stats.ended.to_string()),
        SiteSpec::figure(SiteColumn::SpawnedPerSec, |stats, _| {
            format!("{:.1}", stats.spawned_per_sec)
        }),
        SiteSpec::figure(SiteColumn::EndedPerSec, |stats, _| {
            format!("{:.1}", stats.ended_per_sec)
        }),
        SiteSpec::figure(SiteColumn::OldestIdle, |stats, _| {
            duration(stats.oldest_idle)
        }),
        SiteSpec::figure(SiteColumn::MedianIdle, |stats, _| {
            duration(stats.median_idle)
        }),
        SiteSpec::figure(SiteColumn::Bytes, |stats, _| stats.bytes.to_string()),
    ];

    fn key(&self, column: SiteColumn, context: &Context<'_>) -> SortKey {
        column.key(self, context.labels)
    }

    fn attributes(&self, _: &Context<'_>) -> String {
        String::new()
    }
}

fn text(text: Option<&str>) -> String {
    text.map(escaped).unwrap_or_default()
}

fn duration(duration: Option<Nanos>) -> String {
    duration.map(|it| it.to_string()).unwrap_or_default()
}

fn other(task: Option<TaskSeq>, context: &Context<'_>) -> String {
    task.map(|task| link(task, context)).unwrap_or_default()
}

fn site(id: SiteId, context: &Context<'_>) -> String {
    match context.labels.site(id) {
        Some(site) => escaped(&site_title(Some(&site))),
        None => String::new(),
    }
}

fn waits_on(wait: &Wait) -> String {
    let text = escaped(&wait.to_string());
    match wait.kind {
        WaitKind::Nothing => format!("<span class=\"none\">{text}</span>"),
        _ => text,
    }
}

/// What they wait on with the calls that lead there; without that, what they do and where they
/// were spawned.
fn group(stats: &WaitStats, context: &Context<'_>) -> String {
    let Some(wait) = stats.wait.and_then(|id| context.labels.wait(id)) else {
        let what = match stats.state {
            State::Idle => "not captured",
            state => state.name(),
        };
        return format!("{what} · spawned at {}", site(stats.site, context));
    };
    let tasks = stats.sample.iter().map(|task| link(*task, context));
    let tasks = tasks.collect::<Vec<_>>().join(", ");
    let more = match stats.count.saturating_sub(stats.sample.len() as u64) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let calls = calls(&wait);
    format!(
        "{}<details><summary>stack</summary><p>Tasks {tasks}{more}</p><pre>{calls}</pre></details>",
        waits_on(&wait)
    )
}

/// The calls of each branch, innermost first.
fn calls(wait: &Wait) -> String {
    let branches = &wait.stack.branches;
    let mut lines = Vec::new();
    for (number, branch) in (1..).zip(branches.iter().take(BRANCHES)) {
        if branches.len() > 1 {
            lines.push(format!("branch {number} of {}:", branches.len()));
        }
        for frame in branch.frames.iter().take(CALLS) {
            let function = match &*frame.function {
                "" => "?",
                function => function,
            };
            lines.push(match &*frame.file {
                "" => escaped(function),
                file => escaped(&format!("{function}  {file}:{}", frame.line)),
            });
        }
        if branch.frames.len() > CALLS {
            lines.push(format!("and {} more", branch.frames.len() - CALLS));
        }
    }
    if branches.len() > BRANCHES {
        lines.push(format!("and {} more branches", branches.len() - BRANCHES));
    }
    if branches.is_empty() {
        lines.push("no waker is registered: nothing can wake them".to_owned());
    }
    lines.join("\n")
}

/// A text in quotes.
fn attribute(text: &str) -> String {
    escaped(text).replace('"', "&quot;")
}
