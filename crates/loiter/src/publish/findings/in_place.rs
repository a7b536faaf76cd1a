//! Long polls that hold no worker.

use loiter_model::{Condition, Kind, Task, TaskSeq, Thresholds};

use crate::table::{Slot, Table};

/// Which of the tasks inside long polls gave their workers to another thread.
pub(super) struct InPlace {
    /// Tokio tells of it.
    is_told: bool,
    limits: Thresholds,
    gave_away: Vec<TaskSeq>,
    /// Tokio lets no task of these block in place.
    local: Vec<TaskSeq>,
}

impl InPlace {
    /// Nobody yet. `is_told`: tokio tells of every thread that takes a worker over.
    pub(super) fn new(is_told: bool, limits: Thresholds) -> Self {
        Self {
            is_told,
            limits,
            gave_away: Vec::new(),
            local: Vec::new(),
        }
    }

    /// Takes a task and where its slot is.
    pub(super) fn visit(&mut self, table: &Table, index: u32, task: &Task) {
        if task.condition(&self.limits) != Some(Condition::Hogging) {
            return;
        }
        if task.kind == Kind::Local {
            self.local.push(task.seq);
        }
        let gave_away = |slot: &Slot| slot.guarded(Slot::is_in_place);
        if table.slot_at(index).and_then(gave_away) == Some((task.seq.get(), true)) {
            self.gave_away.push(task.seq);
        }
    }

    /// Whether a task that was taken gave its worker away, if that can be told.
    pub(super) fn tells_of(&self, task: TaskSeq) -> Option<bool> {
        let is_known = self.is_told || self.local.contains(&task);
        is_known.then(|| self.gave_away.contains(&task))
    }
}
