//! The figures that the agent gives to monitoring systems: what each is called, counts and means.
//!
//! The agent's exporter, the alert rules and the dashboard of `loiter`, and the README are all
//! made from [`Metric::ALL`]. Names follow OpenMetrics: base units, and what only grows ends in
//! `_total`. No label ever has a task's number: tasks are without number, places to spawn them
//! are few.

use crate::Nanos;

/// Sites that have a label of their own, the first ones that the agent meets; the others share
/// [`OTHER_SITES`].
pub const LABELLED_SITES: usize = 100;

/// The label of all further sites.
pub const OTHER_SITES: &str = "other";

/// One figure, or one for each combination of its labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name without what follows from its unit and its type.
    pub stem: &'static str,
    /// What kind of number it is.
    pub kind: MetricKind,
    /// What it is counted in; `None` for things.
    pub unit: Option<MetricUnit>,
    /// What tells several of its numbers apart.
    pub labels: &'static [&'static str],
    /// What it means, a phrase without a full stop.
    pub help: &'static str,
}

/// What kind of number a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// Goes up and down.
    Gauge,
    /// Only grows, until the program starts anew.
    Counter,
    /// Counts durations up to each of these bounds, and in all. A duration near a bound may be
    /// counted on its other side: they are known within an eighth, and their sum within a
    /// sixteenth.
    Histogram(&'static [Nanos]),
    /// Always 1: its labels are what it tells.
    Info,
}

/// What a metric is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricUnit {
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
}

impl MetricKind {
    /// The word for it in OpenMetrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Histogram(_) => "histogram",
            Self::Info => "info",
        }
    }
}

impl MetricUnit {
    /// The word for it in OpenMetrics, and in names.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Bytes => "bytes",
        }
    }
}

impl Metric {
    /// The name that its numbers have in queries; of a histogram, that to which `_bucket`,
    /// `_sum` and `_count` are added.
    #[must_use]
    pub fn name(&self) -> String {
        let mut name = self.stem.to_owned();
        if let Some(unit) = self.unit {
            name.push('_');
            name.push_str(unit.name());
        }
        match self.kind {
            MetricKind::Counter => name.push_str("_total"),
            MetricKind::Info => name.push_str("_info"),
            MetricKind::Gauge | MetricKind::Histogram(_) => {}
        }
        name
    }
}

/// A micro-, milli- or whole second so many times.
const fn micros(micros: u64) -> Nanos {
    Nanos(micros * 1_000)
}
const fn millis(millis: u64) -> Nanos {
    Nanos(millis * 1_000_000)
}
const fn secs(secs: u64) -> Nanos {
    Nanos(secs * 1_000_000_000)
}

/// A poll should take microseconds; ten seconds are a worker lost.
const SHORT: &[Nanos] = &[
    micros(10),
    micros(100),
    millis(1),
    millis(10),
    millis(100),
    secs(1),
    secs(10),
];

/// Waits and lives, from what passes unnoticed to what nobody expects.
const LONG: &[Nanos] = &[
    micros(100),
    millis(1),
    millis(10),
    millis(100),
    secs(1),
    secs(10),
    secs(60),
    secs(600),
    secs(3600),
];

macro_rules! metrics {
    ($($id:ident: $kind:expr, $stem:literal, $unit:expr, $labels:expr, $help:literal;)*) => {
        impl Metric {
            $(
                #[doc = $help]
                pub const $id: Self = Self {
                    stem: $stem,
                    kind: $kind,
                    unit: $unit,
                    labels: &$labels,
                    help: $help,
                };
            )*

            /// Every metric, in the order in which they are told.
            pub const ALL: &'static [Self] = &[$(Self::$id),*];
        }
    };
}

