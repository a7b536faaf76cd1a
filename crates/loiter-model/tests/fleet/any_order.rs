//! News may come in any order, and nothing of what is added up is lost or counted twice.

use loiter_model::{
    Nanos,
    finding::{Certainty, FindingKind},
    fleet::{Fleet, FleetSiteColumn, InstanceId, News, Status},
    query::Sort,
};
use proptest::{collection::vec, prelude::*, sample::Index};

use crate::support::{Wrong, findings, fleet, lost, secs, sites, target};

const TARGETS: u32 = 4;

fn any_wrong() -> impl Strategy<Value = Wrong> {
    let kinds = prop::sample::select(FindingKind::ALL);
    let certainties = prop::sample::select(&Certainty::ALL[..]);
    (
        kinds,
        certainties,
        1..4_u32,
        1..4_u32,
        1..1000_u64,
        0..900_u64,
    )
        .prop_map(|(kind, certainty, site, line, count, age)| Wrong {
            kind,
            certainty,
            site,
            line,
            count,
            age,
        })
}

fn any_news() -> impl Strategy<Value = News> {
    prop_oneof![
        (0..3_u64).prop_map(target),
        prop::collection::btree_map(1..9_u32, 0..1000_u64, 0..6)
            .prop_map(|counts| sites(&counts.into_iter().collect::<Vec<_>>())),
        vec(any_wrong(), 0..4).prop_map(|wrongs| findings(&wrongs)),
        prop::sample::select(&["connection refused", "no answer"][..]).prop_map(lost),
    ]
}

/// News of some targets, each at a time of its own.
fn any_story() -> impl Strategy<Value = Vec<(InstanceId, Nanos, News)>> {
    vec((0..TARGETS, any_news()), 0..40).prop_map(|story| {
        let timed = story.into_iter().enumerate();
        let told = timed.map(|(at, (id, news))| (InstanceId(id), secs(at as u64 + 1), news));
        told.collect()
    })
}

fn told(story: &[(InstanceId, Nanos, News)]) -> Fleet {
    let ids: Vec<_> = (0..TARGETS).map(InstanceId).collect();
    let mut fleet = fleet(&ids);
    for (id, at, news) in story {
        fleet.hear(*id, *at, news.clone());
    }
    fleet
}

fn shuffled<T>(mut story: Vec<T>, draws: &[Index]) -> Vec<T> {
    for (at, draw) in draws.iter().enumerate().take(story.len()) {
        let other = at + draw.index(story.len() - at);
        story.swap(at, other);
    }
    story
}

proptest! {
    #[test]
    fn the_order_of_news_does_not_matter(
        story in any_story(),
        draws in vec(any::<Index>(), 40),
    ) {
        let one = told(&story);
        let other = told(&shuffled(story, &draws));
        prop_assert_eq!(&one, &other);
        prop_assert_eq!(one.sites(Sort::default()), other.sites(Sort::default()));
        prop_assert_eq!(one.findings(), other.findings());
    }

    #[test]
    fn sums_are_those_of_the_parts(story in any_story()) {
        let fleet = told(&story);
        let rows = fleet.sites(Sort::by(FleetSiteColumn::Site)).rows;
        let (mut alive, mut stale) = (0, 0);
        for row in &rows {
            let shares = fleet.shares(&row.site);
            let sum = |is_stale: bool| -> u64 {
                let of = shares.iter().filter(|share| share.is_stale == is_stale);
                of.map(|share| share.count).sum()
            };
            prop_assert_eq!(row.alive, sum(false));
            prop_assert_eq!(row.stale, sum(true));
            prop_assert_eq!(row.instances + row.stale_instances, shares.len() as u64);
            prop_assert_eq!(row.largest, shares[0]);
            prop_assert_eq!(row.largest.is_stale, row.instances == 0);
            alive += row.alive;
            stale += row.stale;
        }
        let all: u64 = fleet.processes().flat_map(|it| it.sites()).map(|site| site.alive).sum();
        prop_assert_eq!(alive + stale, all);

        let counts: u64 = fleet
            .processes()
            .flat_map(|instance| instance.findings())
            .map(|told| told.finding.count)
            .sum();
        let findings = fleet.findings();
        let merged: u64 = findings.rows.iter().map(|row| row.count + row.stale).sum();
        prop_assert_eq!(merged, counts);
        for row in &findings.rows {
            let told = fleet.finding(row).expect("it is the largest one's");
            prop_assert_eq!(told.finding.kind, row.kind);
            prop_assert_eq!(told.finding.certainty, row.certainty);
        }
    }

    #[test]
    fn what_is_lost_counts_for_nothing_and_stays(story in any_story()) {
        let fleet = told(&story);
        prop_assert_eq!(fleet.instances().len(), TARGETS as usize);
        let summary = fleet.summary();
        let doubles = fleet.doubles();
        let mut alive = 0;
        for instance in fleet.instances() {
            let last = |wanted: fn(&News) -> bool| {
                let times = story.iter().filter(|(id, _, news)| *id == instance.id() && wanted(news));
                times.map(|(_, at, _)| *at).max()
            };
            let lost = last(|news| matches!(news, News::Lost { .. }));
            let answer = last(|news| !matches!(news, News::Lost { .. }));
            let said = last(|news| matches!(news, News::Sites(_) | News::Findings(_)));
            prop_assert_eq!(matches!(instance.status(), Status::Lost { .. }), lost > answer);
            prop_assert_eq!(instance.answered(), answer);
            prop_assert_eq!(instance.is_stale(), said.is_some() && lost > said);
            if said > lost && !doubles.contains_key(&instance.id()) {
                alive += instance.totals().expect("it said so").alive;
            }
        }
        prop_assert_eq!(summary.alive, alive);
        let states = summary.connecting + summary.answering + summary.lost;
        prop_assert_eq!((summary.instances, states), (u64::from(TARGETS), u64::from(TARGETS)));
    }
}
