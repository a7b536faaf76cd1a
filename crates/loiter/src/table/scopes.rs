//! The scopes that tasks are spawned in: names that stand one inside the other.

use loiter_model::{NameId, Task};

use super::Table;
use crate::thread::Thread;

/// Between the name of a scope and that of one inside it.
const INSIDE: &str = "/";

impl Table {
    /// The scope that this thread is in: that of the future which is being polled, or else that
    /// of its task. The id of its name, of which this counts no user.
    fn scope(&self) -> Option<u32> {
        let (scope, current) = Thread::with(|thread| (thread.scope(), thread.current_slot()));
        scope.or_else(|| {
            let (seq, index) = current?;
            let slot = self.slab.get(index)?;
            slot.scope().filter(|_| slot.seq() == seq)
        })
    }

    /// The scope of a task that is spawned here, with a further one inside it unless that is
    /// empty. Counts a user of its name.
    pub(super) fn scope_for(&self, further: &str) -> Option<u32> {
        let further = &*self.redaction.scope(further);
        match (self.scope(), further) {
            (outer, "") => outer.map(|id| self.names.share(id)),
            (Some(outer), _) => match self.names.get(outer) {
                Some(outer) => Some(self.names.take_inside(&outer, INSIDE, further)),
                None => Some(self.names.take(further)),
            },
            (None, _) => Some(self.names.take(further)),
        }
    }

    /// A scope inside the one that this thread is in. To be [left](Self::close_scope) once.
    pub(crate) fn open_scope(&self, name: &str) -> Option<u32> {
        self.scope_for(name)
    }

    /// Nothing is polled in a scope any more; tasks may be in it still.
    pub(crate) fn close_scope(&self, name: u32) {
        self.names.release(name);
    }

    /// The labels of a task are needed no more.
    pub(super) fn release_labels(&self, task: &Task) {
        for NameId(id) in [task.name, task.scope].into_iter().flatten() {
            self.names.release(id);
        }
    }
}
