//! Answers a site query in one pass.

use super::{Labels, SiteQuery};
use crate::{SiteStats, Task, Totals};

/// Takes every task once and adds them up by site.
///
/// Memory is O(sites).
pub struct SiteScan<'a, L> {
    _query: &'a SiteQuery,
    _labels: &'a L,
}

/// What a [`SiteScan`] found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SiteAnswer {
    /// Counts over all tasks seen; the fields that a scan cannot know are zero.
    pub totals: Totals,
    /// Sites with a task that the filter lets through.
    pub matched: u64,
    /// The row number of `sites[0]`.
    pub offset: u64,
    /// The window, sorted.
    pub sites: Vec<SiteStats>,
}

impl<'a, L: Labels> SiteScan<'a, L> {
    /// Starts a pass.
    #[must_use]
    pub fn new(query: &'a SiteQuery, labels: &'a L) -> Self {
        Self { _query: query, _labels: labels }
    }

    /// Takes one task.
    pub fn visit(&mut self, _task: &Task) {
        todo!()
    }

    /// Ends the pass: `complete` adds what only the caller knows of a site (spawned, ended,
    /// rates, history, quantiles) before the rows are sorted.
    #[must_use]
    pub fn finish(self, _complete: impl FnMut(&mut SiteStats)) -> SiteAnswer {
        todo!()
    }
}
