//! What `program/maps.rs` and `program/executable.rs` have for Linux, where there is nothing to
//! read: symbols are `backtrace`'s business alone.

use super::Call;

#[derive(Debug)]
pub(super) struct Maps;

impl Maps {
    pub(super) fn of_this_process() -> Self {
        Self
    }

    pub(super) fn place_of(&self, _address: usize) -> Option<(&str, usize)> {
        None
    }

    /// It may be.
    pub(super) fn is_of_executable(&self, _address: usize) -> bool {
        true
    }

    pub(super) fn offset_in_executable(&self, _address: usize) -> Option<u64> {
        None
    }
}

#[derive(Debug)]
pub(super) enum Executable {}

impl Executable {
    pub(super) fn of_this_process() -> Option<Self> {
        None
    }

    pub(super) fn stated(&self, _offset: u64) -> Option<u64> {
        match *self {}
    }

    pub(super) fn symbols(&self, _address: u64) -> Vec<Vec<u8>> {
        match *self {}
    }

    pub(super) fn each_call(&self, _address: u64, _each: &mut dyn FnMut(Call)) {
        match *self {}
    }
}
