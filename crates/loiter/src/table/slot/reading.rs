//! All of a slot, as a reader sees it.

use super::{At, Marks, NEVER, Phase, Slot, WAKERS, phase::unpack, probe::Seen};
use crate::sync::atomic::{
    Ordering::{Acquire, Relaxed},
    fence,
};

/// The words of a slot as one reader saw them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    pub(crate) seq: u64,
    pub(crate) since: At,
    pub(crate) phase: Phase,
    pub(crate) busy: u64,
    pub(crate) scheduled: u64,
    pub(crate) polls: u64,
    pub(crate) wakes: u64,
    pub(crate) self_wakes: u64,
    pub(crate) live_wakers: u32,
    pub(crate) longest_poll: u64,
    /// Inside which task it was woken last; 0 for none.
    pub(crate) woken_by: u64,
    /// Every wake so far came from inside that task.
    pub(crate) sole_waker: bool,
    pub(crate) scope: Option<u32>,
    pub(crate) marks: Marks,
    pub(crate) tokio_id: u64,
    pub(crate) parent: u64,
    pub(crate) spawned_at: At,
    pub(crate) site: u32,
    pub(crate) name: Option<u32>,
    pub(crate) size: u32,
    pub(crate) original_size: u32,
    pub(crate) kind: u32,
    pub(crate) wait: Option<u32>,
    /// The poll under way gave its worker away.
    pub(crate) in_place: bool,
    /// When the wake (or the birth) came that led to the last poll; 0 before the first one.
    #[cfg(feature = "console")]
    pub(crate) woken_at: At,
    /// When the last poll ended, if it left the task idle; else 0.
    #[cfg(feature = "console")]
    pub(crate) left_at: At,
}

impl Slot {
    /// Everything, if the slot belongs to one task throughout; `None` if it is free or changed
    /// hands meanwhile.
    pub(crate) fn read(&self) -> Option<Reading> {
        let (seq, reading) = self.guarded(|slot| {
            let (since, phase) = unpack(slot.transition.load(Acquire));
            let polls = slot.polls.load(Relaxed);
            // What is under way, and what it has already led to.
            let (running, woken) = match phase {
                Phase::Idle | Phase::Ended => (0, 0),
                Phase::Scheduled => (0, 1),
                Phase::Running | Phase::Unprompted => (1, 0),
                Phase::RunningWoken | Phase::UnpromptedWoken => (1, 1),
            };
            let wakes = (slot.wakes_beyond_polls.load(Relaxed))
                .wrapping_add(polls + running + woken)
                .cast_signed();
            let woken_by = slot.woken_by.load(Relaxed);
            let seen = Seen::unpack(slot.seen.load(Relaxed));
            let seen_now = phase == Phase::Idle && seen.polls == polls as u32;
            Reading {
                seq: 0,
                since,
                phase,
                busy: slot.busy.load(Relaxed),
                scheduled: slot.scheduled.load(Relaxed),
                polls,
                // One too few in the middle of a poll's bookkeeping.
                wakes: u64::try_from(wakes).unwrap_or(0),
                self_wakes: slot.self_wakes.load(Relaxed),
                live_wakers: (slot.holders.load(Relaxed) & WAKERS) as u32,
                longest_poll: slot.longest_poll.load(Relaxed),
                woken_by: if woken_by == NEVER { 0 } else { woken_by },
                sole_waker: ![0, NEVER].contains(&woken_by) && !slot.mixed_wakes.load(Relaxed),
                scope: slot.scope(),
                marks: Marks::unpack(slot.marks.load(Relaxed)),
                tokio_id: slot.tokio_id.load(Relaxed),
                parent: slot.parent.load(Relaxed),
                spawned_at: slot.spawned_at.load(Relaxed),
                site: slot.site.load(Relaxed),
                name: slot.name.load(Relaxed).checked_sub(1),
                size: slot.size.load(Relaxed),
                original_size: slot.original_size.load(Relaxed),
                kind: slot.kind.load(Relaxed),
                wait: seen.wait.checked_sub(1).filter(|_| seen_now),
                in_place: running > 0 && slot.is_in_place(),
                #[cfg(feature = "console")]
                woken_at: slot.woken_at.load(Relaxed),
                #[cfg(feature = "console")]
                left_at: slot.left_at.load(Relaxed),
            }
        })?;
        Some(Reading { seq, ..reading })
    }

    /// The same, for whoever takes a waiting task without wakers for a lost one: its words are read
    /// one after the other, so the wake that used up its last waker may have come between.
    #[cfg(feature = "console")]
    pub(crate) fn read_settled(&self) -> Option<Reading> {
        let reading = self.read()?;
        if reading.phase == Phase::Idle && reading.live_wakers == 0 {
            return self.read();
        }
        Some(reading)
    }

    /// What `look` sees and the number of the task it belongs to; `None` if the slot is free or
    /// changed hands meanwhile, when `look` may have seen a mixture.
    pub(crate) fn guarded<T>(&self, look: impl FnOnce(&Self) -> T) -> Option<(u64, T)> {
        let seq = self.seq.load(Acquire);
        if seq == 0 {
            return None;
        }
        let seen = look(self);
        // Pairs with the fence in `begin`.
        fence(Acquire);
        (self.seq.load(Relaxed) == seq).then_some((seq, seen))
    }
}
