//! Looks at what a task waits on: asked for, under way, and what came of the last one.

use super::{
    Phase, Slot,
    phase::{pack, unpack},
};
use crate::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

/// How far the look at what a task waits on has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Probe {
    /// Nobody asked.
    None = 0,
    /// The next poll that no wake led to shall look.
    Asked = 1,
    /// The poll under way looks: it shall leave no trace, unless it is the task's last.
    Looks = 2,
}

/// Which wait was seen, and in which poll: it holds only while that is the last poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) polls: u32,
    /// One more than the wait's id.
    pub(super) wait: u32,
}

impl Seen {
    fn pack(self) -> u64 {
        u64::from(self.polls) << 32 | u64::from(self.wait)
    }

    pub(super) fn unpack(word: u64) -> Self {
        Self {
            polls: (word >> 32) as u32,
            wait: word as u32,
        }
    }
}

impl Slot {
    /// Whether a look was asked for that no poll has taken up.
    pub(crate) fn is_asked(&self) -> bool {
        self.probe.load(Relaxed) == Probe::Asked as u8
    }

    /// Asks for a look; to be followed by a wake of the kept waker. Not while another one is
    /// asked for or under way, which would then leave a trace.
    pub(crate) fn ask(&self) -> bool {
        let (none, asked) = (Probe::None as u8, Probe::Asked as u8);
        self.probe
            .compare_exchange(none, asked, Relaxed, Relaxed)
            .is_ok()
    }

    /// Ends a poll that only looked: the wait goes on as if it had not been. Not when the task
    /// was woken meanwhile.
    pub(super) fn resume_wait(&self, word: u64) -> bool {
        let left_at = self.left_at.load(Relaxed);
        let resumed = left_at != 0
            && unpack(word).1 == Phase::Unprompted
            && self
                .transition
                .compare_exchange(word, pack(left_at, Phase::Idle), AcqRel, Acquire)
                .is_ok();
        if resumed {
            self.wakes_beyond_polls.fetch_add(1, Relaxed);
        }
        resumed
    }

    /// Whether this poll, which has just begun, was asked to look at what the task waits on. A
    /// poll that a wake led to never looks: that wait is over.
    pub(crate) fn shall_look(&self) -> bool {
        if self.probe.load(Relaxed) != Probe::Asked as u8 {
            return false;
        }
        let looks = matches!(
            unpack(self.transition.load(Relaxed)).1,
            Phase::Unprompted | Phase::UnpromptedWoken
        );
        let next = if looks { Probe::Looks } else { Probe::None };
        self.probe.store(next as u8, Relaxed);
        looks
    }

    /// How long the task had been idle when the poll began that looks, unless it was woken
    /// meanwhile.
    pub(crate) fn idle_before_look(&self) -> Option<u64> {
        let (began, phase) = unpack(self.transition.load(Acquire));
        let left_at = self.left_at.load(Relaxed);
        (phase == Phase::Unprompted && left_at != 0).then(|| began.saturating_sub(left_at))
    }

    /// The poll that looked was the task's last: a poll like any other.
    pub(crate) fn looked_in_vain(&self) {
        self.probe.store(Probe::None as u8, Relaxed);
    }

    /// What the task waits on since its poll number `polls` (only as long as that is its last
    /// one).
    pub(crate) fn set_wait(&self, polls: u64, wait: u32) {
        let seen = Seen {
            polls: polls as u32,
            wait: wait + 1,
        };
        self.seen.store(seen.pack(), Relaxed);
    }
}
