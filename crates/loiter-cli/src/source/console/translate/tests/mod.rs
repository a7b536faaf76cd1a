//! Messages as they may come, and what is made of them.

mod any;
mod ids;
mod resources;
mod tasks;

use console_api::{
    Attribute, Field, Id, Location, PollStats, field,
    instrument::Update,
    resources::{Resource as WireResource, Stats as ResourceStats, resource},
    tasks::{Stats, Task as WireTask, TaskUpdate},
};
use loiter_model::{
    Nanos, Task,
    picture::{Picture, PictureLimits},
    query::{Query, Sort, TaskColumn, Window},
};
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
