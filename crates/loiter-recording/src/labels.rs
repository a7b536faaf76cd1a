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
        let tasks = update.tasks.iter_mut();
        let ids = tasks.flat_map(|task| [&mut task.name, &mut task.scope]);
        self.renumber(ids, &mut update.labels);
    }

    pub(crate) fn findings(&mut self, update: &mut FindingsUpdate) {
        let findings = update.findings.iter_mut();
        let ids = findings.flat_map(|finding| [&mut finding.name, &mut finding.scope]);
        self.renumber(ids, &mut update.labels);
    }

    fn renumber<'a>(
        &mut self,
        ids: impl Iterator<Item = &'a mut Option<NameId>>,
        labels: &mut LabelSet,
    ) {
        self.learn(labels);
        let mut names = HashMap::new();
        for id in ids {
            let name = id.and_then(|id| labels.name(id));
            *id = self.name(*id, labels);
            names.extend(id.zip(name));
        }
        labels.names = names;
    }
}
