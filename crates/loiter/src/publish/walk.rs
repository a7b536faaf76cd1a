//! A way through the whole table that leaves the thread time for others.

use std::ops::Range;

use tokio::task;

use crate::table::Table;

/// Pages that are looked at without a break, 65,536 tasks: a few milliseconds in which the
/// thread does nothing else.
const PAGES_AT_ONCE: usize = 64;

/// Leads over all pages that a table has at the start.
pub(crate) struct Walk {
    next: usize,
    end: usize,
}

impl Walk {
    pub(crate) fn over(table: &Table) -> Self {
        Self {
            next: 0,
            end: table.pages(),
        }
    }

    /// The next pages, after a break unless they are the first ones.
    pub(crate) async fn next(&mut self) -> Option<Range<usize>> {
        let first = self.next;
        if first >= self.end {
            return None;
        }
        if first > 0 {
            task::yield_now().await;
        }
        self.next += PAGES_AT_ONCE;
        Some(first..self.next)
    }
}
