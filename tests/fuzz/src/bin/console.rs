//! Bytes as messages of a console-subscriber, over connections that break: whatever they say, there
//! is a picture of it that answers. Each message is behind its length, two bytes; a length of
//! zero ends a connection.
#![no_main]

use console_api::instrument::Update;
use libfuzzer_sys::fuzz_target;
use loiter_cli::source::draw;
use loiter_model::{
    Thresholds,
    query::{Filter, Sort, TaskColumn, TaskQuery, Window},
};
use prost::Message;

fuzz_target!(|bytes: &[u8]| {
    let mut connections = vec![Vec::new()];
    let mut rest = bytes;
    while let Some((length, after)) = rest.split_first_chunk() {
        let length = usize::from(u16::from_le_bytes(*length));
        let (message, after) = after.split_at(length.min(after.len()));
        rest = after;
        if length == 0 {
            connections.push(Vec::new());
        } else if let (Ok(update), Some(updates)) =
            (Update::decode(message), connections.last_mut())
        {
            updates.push(update);
        }
    }
    let picture = draw(connections);
    let answer = picture.tasks(&TaskQuery {
        filter: Filter::default(),
        sort: Sort::by(TaskColumn::Idle),
        window: Window {
            offset: 0,
            limit: 1_000,
        },
        thresholds: Thresholds::default(),
    });
    assert_eq!(answer.overview.totals.alive, answer.matched);
});
