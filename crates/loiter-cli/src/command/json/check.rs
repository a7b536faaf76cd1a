//! What `loiter check --format json` prints.

use loiter_model::finding as model;
use serde::Serialize;

use super::{
    Limits, SCHEMA, Site, Target, Totals, Wait,
    fill::{label, numbers},
};
use crate::command::check::{Allowed as AllowedEntry, Report, Seen};

/// Everything that `loiter check` found, as one object.
#[derive(Debug, Serialize)]
pub(crate) struct Check {
    /// The number of this shape, 1.
    schema: u32,
    /// The program looked at.
    target: Target,
    /// How much of the program can be seen, as in the document of tasks.
    tier: &'static str,
    /// The limits in force.
    thresholds: Limits,
    /// When the check ended.
    at_ns: u64,
    /// For how long the program was watched.
    watched_ns: u64,
    /// Counts over every task, at the end.
    totals: Totals,
    /// Tasks alive as tokio counts them, where that is known: more than `totals.alive` when some
    /// are not seen.
    runtime_tasks: Option<u64>,
    /// The certainty from which on a finding fails the check.
    fail_on: &'static str,
    /// Whether one does: the exit status is 1 then.
    failed: bool,
    /// Everything found at any time, the worst first.
    findings: Vec<Finding>,
    /// Findings that are not among them: too many, or of kinds that only a newer `loiter` knows.
    omitted: u64,
    /// The entries of the allow file, in its order.
    allow: Vec<Allowed>,
}

/// Tasks of one site with which the same is wrong.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    /// What is wrong, such as `blocked send`.
    kind: &'static str,
    /// How sure that is: `proved`, `suspected` or `watch`.
    certainty: &'static str,
    /// Whether it fails the check; `null` where nothing is checked.
    fails: Option<bool>,
    /// All of it in one line.
    headline: String,
    /// How many tasks, at the worst time.
    count: u64,
    /// Some of them, oldest first.
    tasks: Vec<u64>,
    /// Size of their futures together.
    bytes: u64,
    /// Since when it is so for the first of them.
    since_ns: u64,
    /// When it was seen last.
    seen_at_ns: u64,
    /// Whether it was there at the end.
    ongoing: bool,
    /// The name of its tasks, where they all have the same one.
    name: Option<String>,
    /// The scope of its tasks, where they all have the same one.
    scope: Option<String>,
    /// Where they were spawned; `null` for a finding about the whole program.
    site: Option<Site>,
    /// What they wait on, where that is known and the same for all.
    wait: Option<Wait>,
    /// What the finding rests on.
    evidence: Vec<Evidence>,
    /// What makes it unsure, a sentence each.
    doubts: Vec<String>,
    /// The cause, a sentence.
    cause: &'static str,
    /// The cure, a sentence.
    cure: &'static str,
    /// The cure as code.
    code: &'static str,
}

/// A fact that speaks for a finding.
#[derive(Debug, Serialize)]
struct Evidence {
    /// Which: `idle`, `no_live_waker`, `confirmed_by_look`, `site_waits`, `site_lifetimes`,
    /// `never_woken`, `parent_ended`, `woken_only_by`, `waits_for_end_of`, `cycle`,
    /// `went_on_unwoken`, `polling`, `scheduled`, `self_wakes`, `alive`, `flow` or `limit`.
    fact: &'static str,
    /// It as a sentence.
    text: String,
    /// The duration in the sentence: the longest, or the time that counts are over.
    duration_ns: Option<u64>,
    /// The number in the sentence: of waits, wakes, tasks alive now, tasks spawned.
    count: Option<u64>,
    /// The tasks in the sentence.
    tasks: Vec<u64>,
}

/// An entry of the allow file.
#[derive(Debug, Serialize)]
struct Allowed {
    /// Which tasks.
    filter: String,
    /// Of which kinds of findings; empty for all.
    findings: Vec<&'static str>,
    /// Why.
    reason: String,
    /// How many tasks it kept silent; with 0 it is of no use any more.
    tasks: u64,
}

