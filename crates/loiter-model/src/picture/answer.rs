//! Answers in the shapes of the agent's, from the same scans.

use super::{Picture, ended_at};
use crate::{
    Distribution, Nanos, Task, TaskSeq, Totals,
    query::{Group, SiteQuery, SiteScan, TaskQuery, TaskScan, WaitQuery, WaitScan},
    update::{LabelSet, Overview, SitesUpdate, Stretch, TaskDetail, TasksUpdate, WaitsUpdate},
};

impl Picture {
    /// Answers with a row a task. O(tasks).
    #[must_use]
    pub fn tasks(&self, query: &TaskQuery) -> TasksUpdate {
        let most = self.tasks.len() + self.ended.len();
        let mut scan = TaskScan::expecting(most as u64, query, self);
        self.visit(query.filter.wants_ended(), |task| scan.visit(task));
        let answer = scan.finish();
        TasksUpdate {
            overview: self.overview(answer.totals),
            matched: answer.matched,
            offset: answer.offset,
            labels: LabelSet::of(&answer.tasks, self),
            tasks: answer.tasks,
        }
    }

    /// Answers with a row a site. O(tasks + sites).
    #[must_use]
    pub fn sites(&self, query: &SiteQuery) -> SitesUpdate {
        let mut scan = SiteScan::new(query, self);
        self.visit(query.filter.wants_ended(), |task| scan.visit(task));
        let mut answer = scan.finish(|stats| {
            let id = stats.site;
            (stats.spawned, stats.ended) = self.sites.flow(id);
            (stats.spawned_per_sec, stats.ended_per_sec) = self.history.rates(id.0);
            stats.history = self.history.alive_at(id.0);
        });
        let mut labels = LabelSet::default();
        for stats in &mut answer.sites {
            labels.add_site(stats.site, self);
            let figures = self.sites.figures(stats.site);
            stats.poll = figures.poll.quantiles();
            stats.scheduled_for = figures.scheduled.quantiles();
            stats.waited = figures.waited.quantiles();
            stats.lifetime = figures.lifetime.quantiles();
        }
        SitesUpdate {
            overview: self.overview(answer.totals),
            matched: answer.matched,
            offset: answer.offset,
            sites: answer.sites,
            labels,
        }
    }

    /// Answers with a row for the tasks that wait alike. O(tasks).
    #[must_use]
    pub fn waits(&self, group: Group, query: &WaitQuery) -> WaitsUpdate {
        let mut scan = WaitScan::new(group, query, self);
        self.visit(query.filter.wants_ended(), |task| scan.visit(task));
        let answer = scan.finish();
        let mut labels = LabelSet::default();
        for stats in &answer.waits {
            labels.add_group(stats, self);
        }
        WaitsUpdate {
            overview: self.overview(answer.totals),
            matched: answer.matched,
            offset: answer.offset,
            waits: answer.waits,
            labels,
        }
    }

    /// One task, alive or remembered: `None` when it is neither.
    ///
    /// What only its own events tell is empty: `poll`, `scheduled` and `lost`, and of `timeline`
    /// there is the present stretch. Whoever watches them fills it in.
    #[must_use]
    pub fn task(&self, seq: TaskSeq) -> Option<TaskDetail> {
        let task = self.find_task(seq)?;
        let parent = task.parent.and_then(|seq| self.find_task(seq));
        let woken_by = task.woken_by.and_then(|seq| self.find_task(seq));
        let shown = [Some(task), parent, woken_by];
        let figures = self.sites.figures(task.site);
        Some(TaskDetail {
            at: self.at,
            labels: LabelSet::of(shown.iter().flatten(), self),
            task,
            parent,
            woken_by,
            poll: Distribution::default(),
            scheduled: Distribution::default(),
            site_poll: figures.poll,
            site_scheduled: figures.scheduled,
            timeline: vec![Stretch {
                from: self.at.saturating_sub(task.in_state),
                state: task.state,
            }],
            lost: 0,
        })
    }

    /// Every task alive, and those remembered if they are wanted.
    pub(super) fn visit(&self, ended_too: bool, mut each: impl FnMut(&Task)) {
        self.alive().for_each(|task| each(&task));
        if ended_too {
            for ended in self.ended.iter() {
                each(&ended_at(ended, self.at));
            }
        }
    }

    /// Tasks of which nothing is known.
    pub(super) fn all_untracked(&self) -> u64 {
        let [told, beyond] = self.untracked;
        told.saturating_add(beyond)
    }

    /// What holds for the whole target. `totals` has the counts of a scan.
    pub(super) fn overview(&self, mut totals: Totals) -> Overview {
        let (spawned, ended) = self.sites.flow_of_all();
        totals.untracked = self.all_untracked();
        totals.spawned = spawned.saturating_add(totals.untracked);
        totals.ended = ended;
        totals.remembered = self.ended.len() as u64;
        Overview {
            at: self.at,
            totals,
            history: self.history.alive(),
            scan_time: Nanos::ZERO,
            runtime_tasks: self.runtime_tasks,
        }
    }
}
