//! Long polls that may hold no worker.

use loiter_model::{Condition, Kind, Task, TaskSeq, Thresholds};

/// Which of the tasks inside long polls may have given their workers to another thread unseen. One
/// that was seen to do so is [no hog](Task::condition).
pub(super) struct InPlace {
    /// Tokio tells of it.
    is_told: bool,
    limits: Thresholds,
    /// Tokio lets no task of these block in place.
    local: Vec<TaskSeq>,
}

impl InPlace {
    /// Nobody yet. `is_told`: tokio tells of every thread that takes a worker over.
    pub(super) fn new(is_told: bool, limits: Thresholds) -> Self {
        Self {
            is_told,
            limits,
            local: Vec::new(),
        }
    }

    /// Takes a task.
    pub(super) fn visit(&mut self, task: &Task) {
        if task.kind == Kind::Local && task.condition(&self.limits) == Some(Condition::Hogging) {
            self.local.push(task.seq);
        }
    }

    /// Whether a task may have that was taken and hogs.
    pub(super) fn may_be(&self, task: TaskSeq) -> bool {
        !self.is_told && !self.local.contains(&task)
    }
}
