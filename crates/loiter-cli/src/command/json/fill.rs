//! What of the model goes into which field.

use loiter_model::{
    self as model, Lint, Nanos, Thresholds,
    query::Labels,
    update::{CaptureOutcome, LabelSet, Overview, SitesUpdate, TasksUpdate, WaitsUpdate},
};

use super::{
    Branch, Capture, Document, Frame, Limits, LintCounts, LintLimits, Quantiles, Rows, SCHEMA,
    Site, SiteStats, Stack, Stacks, Target, Task, TaskName, Totals, Wait,
};

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
        Self {
            origin: frame.origin().name(),
            function: text(&frame.function),
            file: text(&frame.file),
            line: number(frame.line),
            column: number(frame.column),
        }
    }
}

impl Target {
    pub(super) fn new(target: &model::Target) -> Self {
        Self {
            name: target.name.clone(),
            pid: target.pid,
            host: target.host.clone(),
            agent_version: target.agent_version.clone(),
            teller: target.teller.name(),
            // Not a number: most JSON readers are exact up to 2^53 only.
            run_id: format!("{:016x}", target.run_id),
            started_unix_ns: target.started_unix.0,
            uptime_ns: target.uptime.0,
            max_tasks: target.max_tasks,
        }
    }
}

impl Limits {
    pub(super) fn new(thresholds: &Thresholds) -> Self {
        Self {
            blocked_after_ns: thresholds.blocked_after.0,
            hogging_after_ns: thresholds.hogging_after.0,
            starved_after_ns: thresholds.starved_after.0,
            lints: LintLimits::new(&thresholds.lints),
        }
    }
}

impl LintLimits {
    fn new(limits: &model::LintLimits) -> Self {
        Self {
            allowed: limits.allowed.iter().map(Lint::name).collect(),
            self_wakes_percent: limits.self_wakes_percent.into(),
            never_yielded_after_ns: limits.never_yielded_after.0,
            large_future_bytes: limits.large_future_bytes,
        }
    }
}

impl LintCounts {
    fn new(counts: &model::LintCounts) -> Self {
        Self {
            self_wakes: counts.of(Lint::SelfWakes),
            lost_waker: counts.of(Lint::LostWaker),
            never_yielded: counts.of(Lint::NeverYielded),
            auto_boxed_future: counts.of(Lint::AutoBoxedFuture),
            large_future: counts.of(Lint::LargeFuture),
        }
    }
}

impl Totals {
    pub(super) fn new(totals: &model::Totals) -> Self {
        Self {
            alive: totals.alive,
            running: totals.running,
            scheduled: totals.scheduled,
            idle: totals.idle,
            blocked: totals.blocked,
            hogging: totals.hogging,
            starved: totals.starved,
            lints: LintCounts::new(&totals.lints),
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
            name: label(task.name, labels),
            scope: label(task.scope, labels),
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
            ended_for_ns: task.ended_for().map(|time| time.0),
            spawned_at_ns: task.spawned_at.0,
            polls: task.polls,
            longest_poll_ns: task.known_longest_poll().map(|poll| poll.0),
            wakes: task.wakes,
            self_wakes: task.self_wakes,
            wakers: task.live_wakers,
            woken_by: task.woken_by.map(model::TaskSeq::get),
            expect_idle: task.expect_idle,
            parent: task.parent.map(model::TaskSeq::get),
            size_bytes: task.size,
            original_size_bytes: task.original_size,
            lints: task.lints(thresholds).iter().map(Lint::name).collect(),
            site: labels.site(task.site).map(|site| Site::new(&site)),
        }
    }
}

pub(super) fn label(id: Option<model::NameId>, labels: &LabelSet) -> Option<String> {
    Some(labels.name(id?)?.to_string())
}

pub(super) fn numbers(tasks: &[model::TaskSeq]) -> Vec<u64> {
    tasks.iter().map(|task| task.get()).collect()
}

/// The model's empty text is none.
fn text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// So is 0, of what counts from 1.
fn number(number: u32) -> Option<u32> {
    (number > 0).then_some(number)
}

impl Wait {
    pub(super) fn new(wait: &model::Wait) -> Self {
        let place = wait.place.as_ref();
        Self {
            kind: wait.kind.name(),
            function: place.map(|frame| frame.function.to_string()),
            file: place.and_then(|frame| text(&frame.file)),
            line: place.and_then(|frame| number(frame.line)),
        }
    }
}

impl Site {
    pub(super) fn new(site: &model::Site) -> Self {
        Self {
            file: site.file.to_string(),
            line: site.line,
            column: site.column,
            function: text(&site.function),
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
