//! What rows over several targets have in common.

use std::cmp::Reverse;

use super::InstanceId;
use crate::query::{Sort, SortKey};

/// The part of a row that one target has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Which target.
    pub instance: InstanceId,
    /// How many tasks.
    pub count: u64,
    /// Whether it is from before the target was lost.
    pub is_stale: bool,
}

impl Share {
    /// The larger first, and what holds still before what is stale; then the target that was found
    /// first.
    pub(super) fn rank(&self) -> impl Ord + use<> {
        (self.is_stale, Reverse(self.count), self.instance)
    }

    /// Takes the place of a smaller one.
    pub(super) fn compete(self, largest: &mut Self) {
        if self.rank() < largest.rank() {
            *largest = self;
        }
    }
}

/// Rows in an order; equal ones as they came.
pub(super) fn sorted<T, C>(
    rows: impl IntoIterator<Item = T>,
    sort: Sort<C>,
    key: impl Fn(&T) -> SortKey,
) -> Vec<T> {
    let mut keyed: Vec<_> = rows.into_iter().map(|row| (key(&row), row)).collect();
    keyed.sort_by(|(a, _), (b, _)| a.compare(b, sort.descending));
    keyed.into_iter().map(|(_, row)| row).collect()
}
