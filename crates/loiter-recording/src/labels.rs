//! Labels by numbers that hold for all of a recording.

use std::{collections::HashMap, sync::Arc};

use loiter_model::{
    NameId, Site, SiteId,
    query::Labels,
    update::{Description, FindingsUpdate, LabelSet, TasksUpdate},
};

/// Names whose numbers are remembered. Beyond, old ones may get another number.
const MOST_NAMES: usize = 1 << 20;
/// Sites that are remembered.
const MOST_SITES: usize = 1 << 20;

/// Numbers names anew: a target may give the number of a name to another one as soon as nobody has
/// the first one any more. Sites and waits keep theirs for as long as it runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    names: HashMap<Arc<str>, NameId>,
    next: u32,
    sites: HashMap<SiteId, Arc<Site>>,
}

impl Numbers {
    fn name(&mut self, id: Option<NameId>, labels: &LabelSet) -> Option<NameId> {
        let name = labels.names.get(&id?)?;
        if let Some(id) = self.names.get(name) {
            return Some(*id);
        }
        if self.names.len() >= MOST_NAMES {
            self.names.clear();
        }
        let id = NameId(self.next);
        self.next = self.next.wrapping_add(1);
        self.names.insert(name.clone(), id);
        Some(id)
    }

    /// Remembers the sites that a stream of events tells of once.
    pub(crate) fn learn(&mut self, labels: &LabelSet) {
        for (id, site) in &labels.sites {
            if self.sites.len() < MOST_SITES {
                self.sites.insert(*id, site.clone());
            }
        }
    }

    pub(crate) fn site(&self, id: SiteId) -> Option<&Arc<Site>> {
        self.sites.get(&id)
    }

    pub(crate) fn describe(&mut self, told: &mut Description, labels: &LabelSet) {
        told.name = self.name(told.name, labels);
        told.scope = self.name(told.scope, labels);
    }

    pub(crate) fn tasks(&mut self, update: &mut TasksUpdate) {
        let labels = std::mem::take(&mut update.labels);
        self.learn(&labels);
        let mut names = HashMap::new();
        for task in &mut update.tasks {
            for id in [&mut task.name, &mut task.scope] {
                let before = *id;
                *id = self.name(before, &labels);
                keep(&mut names, *id, before, &labels);
            }
        }
        update.labels = LabelSet { names, ..labels };
    }

    pub(crate) fn findings(&mut self, update: &mut FindingsUpdate) {
        let labels = std::mem::take(&mut update.labels);
        self.learn(&labels);
        let mut names = HashMap::new();
        for finding in &mut update.findings {
            for id in [&mut finding.name, &mut finding.scope] {
                let before = *id;
                *id = self.name(before, &labels);
                keep(&mut names, *id, before, &labels);
            }
        }
        update.labels = LabelSet { names, ..labels };
    }
}

fn keep(
    names: &mut HashMap<NameId, Arc<str>>,
    id: Option<NameId>,
    before: Option<NameId>,
    labels: &LabelSet,
) {
    if let (Some(id), Some(before)) = (id, before)
        && let Some(name) = labels.name(before)
    {
        names.insert(id, name);
    }
}
