//! Answers a task query in one pass.

use super::{Labels, TaskQuery};
use crate::{Task, Totals};

/// Takes every task once and keeps the window.
///
/// Memory is O(`offset` + `limit`), or O(rows that match − `offset`) when that is less.
pub struct TaskScan<'a, L> {
    _query: &'a TaskQuery,
    _labels: &'a L,
}

/// What a [`TaskScan`] found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskAnswer {
    /// Counts over all tasks seen; the fields that a scan cannot know are zero.
    pub totals: Totals,
    /// Tasks that the filter lets through.
    pub matched: u64,
    /// The row number of `tasks[0]`.
    pub offset: u64,
    /// The window, sorted. An offset beyond the last row gives the last `limit` rows.
    pub tasks: Vec<Task>,
}

impl<'a, L: Labels> TaskScan<'a, L> {
    /// Starts a pass.
    #[must_use]
    pub fn new(query: &'a TaskQuery, labels: &'a L) -> Self {
        Self { _query: query, _labels: labels }
    }

    /// Takes one task.
    pub fn visit(&mut self, _task: &Task) {
        todo!()
    }

    /// Ends the pass.
    #[must_use]
    pub fn finish(self) -> TaskAnswer {
        todo!()
    }
}
