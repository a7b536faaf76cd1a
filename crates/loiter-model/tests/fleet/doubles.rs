//! Processes at which several targets lead.

use loiter_model::query::Sort;

use crate::support::{A, B, C, WRONG, findings, fleet, lost, secs, sites, target};

#[test]
fn a_process_at_two_addresses_counts_once() {
    let mut fleet = fleet(&[A, B, C]);
    for (id, run) in [(A, 1), (B, 1), (C, 2)] {
        fleet.hear(id, secs(1), target(run));
        fleet.hear(id, secs(1), findings(&[WRONG]));
        fleet.hear(id, secs(2), sites(&[(1, 40)]));
    }
    assert_eq!(fleet.doubles().into_iter().collect::<Vec<_>>(), [(B, A)]);
    let summary = fleet.summary();
    assert_eq!((summary.instances, summary.answering), (3, 3));
    assert_eq!((summary.alive, summary.findings.all()), (80, 2));
    let row = &fleet.sites(Sort::default()).rows[0];
    assert_eq!((row.alive, row.instances), (80, 2));
    assert_eq!(fleet.shares(&row.site).len(), 2);
    assert_eq!(fleet.findings().rows[0].count, 2);

    // Where one door is closed, it counts at the other.
    fleet.hear(A, secs(3), lost("refused"));
    assert!(fleet.doubles().is_empty());
    assert_eq!(fleet.summary().alive, 80);
    // It is open again, and another process is there.
    fleet.hear(A, secs(4), target(3));
    fleet.hear(A, secs(5), sites(&[(1, 1)]));
    assert!(fleet.doubles().is_empty());
    assert_eq!(fleet.summary().alive, 81);
}
