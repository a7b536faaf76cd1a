//! Task names, each kept once while a task or a ledger entry uses it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::text::cut;

/// Bytes of a name that are kept.
const LONGEST: usize = 256;
/// Bytes of a path of scopes that are kept: the innermost one shall not be lost inside a long one.
const LONGEST_PATH: usize = 1024;

/// Counts the users of each name, so that names which embed a number ("conn 4711") do not pile
/// up: at most one a task alive or remembered.
///
/// Naming a task takes a lock at its spawn and its end; unnamed tasks never come here.
#[derive(Debug, Default)]
pub(crate) struct Names(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    ids: HashMap<Arc<str>, u32>,
    entries: Vec<Entry>,
    free: Vec<u32>,
}

#[derive(Debug, Default)]
struct Entry {
    name: Option<Arc<str>>,
    users: u64,
}

impl Names {
    /// Counts one more user of a name. Overlong names are cut.
    pub(crate) fn take(&self, name: &str) -> u32 {
        self.take_whole(cut(name, LONGEST))
    }

    /// The same for a name that stands inside another one, behind this.
    pub(crate) fn take_inside(&self, outer: &str, between: &str, name: &str) -> u32 {
        let path = [outer, between, cut(name, LONGEST)].concat();
        self.take_whole(cut(&path, LONGEST_PATH))
    }

    fn take_whole(&self, name: &str) -> u32 {
        let mut inner = self.lock();
        if let Some(&id) = inner.ids.get(name) {
            inner.entries[id as usize].users += 1;
            return id;
        }
        let name: Arc<str> = name.into();
        let entry = Entry {
            name: Some(name.clone()),
            users: 1,
        };
        let id = match inner.free.pop() {
            Some(id) => {
                inner.entries[id as usize] = entry;
                id
            }
            None => {
                inner.entries.push(entry);
                (inner.entries.len() - 1) as u32
            }
        };
        inner.ids.insert(name, id);
        id
    }

    /// Counts one more user of a name that is in use.
    pub(crate) fn share(&self, id: u32) -> u32 {
        if let Some(entry) = self.lock().entries.get_mut(id as usize) {
            entry.users += 1;
        }
        id
    }

    /// Counts one user less.
    pub(crate) fn release(&self, id: u32) {
        let mut inner = self.lock();
        let Some(entry) = inner.entries.get_mut(id as usize) else {
            return;
        };
        entry.users = entry.users.saturating_sub(1);
        if entry.users == 0
            && let Some(name) = entry.name.take()
        {
            inner.ids.remove(&name);
            inner.free.push(id);
        }
    }

    /// The name, while somebody uses it.
    pub(crate) fn get(&self, id: u32) -> Option<Arc<str>> {
        self.lock().entries.get(id as usize)?.name.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing here leaves half of a change behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_lives_as_long_as_its_users() {
        let names = Names::default();
        let first = names.take("worker");
        assert_eq!(names.take("worker"), first);
        names.release(first);
        assert_eq!(names.get(first).as_deref(), Some("worker"));
        assert_eq!(names.share(first), first);
        names.release(first);
        assert_eq!(names.get(first).as_deref(), Some("worker"));
        names.release(first);
        assert_eq!(names.get(first), None);

        let other = names.take("acceptor");
        assert_eq!(other, first, "a free id is used again");
        assert_eq!(names.get(other).as_deref(), Some("acceptor"));
        names.release(99);
    }

    #[test]
    fn an_overlong_name_is_cut_at_a_character() {
        let names = Names::default();
        let id = names.take(&"ä".repeat(1000));
        assert_eq!(names.get(id).expect("in use").len(), LONGEST);
        let id = names.take(&format!("x{}", "ä".repeat(1000)));
        assert_eq!(names.get(id).expect("in use").len(), LONGEST - 1);
    }

    #[test]
    fn a_name_inside_a_long_one_is_not_lost() {
        let names = Names::default();
        let long = "x".repeat(LONGEST);
        let id = names.take_inside(&long, "/", "test#7");
        assert!(names.get(id).expect("in use").ends_with("x/test#7"));
        let id = names.take_inside(&"x".repeat(LONGEST_PATH), "/", "test#7");
        assert_eq!(names.get(id).expect("in use").len(), LONGEST_PATH);
    }
}
