//! A way through the whole table that leaves the thread time for others.

use std::ops::Range;

use tokio::task;

use crate::{stretch, table::Table};

/// Pages that are looked at without a break, 65,536 tasks: a few milliseconds in which the
/// thread does nothing else. The program may have its core from page to page.
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

    /// The next page, alone in its range; now and then after a break.
    pub(crate) async fn next(&mut self) -> Option<Range<usize>> {
        let page = self.next;
        if page >= self.end {
            return None;
        }
        stretch::rest();
        if page > 0 && page.is_multiple_of(PAGES_AT_ONCE) {
            task::yield_now().await;
        }
        self.next += 1;
        Some(page..self.next)
    }
}
