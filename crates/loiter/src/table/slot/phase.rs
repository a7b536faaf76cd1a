//! What a task is doing and since when, in one word.

/// Nanoseconds since the agent's start. 61 bits of them fit into a transition: 73 years.
pub(crate) type At = u64;

/// What the task is doing, as far as the slot needs to tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Phase {
    /// Waiting for a wake.
    Idle = 0,
    /// Woken (or new), waiting for a worker.
    Scheduled = 1,
    /// Inside a poll that a wake led to.
    Running = 2,
    /// The same, and woken again since the poll began: it will be scheduled after it.
    RunningWoken = 3,
    /// Inside a poll without a wake before it: a `block_on` root, or the drop of the future.
    Unprompted = 4,
    /// The same, and woken since.
    UnpromptedWoken = 5,
    /// Its future is gone.
    Ended = 6,
}

const PHASE_BITS: u32 = 3;

pub(super) fn pack(at: At, phase: Phase) -> u64 {
    at << PHASE_BITS | phase as u64
}

pub(super) fn unpack(word: u64) -> (At, Phase) {
    let phase = match word & ((1 << PHASE_BITS) - 1) {
        0 => Phase::Idle,
        1 => Phase::Scheduled,
        2 => Phase::Running,
        3 => Phase::RunningWoken,
        4 => Phase::Unprompted,
        5 => Phase::UnpromptedWoken,
        _ => Phase::Ended,
    };
    (word >> PHASE_BITS, phase)
}
