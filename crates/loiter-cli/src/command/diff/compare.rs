//! Two snapshots side by side.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use loiter_model::{
    Kind, Nanos, Site, State, Target, Task, TaskSeq, Wait, WaitKind, query::Labels,
};

use crate::command::{
    check::Seen,
    snapshot::{Snapshot, SnapshotError},
};

/// What is different, and what is suspiciously not.
#[derive(Debug)]
pub(crate) struct Comparison {
    /// The process of the first snapshot.
    pub(crate) before: Target,
    /// The process of the second one.
    pub(crate) after: Target,
    /// Whether it is the same process: only then a task can be found again.
    pub(crate) is_same_run: bool,
    /// The time between the two.
    pub(crate) between: Nanos,
    /// Tasks alive then and now.
    pub(crate) alive: (u64, u64),
    /// Sites with more tasks alive, those first that have grown most.
    pub(crate) grown: Vec<Grown>,
    /// Tasks that have not moved, the largest groups first.
    pub(crate) stuck: Vec<Stuck>,
    /// Further tasks that have not moved, as they wait for what may come at any time.
    pub(crate) waiting_by_design: u64,
    /// Findings only of the second one; `None` where one of the agents did not say.
    pub(crate) new: Option<Vec<Seen>>,
    /// Findings only of the first one.
    pub(crate) gone: Option<Vec<Seen>>,
}

/// A site with more tasks alive than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grown {
    pub(crate) site: Arc<Site>,
    pub(crate) before: u64,
    pub(crate) after: u64,
    /// Spawned and ended between the two, where that is known: in one process, and if the site
    /// was known before.
    pub(crate) flow: Option<(u64, u64)>,
}

impl Grown {
    /// By how many tasks.
    pub(crate) fn by(&self) -> u64 {
        self.after.saturating_sub(self.before)
    }
}

/// Tasks of one site that wait alike and were not polled between the two snapshots.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stuck {
    /// Where they were spawned.
    pub(crate) site: Option<Arc<Site>>,
    /// What they wait on, where that is known.
    pub(crate) wait: Option<Arc<Wait>>,
    pub(crate) count: u64,
    /// The longest wait among them.
    pub(crate) idle: Nanos,
    /// Bytes of their futures.
    pub(crate) bytes: u64,
    /// The first of them, up to [`Stuck::SAMPLE`].
    pub(crate) sample: Vec<TaskSeq>,
}

impl Stuck {
    /// How many tasks a sample has at most.
    const SAMPLE: usize = 8;
}

impl Comparison {
    /// Compares.
    ///
    /// # Errors
    /// [`SnapshotError::Order`] when the first one is the later one.
    pub(crate) fn new(before: Snapshot, after: Snapshot) -> Result<Self, SnapshotError> {
        let is_same_run = before.target.run_id == after.target.run_id;
        let (then, now) = (instant(&before), instant(&after));
        // The clocks of two machines may disagree.
        if is_same_run && then > now {
            return Err(SnapshotError::Order);
        }
        let (stuck, waiting_by_design) = match is_same_run {
            true => stuck(&before, &after),
            false => (Vec::new(), 0),
        };
        Ok(Self {
            is_same_run,
            between: now.saturating_sub(then),
            alive: (before.overview.totals.alive, after.overview.totals.alive),
            grown: grown(&before, &after, is_same_run),
            stuck,
            waiting_by_design,
            new: missing(&after.findings, &before.findings, is_same_run),
            gone: missing(&before.findings, &after.findings, is_same_run),
            before: before.target,
            after: after.target,
        })
    }

    /// By how many tasks the site has grown that has grown most.
    pub(crate) fn most_grown(&self) -> u64 {
        self.grown.iter().map(Grown::by).max().unwrap_or(0)
    }
}

/// When a snapshot was taken, from the Unix epoch.
fn instant(snapshot: &Snapshot) -> Nanos {
    let started = snapshot.target.started_unix;
    started.saturating_add(snapshot.overview.at)
}

/// What tells sites apart: in another process, which may have been built of other code, only the
/// line.
type SiteKey = (Arc<str>, u32, u32, Arc<str>);

fn site_key(site: &Site, is_same_run: bool) -> SiteKey {
    match is_same_run {
        true => {
            let (file, function) = (site.file.clone(), site.function.clone());
            (file, site.line, site.column, function)
        }
        false => (site.short_file().into(), site.line, 0, "".into()),
    }
}

/// What is known of the tasks of one place.
#[derive(Clone, Default)]
struct Counts {
    site: Option<Arc<Site>>,
    alive: u64,
    spawned: u64,
    ended: u64,
}

