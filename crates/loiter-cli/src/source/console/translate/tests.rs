//! Messages as they may come, and what is made of them.

use std::collections::HashMap;

use console_api::{
    Attribute, Field, Id, Location, PollStats,
    async_ops::{AsyncOp as WireOp, AsyncOpUpdate, Stats as OpStats},
    field,
    instrument::Update,
    resources::{Resource as WireResource, ResourceUpdate, Stats as ResourceStats, resource},
    tasks::{Stats, Task as WireTask, TaskUpdate},
};
use loiter_model::{
    Kind, Nanos, ResourceSeq, State, Task, TaskSeq,
    finding::{Certainty, FindingKind, RuleSettings, Rules},
    picture::{Picture, PictureLimits},
    query::{Filter, Labels, Query, ResourceColumn, Sort, TaskColumn, Window},
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use prost_types::{Duration, Timestamp};

use super::Translator;

/// Seconds of the process, which began at 1000 of the Unix epoch.
fn at(seconds: f64) -> Option<Timestamp> {
    Some(Timestamp {
        seconds: 1000 + seconds as i64,
        nanos: (seconds.fract() * 1e9) as i32,
    })
}

fn lasting(seconds: f64) -> Option<Duration> {
    Some(Duration {
        seconds: seconds as i64,
        nanos: (seconds.fract() * 1e9) as i32,
    })
}

fn field(name: &str, value: field::Value) -> Field {
    Field {
        metadata_id: None,
        name: Some(field::Name::StrName(name.to_owned())),
        value: Some(value),
    }
}

fn new_task(id: u64, name: &str) -> WireTask {
    WireTask {
        id: Some(Id { id }),
        fields: vec![
            field("task.name", field::Value::StrVal(name.to_owned())),
            field("task.id", field::Value::U64Val(id * 10)),
            field("kind", field::Value::DebugVal("task".to_owned())),
        ],
        location: Some(Location {
            file: Some("src/main.rs".to_owned()),
            line: Some(7),
            column: Some(5),
            ..Location::default()
        }),
        ..WireTask::default()
    }
}

/// A task made at 1 s, polled once from 2 s to 2.5 s, and idle since.
fn idle() -> Stats {
    Stats {
        created_at: at(1.0),
        wakes: 1,
        waker_clones: 3,
        waker_drops: 2,
        scheduled_time: lasting(0.0),
        poll_stats: Some(PollStats {
            polls: 1,
            first_poll: at(2.0),
            last_poll_started: at(2.0),
            last_poll_ended: at(2.5),
            busy_time: lasting(0.5),
        }),
        ..Stats::default()
    }
}

fn tasks(now: f64, new: Vec<WireTask>, stats: impl IntoIterator<Item = (u64, Stats)>) -> Update {
    Update {
        now: at(now),
        task_update: Some(TaskUpdate {
            new_tasks: new,
            stats_update: stats.into_iter().collect(),
            dropped_events: 0,
        }),
        ..Update::default()
    }
}

struct Peer {
    translator: Translator,
    picture: Picture,
}

impl Peer {
    fn new(first: Update) -> Self {
        Self::again(Translator::default(), first)
    }

    fn again(mut translator: Translator, first: Update) -> Self {
        let mut picture = Picture::new(PictureLimits::default());
        translator.begin(&mut picture, first);
        Self {
            translator,
            picture,
        }
    }

    fn take(&mut self, update: Update) {
        self.translator.take(&mut self.picture, update);
    }

    fn tasks(&self) -> Vec<Task> {
        let query = Query {
            filter: "all".parse().expect("a filter"),
            sort: Sort {
                column: TaskColumn::Seq,
                descending: false,
            },
            window: Window {
                offset: 0,
                limit: u64::MAX,
            },
            thresholds: loiter_model::Thresholds::default(),
        };
        self.picture.tasks(&query).tasks
    }

    fn only(&self) -> Task {
        let tasks = self.tasks();
        assert_eq!(tasks.len(), 1, "{tasks:?}");
        tasks[0]
    }
}

fn secs(seconds: f64) -> Nanos {
    Nanos((seconds * 1e9) as u64)
}

#[test]
fn a_task_is_what_was_told_of_it() {
    let peer = Peer::new(tasks(13.0, vec![new_task(7, "worker")], [(7, idle())]));
    let task = peer.only();
    assert_eq!(task.kind, Kind::Task);
    assert_eq!(task.tokio_id.map(|id| id.get()), Some(70));
    let name = peer.picture.name(task.name.expect("a name"));
    assert_eq!(name.as_deref(), Some("worker"));
    let site = peer.picture.site(task.site).expect("a site");
    assert_eq!(site.to_string(), "src/main.rs:7:5");
    // Its time begins with the first task.
    assert_eq!(task.spawned_at, Nanos::ZERO);
    assert_eq!((task.state, task.in_state), (State::Idle, secs(10.5)));
    assert_eq!(
        (task.total, task.busy, task.scheduled),
        (secs(12.0), secs(0.5), secs(1.0))
    );
    assert_eq!((task.polls, task.wakes, task.live_wakers), (1, 1, 1));
    assert_eq!(task.longest_poll, secs(0.5));
    assert_eq!(peer.translator.origin(), Nanos::from_secs(1001));
    assert_eq!(peer.translator.span_of(task.seq), Some(7));
}

#[test]
fn what_is_under_way_counts() {
    let running = Stats {
        poll_stats: Some(PollStats {
            polls: 2,
            last_poll_started: at(5.0),
            ..idle().poll_stats.expect("polls")
        }),
        ..idle()
    };
    let mut peer = Peer::new(tasks(9.0, vec![new_task(7, "")], [(7, running)]));
    let task = peer.only();
    assert_eq!((task.state, task.in_state), (State::Running, secs(4.0)));
    assert_eq!((task.busy, task.polls, task.name), (secs(4.5), 2, None));

    let woken = Stats {
        last_wake: at(4.0),
        ..idle()
    };
    peer.take(tasks(10.0, vec![], [(7, woken)]));
    let task = peer.only();
    assert_eq!((task.state, task.in_state), (State::Scheduled, secs(6.0)));
    assert_eq!(task.scheduled, secs(7.0));
    // Nothing is told of it: nothing happened.
    peer.take(tasks(11.0, vec![], []));
    assert_eq!(peer.only().in_state, secs(7.0));
}

#[test]
fn an_end_leaves_out_what_the_drop_added() {
    let mut peer = Peer::new(tasks(5.0, vec![new_task(7, "")], [(7, idle())]));
    // Aborted after a long wait: the drop entered the span once more, and the wait of 17.5 s
    // counts as one for a worker.
    let dropped = Stats {
        dropped_at: at(20.0),
        scheduled_time: lasting(17.5),
        poll_stats: Some(PollStats {
            polls: 2,
            last_poll_started: at(20.0),
            last_poll_ended: at(20.0),
            ..idle().poll_stats.expect("polls")
        }),
        ..idle()
    };
    peer.take(tasks(21.0, vec![], [(7, dropped)]));
    let task = peer.only();
    assert_eq!((task.state, task.polls), (State::Ended, 1));
    assert_eq!((task.total, task.scheduled), (secs(19.0), secs(1.0)));
    assert_eq!(task.in_state, secs(1.0));
    assert_eq!(peer.translator.span_of(task.seq), None);
    // Told once more, as some are: still one task.
    peer.take(tasks(22.0, vec![new_task(7, "")], [(7, dropped)]));
    assert_eq!(peer.only().in_state, secs(2.0));
    // A future that is ready at once.
    let mut peer = Peer::new(tasks(0.0, vec![], []));
    peer.take(tasks(23.0, vec![new_task(8, "")], [(8, dropped)]));
    assert_eq!(peer.only().polls, 1);
}

#[test]
fn a_span_that_is_used_again_is_another_task() {
    let mut peer = Peer::new(tasks(3.0, vec![new_task(7, "first")], [(7, idle())]));
    let second = Stats {
        created_at: at(30.0),
        ..Stats::default()
    };
    peer.take(tasks(31.0, vec![new_task(7, "second")], [(7, second)]));
    let told = peer.tasks();
    let states: Vec<_> = told
        .iter()
        .map(|task| (task.seq.get(), task.state))
        .collect();
    assert_eq!(states, [(1, State::Ended), (2, State::Scheduled)]);
    assert_eq!(peer.translator.span_of(told[1].seq), Some(7));
}

#[test]
fn numbers_are_given_in_the_order_of_spawns_and_kept_on_the_next_connection() {
    let made = |seconds| Stats {
        created_at: at(seconds),
        ..idle()
    };
    let new = || vec![new_task(1, "late"), new_task(2, "early")];
    let stats = [(1, made(1.5)), (2, made(0.5))];
    let peer = Peer::new(tasks(5.0, new(), stats));
    let spawned =
        |peer: &Peer| -> Vec<Nanos> { peer.tasks().iter().map(|task| task.spawned_at).collect() };
    assert_eq!(spawned(&peer), [secs(0.0), secs(1.0)]);
    let run = peer.translator.run();

    // The first task is gone, there is a new one.
    let mut new = new();
    new.remove(1);
    new.push(new_task(3, "new"));
    let stats = [(1, made(1.5)), (3, made(7.0))];
    let peer = Peer::again(peer.translator, tasks(9.0, new, stats));
    let seqs: Vec<_> = peer.tasks().iter().map(|task| task.seq.get()).collect();
    assert_eq!(seqs, [2, 3]);
    assert_eq!(spawned(&peer), [secs(1.0), secs(6.5)]);
    assert_eq!(peer.translator.run(), run);

    // Another process, whose spans have the same ids.
    let stats = [(1, made(50.0))];
    let peer = Peer::again(peer.translator, tasks(60.0, vec![new_task(1, "")], stats));
    assert_eq!(peer.only().seq.get(), 4);
    assert_eq!(peer.only().spawned_at, Nanos::ZERO);
    assert_ne!(peer.translator.run(), run);
}

#[test]
fn what_is_missing_does_no_harm() {
    let mut peer = Peer::new(Update::default());
    assert!(peer.tasks().is_empty());
    // A task without stats, stats without a task, a task without an id.
    peer.take(tasks(
        5.0,
        vec![new_task(1, ""), WireTask::default()],
        [(2, idle())],
    ));
    assert_eq!(peer.only().state, State::Scheduled);
    peer.take(tasks(6.0, vec![], [(1, Stats::default())]));
    assert_eq!(peer.only().state, State::Scheduled);
    // No time of its own: that of the message before.
    let update = Update {
        now: None,
        ..tasks(0.0, vec![new_task(3, "")], [])
    };
    let before = peer.picture.at();
    peer.take(update);
    assert_eq!(peer.picture.at(), before);
    assert_eq!(peer.tasks().len(), 2);
}

#[test]
fn negative_and_absurd_times_do_no_harm() {
    let absurd = Stats {
        created_at: at(1.0),
        scheduled_time: lasting(-5.0),
        waker_drops: 9,
        self_wakes: 3,
        last_wake: Some(Timestamp {
            seconds: i64::MAX,
            nanos: i32::MAX,
        }),
        poll_stats: Some(PollStats {
            polls: u64::MAX,
            first_poll: Some(Timestamp {
                seconds: i64::MIN,
                nanos: 0,
            }),
            last_poll_started: at(2.0),
            last_poll_ended: at(3.0),
            busy_time: lasting(1e15),
        }),
        ..Stats::default()
    };
    let mut peer = Peer::new(tasks(4.0, vec![new_task(1, "")], [(1, absurd)]));
    let task = peer.only();
    // Woken, in times to come.
    assert_eq!((task.state, task.in_state), (State::Scheduled, Nanos::ZERO));
    assert!(task.busy <= task.total && task.scheduled <= task.total);
    assert_eq!((task.live_wakers, task.wakes), (0, 3));
    // The clock was set back.
    peer.take(tasks(-900.0, vec![], [(1, absurd)]));
    assert_eq!(peer.picture.at(), secs(3.0));
}

#[test]
fn what_was_not_told_is_counted() {
    let dropped = |events| Update {
        task_update: Some(TaskUpdate {
            dropped_events: events,
            ..TaskUpdate::default()
        }),
        ..tasks(1.0, vec![], [])
    };
    let mut peer = Peer::new(dropped(3));
    peer.take(dropped(4));
    let query = loiter_model::query::TaskQuery {
        filter: Filter::default(),
        sort: Sort::by(TaskColumn::Idle),
        window: Window {
            offset: 0,
            limit: 1,
        },
        thresholds: loiter_model::Thresholds::default(),
    };
    assert_eq!(peer.picture.tasks(&query).overview.totals.untracked, 7);
}

#[test]
fn a_task_without_wakers_is_never_proved_dead() {
    let lost = Stats {
        waker_clones: 2,
        waker_drops: 2,
        ..idle()
    };
    let mut peer = Peer::new(tasks(60.0, vec![new_task(1, "")], [(1, lost)]));
    let mut rules = Rules::new(RuleSettings::default());
    let mut told = Vec::new();
    for second in 61..64 {
        told = peer.picture.findings(&mut rules).findings;
        peer.take(tasks(f64::from(second), vec![], []));
    }
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].kind, told[0].certainty),
        (FindingKind::NoWaker, Certainty::Suspected)
    );
}

