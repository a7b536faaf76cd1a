//! Targets that do not answer any more.

use loiter_model::{
    Nanos,
    fleet::{InstanceColumn, Status},
    query::{Column, Sort},
};

use crate::support::{A, B, C, fleet, lost, secs, sites, target};

#[test]
fn a_lost_target_stays_and_its_numbers_count_for_nothing() {
    let mut fleet = fleet(&[A, B]);
    assert_eq!(
        fleet.instance(A).expect("seen").status(),
        Status::Connecting
    );
    fleet.hear(A, secs(1), target(1));
    fleet.hear(A, secs(2), sites(&[(1, 40)]));
    fleet.hear(B, secs(2), sites(&[(1, 2)]));
    assert_eq!(fleet.instance(A).expect("seen").status(), Status::Answering);
    fleet.hear(A, secs(9), lost("connection refused"));

    let instance = fleet.instance(A).expect("it stays");
    let status = Status::Lost {
        since: secs(2),
        reason: "connection refused",
    };
    assert_eq!(instance.status(), status);
    assert!(instance.is_stale());
    assert_eq!(instance.totals().map(|totals| totals.alive), Some(40));
    assert_eq!(instance.lag(secs(10)), Some(secs(8)));
    assert_eq!(instance.version(), Some("0.1.0"));
    let summary = fleet.summary();
    assert_eq!((summary.alive, summary.stale), (2, 40));
    assert_eq!((summary.answering, summary.lost), (1, 1));
    let row = &fleet.sites(Sort::default()).rows[0];
    assert_eq!((row.alive, row.stale, row.stale_instances), (2, 40, 1));
    assert_eq!((row.largest.instance, row.largest.count), (B, 2));
}

#[test]
fn a_target_that_is_back_counts_when_it_has_said_how_it_is() {
    let mut fleet = fleet(&[A]);
    fleet.hear(A, secs(1), sites(&[(1, 40)]));
    fleet.hear(A, secs(2), lost("gone"));
    fleet.hear(A, secs(3), target(2));
    let instance = fleet.instance(A).expect("seen");
    assert_eq!(instance.status(), Status::Answering);
    // It may be another process.
    assert!(instance.is_stale());
    assert_eq!(fleet.summary().alive, 0);
    fleet.hear(A, secs(4), sites(&[(1, 3)]));
    assert!(!fleet.instance(A).expect("seen").is_stale());
    assert_eq!(fleet.summary().alive, 3);
}

#[test]
fn one_that_never_answered_is_lost_since_it_was_found() {
    let mut fleet = fleet(&[A]);
    fleet.hear(A, secs(1), lost("refused"));
    fleet.hear(A, secs(5), lost("refused still"));
    let instance = fleet.instance(A).expect("seen");
    assert_eq!(instance.lost_since(), Some(Nanos::ZERO));
    assert_eq!(instance.lag(secs(6)), None);
    let Status::Lost { reason, .. } = instance.status() else {
        panic!("{instance:?}");
    };
    assert_eq!(reason, "refused still");
}

#[test]
fn targets_are_sorted_by_any_column() {
    let mut fleet = fleet(&[A, B, C]);
    fleet.hear(A, secs(1), sites(&[(1, 4)]));
    fleet.hear(B, secs(2), lost("refused"));
    fleet.hear(C, secs(3), sites(&[(1, 9)]));
    fleet.hear(C, secs(3), target(3));
    let order = |column, descending| {
        let sort = Sort { column, descending };
        let sorted = fleet.sorted(sort, secs(4));
        sorted
            .iter()
            .map(|instance| instance.id())
            .collect::<Vec<_>>()
    };
    assert_eq!(order(InstanceColumn::Alive, true), [C, A, B]);
    assert_eq!(order(InstanceColumn::Alive, false), [A, C, B]);
    assert_eq!(order(InstanceColumn::Lag, true), [A, C, B]);
    assert_eq!(order(InstanceColumn::Status, false), [B, A, C]);
    assert_eq!(order(InstanceColumn::Version, false), [C, A, B]);
    assert_eq!(order(InstanceColumn::Name, true), [C, B, A]);
    for &column in InstanceColumn::ALL {
        assert_eq!(order(column, column.descends()).len(), 3);
        assert_eq!(InstanceColumn::from_name(column.name()), Some(column));
    }
}

#[test]
fn what_is_wrong_with_a_place_is_noted_until_it_is_not() {
    let mut fleet = fleet(&[]);
    fleet.note("api.svc:6669", Some("cannot find its addresses".into()));
    fleet.note("unix:/run/app", Some("cannot look into the folder".into()));
    let problems: Vec<_> = fleet.problems().collect();
    assert_eq!(
        problems,
        [
            ("api.svc:6669", "cannot find its addresses"),
            ("unix:/run/app", "cannot look into the folder"),
        ]
    );
    fleet.note("api.svc:6669", None);
    assert_eq!(fleet.problems().count(), 1);
}
