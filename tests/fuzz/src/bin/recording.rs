//! Bytes as a recording: whatever is in it is read, and gone to and fro in.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use loiter_model::{
    Thresholds,
    query::{Filter, Sort, TaskColumn, TaskQuery, Window},
};
use loiter_recording::{Recording, Replay};

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut recording) = Recording::open(Cursor::new(bytes)) else {
        return;
    };
    let (from, to) = recording.range();
    for entry in recording.entries(from) {
        let _ = entry;
    }
    let Ok(mut replay) = Replay::new(recording) else {
        return;
    };
    for at in [to, from, to] {
        let _ = replay.go_to(at);
        let _ = replay.picture().tasks(&TaskQuery {
            filter: Filter::default(),
            sort: Sort::by(TaskColumn::Idle),
            window: Window {
                offset: 0,
                limit: 10,
            },
            thresholds: Thresholds::default(),
        });
    }
});
