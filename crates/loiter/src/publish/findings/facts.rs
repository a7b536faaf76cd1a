//! What the rules ask about beside the tasks themselves.

use std::{
    collections::{HashMap, HashSet},
    sync::MutexGuard,
};

use loiter_model::{
    History, SiteId, TaskSeq,
    finding::{Doubt, Facts, Growth, Held, LostWakeup, SiteFacts},
};

use super::in_place::InPlace;
use crate::{publish::joins::Joins, table::Table};

/// What is known at the end of one look.
pub(super) struct Known<'a> {
    pub(super) table: &'a Table,
    pub(super) history: MutexGuard<'a, History>,
    /// Those of the wanted tasks that are alive.
    pub(super) alive: HashSet<TaskSeq>,
    pub(super) joins: &'a Joins,
    /// What tasks wait for that others hold.
    pub(super) held: HashMap<TaskSeq, Held>,
    pub(super) in_place: InPlace,
    pub(super) doubts: Vec<Doubt>,
}

impl Facts for Known<'_> {
    fn sites(&self) -> u32 {
        self.table.sites().count()
    }

    fn site(&self, id: SiteId) -> SiteFacts {
        let sums = self.table.sites().sums(id.0);
        SiteFacts {
            spawned: sums.spawned,
            ended: sums.ended,
            waited: sums.waited.quantiles(),
            lifetime: sums.lifetime.quantiles(),
        }
    }

    fn growth(&self, id: SiteId) -> Option<Growth> {
        self.history.growth(id.0)
    }

    fn is_alive(&self, task: TaskSeq) -> bool {
        self.alive.contains(&task)
    }

    fn waits_for(&self, task: TaskSeq) -> Option<TaskSeq> {
        self.joins.other(task)
    }

    fn held(&self, task: TaskSeq) -> Option<Held> {
        self.held.get(&task).cloned()
    }

    fn may_be_in_place(&self, task: TaskSeq) -> bool {
        self.in_place.may_be(task)
    }

    fn lost_wakeups(&self) -> Vec<LostWakeup> {
        self.table.lost_wakeups()
    }

    fn doubts(&self) -> Vec<Doubt> {
        self.doubts.clone()
    }
}
