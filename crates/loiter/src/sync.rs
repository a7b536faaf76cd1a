//! The atomics of the slot protocol. `tests/slot_loom.rs` compiles the same files over loom's.

pub(crate) use std::sync::atomic;

/// Slots in a page of the slab: 192 KiB, so that a small service pays little and a large one
/// allocates once in a thousand spawns.
pub(crate) const PAGE: usize = 1024;