fn new_resource(id: u64, kind: Option<resource::kind::Kind>) -> WireResource {
    WireResource {
        id: Some(Id { id }),
        concrete_type: "Mutex".to_owned(),
        kind: Some(resource::Kind { kind }),
        ..WireResource::default()
    }
}

fn made() -> ResourceStats {
    ResourceStats {
        created_at: at(1.0),
        attributes: vec![
            Attribute {
                field: Some(field("permits", field::Value::U64Val(3))),
                unit: None,
            },
            Attribute {
                field: Some(field("locked", field::Value::BoolVal(true))),
                unit: Some(String::new()),
            },
            Attribute::default(),
        ],
        ..ResourceStats::default()
    }
}

fn resources(
    now: f64,
    new: Vec<WireResource>,
    stats: impl IntoIterator<Item = (u64, ResourceStats)>,
) -> Update {
    Update {
        now: at(now),
        resource_update: Some(ResourceUpdate {
            new_resources: new,
            stats_update: stats.into_iter().collect(),
            ..ResourceUpdate::default()
        }),
        ..Update::default()
    }
}

fn op(task: u64) -> AsyncOpUpdate {
    AsyncOpUpdate {
        new_async_ops: vec![WireOp {
            id: Some(Id { id: 90 }),
            source: "Mutex::lock".to_owned(),
            resource_id: Some(Id { id: 50 }),
            ..WireOp::default()
        }],
        stats_update: HashMap::from([(
            90,
            OpStats {
                created_at: at(2.0),
                task_id: Some(Id { id: task }),
                poll_stats: idle().poll_stats,
                ..OpStats::default()
            },
        )]),
        dropped_events: 0,
    }
}

