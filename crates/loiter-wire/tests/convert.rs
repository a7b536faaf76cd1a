//! What is sent arrives as it was, and nothing that arrives breaks the receiver.

#[path = "../../loiter-model/tests/arbitrary/mod.rs"]
mod arbitrary;

use arbitrary::{filter, labels, nanos, sort, task, tasks, thresholds, window};
use loiter_model::{
    Distribution, Nanos, Quantiles, SiteId, SiteStats, StackSource, State, Target, Task, TaskSeq,
    Thresholds, Tier, Totals, WaitId, WaitKind, WaitStats,
    query::{Column, Group, Query, SiteColumn, Sort, TaskColumn, TaskQuery, WaitColumn, Window},
    update::{
        CaptureOutcome, Event, EventBatch, EventKind, LabelSet, Overview, SitesUpdate, Stretch,
        TaskDetail, TasksUpdate, WaitsUpdate,
    },
};
use loiter_wire::{BadMessage, BadQuery, Question, v1};
use proptest::{collection::vec, option, prelude::*, sample::select};
use prost::Message;

fn label_set() -> impl Strategy<Value = LabelSet> {
    (0..4usize).prop_map(|few| {
        let all = labels();
        LabelSet {
            names: all.names.into_iter().take(few).collect(),
            sites: all.sites.into_iter().take(few).collect(),
            waits: all.waits.into_iter().take(2 * few).collect(),
        }
    })
}

fn overview() -> impl Strategy<Value = Overview> {
    (
        any::<[u64; 11]>(),
        nanos(),
        nanos(),
        vec(any::<u32>(), 0..4),
        option::of(any::<u64>()),
    )
        .prop_map(|(counts, at, scan_time, history, runtime_tasks)| {
            let [
                alive,
                running,
                scheduled,
                idle,
                blocked,
                hogging,
                starved,
                rest @ ..,
            ] = counts;
            let [spawned, ended, untracked, remembered] = rest;
            Overview {
                at,
                totals: Totals {
                    alive,
                    running,
                    scheduled,
                    idle,
                    blocked,
                    hogging,
                    starved,
                    spawned,
                    ended,
                    untracked,
                    remembered,
                },
                history,
                scan_time,
                runtime_tasks,
            }
        })
}

fn tasks_update() -> impl Strategy<Value = TasksUpdate> {
    (overview(), any::<[u64; 2]>(), tasks(5), label_set()).prop_map(
        |(overview, [matched, offset], tasks, labels)| TasksUpdate {
            overview,
            matched,
            offset,
            tasks,
            labels,
        },
    )
}

fn quantiles() -> impl Strategy<Value = Quantiles> {
    any::<[u64; 5]>().prop_map(|[count, p50, p90, p99, max]| Quantiles {
        count,
        p50: Nanos(p50),
        p90: Nanos(p90),
        p99: Nanos(p99),
        max: Nanos(max),
    })
}

fn site_stats() -> impl Strategy<Value = SiteStats> {
    let idle = || option::of(nanos());
    let quantiles = [quantiles(), quantiles(), quantiles(), quantiles()];
    let rates = [0.0..1e9, 0.0..1e9];
    let history = vec(any::<u32>(), 0..4);
    (
        any::<u32>(),
        any::<[u64; 10]>(),
        rates,
        idle(),
        idle(),
        history,
        quantiles,
    )
        .prop_map(
            |(site, counts, rates, oldest_idle, median_idle, history, quantiles)| {
                let [
                    alive,
                    idle,
                    scheduled,
                    running,
                    blocked,
                    hogging,
                    starved,
                    rest @ ..,
                ] = counts;
                let [spawned, ended, bytes] = rest;
                let [spawned_per_sec, ended_per_sec] = rates;
                let [poll, scheduled_for, waited, lifetime] = quantiles;
                SiteStats {
                    site: SiteId(site),
                    alive,
                    idle,
                    scheduled,
                    running,
                    blocked,
                    hogging,
                    starved,
                    spawned,
                    ended,
                    spawned_per_sec,
                    ended_per_sec,
                    oldest_idle,
                    median_idle,
                    bytes,
                    history,
                    poll,
                    scheduled_for,
                    waited,
                    lifetime,
                }
            },
        )
}

