//! What is made of what is told of resources and of the operations on them.

use std::collections::HashMap;

use console_api::{
    Id,
    async_ops::{AsyncOp as WireOp, AsyncOpUpdate, Stats as OpStats},
    instrument::Update,
    resources::{Resource as WireResource, ResourceUpdate, Stats as ResourceStats, resource},
};
use loiter_model::query::{Filter, Query, ResourceColumn, Sort, Window};

use super::{Peer, at, idle, made, new_resource, new_task, secs, tasks};

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