metrics! {
    TASKS: MetricKind::Gauge, "loiter_tasks", None, ["site", "kind", "state"],
        "Tasks alive";
    TASKS_BLOCKED: MetricKind::Gauge, "loiter_tasks_blocked", None, ["site"],
        "Tasks that have been idle for longer than blocked_after";
    TASKS_HOGGING: MetricKind::Gauge, "loiter_tasks_hogging", None, ["site"],
        "Tasks inside one poll for longer than hogging_after: each holds a worker, but for those in block_in_place where the service is built without --cfg tokio_unstable";
    TASKS_STARVED: MetricKind::Gauge, "loiter_tasks_starved", None, ["site"],
        "Tasks that were woken and have been waiting for a worker for longer than starved_after";
    OLDEST_IDLE: MetricKind::Gauge, "loiter_task_oldest_idle", Some(MetricUnit::Seconds), ["site"],
        "The longest current wait of an idle task; 0 without one";
    SPAWNED: MetricKind::Counter, "loiter_tasks_spawned", None, ["site"],
        "Tasks spawned since the agent's start";
    ENDED: MetricKind::Counter, "loiter_tasks_ended", None, ["site", "reason"],
        "Tasks ended since the agent's start; those that a runtime took with it are cancelled or unknown";
    POLL: MetricKind::Histogram(SHORT), "loiter_task_poll", Some(MetricUnit::Seconds), ["site"],
        "How long polls took";
    SCHEDULED: MetricKind::Histogram(SHORT), "loiter_task_scheduled", Some(MetricUnit::Seconds), ["site"],
        "How long woken tasks waited for a worker";
    IDLE: MetricKind::Histogram(LONG), "loiter_task_idle", Some(MetricUnit::Seconds), ["site"],
        "How long waits lasted that have ended";
    LIFETIME: MetricKind::Histogram(LONG), "loiter_task_lifetime", Some(MetricUnit::Seconds), ["site"],
        "How long ended tasks lived";
    FINDINGS: MetricKind::Gauge, "loiter_findings", None, ["kind", "certainty"],
        "What is wrong by the agent's rules: findings, each of one or many tasks";
    FINDING_TASKS: MetricKind::Gauge, "loiter_finding_tasks", None, ["kind", "certainty"],
        "Tasks that findings are about";
    RUNTIME_TASKS: MetricKind::Gauge, "loiter_runtime_tasks", None, [],
        "Tasks alive by the runtimes' own count, without blocking functions and those of a LocalSet";
    UNTRACKED: MetricKind::Counter, "loiter_tasks_untracked", None, [],
        "Tasks that are in no other figure because the agent's table was full (max_tasks)";
    EVENTS_LOST: MetricKind::Counter, "loiter_agent_events_lost", None, [],
        "Events that were not told to those who watch or record, as they came too fast";
    AGENT_CPU: MetricKind::Counter, "loiter_agent_cpu", Some(MetricUnit::Seconds), [],
        "CPU time of the agent's own thread and of those that read symbols for it";
    AGENT_MEMORY: MetricKind::Gauge, "loiter_agent_memory", Some(MetricUnit::Bytes), [],
        "Memory of the agent's tables of tasks, sites and ended tasks";
    AGENT_PANICS: MetricKind::Counter, "loiter_agent_panics", None, ["part"],
        "Panics of parts of the agent, which began again; its log says where";
    START_TIME: MetricKind::Gauge, "loiter_agent_start_time", Some(MetricUnit::Seconds), [],
        "When the agent started, since the Unix epoch";
    BUILD: MetricKind::Info, "loiter_build", None, ["version", "sees"],
        "The agent's version, and which tasks it can see";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_follow_the_conventions() {
        assert_eq!(Metric::TASKS.name(), "loiter_tasks");
        assert_eq!(Metric::SPAWNED.name(), "loiter_tasks_spawned_total");
        assert_eq!(Metric::AGENT_CPU.name(), "loiter_agent_cpu_seconds_total");
        assert_eq!(Metric::POLL.name(), "loiter_task_poll_seconds");
        assert_eq!(Metric::BUILD.name(), "loiter_build_info");
        for metric in Metric::ALL {
            let name = metric.name();
            let is_plain = |c: char| c.is_ascii_lowercase() || c == '_';
            assert!(
                name.starts_with("loiter_") && name.chars().all(is_plain),
                "{name}"
            );
            // Types and units are said once.
            for word in [
                "_total", "_info", "_seconds", "_bytes", "_bucket", "_sum", "_count",
            ] {
                assert!(!metric.stem.contains(word), "{name}");
            }
            assert!(
                !metric.help.is_empty() && !metric.help.ends_with('.'),
                "{name}"
            );
        }
        let names: HashSet<_> = Metric::ALL.iter().map(Metric::name).collect();
        assert_eq!(names.len(), Metric::ALL.len());
    }

    #[test]
    fn labels_have_few_values() {
        let few = [
            "site",
            "kind",
            "state",
            "reason",
            "certainty",
            "part",
            "version",
            "sees",
        ];
        for label in Metric::ALL.iter().flat_map(|metric| metric.labels) {
            assert!(few.contains(label), "{label}");
        }
    }

    #[test]
    fn bounds_grow() {
        for metric in Metric::ALL {
            if let MetricKind::Histogram(bounds) = metric.kind {
                assert!(bounds.is_sorted_by(|a, b| a < b), "{}", metric.name());
                assert_eq!(metric.unit, Some(MetricUnit::Seconds));
            }
        }
    }
}