#[test]
fn a_resource_knows_who_waits_for_it() {
    let other = resource::kind::Kind::Other("Sync".to_owned());
    let mut peer = Peer::new(Update {
        async_op_update: Some(op(7)),
        resource_update: resources(
            5.0,
            vec![
                WireResource {
                    parent_resource_id: Some(Id { id: 50 }),
                    is_internal: true,
                    ..new_resource(51, None)
                },
                new_resource(50, Some(other)),
            ],
            [(50, made()), (51, made())],
        )
        .resource_update,
        ..tasks(5.0, vec![new_task(7, "")], [(7, idle())])
    });
    let query = Query {
        filter: Filter::default(),
        sort: Sort {
            column: ResourceColumn::Seq,
            descending: false,
        },
        window: Window {
            offset: 0,
            limit: 10,
        },
        thresholds: loiter_model::Thresholds::default(),
    };
    let rows = peer.picture.resources(&query).resources;
    let [mutex, part] = &rows[..] else {
        panic!("{rows:?}");
    };
    assert_eq!((&*mutex.kind, &*mutex.concrete_type), ("Sync", "Mutex"));
    let attributes: Vec<_> = mutex.attributes.iter().map(ToString::to_string).collect();
    assert_eq!(attributes, ["locked=true", "permits=3"]);
    assert_eq!(mutex.waiters, [peer.tasks()[0].seq]);
    assert!(part.is_internal && part.waiters.is_empty());
    assert_eq!(part.parent, Some(mutex.seq));
    let detail = peer.picture.resource(mutex.seq).expect("it is alive");
    assert_eq!(detail.ops.len(), 1);
    assert_eq!(
        (detail.ops[0].busy, detail.ops[0].total),
        (secs(0.5), secs(3.0))
    );

    // The lock was taken.
    let mut done = op(7);
    done.new_async_ops.clear();
    let stats = done.stats_update.get_mut(&90).expect("stats");
    stats.dropped_at = at(6.0);
    peer.take(Update {
        now: at(6.0),
        async_op_update: Some(done),
        ..Update::default()
    });
    let detail = peer.picture.resource(mutex.seq).expect("it is alive");
    assert!(detail.ops.is_empty() && detail.resource.waiters.is_empty());

    let gone = ResourceStats {
        dropped_at: at(7.0),
        ..made()
    };
    peer.take(resources(8.0, vec![], [(50, gone)]));
    let detail = peer.picture.resource(mutex.seq).expect("it is remembered");
    assert!(detail.resource.has_ended);
    assert_eq!(detail.resource.total, secs(6.0));
}