impl Check {
    /// Of a report.
    pub(crate) fn new(report: &Report) -> Self {
        let findings = report.findings.iter();
        Self {
            schema: SCHEMA,
            target: Target::new(&report.target),
            tier: report.target.tier.name(),
            thresholds: Limits::new(&report.thresholds),
            at_ns: report.overview.at.0,
            watched_ns: report.watched.0,
            totals: Totals::new(&report.overview.totals),
            runtime_tasks: report.overview.runtime_tasks,
            fail_on: report.fail_on.name(),
            failed: report.fails(),
            findings: findings
                .map(|seen| Finding::new(seen, Some(report.is_failing(seen))))
                .collect(),
            omitted: report.omitted,
            allow: report.allow.iter().map(Allowed::new).collect(),
        }
    }
}

impl Finding {
    pub(super) fn new(seen: &Seen, fails: Option<bool>) -> Self {
        let finding = &seen.finding;
        let labels = &seen.labels;
        let advice = seen.advice();
        Self {
            kind: finding.kind.name(),
            certainty: finding.certainty.name(),
            fails,
            headline: seen.headline(),
            count: finding.count,
            tasks: numbers(&finding.sample),
            bytes: finding.bytes,
            since_ns: finding.since.0,
            seen_at_ns: seen.at.0,
            ongoing: seen.is_ongoing,
            name: label(finding.name, labels),
            scope: label(finding.scope, labels),
            site: seen.site().map(|site| Site::new(&site)),
            wait: seen.wait().map(|wait| Wait::new(&wait)),
            evidence: finding.evidence.iter().map(Evidence::new).collect(),
            doubts: finding.doubts.iter().map(ToString::to_string).collect(),
            cause: advice.cause,
            cure: advice.cure,
            code: advice.code,
        }
    }
}

impl Evidence {
    fn new(evidence: &model::Evidence) -> Self {
        use model::Evidence as Fact;

        let (fact, duration, count) = match evidence {
            Fact::Idle { longest, .. } => ("idle", Some(longest), None),
            Fact::NoLiveWaker => ("no_live_waker", None, None),
            Fact::ConfirmedByLook => ("confirmed_by_look", None, None),
            Fact::SiteWaits { p99, count } => ("site_waits", Some(p99), Some(*count)),
            Fact::SiteLifetimes { p99, count } => ("site_lifetimes", Some(p99), Some(*count)),
            Fact::NeverWoken => ("never_woken", None, None),
            Fact::ParentEnded { .. } => ("parent_ended", None, None),
            Fact::WokenOnlyBy { wakes, .. } => ("woken_only_by", None, Some(*wakes)),
            Fact::WaitsForEndOf { .. } => ("waits_for_end_of", None, None),
            Fact::Cycle { .. } => ("cycle", None, None),
            Fact::WentOnUnwoken { idle } => ("went_on_unwoken", Some(idle), None),
            Fact::Polling { longest } => ("polling", Some(longest), None),
            Fact::Scheduled { longest } => ("scheduled", Some(longest), None),
            Fact::SelfWakes { per_second, .. } => ("self_wakes", None, Some(*per_second)),
            Fact::Alive { now, over, .. } => ("alive", Some(over), Some(*now)),
            Fact::Flow { spawned, over, .. } => ("flow", Some(over), Some(*spawned)),
            Fact::Limit { most } => ("limit", None, Some(*most)),
            Fact::Held { .. } => ("held", None, None),
        };
        Self {
            fact,
            text: evidence.to_string(),
            duration_ns: duration.map(|nanos| nanos.0),
            count,
            tasks: match evidence {
                Fact::ParentEnded { parent: task }
                | Fact::WokenOnlyBy { waker: task, .. }
                | Fact::WaitsForEndOf { task } => vec![task.get()],
                Fact::Cycle { tasks } => numbers(tasks),
                Fact::Held { waiter, holder, .. } => numbers(&[*waiter, *holder]),
                _ => Vec::new(),
            },
        }
    }
}

impl Allowed {
    fn new(allowed: &AllowedEntry) -> Self {
        let kinds = allowed.entry.kinds.iter();
        Self {
            filter: allowed.entry.filter.to_string(),
            findings: kinds.map(|kind| kind.name()).collect(),
            reason: allowed.entry.reason.clone(),
            tasks: allowed.tasks,
        }
    }
}
