//! The span ids that the agent gives out.
//!
//! A tagged id carries the slot's index and the low bits of the task's number, so that enter,
//! exit and wake go straight to the slot: no registry, no map.

use tracing_core::span::Id;

use crate::{
    resources::{Ref, What},
    table::{SEQ_BITS, TaskRef},
};

/// `tracing-subscriber`'s registry never sets this bit: its ids are a page address (38 bits), a
/// thread number below 4096 in a field of 13 bits, of which this is the highest, and a
/// generation above. Ids of other subscribers that have it are handed on under an alias.
const TAG: u64 = 1 << 50;
const INDEX_BITS: u32 = 32;
/// Bits of the number below the tag; the others are above it.
const LOW_BITS: u32 = 50 - INDEX_BITS;
const LOW: u64 = (1 << LOW_BITS) - 1;

/// Indices that no slot has: neither has the table 2^30 slots, nor are there so many resources.
const IGNORED: u32 = u32::MAX;
const ALIAS: u32 = u32::MAX - 1;

/// What an index is one of is in its two highest bits: zero for a task's slot.
const WHAT_SHIFT: u32 = 30;

/// Whose span an id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    /// A tracked task's.
    Task(TaskRef),
    /// That of a resource, an operation or the operation's polls.
    Resource(Ref),
    /// A span that nobody wants: a task beyond the table's end, or one of the agent's own.
    Ignored,
    /// A span of the wrapped subscriber.
    Inner,
    /// A span of the wrapped subscriber whose own id looks like one of ours, by its alias.
    Alias(u32),
}

impl Span {
    pub(crate) fn of(id: &Id) -> Self {
        Self::of_bits(id.into_u64())
    }

    /// Like [`of`](Self::of), for an id that came as a number.
    pub(crate) fn of_bits(bits: u64) -> Self {
        if bits & TAG == 0 {
            return Self::Inner;
        }
        let index = bits as u32;
        let low = bits >> INDEX_BITS & LOW;
        let high = bits >> 51 << LOW_BITS;
        let number = (high | low) as u32;
        match index {
            IGNORED => Self::Ignored,
            ALIAS => Self::Alias(number),
            _ => {
                let what = match index >> WHAT_SHIFT {
                    0 => {
                        return Self::Task(TaskRef {
                            index,
                            seq_bits: number,
                        });
                    }
                    1 => What::Resource,
                    2 => What::Op,
                    _ => What::Poll,
                };
                Self::Resource(Ref {
                    what,
                    index: index & ((1 << WHAT_SHIFT) - 1),
                    seq_bits: number,
                })
            }
        }
    }

    /// The id of a tracked task's span, or of one that is ignored.
    pub(crate) fn id_of(task: Option<TaskRef>) -> Id {
        match task {
            Some(task) => tagged(task.index, task.seq_bits),
            None => tagged(IGNORED, 0),
        }
    }

    /// The id of the span of a resource or an operation, or of one that is ignored.
    pub(crate) fn id_of_resource(of: Option<Ref>) -> Id {
        let Some(of) = of else {
            return tagged(IGNORED, 0);
        };
        let what = match of.what {
            What::Resource => 1,
            What::Op => 2,
            What::Poll => 3,
        };
        tagged(what << WHAT_SHIFT | of.index, of.seq_bits)
    }

    /// The id under which the span of an [`Alias`](Self::Alias) goes.
    pub(crate) fn alias(number: u32) -> Id {
        tagged(ALIAS, number & ((1 << SEQ_BITS) - 1))
    }
}

fn tagged(index: u32, number: u32) -> Id {
    let number = u64::from(number);
    let high = number >> LOW_BITS << 51;
    Id::from_u64(TAG | high | (number & LOW) << INDEX_BITS | u64::from(index))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_says_which_task(index in 0..1u32 << WHAT_SHIFT, seq_bits in 0..1u32 << SEQ_BITS) {
            let task = TaskRef { index, seq_bits };
            prop_assert_eq!(Span::of(&Span::id_of(Some(task))), Span::Task(task));
            prop_assert_eq!(Span::of(&Span::alias(seq_bits)), Span::Alias(seq_bits));
        }

        #[test]
        fn an_id_says_which_resource(index in 0..(1u32 << WHAT_SHIFT) - 2, seq_bits in 0..1u32 << SEQ_BITS) {
            for what in [What::Resource, What::Op, What::Poll] {
                let resource = Ref { what, index, seq_bits };
                prop_assert_eq!(Span::of(&Span::id_of_resource(Some(resource))), Span::Resource(resource));
            }
        }

        #[test]
        fn ids_of_the_registry_are_not_ours(address in 0..1u64 << 38, thread in 0..4096u64, generation in 0..1u64 << 13) {
            let bits = generation << 51 | thread << 38 | address;
            prop_assume!(bits != 0);
            prop_assert_eq!(Span::of_bits(bits), Span::Inner);
        }
    }

    #[test]
    fn what_is_not_tracked_is_ignored() {
        assert_eq!(Span::of(&Span::id_of(None)), Span::Ignored);
        assert_eq!(Span::of(&Span::id_of_resource(None)), Span::Ignored);
        let untracked = Ref::untracked(What::Poll);
        let id = Span::id_of_resource(Some(untracked));
        assert_eq!(Span::of(&id), Span::Resource(untracked));
    }
}
