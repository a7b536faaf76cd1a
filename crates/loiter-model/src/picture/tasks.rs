//! The tasks alive: side by side, as every answer looks at all of them.

use std::collections::HashMap;

use super::entry::Entry;
use crate::TaskSeq;

#[derive(Clone, Debug, Default)]
pub(super) struct Tasks {
    entries: Vec<Entry>,
    /// Where each task is.
    places: HashMap<TaskSeq, usize>,
}

impl Tasks {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    pub(super) fn get(&self, seq: TaskSeq) -> Option<&Entry> {
        self.places.get(&seq).map(|place| &self.entries[*place])
    }

    pub(super) fn get_mut(&mut self, seq: TaskSeq) -> Option<&mut Entry> {
        let place = self.places.get(&seq)?;
        Some(&mut self.entries[*place])
    }

    /// Takes a task that is not there yet.
    pub(super) fn insert(&mut self, entry: Entry) {
        self.places.insert(entry.task().seq, self.entries.len());
        self.entries.push(entry);
    }

    pub(super) fn remove(&mut self, seq: TaskSeq) -> Option<Entry> {
        let place = self.places.remove(&seq)?;
        let entry = self.entries.swap_remove(place);
        if let Some(moved) = self.entries.get(place) {
            self.places.insert(moved.task().seq, place);
        }
        Some(entry)
    }
}
