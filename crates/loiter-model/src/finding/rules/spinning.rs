//! Busy loops: tasks that wake themselves over and over.

use super::ids::Ids;
use crate::{Kind, Nanos, State, Task, TaskSeq};

/// A task is looked at again after this time, not sooner: a rate over less says little.
const STRIDE: Nanos = Nanos::from_secs(1);
/// It must have looked so for this long.
const LONG_ENOUGH: Nanos = Nanos::from_secs(5);
/// Of its own wakes a second, at the least.
const PER_SECOND: u64 = 100;
/// And of a hundred of all its wakes.
const PERCENT: u64 = 90;
/// So many tasks are remembered, at most.
const MOST: usize = 1 << 14;

/// The tasks that may be in a busy loop, from one scan to the next.
#[derive(Debug, Default)]
pub(super) struct Spinning {
    tasks: Ids<TaskSeq, Spin>,
    scan: u64,
}

#[derive(Clone, Copy, Debug)]
struct Spin {
    /// When it first looked so, and what its counts were.
    first: Reading,
    last: Reading,
    /// The scan that last saw it.
    scan: u64,
}

#[derive(Clone, Copy, Debug)]
struct Reading {
    at: Nanos,
    wakes: u64,
    self_wakes: u64,
}

/// A task that has looked so for long enough.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spun {
    /// For how long.
    pub(super) time: Nanos,
    /// Of its own wakes.
    pub(super) per_second: u64,
    /// Of a hundred wakes.
    pub(super) percent: u8,
}

impl Spinning {
    pub(super) fn begin(&mut self) {
        self.scan += 1;
    }

    /// How many scans have begun.
    pub(super) fn scans(&self) -> u64 {
        self.scan
    }

    /// Forgets those that this scan did not see.
    pub(super) fn end(&mut self) {
        let scan = self.scan;
        self.tasks.retain(|_, spin| spin.scan == scan);
    }

    /// Takes a task; says when it is in a busy loop.
    pub(super) fn take(&mut self, at: Nanos, task: &Task) -> Option<Spun> {
        // It never waits for anything, so no scan ever meets it idle.
        let may_spin = matches!(task.state, State::Running | State::Scheduled)
            && task.self_wakes > 0
            && task.kind != Kind::Blocking;
        if !may_spin {
            return None;
        }
        let now = Reading {
            at,
            wakes: task.wakes,
            self_wakes: task.self_wakes,
        };
        let Some(spin) = self.tasks.get_mut(&task.seq) else {
            if self.tasks.len() < MOST {
                let spin = Spin {
                    first: now,
                    last: now,
                    scan: self.scan,
                };
                self.tasks.insert(task.seq, spin);
            }
            return None;
        };
        spin.scan = self.scan;
        if at.saturating_sub(spin.last.at) >= STRIDE {
            if !now.spins_since(&spin.last) {
                spin.first = now;
            }
            spin.last = now;
        }
        spin.spun()
    }
}

impl Reading {
    fn spins_since(&self, earlier: &Self) -> bool {
        let (wakes, own) = self.counted_since(earlier);
        let nanos = u128::from(self.at.saturating_sub(earlier.at).0);
        let often = u128::from(own) * 1_000_000_000 >= u128::from(PER_SECOND) * nanos;
        often && u128::from(own) * 100 >= u128::from(PERCENT) * u128::from(wakes)
    }

    /// Wakes, and those of its own. A wake of its own is a wake, but the two are not read at
    /// one instant.
    fn counted_since(&self, earlier: &Self) -> (u64, u64) {
        let own = self.self_wakes.saturating_sub(earlier.self_wakes);
        (self.wakes.saturating_sub(earlier.wakes).max(own), own)
    }
}

impl Spin {
    fn spun(&self) -> Option<Spun> {
        let time = self.last.at.saturating_sub(self.first.at);
        if time < LONG_ENOUGH {
            return None;
        }
        let (wakes, own) = self.last.counted_since(&self.first);
        let per_second = u128::from(own) * 1_000_000_000 / u128::from(time.0);
        let percent = u128::from(own) * 100 / u128::from(wakes.max(1));
        Some(Spun {
            time,
            per_second: u64::try_from(per_second).unwrap_or(u64::MAX),
            percent: percent as u8,
        })
    }
}