fn sites_update() -> impl Strategy<Value = SitesUpdate> {
    (
        overview(),
        any::<[u64; 2]>(),
        vec(site_stats(), 0..4),
        label_set(),
    )
        .prop_map(|(overview, [matched, offset], sites, labels)| SitesUpdate {
            overview,
            matched,
            offset,
            sites,
            labels,
        })
}

fn wait_stats() -> impl Strategy<Value = WaitStats> {
    (
        option::of(any::<u32>()),
        select(&State::ALL[..]),
        any::<[u32; 2]>(),
        option::of(nanos()),
        option::of(nanos()),
        vec(1..u64::MAX, 0..9),
    )
        .prop_map(
            |(wait, state, [site, count], oldest, median, sample)| WaitStats {
                wait: wait.map(WaitId),
                state,
                site: SiteId(site),
                count: u64::from(count),
                oldest,
                median,
                bytes: u64::from(count) << 32,
                sample: sample.into_iter().filter_map(TaskSeq::new).collect(),
            },
        )
}

fn waits_update() -> impl Strategy<Value = WaitsUpdate> {
    (
        overview(),
        any::<[u64; 2]>(),
        vec(wait_stats(), 0..4),
        label_set(),
    )
        .prop_map(|(overview, [matched, offset], waits, labels)| WaitsUpdate {
            overview,
            matched,
            offset,
            waits,
            labels,
        })
}

fn distribution() -> impl Strategy<Value = Distribution> {
    vec((any::<u64>(), 0..9u64), 0..6).prop_map(|samples| {
        let mut distribution = Distribution::default();
        for (sample, count) in samples {
            distribution.add(Nanos(sample), count);
        }
        distribution
    })
}

fn detail() -> impl Strategy<Value = TaskDetail> {
    let stretch =
        (nanos(), select(&State::ALL[..])).prop_map(|(from, state)| Stretch { from, state });
    let tasks = (task(), option::of(task()), option::of(task()), label_set());
    let distributions = [
        distribution(),
        distribution(),
        distribution(),
        distribution(),
    ];
    (
        nanos(),
        tasks,
        distributions,
        vec(stretch, 0..4),
        any::<u64>(),
    )
        .prop_map(
            |(at, (task, parent, woken_by, labels), distributions, timeline, lost)| {
                let [poll, scheduled, site_poll, site_scheduled] = distributions;
                TaskDetail {
                    at,
                    task,
                    parent,
                    woken_by,
                    labels,
                    poll,
                    scheduled,
                    site_poll,
                    site_scheduled,
                    timeline,
                    lost,
                }
            },
        )
}

fn target() -> impl Strategy<Value = Target> {
    let tier = select(vec![
        Tier::EveryTask,
        Tier::NotBuiltIn,
        Tier::SubscriberTaken,
    ]);
    let texts = ["\\PC{0,4}", "\\PC{0,4}", "\\PC{0,4}"];
    (texts, any::<u32>(), any::<[u64; 4]>(), tier, thresholds()).prop_map(
        |(
            [name, host, agent_version],
            pid,
            [run_id, started, uptime, max_tasks],
            tier,
            thresholds,
        )| {
            Target {
                name,
                pid,
                host,
                agent_version,
                run_id,
                started_unix: Nanos(started),
                uptime: Nanos(uptime),
                tier,
                thresholds,
                max_tasks,
            }
        },
    )
}

fn event() -> impl Strategy<Value = Event> {
    let seq = || (0..4u64).prop_map(TaskSeq::new);
    let kind = prop_oneof![
        (any::<u32>(), seq()).prop_map(|(site, parent)| EventKind::Spawn {
            site: SiteId(site),
            parent,
        }),
        Just(EventKind::PollStart),
        Just(EventKind::PollEnd),
        seq().prop_map(|by| EventKind::Wake { by }),
        Just(EventKind::Drop),
    ];
    (any::<u64>(), 1..u64::MAX, kind).prop_map(|(at, task, kind)| Event {
        at: Nanos(at),
        task: TaskSeq::new(task).expect("above zero"),
        kind,
    })
}

fn batch() -> impl Strategy<Value = EventBatch> {
    (vec(event(), 0..8), label_set(), any::<u64>()).prop_map(|(events, labels, lost)| EventBatch {
        events,
        labels,
        lost,
    })
}

