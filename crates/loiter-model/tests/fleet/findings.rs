//! Findings of many targets.

use loiter_model::{
    finding::{Certainty, FindingKind, Headline},
    fleet::{FindingCounts, Instance},
};

use crate::support::{A, B, C, WRONG, Wrong, findings, fleet, lost, secs};

#[test]
fn equal_findings_are_one_row() {
    let mut fleet = fleet(&[A, B, C]);
    fleet.hear(A, secs(1), findings(&[Wrong { count: 3, ..WRONG }]));
    let of_b = [
        // Elsewhere in the source, less sure, of another kind: each a row of its own.
        Wrong { line: 99, ..WRONG },
        Wrong {
            certainty: Certainty::Watch,
            ..WRONG
        },
        Wrong {
            kind: FindingKind::BlockedLock,
            ..WRONG
        },
        Wrong {
            count: 5,
            age: 7,
            ..WRONG
        },
    ];
    fleet.hear(B, secs(1), findings(&of_b));
    fleet.hear(C, secs(1), findings(&[Wrong { site: 11, ..WRONG }]));
    let found = fleet.findings();
    assert_eq!(found.rows.len(), 5, "{found:?}");
    let row = &found.rows[0];
    assert_eq!((row.count, row.instances, row.bytes), (8, 2, 800));
    assert_eq!((row.age, row.largest.instance), (secs(60), B));
    let told = fleet.finding(row).expect("B has it");
    assert_eq!((told.finding.count, told.age()), (5, secs(7)));
    let headline = Headline {
        finding: told.finding,
        labels: told.labels,
        at: told.at,
    };
    let headline = headline.to_string();
    assert!(headline.contains("pool.rs:88"), "{headline}");

    let counts = fleet.instance(B).expect("seen").finding_counts();
    let expected = FindingCounts {
        suspected: 3,
        watch: 1,
        ..FindingCounts::default()
    };
    assert_eq!((counts, counts.all()), (expected, 4));
    assert_eq!(fleet.summary().findings.all(), 6);
}

#[test]
fn what_is_bad_in_one_target_comes_before_what_is_not_so_bad_in_all() {
    let mut fleet = fleet(&[A, B, C]);
    let everywhere = Wrong { count: 4, ..WRONG };
    let in_one = Wrong {
        site: 2,
        count: 9,
        ..WRONG
    };
    let proved = Wrong {
        site: 3,
        age: 1,
        certainty: Certainty::Proved,
        ..WRONG
    };
    fleet.hear(A, secs(1), findings(&[everywhere]));
    fleet.hear(B, secs(1), findings(&[everywhere, in_one]));
    fleet.hear(C, secs(1), findings(&[everywhere, proved]));
    let order = |fleet: &loiter_model::fleet::Fleet| -> Vec<_> {
        let rows = fleet.findings().rows;
        let lines = rows
            .iter()
            .map(|row| row.site.as_ref().map_or(0, |site| site.line));
        lines.collect()
    };
    assert_eq!(order(&fleet), [3, 2, 10]);
    // What was true of a target that is gone is no news.
    fleet.hear(C, secs(2), lost("gone"));
    assert_eq!(order(&fleet), [2, 10, 3]);
    let rows = fleet.findings().rows;
    assert_eq!(
        (rows[1].count, rows[1].stale, rows[1].stale_instances),
        (8, 4, 1)
    );
    assert_eq!((rows[2].count, rows[2].stale, rows[2].instances), (0, 1, 0));
    assert!(rows[2].largest.is_stale);
    assert_eq!(fleet.summary().findings.all(), 3);
}

#[test]
fn of_very_many_findings_the_worst_are_kept_and_all_are_counted() {
    let wrongs: Vec<_> = (1..=100).map(|site| Wrong { site, ..WRONG }).collect();
    let mut fleet = fleet(&[A]);
    fleet.hear(A, secs(1), findings(&wrongs));
    let found = fleet.findings();
    assert_eq!(found.rows.len(), Instance::MOST_FINDINGS);
    assert_eq!(found.omitted, 100 - Instance::MOST_FINDINGS as u64);
    assert_eq!(fleet.summary().findings.all(), 100);
}
