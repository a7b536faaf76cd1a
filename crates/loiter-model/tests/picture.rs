//! A picture against the plainest way to the same answers: all of its tasks in a list.

mod arbitrary;

use std::collections::{BTreeMap, BTreeSet};

use arbitrary::{idle_task, labels, nanos, query, task};
use loiter_model::{
    AsyncOp, AsyncOpSeq, Distribution, Ending, Nanos, Resource, ResourceSeq, SiteId, State, Task,
    TaskSeq, Thresholds,
    finding::{Certainty, FindingKind, RuleSettings, Rules},
    picture::{Picture, PictureLimits, SiteFigures},
    query::{
        Filter, Group, ResourceColumn, ResourceQuery, SiteColumn, SiteQuery, SiteScan, Sort,
        TaskColumn, TaskQuery, TaskScan, WaitColumn, WaitQuery, WaitScan, Window,
    },
    update::{Description, Event, EventKind},
};
use proptest::{collection::vec, option, prelude::*, sample::select};

/// Something that a picture is told.
#[derive(Clone, Debug)]
enum Told {
    Put(Task),
    End(TaskSeq, Ending),
    Forget(TaskSeq),
    Happened(Event),
    Described(TaskSeq),
    Passed(Nanos),
}

fn seq() -> impl Strategy<Value = TaskSeq> {
    (1..9u64).prop_map(|seq| TaskSeq::new(seq).expect("above zero"))
}

fn event() -> impl Strategy<Value = Event> {
    let site = select(vec![0, 1, 3, 70_000, u32::MAX]);
    let ending = select(Ending::ALL.to_vec());
    let kind = prop_oneof![
        2 => (site, option::of(seq()))
            .prop_map(|(site, parent)| EventKind::Spawn { site: SiteId(site), parent }),
        3 => Just(EventKind::PollStart),
        3 => Just(EventKind::PollEnd),
        3 => option::of(seq()).prop_map(|by| EventKind::Wake { by }),
        1 => Just(EventKind::Described),
        1 => ending.prop_map(|ending| EventKind::Drop { ending }),
    ];
    (nanos(), seq(), kind).prop_map(|(at, task, kind)| Event { at, task, kind })
}

fn told() -> impl Strategy<Value = Told> {
    prop_oneof![
        3 => (task(), seq()).prop_map(|(task, seq)| Told::Put(Task { seq, ..task })),
        1 => (seq(), select(Ending::ALL.to_vec())).prop_map(|(seq, end)| Told::End(seq, end)),
        1 => seq().prop_map(Told::Forget),
        8 => event().prop_map(Told::Happened),
        1 => seq().prop_map(Told::Described),
        1 => nanos().prop_map(Told::Passed),
    ]
}

fn tell(picture: &mut Picture, told: &Told) {
    match told {
        Told::Put(task) => picture.put_task(*task),
        Told::End(seq, ending) => picture.end_task(*seq, *ending),
        Told::Forget(seq) => picture.forget_task(*seq),
        Told::Happened(event) => picture.apply(event),
        Told::Described(seq) => picture.describe(*seq, &Description::default()),
        Told::Passed(at) => picture.advance(*at),
    }
}

fn drawn(told: &[Told], limits: PictureLimits) -> Picture {
    let mut picture = Picture::new(limits);
    *picture.labels_mut() = labels();
    for told in told {
        let before = picture.at();
        tell(&mut picture, told);
        assert!(picture.at() >= before, "time never goes back");
    }
    picture
}

fn few() -> impl Strategy<Value = PictureLimits> {
    (0..9usize, 0..4usize).prop_map(|(tasks, ended)| PictureLimits {
        tasks,
        ended,
        resources: 4,
    })
}

/// Every task that can be asked for, alive or remembered.
fn all_of(picture: &Picture) -> Vec<Task> {
    (1..9)
        .filter_map(TaskSeq::new)
        .filter_map(|seq| picture.find_task(seq))
        .collect()
}

