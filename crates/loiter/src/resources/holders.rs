//! Who has taken what a resource gives, and not given it back.

use super::attributes::{Change, Update, Value};

/// Entries at most; beyond, the oldest one is forgotten. Permits that are forgotten on purpose
/// are never given back.
const MOST: usize = 1024;

/// What was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Share {
    /// All of it: a `Mutex`, or a `RwLock` to write.
    Whole,
    /// A `RwLock` to read.
    Read,
    /// Permits of a `Semaphore`.
    Permits,
}

/// What an update of a lock's state says of its holders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    Taken(Share),
    GivenBack(Share),
}

impl Move {
    /// tokio tells of every way to take and to give back a `Mutex` and a `RwLock`, `try_lock`
    /// and a downgrade included.
    pub(super) fn of(update: &Update) -> Option<Self> {
        match (update.name, &update.value, update.change) {
            ("locked" | "write_locked", Value::Flag(true), _) => Some(Self::Taken(Share::Whole)),
            ("locked" | "write_locked", Value::Flag(false), _) => {
                Some(Self::GivenBack(Share::Whole))
            }
            ("current_readers", _, Change::Add) => Some(Self::Taken(Share::Read)),
            ("current_readers", _, Change::Sub) => Some(Self::GivenBack(Share::Read)),
            _ => None,
        }
    }
}

/// One taking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Holder {
    /// 0 outside any task.
    task: u64,
    share: Share,
    /// How many permits of it are left; 1 for a lock.
    count: u64,
}

/// Everyone who holds it, the first comer first.
#[derive(Clone, Debug, Default)]
pub(super) struct Holders(Vec<Holder>);

impl Holders {
    pub(super) fn take(&mut self, task: u64, share: Share, count: u64) {
        if self.0.len() == MOST {
            self.0.remove(0);
        }
        self.0.push(Holder { task, share, count });
    }

    /// A guard may be dropped in another task than it was taken in. One's own is the first to be
    /// given back, else the oldest: tokio gives a lock on before it says that it was given back,
    /// so the next holder may be told of first.
    pub(super) fn give_back(&mut self, task: u64, share: Share, mut count: u64) {
        while count > 0 {
            let is_own = |holder: &Holder| holder.share == share && holder.task == task;
            // Of several, the one that was taken at once like that.
            let place = self
                .0
                .iter()
                .position(|holder| is_own(holder) && holder.count == count)
                .or_else(|| self.0.iter().position(is_own))
                .or_else(|| self.0.iter().position(|holder| holder.share == share));
            let Some(place) = place else { return };
            let holder = &mut self.0[place];
            let given = holder.count.min(count);
            holder.count -= given;
            count -= given;
            if holder.count == 0 {
                self.0.remove(place);
            }
        }
    }

    /// The tasks, one entry for each taking.
    pub(super) fn tasks(&self) -> impl Iterator<Item = u64> {
        self.0.iter().map(|holder| holder.task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tasks(holders: &Holders) -> Vec<u64> {
        holders.tasks().collect()
    }

    #[test]
    fn ones_own_is_given_back_first_and_else_the_oldest() {
        let mut holders = Holders::default();
        holders.take(1, Share::Whole, 1);
        // Task 2 was given the lock before task 1 has said so.
        holders.take(2, Share::Whole, 1);
        holders.give_back(1, Share::Whole, 1);
        assert_eq!(tasks(&holders), [2]);
        // Task 3 drops the guard that task 2 gave it.
        holders.give_back(3, Share::Whole, 1);
        assert!(tasks(&holders).is_empty());
        holders.give_back(3, Share::Whole, 1);
        assert!(tasks(&holders).is_empty());
    }

    #[test]
    fn readers_and_the_writer_are_told_apart() {
        let mut holders = Holders::default();
        holders.take(1, Share::Whole, 1);
        // A downgrade.
        holders.give_back(1, Share::Whole, 1);
        holders.take(1, Share::Read, 1);
        holders.take(1, Share::Read, 1);
        holders.give_back(1, Share::Whole, 1);
        assert_eq!(tasks(&holders), [1, 1]);
        holders.give_back(1, Share::Read, 1);
        assert_eq!(tasks(&holders), [1]);
    }

    #[test]
    fn permits_are_given_back_in_parts() {
        let mut holders = Holders::default();
        holders.take(1, Share::Permits, 3);
        holders.take(2, Share::Permits, 1);
        holders.give_back(1, Share::Permits, 2);
        assert_eq!(tasks(&holders), [1, 2]);
        holders.give_back(2, Share::Permits, 2);
        assert!(tasks(&holders).is_empty());
    }

    #[test]
    fn what_is_never_given_back_is_bounded() {
        let mut holders = Holders::default();
        for task in 0..2 * MOST as u64 {
            holders.take(task, Share::Permits, 1);
        }
        assert_eq!(holders.tasks().count(), MOST);
        assert_eq!(holders.tasks().next(), Some(MOST as u64));
    }
}
