//! Events, column by column.
//!
//! One byte an event says what happened and to whom, mostly by [reference](guess) to what the
//! events before it lead one to expect; only what cannot be guessed stands in the other columns.
//! What is left is nearly all time.
//!
//! A block of events stands by itself: numbers begin anew in it, and it has the names and sites
//! that its events refer to.

mod decode;
mod encode;
mod guess;

pub(crate) use decode::decode;
pub(crate) use encode::Encoder;

/// Events of a block at most.
pub(crate) const MOST: usize = 1 << 16;

/// The columns, in the order in which they stand in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    /// One byte an event: what happened in the lower three bits, a reference in the upper five.
    Tags,
    /// The time since the event before it.
    Times,
    /// The tasks that no reference stands for, as differences to the last such one.
    Tasks,
    /// The tasks that woke others and that no reference stands for, as differences to the woken
    /// one.
    Wakers,
    /// What spawns and descriptions tell.
    Births,
}

impl Of {
    const COUNT: usize = 5;
}

/// In the reference of a tag: the task, or the waker, stands in its column.
const ELSEWHERE: u8 = 31;

/// The lower three bits of a tag.
mod tag {
    pub(super) const SPAWN: u8 = 0;
    pub(super) const POLL_START: u8 = 1;
    pub(super) const POLL_END: u8 = 2;
    pub(super) const WAKE: u8 = 3;
    pub(super) const DROP: u8 = 4;
    pub(super) const DESCRIBED: u8 = 5;
}

/// Of a drop the lower three bits of the reference are the ending; the upper two whose it is.
const DROPS_LAST: u8 = 0;
const DROPS_ANOTHER: u8 = 1;

/// Flags of a description.
mod flag {
    pub(super) const EXPECT_IDLE: u64 = 1;
    pub(super) const MAY_BE_PART: u64 = 2;
    /// There is none.
    pub(super) const UNTOLD: u64 = 4;
}
