//! What hostile writers make: blocks whose checksums are right.

use std::io::{Cursor, Write};

use loiter_model::Nanos;
use loiter_wire::v1;
use proptest::{collection::vec, prelude::*};
use prost::Message;

use crate::{
    Entry, ReadError, Recording,
    format::{Blocks, EVENTS, FINDINGS, GAP, KEYFRAME, LONGEST, MAGIC, SITES, TASKS, VERSION},
    guard::MOST_ROWS,
    varint::put,
};

/// A file of these blocks.
fn forged(blocks: &[(u8, Vec<u8>)]) -> Recording<Cursor<Vec<u8>>> {
    let mut file = [&MAGIC[..], &[VERSION]].concat();
    let mut writer = Blocks::new();
    for (kind, body) in blocks {
        let range = (Nanos(1), Nanos(2));
        let written = writer.write(&mut file, (*kind, 1), range, body);
        written.expect("memory");
    }
    Recording::open(Cursor::new(file)).expect("there are blocks")
}

fn refused(kind: u8, body: Vec<u8>) -> String {
    let error = forged(&[(kind, body)]).read(0).expect_err("it is refused");
    assert!(
        matches!(error, ReadError::Damaged { offset: 9, .. }),
        "{error}"
    );
    error.to_string()
}

#[test]
fn blocks_of_later_versions_are_skipped() {
    let mut recording = forged(&[(200, vec![1, 2, 3]), (GAP, b"lost".to_vec())]);
    assert_eq!(recording.blocks()[0].kind(), None);
    let entries: Vec<_> = recording.entries(Nanos::ZERO).collect();
    assert_eq!(entries.len(), 1);
    assert!(matches!(&entries[0], Ok(Entry::Gap(gap)) if gap.reason == "lost"));
}

#[test]
fn what_would_fill_the_memory_is_refused() {
    // Two bytes are an empty row.
    let rows = [0x22, 0].repeat(MOST_ROWS + 20);
    assert!(refused(TASKS, rows).contains("rows"));
    let rows = vec![0; LONGEST];
    assert!(refused(FINDINGS, rows).contains("bytes"));

    let update = v1::TasksUpdate {
        labels: Some(v1::Labels {
            waits: [(
                1,
                v1::Wait {
                    branches: vec![v1::Branch {
                        frames: vec![0; 1 << 21],
                    }],
                    ..v1::Wait::default()
                },
            )]
            .into(),
            ..v1::Labels::default()
        }),
        ..v1::TasksUpdate::default()
    };
    assert!(refused(SITES, update.encode_to_vec()).contains("calls"));

    // A number of events, without the events.
    let mut many = Vec::new();
    put(&mut many, u64::MAX);
    assert!(refused(EVENTS, many).contains("most"));
}

#[test]
fn a_block_that_inflates_to_more_than_it_says_is_refused() {
    let mut file = [&MAGIC[..], &[VERSION]].concat();
    let mut blocks = Blocks::new();
    let range = (Nanos(1), Nanos(2));
    let head = blocks.write(&mut file, (GAP, 1), range, &[b' '; 5000]);
    let head = head.expect("memory");
    let body = file[9 + 36..].to_vec();
    assert!(head.open(body.clone()).is_ok());
    assert!(head.with_raw(4999).open(body.clone()).is_err());
    assert!(head.with_raw(5001).open(body).is_err());
    file.flush().expect("memory");
}

proptest! {
    #[test]
    fn no_block_panics(
        kind in prop_oneof![
            Just(KEYFRAME), Just(TASKS), Just(SITES), Just(FINDINGS), Just(EVENTS), 0..20_u8,
        ],
        body in vec(any::<u8>(), 0..200),
    ) {
        prop_assume!(kind != crate::format::INDEX);
        let _ = forged(&[(kind, body)]).read(0);
    }

    /// Columns that fit together, with anything in them.
    #[test]
    fn no_events_panic(
        tags in vec(any::<u8>(), 0..60),
        columns in vec(vec(prop_oneof![0..4_u8, any::<u8>()], 0..80), 4..=4),
    ) {
        let mut body = Vec::new();
        for number in [tags.len(), 0, 0, tags.len()] {
            put(&mut body, number as u64);
        }
        columns.iter().for_each(|column| put(&mut body, column.len() as u64));
        body.extend(&tags);
        columns.iter().for_each(|column| body.extend(column));
        if let Ok(Some(Entry::Events(batch))) = forged(&[(EVENTS, body)]).read(0) {
            prop_assert_eq!(batch.events.len(), tags.len());
        }
    }

    #[test]
    fn no_index_panics(body in vec(any::<u8>(), 0..200), at: u64) {
        let _ = crate::index::decode(&body, at);
    }
}
