//! What `loiter diff --json` prints.

use serde::Serialize;

use super::{SCHEMA, Site, Target, Wait, check::Finding, fill::numbers};
use crate::command::{
    check::Seen,
    diff::{Comparison, Grown as GrownSite, Stuck as StuckTasks},
};

/// Everything that `loiter diff` finds, as one object.
#[derive(Debug, Serialize)]
pub(crate) struct Diff {
    /// The number of this shape, 1.
    schema: u32,
    /// The program of the first snapshot.
    before: Target,
    /// The program of the second one.
    after: Target,
    /// Whether they are the same process. If not, only sites are compared, by file and line.
    same_run: bool,
    /// The time between the two.
    between_ns: u64,
    /// Tasks alive in the first one.
    alive_before: u64,
    /// Tasks alive in the second one.
    alive_after: u64,
    /// Sites with more tasks alive, those first that have grown most.
    grown: Vec<Grown>,
    /// Tasks that were not polled between the two, the largest groups first. None are known
    /// where it is not the same process.
    stuck: Vec<Stuck>,
    /// Further tasks that were not polled, as they wait for what may come at any time.
    waiting_by_design: u64,
    /// Findings only of the second one; `null` where one of the agents knows none.
    new_findings: Option<Vec<Finding>>,
    /// Findings only of the first one; `null` where one of the agents knows none.
    gone_findings: Option<Vec<Finding>>,
}

/// A site with more tasks alive.
#[derive(Debug, Serialize)]
struct Grown {
    /// Which.
    site: Site,
    /// Tasks alive in the first one.
    before: u64,
    /// Tasks alive in the second one.
    after: u64,
    /// Tasks spawned between the two, where that is known.
    spawned: Option<u64>,
    /// Tasks ended between the two, where that is known.
    ended: Option<u64>,
}

/// Tasks of one site that wait alike and were not polled.
#[derive(Debug, Serialize)]
struct Stuck {
    /// Where they were spawned.
    site: Option<Site>,
    /// What they wait on, where that is known.
    wait: Option<Wait>,
    /// How many they are.
    count: u64,
    /// The longest wait among them.
    oldest_ns: u64,
    /// Size of their futures together.
    bytes: u64,
    /// Some of them, in the order of their numbers.
    tasks: Vec<u64>,
}

impl Diff {
    /// Of a comparison.
    pub(crate) fn new(comparison: &Comparison) -> Self {
        Self {
            schema: SCHEMA,
            before: Target::new(&comparison.before),
            after: Target::new(&comparison.after),
            same_run: comparison.is_same_run,
            between_ns: comparison.between.0,
            alive_before: comparison.alive.0,
            alive_after: comparison.alive.1,
            grown: comparison.grown.iter().map(Grown::new).collect(),
            stuck: comparison.stuck.iter().map(Stuck::new).collect(),
            waiting_by_design: comparison.waiting_by_design,
            new_findings: comparison.new.as_deref().map(findings),
            gone_findings: comparison.gone.as_deref().map(findings),
        }
    }
}

fn findings(findings: &[Seen]) -> Vec<Finding> {
    let findings = findings.iter();
    findings.map(|seen| Finding::new(seen, None)).collect()
}

impl Grown {
    fn new(grown: &GrownSite) -> Self {
        Self {
            site: Site::new(&grown.site),
            before: grown.before,
            after: grown.after,
            spawned: grown.flow.map(|(spawned, _)| spawned),
            ended: grown.flow.map(|(_, ended)| ended),
        }
    }
}

impl Stuck {
    fn new(stuck: &StuckTasks) -> Self {
        Self {
            site: stuck.site.as_ref().map(|site| Site::new(site)),
            wait: stuck.wait.as_ref().map(|wait| Wait::new(wait)),
            count: stuck.count,
            oldest_ns: stuck.idle.0,
            bytes: stuck.bytes,
            tasks: numbers(&stuck.sample),
        }
    }
}