fn everything<C>(column: C) -> loiter_model::query::Query<C>
where
    C: loiter_model::query::Column,
{
    loiter_model::query::Query {
        filter: "all".parse().expect("a filter"),
        sort: Sort::by(column),
        window: Window {
            offset: 0,
            limit: u64::MAX,
        },
        thresholds: Thresholds::default(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn whatever_it_is_told_counts_add_up(told in vec(told(), 0..60), limits in few()) {
        let picture = drawn(&told, limits);
        let all = all_of(&picture);
        let alive = all.iter().filter(|task| task.state != State::Ended).count();
        let totals = picture.tasks(&everything(TaskColumn::Seq)).overview.totals;
        prop_assert_eq!(totals.alive, alive as u64);
        prop_assert_eq!(totals.alive, totals.running + totals.scheduled + totals.idle);
        prop_assert_eq!(totals.remembered, (all.len() - alive) as u64);
        prop_assert!(alive <= limits.tasks && all.len() - alive <= limits.ended);
        let has_forgotten = told.iter().any(|told| matches!(told, Told::Forget(_)));
        if !has_forgotten {
            let spawned = totals.spawned - totals.untracked;
            prop_assert_eq!(spawned, totals.alive + totals.ended);
        }
        for task in &all {
            prop_assert_eq!(task.ending.is_some(), task.state == State::Ended);
            prop_assert!(picture.task(task.seq).is_some_and(|detail| detail.task == *task));
        }
    }

    #[test]
    fn tasks_are_as_from_a_list(
        told in vec(told(), 0..60),
        limits in few(),
        query in query::<TaskColumn>(),
    ) {
        let picture = drawn(&told, limits);
        let mut scan = TaskScan::new(&query, &picture);
        let all = all_of(&picture);
        let wanted = all.iter().filter(|task| task.state != State::Ended || query.filter.wants_ended());
        wanted.for_each(|task| scan.visit(task));
        let expected = scan.finish();
        let answer = picture.tasks(&query);
        prop_assert_eq!(answer.matched, expected.matched);
        prop_assert_eq!(answer.offset, expected.offset);
        prop_assert_eq!(&answer.tasks, &expected.tasks);
        for task in &answer.tasks {
            let known = labels();
            prop_assert_eq!(answer.labels.sites.get(&task.site), known.sites.get(&task.site));
        }
    }

    #[test]
    fn groups_are_as_from_a_list(
        told in vec(told(), 0..60),
        sites in query::<SiteColumn>(),
        waits in query::<WaitColumn>(),
        group in select(Group::ALL.to_vec()),
    ) {
        let picture = drawn(&told, PictureLimits::default());
        let mut all = all_of(&picture);
        let mut scan = WaitScan::new(group, &waits, &picture);
        let wanted = |task: &&Task, ended_too| task.state != State::Ended || ended_too;
        all.iter()
            .filter(|task| wanted(task, waits.filter.wants_ended()))
            .for_each(|task| scan.visit(task));
        let expected = scan.finish();
        let answer = picture.waits(group, &waits);
        prop_assert_eq!(answer.matched, expected.matched);
        // Which of equal groups is the first depends on the order of the tasks.
        let counts = |waits: &[loiter_model::WaitStats]| {
            waits.iter().map(|stats| stats.count).sum::<u64>()
        };
        if waits.window == everything(WaitColumn::Count).window {
            prop_assert_eq!(counts(&answer.waits), counts(&expected.waits));
        }

        all.retain(|task| wanted(&task, sites.filter.wants_ended()));
        let mut scan = SiteScan::new(&sites, &picture);
        all.iter().for_each(|task| scan.visit(task));
        prop_assert_eq!(picture.sites(&sites).matched, scan.finish(|_| ()).matched);
    }

    #[test]
    fn rules_hold_for_whatever_it_is_told(told in vec(told(), 0..60)) {
        let mut picture = drawn(&told, PictureLimits::default());
        let mut rules = Rules::new(RuleSettings::default());
        for _ in 0..2 {
            let update = picture.findings(&mut rules);
            let alive: BTreeSet<TaskSeq> = all_of(&picture)
                .iter()
                .filter(|task| task.state != State::Ended)
                .map(|task| task.seq)
                .collect();
            for finding in &update.findings {
                prop_assert!(finding.sample.iter().all(|seq| alive.contains(seq)));
            }
            let later = picture.at().saturating_add(Nanos::from_secs(1));
            picture.advance(later);
        }
        prop_assert_eq!(rules.scans(), 2);
    }
}

fn number(seq: u64) -> TaskSeq {
    TaskSeq::new(seq).expect("above zero")
}

fn happened(at: u64, seq: u64, kind: EventKind) -> Event {
    Event {
        at: Nanos(at),
        task: number(seq),
        kind,
    }
}

#[test]
fn events_feed_the_figures_of_a_site() {
    let mut picture = Picture::new(PictureLimits::default());
    let site = SiteId(3);
    picture.apply(&happened(100, 1, EventKind::Spawn { site, parent: None }));
    for round in 0..10 {
        let at = 1_000 * (round + 1);
        picture.apply(&happened(at, 1, EventKind::PollStart));
        picture.apply(&happened(at + 30, 1, EventKind::PollEnd));
        picture.apply(&happened(at + 500, 1, EventKind::Wake { by: None }));
    }
    let ending = Ending::Finished;
    picture.apply(&happened(20_000, 1, EventKind::Drop { ending }));
    let stats = &picture.sites(&everything(SiteColumn::Alive)).sites[0];
    assert_eq!(stats.site, site);
    assert_eq!((stats.spawned, stats.ended, stats.alive), (1, 1, 0));
    assert_eq!((stats.poll.count, stats.scheduled_for.count), (10, 10));
    assert_eq!((stats.waited.count, stats.lifetime.count), (9, 1));
    let ended = picture.find_task(number(1)).expect("it is remembered");
    assert_eq!((ended.polls, ended.ending), (10, Some(Ending::Finished)));
}

#[test]
fn a_site_that_is_told_stands_for_what_was_added_up() {
    let mut picture = Picture::new(PictureLimits::default());
    picture.put_task(idle_task(1));
    let mut lifetime = Distribution::default();
    lifetime.add(Nanos(50), 40);
    let figures = SiteFigures {
        spawned: 41,
        ended: 40,
        lifetime,
        ..SiteFigures::default()
    };
    picture.put_site(SiteId(0), figures);
    picture.end_task(number(1), Ending::Unknown);
    let update = picture.sites(&everything(SiteColumn::Alive));
    assert_eq!((update.sites[0].spawned, update.sites[0].ended), (41, 41));
    assert_eq!(update.sites[0].lifetime.count, 41);
    assert_eq!(
        (update.overview.totals.spawned, update.overview.totals.ended),
        (41, 41)
    );
}

#[test]
fn a_sample_is_taken_each_second_of_its_own_time() {
    let mut picture = Picture::new(PictureLimits::default());
    picture.advance(Nanos::from_secs(100));
    picture.put_task(idle_task(1));
    for seconds in [101, 103] {
        picture.advance(Nanos::from_secs(seconds));
    }
    picture.advance(Nanos::from_secs(90));
    assert_eq!(picture.at(), Nanos::from_secs(103));
    let history = |picture: &Picture| picture.tasks(&everything(TaskColumn::Seq)).overview.history;
    assert_eq!(history(&picture), [1, 1, 1]);
    // No more samples than are shown, however far time jumps.
    picture.advance(Nanos::MAX);
    assert_eq!(history(&picture).len(), 120);
}

#[test]
fn names_that_nobody_has_are_forgotten() {
    let mut picture = Picture::new(PictureLimits::default());
    let kept = picture.name_id("kept");
    picture.put_task(Task {
        name: Some(kept),
        ..idle_task(1)
    });
    for round in 0..10u64 {
        for name in 0..1_000 {
            picture.name_id(&format!("{round}-{name}"));
        }
        picture.advance(Nanos::from_secs(round + 1));
    }
    assert!(picture.labels_mut().names.len() <= 2_048);
    assert_eq!(picture.name_id("kept"), kept);
    assert_eq!(picture.labels_mut().names[&kept].as_ref(), "kept");
}

#[test]
fn a_task_without_wakers_is_suspected_only_if_that_was_told() {
    let mut picture = Picture::new(PictureLimits::default());
    picture.advance(Nanos::from_secs(1));
    let mut rules = Rules::new(RuleSettings::default());
    picture.put_task(Task {
        in_state: Nanos::ZERO,
        total: Nanos::ZERO,
        live_wakers: 0,
        polls: 1,
        ..idle_task(1)
    });
    // What of the other one is known comes from events, which do not tell of wakers.
    let site = SiteId(1);
    let at = picture.at().0;
    picture.apply(&happened(at, 2, EventKind::Spawn { site, parent: None }));
    picture.apply(&happened(at, 2, EventKind::PollStart));
    picture.apply(&happened(at, 2, EventKind::PollEnd));
    let mut found = Vec::new();
    for seconds in [60, 61] {
        picture.advance(Nanos::from_secs(seconds));
        found = picture.findings(&mut rules).findings;
    }
    let told: Vec<_> = found
        .iter()
        .map(|it| (it.kind, it.certainty, it.sample.clone()))
        .collect();
    assert_eq!(
        told,
        [(FindingKind::NoWaker, Certainty::Suspected, vec![number(1)])]
    );
}

fn resource(seq: u64, kind: &str, waiters: &[u64]) -> Resource {
    Resource {
        seq: ResourceSeq::new(seq).expect("above zero"),
        parent: None,
        kind: kind.into(),
        concrete_type: kind.into(),
        site: SiteId(0),
        is_internal: false,
        created_at: Nanos::ZERO,
        total: Nanos::ZERO,
        has_ended: false,
        attributes: Vec::new(),
        holders: Vec::new(),
        waiters: waiters.iter().map(|seq| number(*seq)).collect(),
    }
}

#[test]
fn resources_are_sorted_and_seen_closely() {
    let mut picture = Picture::new(PictureLimits::default());
    picture.set_tracks_resources(true);
    picture.put_task(idle_task(7));
    for (seq, waiters) in [(1, &[][..]), (2, &[7, 8]), (3, &[7])] {
        picture.put_resource(resource(seq, "Sync", waiters));
    }
    let op = AsyncOp {
        seq: AsyncOpSeq::new(5).expect("above zero"),
        parent: None,
        resource: ResourceSeq::new(2).expect("above zero"),
        task: Some(number(7)),
        source: "Mutex::lock".into(),
        created_at: Nanos::ZERO,
        total: Nanos(3),
        busy: Nanos(1),
        polls: 1,
        state: State::Idle,
        attributes: Vec::new(),
    };
    picture.put_op(op.clone());
    picture.advance(Nanos(10));
    let query = ResourceQuery {
        filter: Filter::default(),
        ..everything(ResourceColumn::Waiters)
    };
    let update = picture.resources(&query);
    let order: Vec<_> = update.resources.iter().map(|it| it.seq.get()).collect();
    assert_eq!((update.matched, order), (3, vec![2, 3, 1]));
    assert!(update.is_tracking);
    let wanted = ResourceSeq::new(2).expect("above zero");
    let detail = picture.resource(wanted).expect("it is alive");
    assert_eq!(detail.resource.total, Nanos(10));
    assert_eq!(
        (detail.ops[0].total, detail.ops[0].busy),
        (Nanos(13), Nanos(1))
    );
    assert_eq!(detail.tasks.len(), 1, "task 8 is not known");

    picture.put_op(AsyncOp {
        state: State::Ended,
        ..op
    });
    picture.end_resource(wanted);
    let detail = picture.resource(wanted).expect("it is remembered");
    assert!(detail.resource.has_ended && detail.ops.is_empty());
    assert_eq!(picture.resources(&query).matched, 2);
    // It stays so.
    picture.put_resource(resource(2, "Sync", &[]));
    assert_eq!(picture.resources(&query).matched, 2);
}

#[test]
fn what_is_beyond_the_limits_is_counted() {
    let limits = PictureLimits {
        tasks: 1,
        ended: 1,
        resources: 1,
    };
    let mut picture = Picture::new(limits);
    for seq in 1..=3 {
        picture.put_task(idle_task(seq));
        picture.put_resource(resource(seq, "Sync", &[]));
    }
    let totals = picture.tasks(&everything(TaskColumn::Seq)).overview.totals;
    assert_eq!((totals.alive, totals.untracked, totals.spawned), (1, 2, 3));
    let update = picture.resources(&ResourceQuery {
        filter: Filter::default(),
        ..everything(ResourceColumn::Seq)
    });
    assert_eq!((update.matched, update.untracked), (1, 2));
}

#[test]
fn a_window_of_sites_and_waits_is_cut() {
    let mut picture = Picture::new(PictureLimits::default());
    let mut by_site = BTreeMap::new();
    for seq in 1..=6 {
        let site = SiteId(seq as u32 % 3);
        *by_site.entry(site).or_insert(0) += 1;
        picture.put_task(Task {
            site,
            ..idle_task(seq)
        });
    }
    let window = Window {
        offset: 1,
        limit: 1,
    };
    let sites = picture.sites(&SiteQuery {
        window,
        ..everything(SiteColumn::Alive)
    });
    assert_eq!((sites.matched, sites.offset, sites.sites.len()), (3, 1, 1));
    assert_eq!(sites.sites[0].alive, by_site[&sites.sites[0].site]);
    let waits = picture.waits(
        Group::Wait,
        &WaitQuery {
            window,
            ..everything(WaitColumn::Count)
        },
    );
    assert_eq!((waits.matched, waits.offset, waits.waits.len()), (3, 1, 1));
    let tasks = picture.tasks(&TaskQuery {
        window,
        ..everything(TaskColumn::Seq)
    });
    assert_eq!(
        (tasks.matched, tasks.offset, tasks.tasks[0].seq),
        (6, 1, number(2))
    );
}
