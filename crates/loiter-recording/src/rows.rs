//! Updates with rows, which may be too many for one block.

use std::ops::Range;

use loiter_model::{
    Nanos,
    update::{LabelSet, ResourcesUpdate, SitesUpdate, TasksUpdate},
};
use loiter_wire::v1;
use prost::Message;

use crate::format::{RESOURCES, SITES, TASKS};

/// An update with rows.
pub(crate) trait Rows: Clone {
    /// The kind of its blocks.
    const KIND: u8;
    /// What stands in them.
    type Message: Message + From<Self>;

    fn at(&self) -> Nanos;

    /// How many rows it has.
    fn count(&self) -> usize;

    /// The same with these of its rows only, and the labels that they refer to.
    fn part(&self, rows: Range<usize>) -> Self;
}

impl Rows for TasksUpdate {
    const KIND: u8 = TASKS;
    type Message = v1::TasksUpdate;

    fn at(&self) -> Nanos {
        self.overview.at
    }

    fn count(&self) -> usize {
        self.tasks.len()
    }

    fn part(&self, rows: Range<usize>) -> Self {
        let tasks = self.tasks[rows].to_vec();
        Self {
            overview: self.overview.clone(),
            labels: LabelSet::of(&tasks, &self.labels),
            tasks,
            ..*self
        }
    }
}

impl Rows for SitesUpdate {
    const KIND: u8 = SITES;
    type Message = v1::TasksUpdate;

    fn at(&self) -> Nanos {
        self.overview.at
    }

    fn count(&self) -> usize {
        self.sites.len()
    }

    fn part(&self, rows: Range<usize>) -> Self {
        let sites = self.sites[rows].to_vec();
        let mut labels = LabelSet::default();
        for stats in &sites {
            labels.add_site(stats.site, &self.labels);
        }
        Self {
            overview: self.overview.clone(),
            sites,
            labels,
            ..*self
        }
    }
}

impl Rows for ResourcesUpdate {
    const KIND: u8 = RESOURCES;
    type Message = v1::ResourcesUpdate;

    fn at(&self) -> Nanos {
        self.overview.at
    }

    /// The operations come after the resources.
    fn count(&self) -> usize {
        self.resources.len() + self.ops.len()
    }

    fn part(&self, rows: Range<usize>) -> Self {
        let all = self.resources.len();
        let resources = self.resources[rows.start.min(all)..rows.end.min(all)].to_vec();
        let ops = rows.start.max(all) - all..rows.end.max(all) - all;
        let ops = self.ops[ops].to_vec();
        let mut labels = LabelSet::default();
        for resource in &resources {
            labels.add_site(resource.site, &self.labels);
        }
        Self {
            overview: self.overview.clone(),
            resources,
            ops,
            labels,
            ..*self
        }
    }
}
