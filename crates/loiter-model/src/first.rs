//! The first few of many.

use std::ops::Deref;

/// The `MOST` least of the values offered, in order.
#[derive(Debug)]
pub(crate) struct First<T, const MOST: usize>(Vec<T>);

impl<T, const MOST: usize> Default for First<T, MOST> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Ord, const MOST: usize> First<T, MOST> {
    /// Keeps a value if it is one of them; says whether it is the first of all now.
    pub(crate) fn offer(&mut self, new: T) -> bool {
        let kept = &mut self.0;
        if kept.len() == MOST && kept.last() < Some(&new) {
            return false;
        }
        let at = kept.partition_point(|old| *old < new);
        kept.truncate(MOST - 1);
        kept.insert(at, new);
        at == 0
    }
}

impl<T, const MOST: usize> Deref for First<T, MOST> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}