fn counts(snapshot: &Snapshot, is_same_run: bool) -> BTreeMap<SiteKey, Counts> {
    let mut counts: BTreeMap<SiteKey, Counts> = BTreeMap::new();
    for stats in &snapshot.sites {
        let Some(site) = snapshot.labels.site(stats.site) else {
            continue;
        };
        let place = counts.entry(site_key(&site, is_same_run)).or_default();
        place.site.get_or_insert(site);
        place.alive = place.alive.saturating_add(stats.alive);
        place.spawned = place.spawned.saturating_add(stats.spawned);
        place.ended = place.ended.saturating_add(stats.ended);
    }
    counts
}

fn grown(before: &Snapshot, after: &Snapshot, is_same_run: bool) -> Vec<Grown> {
    let then = counts(before, is_same_run);
    let now = counts(after, is_same_run);
    let grown = now.into_iter().filter_map(|(key, now)| {
        let then = then.get(&key);
        let before = then.map_or(0, |then| then.alive);
        let flow = then.filter(|_| is_same_run).map(|then| {
            let spawned = now.spawned.saturating_sub(then.spawned);
            (spawned, now.ended.saturating_sub(then.ended))
        });
        (now.alive > before).then_some(Grown {
            site: now.site?,
            before,
            after: now.alive,
            flow,
        })
    });
    let mut grown: Vec<Grown> = grown.collect();
    // The order of places among those that have grown alike.
    grown.sort_by_key(|grown| std::cmp::Reverse(grown.by()));
    grown
}

/// Whether a task does not move because it is made to wait: it says so, or it waits for the
/// outside, or it is no task that anybody could wake.
fn waits_by_design(task: &Task, wait: Option<&Wait>) -> bool {
    use WaitKind::{Accept, IoRead, Process, Signal, Sleep};

    let for_the_outside =
        |wait: &Wait| matches!(wait.kind, Accept | IoRead | Process | Signal | Sleep);
    task.expect_idle || task.kind == Kind::BlockOn || wait.is_some_and(for_the_outside)
}

/// The tasks that are idle in both and were not polled between, in groups, and how many of them
/// wait by design.
fn stuck(before: &Snapshot, after: &Snapshot) -> (Vec<Stuck>, u64) {
    let idle = |task: &&Task| task.state == State::Idle;
    let before: HashMap<TaskSeq, u64> = before
        .tasks
        .iter()
        .filter(idle)
        .map(|task| (task.seq, task.polls))
        .collect();
    let mut groups: HashMap<(_, _), Stuck> = HashMap::new();
    let mut by_design = 0;
    let unmoved = |task: &&Task| before.get(&task.seq) == Some(&task.polls);
    for task in after.tasks.iter().filter(idle).filter(unmoved) {
        let wait = task.wait.and_then(|id| after.labels.wait(id));
        if waits_by_design(task, wait.as_deref()) {
            by_design += 1;
            continue;
        }
        let group = groups.entry((task.site, task.wait)).or_insert(Stuck {
            site: after.labels.site(task.site),
            wait,
            count: 0,
            idle: Nanos::ZERO,
            bytes: 0,
            sample: Vec::new(),
        });
        group.count += 1;
        group.idle = group.idle.max(task.in_state);
        group.bytes = group.bytes.saturating_add(task.size.unwrap_or(0));
        if group.sample.len() < Stuck::SAMPLE {
            group.sample.push(task.seq);
        }
    }
    let mut groups: Vec<Stuck> = groups.into_values().collect();
    groups.sort_by(|a, b| {
        let rank = |group: &Stuck| (group.count, group.idle);
        rank(b).cmp(&rank(a)).then_with(|| a.sample.cmp(&b.sample))
    });
    (groups, by_design)
}

/// The findings of one that the other does not have.
fn missing(
    of: &Option<Vec<Seen>>,
    from: &Option<Vec<Seen>>,
    is_same_run: bool,
) -> Option<Vec<Seen>> {
    let key = |seen: &Seen| {
        let site = seen.site().map(|site| site_key(&site, is_same_run));
        let wait = seen.wait().map(|wait| (wait.kind, spot(&wait)));
        (seen.finding.kind, site, wait)
    };
    let known: HashSet<_> = from.as_ref()?.iter().map(key).collect();
    let missing = of
        .as_ref()?
        .iter()
        .filter(|seen| !known.contains(&key(seen)));
    Some(missing.cloned().collect())
}

/// Where a wait is.
fn spot(wait: &Wait) -> Option<(Arc<str>, u32)> {
    let place = wait.place.as_ref()?;
    Some((place.file.clone(), place.line))
}
