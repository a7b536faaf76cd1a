//! Sites of many targets.

use std::sync::Arc;

use loiter_model::{
    Nanos, Site, SiteId, SiteStats,
    fleet::{Fleet, FleetSiteColumn, Instance, InstanceId, News, Share},
    query::{Column, Sort, SortKey},
    update::SitesUpdate,
};

use crate::support::{A, B, C, fleet, secs, site, sites};

fn lines(fleet: &Fleet, sort: Sort<FleetSiteColumn>) -> Vec<u32> {
    let rows = fleet.sites(sort).rows;
    rows.iter().map(|row| row.site.line).collect()
}

#[test]
fn a_site_that_is_large_in_one_target_beats_one_that_is_small_in_all() {
    let mut fleet = fleet(&[A, B, C]);
    fleet.hear(A, secs(1), sites(&[(1, 40), (2, 3)]));
    fleet.hear(B, secs(1), sites(&[(1, 40)]));
    fleet.hear(C, secs(1), sites(&[(1, 40), (3, 100)]));
    assert_eq!(lines(&fleet, Sort::default()), [3, 1, 2]);
    let by = |column| lines(&fleet, Sort::by(column));
    assert_eq!(by(FleetSiteColumn::Alive), [1, 3, 2]);
    // Equal ones in the usual order.
    assert_eq!(by(FleetSiteColumn::Instances), [1, 3, 2]);
    assert_eq!(by(FleetSiteColumn::Site), [1, 2, 3]);

    let rows = fleet.sites(Sort::default()).rows;
    let [large, small, _] = &rows[..] else {
        panic!("{rows:?}");
    };
    let largest = Share {
        instance: C,
        count: 100,
        is_stale: false,
    };
    assert_eq!(
        (large.alive, large.instances, large.largest),
        (100, 1, largest)
    );
    assert_eq!((small.alive, small.instances), (120, 3));
    assert_eq!(small.oldest_idle, Some(secs(40)));
    assert_eq!((small.blocked, small.bytes), (120, 12_000));
    assert_eq!(small.spawned_per_sec, 1.5);
    let shares: Vec<_> = fleet
        .shares(&site(1))
        .iter()
        .map(|share| share.instance)
        .collect();
    assert_eq!(shares, [A, B, C]);
}

#[test]
fn a_dependency_is_one_site_wherever_it_was_built() {
    let built_by = |home: &str| {
        let file = format!("{home}/.cargo/registry/src/index-1/hyper-1.0.0/src/rt.rs");
        let mut update = SitesUpdate {
            matched: 1,
            ..SitesUpdate::default()
        };
        let site = Arc::new(Site::new(file, 1, 2));
        update.labels.sites.insert(SiteId(0), site);
        update.sites.push(SiteStats {
            alive: 7,
            ..SiteStats::default()
        });
        News::Sites(Box::new(update))
    };
    let mut fleet = fleet(&[A, B]);
    fleet.hear(A, secs(1), built_by("/root"));
    fleet.hear(B, secs(1), built_by("/home/me"));
    let rows = fleet.sites(Sort::default()).rows;
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!((rows[0].alive, rows[0].instances), (14, 2));
}

#[test]
fn of_very_many_sites_the_largest_are_kept_and_the_others_counted() {
    let counts: Vec<_> = (1..=200).map(|line| (line, u64::from(line))).collect();
    let mut fleet = fleet(&[A, B]);
    fleet.hear(A, secs(1), sites(&counts));
    fleet.hear(B, secs(1), sites(&[(1, 5)]));
    let sites = fleet.sites(Sort::default());
    assert_eq!(sites.rows.len(), Instance::MOST_SITES + 1);
    assert_eq!(sites.omitted, 200 - Instance::MOST_SITES as u64);
    assert_eq!(sites.rows[0].site.line, 200);
    // Its one task in the other target is missing.
    assert_eq!(
        sites.rows.last().map(|row| (row.site.line, row.alive)),
        Some((1, 5))
    );
}

#[test]
fn of_very_many_targets_those_lost_longest_are_forgotten() {
    let ids: Vec<_> = (0..Fleet::MOST as u32).map(InstanceId).collect();
    let mut fleet = fleet(&ids);
    let lost = |reason: &str| News::Lost {
        reason: reason.into(),
    };
    fleet.hear(InstanceId(7), secs(1), sites(&[(1, 1)]));
    fleet.hear(InstanceId(7), secs(2), lost("later"));
    fleet.hear(InstanceId(8), secs(3), lost("never there"));
    let extra = |number: u32| InstanceId(Fleet::MOST as u32 + number);
    for number in 0..3 {
        let seen = crate::support::seen(extra(number));
        fleet.hear(extra(number), secs(4), seen);
    }
    assert_eq!(fleet.instances().len(), Fleet::MOST);
    assert_eq!(fleet.forgotten(), 3);
    assert_eq!(fleet.instance(InstanceId(7)), None);
    assert_eq!(fleet.instance(InstanceId(8)), None);
    // With nothing lost there is no room for another one.
    assert!(fleet.instance(extra(1)).is_some());
    assert!(fleet.instance(extra(2)).is_none());
    fleet.hear(extra(2), secs(5), sites(&[(1, 1)]));
    assert_eq!(fleet.summary().alive, 0);
}

#[test]
fn every_column_has_a_key() {
    let mut fleet = fleet(&[A]);
    fleet.hear(A, secs(1), sites(&[(1, 40)]));
    let rows = fleet.sites(Sort::default()).rows;
    for &column in FleetSiteColumn::ALL {
        assert_ne!(column.key(&rows[0]), SortKey::Missing, "{column:?}");
        assert_eq!(FleetSiteColumn::from_name(column.name()), Some(column));
    }
    assert_eq!(
        fleet.instance(A).map(|it| it.lag(secs(3))),
        Some(Some(secs(2)))
    );
    assert_eq!(
        fleet.instance(A).map(|it| it.lag(Nanos::ZERO)),
        Some(Some(Nanos::ZERO))
    );
}
