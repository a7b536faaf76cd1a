//! Which columns there are, and what stands in a cell.

use loiter_cli::text;
use serde_json::Value;

/// Where each column's value is in a row's JSON: a path with points.
pub(in super::super) type Columns = &'static [&'static str];

/// One task.
pub(in super::super) const TASKS: Columns = &[
    "seq",
    "tokio_id",
    "name",
    "scope",
    "kind",
    "state",
    "warn",
    "ending",
    "in_state_ns",
    "idle_ns",
    "ended_for_ns",
    "wait.kind",
    "wait.function",
    "wait.file",
    "wait.line",
    "busy_ns",
    "scheduled_ns",
    "total_idle_ns",
    "total_ns",
    "spawned_at_ns",
    "polls",
    "longest_poll_ns",
    "wakes",
    "self_wakes",
    "wakers",
    "woken_by",
    "expect_idle",
    "parent",
    "size_bytes",
    "original_size_bytes",
    "lints",
    "site.file",
    "site.line",
    "site.column",
    "site.function",
];

/// The tasks of one site; without their history, which is for pictures.
pub(in super::super) const SITES: Columns = &[
    "site.file",
    "site.line",
    "site.column",
    "site.function",
    "alive",
    "running",
    "scheduled",
    "idle",
    "blocked",
    "hogging",
    "starved",
    "spawned",
    "ended",
    "spawned_per_sec",
    "ended_per_sec",
    "oldest_idle_ns",
    "median_idle_ns",
    "bytes",
    "poll.count",
    "poll.p50_ns",
    "poll.p90_ns",
    "poll.p99_ns",
    "poll.max_ns",
    "scheduled_for.count",
    "scheduled_for.p50_ns",
    "scheduled_for.p90_ns",
    "scheduled_for.p99_ns",
    "scheduled_for.max_ns",
    "waited.count",
    "waited.p50_ns",
    "waited.p90_ns",
    "waited.p99_ns",
    "waited.max_ns",
    "lifetime.count",
    "lifetime.p50_ns",
    "lifetime.p90_ns",
    "lifetime.p99_ns",
    "lifetime.max_ns",
];

/// One finding; without what only a check says of it, and without the code of its cure.
pub(in super::super) const FINDINGS: Columns = &[
    "kind",
    "certainty",
    "headline",
    "count",
    "tasks",
    "bytes",
    "since_ns",
    "seen_at_ns",
    "name",
    "scope",
    "site.file",
    "site.line",
    "site.column",
    "site.function",
    "wait.kind",
    "wait.function",
    "wait.file",
    "wait.line",
    "evidence",
    "doubts",
    "cause",
    "cure",
];

/// What stands above a column.
pub(super) fn name(column: &str) -> String {
    column.replace('.', "_")
}

/// What stands in a row's cell; nothing where there is nothing.
pub(super) fn cell(row: &Value, column: &str) -> String {
    let value = column
        .split('.')
        .try_fold(row, |value, part| value.get(part));
    value.map(printed).unwrap_or_default()
}

fn printed(value: &Value) -> String {
    match value {
        Value::Null | Value::Object(_) => String::new(),
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::String(value) => plain(value),
        Value::Array(values) => {
            let values = values.iter().map(|value| match value {
                // A piece of evidence is a sentence and its numbers.
                Value::Object(fields) => fields.get("text").map(printed).unwrap_or_default(),
                value => printed(value),
            });
            values.collect::<Vec<_>>().join("; ")
        }
    }
}

/// A text that is only a text, to a terminal and to a spreadsheet.
pub(super) fn plain(value: &str) -> String {
    let value = text::clean(value);
    match value.starts_with(['=', '+', '-', '@']) {
        true => format!("'{value}"),
        false => value.into_owned(),
    }
}
