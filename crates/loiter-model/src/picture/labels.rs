//! What ids stand for.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::Picture;
use crate::{NameId, Site, SiteId, Wait, WaitId, query::Labels, update::LabelSet};

/// Sites that are told apart; the last one stands for all further ones.
const MOST_SITES: usize = 1 << 16;
/// Labels are tidied when there are so many more of them than could be in use.
const SLACK: usize = 1024;

/// Ids that the picture itself gave out.
#[derive(Clone, Debug, Default)]
pub(super) struct Interned {
    names: HashMap<Arc<str>, NameId>,
    sites: HashMap<Arc<Site>, SiteId>,
    last_name: u32,
}

impl Interned {
    pub(super) fn name(&mut self, name: &str, labels: &mut LabelSet) -> NameId {
        if let Some(id) = self.names.get(name) {
            return *id;
        }
        // Counted on, so that an id which a client still shows is not another name at once.
        let id = loop {
            self.last_name = self.last_name.wrapping_add(1);
            let id = NameId(self.last_name);
            if !labels.names.contains_key(&id) {
                break id;
            }
        };
        let name: Arc<str> = name.into();
        labels.names.insert(id, name.clone());
        self.names.insert(name, id);
        id
    }

    pub(super) fn site(&mut self, site: &Site, labels: &mut LabelSet) -> SiteId {
        if let Some(id) = self.sites.get(site) {
            return *id;
        }
        if self.sites.len() + 1 >= MOST_SITES {
            let id = SiteId(MOST_SITES as u32 - 1);
            let elsewhere = || Arc::new(Site::new("(further places)", 0, 0));
            labels.sites.entry(id).or_insert_with(elsewhere);
            return id;
        }
        let id = SiteId(self.sites.len() as u32);
        let site = Arc::new(site.clone());
        labels.sites.insert(id, site.clone());
        self.sites.insert(site, id);
        id
    }
}

impl Picture {
    /// Drops the names and waits that no task refers to, if there are far more than tasks. O(1)
    /// mostly, and O(tasks) after as many new labels.
    pub(super) fn tidy_labels(&mut self) {
        let tasks = self.tasks.len() + self.ended.len();
        // A task has a name and a scope at most.
        let has_many = self.labels.names.len() > 4 * tasks + SLACK
            || self.labels.waits.len() > 2 * tasks + SLACK;
        if !has_many {
            return;
        }
        let mut names = HashSet::new();
        let mut waits = HashSet::new();
        let alive = self.tasks.iter().map(super::Entry::task);
        for task in alive.chain(self.ended.iter()) {
            names.extend([task.name, task.scope].into_iter().flatten());
            waits.extend(task.wait);
        }
        self.labels.names.retain(|id, _| names.contains(id));
        self.labels.waits.retain(|id, _| waits.contains(id));
        self.interned.names.retain(|_, id| names.contains(id));
    }
}

impl Labels for Picture {
    fn name(&self, id: NameId) -> Option<Arc<str>> {
        self.labels.name(id)
    }

    fn site(&self, id: SiteId) -> Option<Arc<Site>> {
        self.labels.site(id)
    }

    fn wait(&self, id: WaitId) -> Option<Arc<Wait>> {
        self.labels.wait(id)
    }
}