fn query<C: Column>() -> impl Strategy<Value = Query<C>> {
    (filter(), sort(), window(), thresholds()).prop_map(|(filter, sort, window, thresholds)| {
        Query {
            filter,
            sort,
            window,
            thresholds,
        }
    })
}

/// Over the wire as bytes.
fn sent<M: Message + Default>(message: M) -> M {
    M::decode(&*message.encode_to_vec()).expect("what was encoded decodes")
}

/// Makes something of any bytes, or explains.
fn received<M: Message + Default, T: TryFrom<M, Error = BadMessage>>(bytes: &[u8]) {
    if let Ok(message) = M::decode(bytes)
        && let Err(error) = T::try_from(message)
    {
        assert!(error.to_string().contains('`'), "{error} names no field");
    }
}

fn receive_as_anything(bytes: &[u8]) {
    received::<v1::Task, Task>(bytes);
    received::<v1::TasksUpdate, TasksUpdate>(bytes);
    received::<v1::TasksUpdate, SitesUpdate>(bytes);
    received::<v1::TasksUpdate, WaitsUpdate>(bytes);
    received::<v1::TaskDetail, TaskDetail>(bytes);
    received::<v1::Distribution, Distribution>(bytes);
    received::<v1::Target, Target>(bytes);
    received::<v1::EventBatch, EventBatch>(bytes);
    if let Ok(query) = v1::Query::decode(bytes) {
        let _ = Question::read(query, Thresholds::default());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn updates_arrive_as_they_were(
        tasks in tasks_update(),
        sites in sites_update(),
        waits in waits_update(),
    ) {
        let message = sent(v1::TasksUpdate::from(tasks.clone()));
        prop_assert_eq!(TasksUpdate::try_from(message), Ok(tasks));
        let message = sent(v1::TasksUpdate::from(sites.clone()));
        prop_assert_eq!(SitesUpdate::try_from(message), Ok(sites));
        let message = sent(v1::TasksUpdate::from(waits.clone()));
        prop_assert_eq!(WaitsUpdate::try_from(message), Ok(waits));
    }

    #[test]
    fn an_outcome_arrives_as_it_was(counts in any::<[u64; 6]>()) {
        let [matched, captured, not_idle, not_watched, timed_out, over_limit] = counts;
        let outcome = CaptureOutcome {
            matched,
            captured,
            not_idle,
            not_watched,
            timed_out,
            over_limit,
        };
        let message = sent(v1::CaptureStacksReply::from(outcome));
        prop_assert_eq!(CaptureOutcome::from(message), outcome);
    }

    #[test]
    fn details_arrive_as_they_were(detail in detail()) {
        let message = sent(v1::TaskDetail::from(detail.clone()));
        prop_assert_eq!(TaskDetail::try_from(message), Ok(detail));
    }

    #[test]
    fn targets_arrive_as_they_were(target in target()) {
        let message = sent(v1::Target::from(target.clone()));
        prop_assert_eq!(Target::try_from(message), Ok(target));
    }

    #[test]
    fn events_arrive_as_they_were(batch in batch()) {
        let message = sent(v1::EventBatch::from(batch.clone()));
        prop_assert_eq!(EventBatch::try_from(message), Ok(batch));
    }

    #[test]
    fn queries_arrive_as_they_were(
        tasks in query::<TaskColumn>(),
        sites in query::<SiteColumn>(),
        waits in query::<WaitColumn>(),
        group in select(&Group::ALL[..]),
        own in thresholds(),
    ) {
        let message = sent(v1::Query::from(&tasks));
        prop_assert_eq!(Question::read(message, own), Ok(Question::Tasks(tasks)));
        let message = sent(v1::Query::from(&sites));
        prop_assert_eq!(Question::read(message, own), Ok(Question::Sites(sites)));
        let message = sent(v1::Query::from((group, &waits)));
        prop_assert_eq!(Question::read(message, own), Ok(Question::Waits(group, waits)));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_received(bytes in vec(any::<u8>(), 0..64)) {
        receive_as_anything(&bytes);
    }

    #[test]
    fn damaged_messages_are_received(
        tasks in tasks_update(),
        sites in sites_update(),
        waits in waits_update(),
        detail in detail(),
        batch in batch(),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        for mut bytes in [
            v1::TasksUpdate::from(tasks).encode_to_vec(),
            v1::TasksUpdate::from(sites).encode_to_vec(),
            v1::TasksUpdate::from(waits).encode_to_vec(),
            v1::TaskDetail::from(detail).encode_to_vec(),
            v1::EventBatch::from(batch).encode_to_vec(),
        ] {
            for (at, byte) in &damage {
                if !bytes.is_empty() {
                    let at = at.index(bytes.len());
                    bytes[at] = *byte;
                }
            }
            receive_as_anything(&bytes);
        }
    }
}

fn some_task() -> v1::Task {
    v1::Task {
        seq: 1,
        kind: v1::Kind::Task.into(),
        state: v1::State::Ended.into(),
        ending: v1::Ending::Panicked.into(),
        ..Default::default()
    }
}

#[test]
fn a_task_that_makes_no_sense_is_refused() {
    let task = some_task();
    assert!(Task::try_from(task).is_ok());
    for (task, what) in [
        (v1::Task { seq: 0, ..task }, "a message without `Task.seq`"),
        (
            v1::Task { kind: 0, ..task },
            "a message without `Task.kind`",
        ),
        (
            v1::Task { kind: 9, ..task },
            "9 as `Task.kind`, an unknown kind",
        ),
        (
            v1::Task { state: 0, ..task },
            "a message without `Task.state`",
        ),
        (
            v1::Task { state: -1, ..task },
            "-1 as `Task.state`, an unknown state",
        ),
    ] {
        let error = Task::try_from(task).expect_err(what);
        assert_eq!(error.to_string(), format!("the peer sent {what}"));
    }
}

#[test]
fn what_only_newer_peers_know_is_read_as_well_as_can_be() {
    let newer = v1::Task {
        ending: 17,
        ..some_task()
    };
    let task = Task::try_from(newer).expect("a task");
    assert_eq!(task.ending, Some(loiter_model::Ending::Unknown));

    let alive = v1::Task {
        state: v1::State::Idle.into(),
        ..some_task()
    };
    assert_eq!(Task::try_from(alive).expect("a task").ending, None);
    assert_eq!(
        Task::try_from(v1::Task {
            wait: Some(1),
            ..alive
        })
        .expect("a task")
        .wait,
        Some(WaitId(1))
    );
    let ended = v1::Task {
        wait: Some(1),
        ..some_task()
    };
    assert_eq!(Task::try_from(ended).expect("a task").wait, None);

    let wait = v1::Wait {
        kind: 99,
        source: 99,
        ..Default::default()
    };
    let labels = LabelSet::try_from(labels_with(wait)).expect("labels");
    let wait = &labels.waits[&WaitId(1)];
    assert_eq!(
        (wait.kind, wait.stack.source),
        (WaitKind::Unknown, StackSource::Sampled)
    );

    let target = v1::Target {
        tier: 17,
        thresholds: Some(Thresholds::default().into()),
        ..Default::default()
    };
    let target = Target::try_from(target).expect("a target");
    assert_eq!(target.tier, Tier::EveryTask);
}

fn labels_with(wait: v1::Wait) -> v1::Labels {
    v1::Labels {
        waits: [(1, wait)].into(),
        frames: [(3, v1::Frame::default())].into(),
        ..Default::default()
    }
}

#[test]
fn frames_are_sent_once() {
    let labels = v1::Labels::from(&labels());
    let frames: Vec<_> = labels.frames.values().collect();
    assert_eq!(frames.len(), 3, "{frames:?}");
}

#[test]
fn frames_that_are_not_there_are_refused() {
    let branch = |frame| v1::Branch {
        frames: vec![3, frame],
    };
    for (wait, expected) in [
        (
            v1::Wait {
                branches: vec![branch(3), branch(4)],
                ..Default::default()
            },
            Err("4 as `Branch.frames`, which is not in `Labels.frames`"),
        ),
        (
            v1::Wait {
                place: Some(5),
                ..Default::default()
            },
            Err("5 as `Wait.place`, which is not in `Labels.frames`"),
        ),
        (
            v1::Wait {
                place: Some(3),
                branches: vec![branch(3)],
                ..Default::default()
            },
            Ok(()),
        ),
    ] {
        let labels = LabelSet::try_from(labels_with(wait));
        let read = labels.as_ref().map(|_| ()).map_err(|error| &*error.what);
        assert_eq!(read, expected);
    }
}

#[test]
fn rows_of_the_other_kind_are_refused() {
    let tasks = v1::TasksUpdate::from(TasksUpdate {
        tasks: vec![some_task().try_into().expect("a task")],
        ..Default::default()
    });
    let error = SitesUpdate::try_from(tasks).expect_err("tasks instead of sites");
    assert!(
        error.what.contains("1 rows as `TasksUpdate.tasks`"),
        "{error}"
    );
    let sites = v1::TasksUpdate::from(SitesUpdate {
        sites: vec![SiteStats::default()],
        ..Default::default()
    });
    assert!(TasksUpdate::try_from(sites.clone()).is_err());
    let error = WaitsUpdate::try_from(sites).expect_err("sites instead of waits");
    assert!(
        error.what.contains("in answer to a query for waits"),
        "{error}"
    );
}

#[test]
fn rates_are_numbers() {
    for rate in [f64::NAN, f64::INFINITY, -1.0] {
        let stats = v1::SiteStats {
            spawned_per_sec: rate,
            ..Default::default()
        };
        assert_eq!(SiteStats::from(stats).spawned_per_sec, 0.0);
    }
}

#[test]
fn columns_of_events_fit_together() {
    let events = vec![Event {
        at: Nanos(5),
        task: TaskSeq::new(1).expect("above zero"),
        kind: EventKind::Spawn {
            site: SiteId(2),
            parent: None,
        },
    }];
    let batch = v1::EventBatch::from(EventBatch {
        events,
        ..Default::default()
    });
    type Damage = fn(&mut v1::EventBatch);
    let damages: [(&str, Damage); 8] = [
        ("`EventBatch.seq`", |batch| batch.seq.clear()),
        ("`EventBatch.seq`", |batch| batch.seq[0] = 0),
        ("`EventBatch.kind`", |batch| batch.kind.push(1)),
        ("`EventBatch.kind`", |batch| batch.kind[0] = 99),
        ("`EventBatch.site`", |batch| batch.site.clear()),
        ("`EventBatch.site`", |batch| batch.site.push(1)),
        ("`EventBatch.other`", |batch| batch.other.clear()),
        ("`EventBatch.other`", |batch| batch.other.push(1)),
    ];
    for (column, damage) in damages {
        let mut batch = batch.clone();
        damage(&mut batch);
        let error = EventBatch::try_from(batch).expect_err(column);
        assert!(error.what.contains(column), "{column}: {error}");
    }
}

#[test]
fn an_empty_query_asks_for_the_usual() {
    let own = Thresholds {
        blocked_after: Nanos(1),
        ..Default::default()
    };
    let read = |query| Question::read(query, own);
    let tasks = Question::Tasks(TaskQuery {
        filter: Default::default(),
        sort: Sort {
            column: TaskColumn::Idle,
            descending: true,
        },
        window: Window {
            offset: 0,
            limit: 0,
        },
        thresholds: own,
    });
    assert_eq!(read(v1::Query::default()), Ok(tasks));
    let sites = v1::Query {
        group: v1::Group::Site.into(),
        ..Default::default()
    };
    let Ok(Question::Sites(sites)) = read(sites) else {
        panic!("a question for sites");
    };
    assert_eq!(
        (sites.sort.column, sites.sort.descending),
        (SiteColumn::Alive, true)
    );
}

#[test]
fn a_bad_query_says_what_there_is() {
    let read = |query| Question::read(query, Thresholds::default());
    let filter = v1::Query {
        filter: "blocked idle>x".to_owned(),
        ..Default::default()
    };
    match read(filter) {
        Err(BadQuery::Filter(error)) => assert_eq!(error.span, 13..14),
        other => panic!("{other:?}"),
    }
    let column = v1::Query {
        sort: "alive".to_owned(),
        ..Default::default()
    };
    let error = read(column.clone())
        .expect_err("no column of tasks")
        .to_string();
    assert!(
        error.starts_with("there is no column `alive` to sort by; there are warn, seq,"),
        "{error}"
    );
    let group = v1::Query {
        group: v1::Group::Site.into(),
        ..column.clone()
    };
    assert!(read(group).is_ok());
    let group = v1::Query { group: 7, ..column };
    assert_eq!(read(group), Err(BadQuery::Group(7)));
}
