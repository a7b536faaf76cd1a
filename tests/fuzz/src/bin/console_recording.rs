//! Bytes as a recording of console-subscriber's: what comes of it is one of ours.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use loiter_recording::{Recording, console};

fuzz_target!(|bytes: &[u8]| {
    let mut converted = Vec::new();
    if console::convert(bytes, &mut converted).is_err() {
        return;
    }
    let mut recording = Recording::open(Cursor::new(converted)).expect("it was just written");
    let (from, _) = recording.range();
    for entry in recording.entries(from) {
        entry.expect("it was just written");
    }
});
