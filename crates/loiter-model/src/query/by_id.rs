//! Answers remembered by the id of a name or a site.

use std::collections::HashMap;

/// Ids are dense in a live table; those of a recording or a hostile peer may be anything, and
/// must not make the vector grow without bound.
const DENSE: u32 = 1 << 16;

/// A value for each id met so far.
pub(crate) struct ById<T> {
    dense: Vec<Option<T>>,
    sparse: HashMap<u32, T>,
}

impl<T> Default for ById<T> {
    fn default() -> Self {
        Self {
            dense: Vec::new(),
            sparse: HashMap::new(),
        }
    }
}

impl<T: Copy> ById<T> {
    /// The value for an id, made when it is first met.
    pub(crate) fn get_or_make(&mut self, id: u32, make: impl FnOnce() -> T) -> T {
        if let Some(Some(value)) = self.dense.get(id as usize) {
            return *value;
        }
        if id >= DENSE {
            return *self.sparse.entry(id).or_insert_with(make);
        }
        let value = make();
        if self.dense.len() <= id as usize {
            self.dense.resize(id as usize + 1, None);
        }
        self.dense[id as usize] = Some(value);
        value
    }
}
