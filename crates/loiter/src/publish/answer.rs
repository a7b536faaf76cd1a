//! Answers queries from the table.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use loiter_model::{
    History, Nanos, Task, TaskSeq, Totals,
    query::{Group, SiteQuery, SiteScan, TaskQuery, TaskScan, WaitQuery, WaitScan},
    update::{LabelSet, Overview, SitesUpdate, TasksUpdate, WaitsUpdate},
};
use tokio::time;

#[cfg(feature = "census")]
use super::census::Seen;
#[cfg(any(feature = "census", feature = "pprof"))]
use super::told::LastTold;
use super::{reading, walk::Walk};
use crate::{
    agent::Core,
    table::Table,
    upkeep::{self, Part},
};

/// Looks at every task for each query: nothing is kept up to date while nobody asks.
pub(crate) struct Answers {
    pub(super) core: Arc<Core>,
    history: Mutex<History>,
    #[cfg(any(feature = "census", feature = "pprof"))]
    last_told: LastTold,
    #[cfg(feature = "census")]
    pub(super) seen: Seen,
}

/// What is told of how tasks ended.
#[derive(Clone, Copy)]
enum Endings {
    /// All that can be found out.
    Read,
    /// What was found out already.
    AsKnown,
}

impl Answers {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self {
            core,
            history: Mutex::default(),
            #[cfg(any(feature = "census", feature = "pprof"))]
            last_told: LastTold::default(),
            #[cfg(feature = "census")]
            seen: Seen::default(),
        }
    }

    /// Takes a sample a second, for ever; those from before are forgotten. O(sites).
    pub(crate) async fn sample(self: Arc<Self>) {
        let mut seconds = time::interval(Duration::from_secs(1));
        seconds.set_missed_tick_behavior(time::MissedTickBehavior::Skip);
        *self.history() = History::default();
        loop {
            seconds.tick().await;
            upkeep::may_panic(Part::Sampler);
            let sites = self.table().sites();
            let at = Nanos(self.table().now());
            self.history()
                .sample(at, (0..sites.count()).map(|id| sites.flow(id)));
            self.table().settle();
        }
    }

    /// Answers with a row a task.
    pub(crate) async fn tasks(&self, query: &TaskQuery) -> TasksUpdate {
        let started = self.table().now();
        reading::waits(&self.core.table).await;
        self.tasks_since(query, started, Endings::Read).await
    }

    /// The same with what is known already of how tasks wait and ended. Reads no symbols.
    pub(crate) async fn tasks_as_known(&self, query: &TaskQuery) -> TasksUpdate {
        self.tasks_since(query, self.table().now(), Endings::AsKnown)
            .await
    }

    async fn tasks_since(&self, query: &TaskQuery, started: u64, endings: Endings) -> TasksUpdate {
        // As many as can match: a window near the end is then kept from the end.
        let (spawned, ended) = self.flow();
        let most = spawned.saturating_sub(ended) + self.table().remembered();
        let mut scan = TaskScan::expecting(most, query, self.table());
        self.visit_indexed(|_, task| scan.visit(task)).await;
        if query.filter.wants_ended() {
            match endings {
                // Without a break before they are visited: what ends meanwhile was not read.
                Endings::Read => reading::endings(&self.core.table).await,
                Endings::AsKnown => self.table().settle(),
            }
            self.table().visit_ended(|task| scan.visit(task));
        }
        let answer = scan.finish();
        TasksUpdate {
            overview: self.overview(started, answer.totals),
            matched: answer.matched,
            offset: answer.offset,
            labels: LabelSet::of(&answer.tasks, self.table()),
            tasks: answer.tasks,
        }
    }

    /// Answers with a row a site.
    pub(crate) async fn sites(&self, query: &SiteQuery) -> SitesUpdate {
        let started = self.table().now();
        reading::waits(&self.core.table).await;
        let mut scan = SiteScan::new(query, self.table());
        self.visit(query.filter.wants_ended(), |task| scan.visit(task))
            .await;
        let sites = self.table().sites();
        let mut answer = {
            let history = self.history();
            scan.finish(|stats| {
                let id = stats.site.0;
                (stats.spawned, stats.ended) = sites.flow(id);
                (stats.spawned_per_sec, stats.ended_per_sec) = history.rates(id);
                stats.history = history.alive_at(id);
            })
        };
        let mut labels = LabelSet::default();
        for stats in &mut answer.sites {
            labels.add_site(stats.site, self.table());
            // Only for the rows shown: adding histograms up costs some microseconds a site.
            let sums = sites.sums(stats.site.0);
            stats.poll = sums.poll.quantiles();
            stats.scheduled_for = sums.scheduled.quantiles();
            stats.waited = sums.waited.quantiles();
            stats.lifetime = sums.lifetime.quantiles();
        }
        SitesUpdate {
            overview: self.overview(started, answer.totals),
            matched: answer.matched,
            offset: answer.offset,
            sites: answer.sites,
            labels,
        }
    }

    /// Answers with a row for the tasks that wait alike.
    pub(crate) async fn waits(&self, group: Group, query: &WaitQuery) -> WaitsUpdate {
        let started = self.table().now();
        // Equal ones shall be one row.
        reading::waits(&self.core.table).await;
        let mut scan = WaitScan::new(group, query, self.table());
        self.visit(query.filter.wants_ended(), |task| scan.visit(task))
            .await;
        let answer = scan.finish();
        let mut labels = LabelSet::default();
        for stats in &answer.waits {
            labels.add_group(stats, self.table());
        }
        WaitsUpdate {
            overview: self.overview(started, answer.totals),
            matched: answer.matched,
            offset: answer.offset,
            waits: answer.waits,
            labels,
        }
    }

    /// Works out what tasks wait on that have been idle for so long. What others wait on is left:
    /// a program at which nobody looks pays for no symbols. Returns how long it took this thread to
    /// look for them.
    pub(super) async fn read_long_waits(&self, idle_for: Nanos) -> Nanos {
        if !self.table().waits().has_unread() {
            return Nanos::ZERO;
        }
        let started = self.table().now();
        let took = || Nanos(self.table().now().saturating_sub(started));
        let mut walk = Walk::over(self.table());
        while let Some(pages) = walk.next().await {
            if self.table().has_unread_waits(pages, idle_for) {
                let took = took();
                reading::waits(&self.core.table).await;
                return took;
            }
        }
        took()
    }

    /// Every task alive and the index of its slot, with breaks in which the thread serves others.
    pub(super) async fn visit_indexed(&self, mut each: impl FnMut(u32, &Task)) {
        let mut walk = Walk::over(self.table());
        while let Some(pages) = walk.next().await {
            self.table().visit_indexed(pages, &mut each);
        }
    }

    /// Every task alive, and those remembered if they are wanted.
    async fn visit(&self, ended_too: bool, mut each: impl FnMut(&Task)) {
        self.visit_indexed(|_, task| each(task)).await;
        if ended_too {
            reading::endings(&self.core.table).await;
            self.table().visit_ended(each);
        }
    }

    /// Those of some tasks that are alive. O(slots), unless there are none.
    pub(super) async fn alive_among(&self, wanted: Vec<TaskSeq>) -> HashSet<TaskSeq> {
        let mut alive = HashSet::new();
        if wanted.is_empty() {
            return alive;
        }
        let wanted: HashSet<u64> = wanted.into_iter().map(TaskSeq::get).collect();
        let mut walk = Walk::over(self.table());
        while let Some(pages) = walk.next().await {
            alive.extend(self.table().alive_among(pages, &wanted));
        }
        alive
    }

    pub(super) fn overview(&self, started: u64, mut totals: Totals) -> Overview {
        let table = self.table();
        let (spawned, ended) = self.flow();
        totals.untracked = table.untracked();
        totals.spawned = spawned + totals.untracked;
        totals.ended = ended;
        totals.remembered = table.remembered();
        let now = table.now();
        Overview {
            at: Nanos(now),
            totals,
            history: self.history().alive(),
            scan_time: Nanos(now.saturating_sub(started)),
            runtime_tasks: self.runtime_tasks(),
        }
    }

    /// Tasks alive as tokio counts them, where a runtime is known.
    pub(crate) fn runtime_tasks(&self) -> Option<u64> {
        self.table().runtimes().alive()
    }

    /// Tasks spawned and ended so far.
    fn flow(&self) -> (u64, u64) {
        let sites = self.table().sites();
        (0..sites.count())
            .map(|id| sites.flow(id))
            .fold((0, 0), |sum, flow| (sum.0 + flow.0, sum.1 + flow.1))
    }

    /// What the agent's own last look found.
    #[cfg(any(feature = "census", feature = "pprof"))]
    pub(super) fn last_told(&self) -> &LastTold {
        &self.last_told
    }

    pub(super) fn table(&self) -> &Table {
        &self.core.table
    }

    pub(super) fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
