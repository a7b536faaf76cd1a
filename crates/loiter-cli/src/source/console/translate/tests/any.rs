//! Messages that lack parts or tell what cannot be, up to any at all.

use console_api::{
    Attribute, Id, PollStats,
    async_ops::{AsyncOp as WireOp, AsyncOpUpdate, Stats as OpStats},
    instrument::Update,
    resources::{Resource as WireResource, ResourceUpdate, Stats as ResourceStats},
    tasks::{Stats, Task as WireTask, TaskUpdate},
};
use loiter_model::{Nanos, ResourceSeq, State, TaskSeq};
use proptest::{collection::vec, option, prelude::*, sample::select};
use prost_types::{Duration, Timestamp};

use super::{Peer, at, idle, lasting, made, new_resource, new_task, secs, tasks};

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