/// Few ids, so that they meet.
fn id() -> impl Strategy<Value = u64> {
    0..5u64
}

fn timestamp() -> impl Strategy<Value = Option<Timestamp>> {
    let number = || select(vec![i64::MIN, -1, 0, 1, 2, 3, 1000, i64::MAX]);
    option::of((number(), any::<i32>()))
        .prop_map(|it| it.map(|(seconds, nanos)| Timestamp { seconds, nanos }))
}

fn span() -> impl Strategy<Value = Option<Duration>> {
    timestamp().prop_map(|it| it.map(|Timestamp { seconds, nanos }| Duration { seconds, nanos }))
}

fn poll_stats() -> impl Strategy<Value = Option<PollStats>> {
    option::of((any::<u64>(), timestamp(), timestamp(), timestamp(), span())).prop_map(|it| {
        it.map(
            |(polls, first_poll, last_poll_started, last_poll_ended, busy_time)| PollStats {
                polls,
                first_poll,
                last_poll_started,
                last_poll_ended,
                busy_time,
            },
        )
    })
}

fn any_update() -> impl Strategy<Value = Update> {
    let stats = (
        timestamp(),
        timestamp(),
        timestamp(),
        poll_stats(),
        span(),
        any::<u64>(),
    );
    let stats = stats.prop_map(
        |(created_at, dropped_at, last_wake, poll_stats, scheduled_time, count)| Stats {
            created_at,
            dropped_at,
            last_wake,
            poll_stats,
            scheduled_time,
            wakes: count,
            waker_clones: count.rotate_left(7),
            waker_drops: count.rotate_left(13),
            self_wakes: count.rotate_left(29),
        },
    );
    let op_stats = (timestamp(), timestamp(), option::of(id()), poll_stats());
    let op_stats = op_stats.prop_map(|(created_at, dropped_at, task, poll_stats)| OpStats {
        created_at,
        dropped_at,
        task_id: task.map(|id| Id { id }),
        poll_stats,
        attributes: vec![Attribute::default()],
    });
    let resource_stats =
        (timestamp(), timestamp()).prop_map(|(created_at, dropped_at)| ResourceStats {
            created_at,
            dropped_at,
            ..made()
        });
    let pairs = |most| vec((id(), id()), 0..most);
    (
        timestamp(),
        (vec(id(), 0..4), vec((id(), stats), 0..4), any::<u64>()),
        (pairs(4), vec((id(), resource_stats), 0..4)),
        (pairs(4), vec((id(), op_stats), 0..4)),
    )
        .prop_map(
            |(now, (new, stats, dropped_events), resources, ops)| Update {
                now,
                task_update: Some(TaskUpdate {
                    new_tasks: new.iter().map(|id| new_task(*id, "x")).collect(),
                    stats_update: stats.into_iter().collect(),
                    dropped_events,
                }),
                resource_update: Some(ResourceUpdate {
                    new_resources: resources
                        .0
                        .iter()
                        .map(|(id, parent)| WireResource {
                            parent_resource_id: Some(Id { id: *parent }),
                            ..new_resource(*id, None)
                        })
                        .collect(),
                    stats_update: resources.1.into_iter().collect(),
                    dropped_events,
                    ..ResourceUpdate::default()
                }),
                async_op_update: Some(AsyncOpUpdate {
                    new_async_ops: ops
                        .0
                        .iter()
                        .map(|(id, resource)| WireOp {
                            id: Some(Id { id: *id }),
                            resource_id: Some(Id { id: *resource }),
                            ..WireOp::default()
                        })
                        .collect(),
                    stats_update: ops.1.into_iter().collect(),
                    dropped_events,
                }),
                new_metadata: None,
            },
        )
}

proptest! {
    #[test]
    fn whatever_comes_there_is_a_picture(
        first in any_update(),
        updates in vec((any_update(), prop::bool::weighted(0.1)), 0..12),
    ) {
        let mut peer = Peer::new(first);
        for (update, is_anew) in updates {
            if is_anew {
                peer = Peer::again(peer.translator, update);
            } else {
                peer.take(update);
            }
            for task in peer.tasks() {
                prop_assert!(task.busy.saturating_add(task.scheduled) <= task.total || task.state != State::Ended);
                prop_assert_eq!(task.ending.is_some(), task.state == State::Ended);
                prop_assert!(peer.picture.task(task.seq).is_some());
                let span = peer.translator.span_of(task.seq);
                prop_assert_eq!(span.is_none(), task.state == State::Ended);
            }
            for seq in (1..99).filter_map(ResourceSeq::new) {
                let detail = peer.picture.resource(seq);
                let is_known = |seq: &TaskSeq| peer.picture.find_task(*seq).is_some();
                prop_assert!(detail.is_none_or(|it| it.resource.waiters.iter().all(is_known)));
            }
        }
    }
}
