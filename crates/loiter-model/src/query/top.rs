//! The first rows of an order, out of very many.

use std::cmp::Ordering;

use super::SortKey;
use crate::{Task, TaskSeq};

/// Room beyond the rows that are kept: to prune at every few rows would cost more time than
/// this costs memory.
const LEAST_ROOM: usize = 256;

/// What a row is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// Last in either direction.
    pub(super) is_missing: bool,
    /// A number, as it ascends in the order asked for; or an index into [`Order::texts`].
    pub(super) value: u64,
    /// Ascending in either direction.
    pub(super) seq: TaskSeq,
}

/// How keys are compared.
pub(super) struct Order {
    /// What the values of keys stand for in a column of texts; empty for one of numbers.
    pub(super) texts: Vec<SortKey>,
    /// The direction of texts; numbers have theirs in the key.
    pub(super) descending: bool,
    /// The last row first.
    pub(super) from_end: bool,
}

impl Order {
    #[inline]
    fn compare(&self, a: &Key, b: &Key) -> Ordering {
        let order = if self.texts.is_empty() {
            a.cmp(b)
        } else {
            self.compare_texts(a, b)
        };
        if self.from_end {
            order.reverse()
        } else {
            order
        }
    }

    fn compare_texts(&self, a: &Key, b: &Key) -> Ordering {
        let order = if a.is_missing || b.is_missing {
            a.is_missing.cmp(&b.is_missing)
        } else if a.value == b.value {
            Ordering::Equal
        } else {
            let text = |key: &Key| &self.texts[key.value as usize];
            text(a).compare(text(b), self.descending)
        };
        order.then(a.seq.cmp(&b.seq))
    }
}

/// Keeps the first `keep` of the rows offered, in up to twice the room: when that is full, the
/// later half is dropped, so a row costs O(1) on average, and once it has been full most rows
/// cost one comparison with the last row that may stay.
pub(super) struct Top {
    pub(super) order: Order,
    keep: usize,
    /// Keys apart from the far larger tasks, which stay where they are.
    rows: Vec<(Key, u32)>,
    tasks: Vec<Task>,
    /// Indices of `tasks` that no row uses.
    free: Vec<u32>,
    /// Rows from this one on need not be looked at.
    bound: Option<Key>,
    /// How often the bound was set.
    prunings: u32,
    /// How a text, by its index, compares with the bound's, and after how many prunings.
    against_bound: Vec<(u32, Ordering)>,
}

impl Top {
    pub(super) fn new(keep: usize, order: Order) -> Self {
        Self {
            order,
            keep,
            rows: Vec::new(),
            tasks: Vec::new(),
            free: Vec::new(),
            bound: None,
            prunings: 0,
            against_bound: Vec::new(),
        }
    }

    /// Whether a row can be among the first ones.
    #[inline]
    pub(super) fn wants(&mut self, key: &Key) -> bool {
        let Some(bound) = &self.bound else {
            return true;
        };
        if self.order.texts.is_empty() || key.is_missing {
            return self.order.compare(key, bound).is_lt();
        }
        // Most texts come again and again, and the bound changes seldom.
        let index = key.value as usize;
        if self.against_bound.len() <= index {
            self.against_bound.resize(index + 1, (0, Ordering::Equal));
        }
        let (prunings, known) = &mut self.against_bound[index];
        if *prunings != self.prunings {
            let seq = bound.seq;
            *known = self.order.compare(&Key { seq, ..*key }, bound);
            *prunings = self.prunings;
        }
        match known {
            Ordering::Equal => self.order.compare(key, bound).is_lt(),
            known => known.is_lt(),
        }
    }

    /// Takes a row that is [wanted](Self::wants).
    pub(super) fn insert(&mut self, key: Key, task: &Task) {
        let index = match self.free.pop() {
            Some(index) => {
                self.tasks[index as usize] = *task;
                index
            }
            None => {
                self.tasks.push(*task);
                (self.tasks.len() - 1) as u32
            }
        };
        self.rows.push((key, index));
        if self.rows.len() >= self.keep.saturating_add(self.keep.max(LEAST_ROOM)) {
            self.prune();
        }
    }

    fn prune(&mut self) {
        let Some(last) = self.keep.checked_sub(1) else {
            self.rows.clear();
            self.tasks.clear();
            return;
        };
        if self.rows.len() <= self.keep {
            return;
        }
        let order = &self.order;
        self.rows
            .select_nth_unstable_by(last, |(a, _), (b, _)| order.compare(a, b));
        self.bound = Some(self.rows[last].0);
        self.prunings += 1;
        self.free
            .extend(self.rows.drain(self.keep..).map(|(_, index)| index));
    }

    /// The rows kept, first to last, or last to first for an order from the end.
    pub(super) fn finish(mut self) -> Vec<Task> {
        self.prune();
        let order = &self.order;
        self.rows
            .sort_unstable_by(|(a, _), (b, _)| order.compare(a, b));
        let tasks = &self.tasks;
        self.rows
            .iter()
            .map(|&(_, index)| tasks[index as usize])
            .collect()
    }
}
