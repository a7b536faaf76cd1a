//! Guessing whom an event is about: a runtime mostly polls what was woken first or last, and the
//! poll that ends is one of the few that are under way.
//!
//! Writer and reader go through the same guesses, so a reference is a position in them.

use std::collections::VecDeque;

use super::ELSEWHERE;

/// Polls under way that are remembered: more than workers there mostly are.
const RUNNING: usize = 64;
/// Woken tasks that are remembered.
const WOKEN: usize = 4096;
/// References to those that were woken first; the others are to those woken last.
const FIRST: usize = 20;
const LAST: usize = ELSEWHERE as usize - FIRST;

/// What the events so far lead one to expect. Numbers of tasks; of no more than a few is
/// remembered whether they come.
#[derive(Debug, Default)]
pub(super) struct Guesses {
    running: Vec<u64>,
    woken: VecDeque<u64>,
    last_ended: u64,
}

impl Guesses {
    /// A task was woken, or spawned: it will be polled.
    #[inline]
    pub(super) fn woken(&mut self, task: u64) {
        if self.woken.len() == WOKEN {
            self.woken.pop_front();
        }
        self.woken.push_back(task);
    }

    /// The reference to a task whose poll begins.
    #[inline]
    pub(super) fn find_woken(&self, task: u64) -> u8 {
        let first = self.woken.iter().take(FIRST).position(|it| *it == task);
        if let Some(place) = first {
            return place as u8;
        }
        let last = self.woken.iter().rev().take(LAST);
        match last.into_iter().position(|it| *it == task) {
            Some(place) => (FIRST + place) as u8,
            None => ELSEWHERE,
        }
    }

    /// Whom a reference stands for.
    #[inline]
    pub(super) fn woken_at(&self, reference: u8) -> Option<u64> {
        self.woken.get(self.place(reference)?).copied()
    }

    /// A poll has begun, by this reference.
    #[inline]
    pub(super) fn started(&mut self, task: u64, reference: u8) {
        match self.place(reference) {
            Some(place) => drop(self.woken.remove(place)),
            // What waits longest here was probably woken twice for one poll.
            None => drop(self.woken.pop_front()),
        }
        if self.running.len() == RUNNING {
            self.running.remove(0);
        }
        self.running.push(task);
    }

    fn place(&self, reference: u8) -> Option<usize> {
        let reference = usize::from(reference);
        match reference {
            _ if reference < FIRST => Some(reference),
            _ if reference < FIRST + LAST => self.woken.len().checked_sub(reference - FIRST + 1),
            _ => None,
        }
    }

    /// The reference to a task that is being polled, counted from the last one that began.
    #[inline]
    pub(super) fn find_running(&self, task: u64) -> u8 {
        let last = self.running.iter().rev().take(usize::from(ELSEWHERE) - 1);
        let place = last.into_iter().position(|it| *it == task);
        place.map_or(ELSEWHERE, |place| place as u8)
    }

    /// Whom a reference stands for.
    #[inline]
    pub(super) fn running_at(&self, reference: u8) -> Option<u64> {
        self.running
            .iter()
            .rev()
            .nth(usize::from(reference))
            .copied()
    }

    /// A poll has ended, by this reference.
    #[inline]
    pub(super) fn stopped(&mut self, task: u64, reference: u8) {
        if reference != ELSEWHERE {
            let place = self.running.len().checked_sub(usize::from(reference) + 1);
            place.map(|place| self.running.remove(place));
        }
        self.last_ended = task;
    }

    /// Whose poll ended last; 0 before the first.
    pub(super) fn last_ended(&self) -> u64 {
        self.last_ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_stands_for_the_task_that_it_was_made_of() {
        let mut guesses = Guesses::default();
        for task in 1..=100 {
            guesses.woken(task);
        }
        for task in [1, 7, 20, 95, 100] {
            let reference = guesses.find_woken(task);
            assert_eq!(guesses.woken_at(reference), Some(task));
        }
        assert_eq!(guesses.find_woken(50), ELSEWHERE);
        assert_eq!(guesses.woken_at(ELSEWHERE), None);
        for task in [100, 2, 99] {
            guesses.started(task, guesses.find_woken(task));
            assert_eq!(
                guesses.find_woken(task),
                ELSEWHERE,
                "it is no longer waiting"
            );
        }
        for task in [2, 99, 100] {
            let reference = guesses.find_running(task);
            assert_eq!(guesses.running_at(reference), Some(task));
            guesses.stopped(task, reference);
            assert_eq!(guesses.last_ended(), task);
        }
        assert_eq!(guesses.find_running(2), ELSEWHERE);
        assert_eq!(guesses.running_at(0), None);
    }

    #[test]
    fn what_never_comes_does_not_stay_in_the_way() {
        let mut guesses = Guesses::default();
        for task in 1..=FIRST as u64 {
            guesses.woken(task);
        }
        for task in 1000..2000 {
            guesses.woken(task);
            guesses.started(9, ELSEWHERE);
        }
        assert!(guesses.woken.len() <= FIRST);
        assert!(guesses.running.len() <= RUNNING);
    }
}
