//! Which tasks to show, in which order, and how many: filter, sort, group, window.
//!
//! The agent runs these over its table and a client over a recording: the same code, so that
//! both agree. A [`TaskScan`], [`SiteScan`] or [`WaitScan`] is fed every task once and keeps only what the
//! window needs; a [`ResourceScan`] is fed every resource.

mod by_id;
mod column;
mod complete;
mod filter;
mod matcher;
mod parse;
mod resources;
mod scan;
mod sites;
mod suggest;
mod text;
mod top;
mod vocabulary;
mod waits;

use std::sync::Arc;

pub use column::{Column, ResourceColumn, SiteColumn, SortKey, TaskColumn, WaitColumn};
pub use complete::{Completion, completions};
pub use filter::{Filter, Term};
pub use parse::{FilterError, REFERENCE, ReferenceRow};
pub use resources::{NotOfResources, ResourceAnswer, ResourceScan};
pub use scan::{TaskAnswer, TaskScan};
pub use sites::{SiteAnswer, SiteScan};
pub use suggest::nearest;
pub use waits::{Group, WaitAnswer, WaitScan};

pub(crate) use by_id::ById;
pub(crate) use column::{columns, place};
pub(crate) use matcher::Matcher;

use crate::{NameId, Site, SiteId, Thresholds, Wait, WaitId};

/// A question about the tasks of a target.
#[derive(Clone, Debug, PartialEq)]
pub struct Query<C> {
    /// Which tasks.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort<C>,
    /// Which part of the sorted rows.
    pub window: Window,
    /// The limits for `blocked`, `hogging` and `starved`.
    pub thresholds: Thresholds,
}

/// A question answered with a row a task.
pub type TaskQuery = Query<TaskColumn>;
/// A question answered with a row a site.
pub type SiteQuery = Query<SiteColumn>;
/// A question answered with a row for the tasks that wait alike, as a [`Group`] says.
pub type WaitQuery = Query<WaitColumn>;

/// A question answered with a row a resource. A [`ResourceScan`] says which terms of its filter
/// can hold of one.
pub type ResourceQuery = Query<ResourceColumn>;

/// An order of rows. Rows that are equal by it are ordered by task number or site, ascending
/// either way, so that rows do not jump between two updates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort<C> {
    /// By what.
    pub column: C,
    /// The greatest first.
    pub descending: bool,
}

impl<C: Column> Sort<C> {
    /// By a column, in the direction that one usually wants: the greatest number first, texts
    /// from A.
    #[must_use]
    pub fn by(column: C) -> Self {
        Self {
            column,
            descending: column.descends(),
        }
    }
}

/// A part of the sorted rows: `limit` rows from row `offset` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Rows left out at the top. One beyond the last row, such as `u64::MAX`, stands for the
    /// last `limit` rows.
    pub offset: u64,
    /// Rows at most.
    pub limit: u64,
}

impl Window {
    /// The first row to show of `rows`: `offset`, or where the last `limit` rows begin when
    /// `offset` is beyond the last one.
    #[must_use]
    pub fn start(self, rows: u64) -> u64 {
        if self.offset < rows {
            self.offset
        } else {
            rows.saturating_sub(self.limit)
        }
    }

    /// The rows to show of all, and the number of the first one.
    fn of<T>(self, rows: Vec<T>) -> (u64, impl Iterator<Item = T>) {
        let offset = self.start(rows.len() as u64);
        let clamped = |rows| usize::try_from(rows).unwrap_or(usize::MAX);
        let shown = rows.into_iter().skip(clamped(offset));
        (offset, shown.take(clamped(self.limit)))
    }
}

/// Resolves what a [`Task`](crate::Task) refers to by id.
pub trait Labels {
    /// The name behind an id; `None` when it has been forgotten meanwhile.
    fn name(&self, id: NameId) -> Option<Arc<str>>;
    /// The site behind an id; `None` for an id that was never given out.
    fn site(&self, id: SiteId) -> Option<Arc<Site>>;
    /// What a task waits on, by its id; `None` when it has been forgotten meanwhile, and where
    /// nothing ever finds it out.
    fn wait(&self, id: WaitId) -> Option<Arc<Wait>> {
        let _ = id;
        None
    }
}
