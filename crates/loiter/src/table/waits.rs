//! What tasks wait on, each kept once.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

use loiter_model::{AwaitStack, StackSource, Wait, WaitKind};

/// Different waits at most. A program has as many as places where it waits, times the ways that
/// lead there; what comes beyond is shown as unknown.
const MOST: usize = 16 * 1024;

/// Every wait seen so far; never forgotten. Written by the agent's thread only.
#[derive(Debug)]
pub(crate) struct Waits(RwLock<Inner>);

#[derive(Debug, Default)]
struct Inner {
    entries: Vec<Arc<Wait>>,
    ids: HashMap<Arc<Wait>, u32>,
}

impl Waits {
    pub(crate) fn new() -> Self {
        let waits = Self(RwLock::default());
        // Number 0 stands for what finds no room.
        waits.id(undecided());
        waits
    }

    /// The number of a wait, new or not.
    pub(crate) fn id(&self, wait: Wait) -> u32 {
        let mut inner = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(&id) = inner.ids.get(&wait) {
            return id;
        }
        if inner.entries.len() == MOST {
            return 0;
        }
        let id = inner.entries.len() as u32;
        let wait = Arc::new(wait);
        inner.entries.push(wait.clone());
        inner.ids.insert(wait, id);
        id
    }

    /// The wait behind a number.
    pub(crate) fn get(&self, id: u32) -> Option<Arc<Wait>> {
        self.read().entries.get(id as usize).cloned()
    }

    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What can be said of a look that met no clone though a waker is held: something is registered,
/// but nobody saw where.
pub(crate) fn undecided() -> Wait {
    Wait {
        kind: WaitKind::Unknown,
        place: None,
        stack: AwaitStack {
            branches: Vec::new(),
            source: StackSource::Probed,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_waits_have_one_number() {
        let waits = Waits::new();
        let nothing = Wait::new(AwaitStack {
            branches: Vec::new(),
            source: StackSource::Probed,
        });
        let id = waits.id(nothing.clone());
        assert_eq!(waits.id(nothing), id);
        assert_eq!(waits.get(id).expect("kept").kind, WaitKind::Nothing);
        assert_eq!(waits.get(0).expect("kept").kind, WaitKind::Unknown);
        assert!(waits.get(id + 1).is_none());
    }
}
