//! What has ended and is remembered.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

/// The last few of what has ended.
#[derive(Clone, Debug)]
pub(super) struct Ended<K, T> {
    /// Those that ended first first.
    order: VecDeque<K>,
    all: HashMap<K, T>,
    most: usize,
}

impl<K: Copy + Eq + Hash, T> Ended<K, T> {
    pub(super) fn new(most: usize) -> Self {
        Self {
            order: VecDeque::new(),
            all: HashMap::new(),
            most,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Takes one more and forgets the oldest one for it.
    pub(super) fn push(&mut self, key: K, ended: T) {
        if self.most == 0 {
            return;
        }
        if self.order.len() == self.most
            && let Some(oldest) = self.order.pop_front()
        {
            self.all.remove(&oldest);
        }
        self.order.push_back(key);
        self.all.insert(key, ended);
    }

    /// Those that ended last first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.order.iter().rev().filter_map(|key| self.all.get(key))
    }

    pub(super) fn get(&self, key: K) -> Option<&T> {
        self.all.get(&key)
    }

    pub(super) fn contains(&self, key: K) -> bool {
        self.all.contains_key(&key)
    }

    pub(super) fn forget(&mut self, key: K) {
        if self.all.remove(&key).is_some() {
            self.order.retain(|other| *other != key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten() {
        let mut ended = Ended::new(2);
        for number in 1..=3 {
            ended.push(number, number * 10);
        }
        assert_eq!(ended.iter().collect::<Vec<_>>(), [&30, &20]);
        assert!(!ended.contains(1));
        ended.forget(3);
        ended.push(4, 40);
        assert_eq!(ended.iter().collect::<Vec<_>>(), [&40, &20]);
        assert_eq!((ended.get(2), ended.len()), (Some(&20), 2));

        let mut none = Ended::new(0);
        none.push(1, ());
        assert_eq!(none.len(), 0);
    }
}
