//! Tasks, resources and operations in the words of the protocol.

use loiter_model::{
    AsyncOp, Attribute, AttributeValue, Kind, Nanos, Resource, SiteId, Task, query::Labels,
};
use loiter_wire::console::{
    self as wire, AsyncOpStats, Duration, Field, Id, Location, PollStats, ResourceStats, TaskStats,
    Timestamp,
    field::{Name, Value},
    resource::{self, kind},
    task,
};

use super::{
    figures::{Figures, Instant},
    metadata::{FUNCTION, KIND, NAME, ORIGINAL_SIZE, SCOPE, SIZE, Span, TOKIO_ID},
};

const SECOND: u64 = 1_000_000_000;

/// Instants of the agent's clock as clients want them: since the Unix epoch.
#[derive(Clone, Copy)]
pub(super) struct Calendar {
    /// When the agent started, in nanoseconds since the epoch.
    pub(super) started_unix: u64,
}

impl Calendar {
    pub(super) fn timestamp(self, at: Nanos) -> Timestamp {
        let unix = self.started_unix.saturating_add(at.0);
        let (seconds, nanos) = split(unix);
        Timestamp { seconds, nanos }
    }

    fn instant(self, at: Option<Instant>) -> Option<Timestamp> {
        at.map(|at| self.timestamp(Nanos(at.get())))
    }

    /// What changes of a task. The client panics without the instant of its creation and the
    /// figures of its polls.
    pub(super) fn stats(self, figures: &Figures) -> TaskStats {
        TaskStats {
            created_at: Some(self.timestamp(figures.spawned_at)),
            dropped_at: self.instant(figures.ended_at),
            wakes: figures.wakes,
            // How many were made and dropped is not counted, only how many there are.
            waker_clones: figures.wakers,
            waker_drops: 0,
            last_wake: self.instant(figures.woken_at),
            poll_stats: Some(PollStats {
                polls: figures.polls,
                first_poll: None,
                last_poll_started: self.instant(figures.poll_started),
                last_poll_ended: self.instant(figures.poll_ended),
                busy_time: Some(duration(figures.busy)),
            }),
            self_wakes: figures.self_wakes,
            scheduled_time: Some(duration(figures.scheduled)),
        }
    }

    /// What changes of a resource.
    pub(super) fn resource_stats(self, resource: &Resource) -> ResourceStats {
        ResourceStats {
            created_at: Some(self.timestamp(resource.created_at)),
            dropped_at: None,
            attributes: attributes(&resource.attributes, Span::of_resource(resource)),
        }
    }

    /// What changes of an operation. A poll under way is in the sum: when it began is not kept.
    pub(super) fn op_stats(self, op: &AsyncOp) -> AsyncOpStats {
        AsyncOpStats {
            created_at: Some(self.timestamp(op.created_at)),
            dropped_at: None,
            task_id: op.task.map(|seq| Id { id: seq.get() }),
            poll_stats: Some(PollStats {
                polls: op.polls,
                first_poll: None,
                last_poll_started: None,
                last_poll_ended: None,
                busy_time: Some(duration(op.busy)),
            }),
            attributes: attributes(&op.attributes, Span::AsyncOp),
        }
    }
}

/// What stays the same of a resource.
pub(super) fn resource(resource: &Resource, labels: &impl Labels) -> wire::Resource {
    let kind = match &*resource.kind {
        "timer" => kind::Kind::Known(kind::Known::Timer.into()),
        other => kind::Kind::Other(other.to_owned()),
    };
    wire::Resource {
        id: Some(Id {
            id: resource.seq.get(),
        }),
        metadata: Some(Span::of_resource(resource).id()),
        concrete_type: resource.concrete_type.to_string(),
        kind: Some(resource::Kind { kind: Some(kind) }),
        location: location(resource.site, labels),
        parent_resource_id: resource.parent.map(|seq| Id { id: seq.get() }),
        is_internal: resource.is_internal,
    }
}

/// What stays the same of an operation.
pub(super) fn async_op(op: &AsyncOp) -> wire::AsyncOp {
    wire::AsyncOp {
        id: Some(Id { id: op.seq.get() }),
        metadata: Some(Span::AsyncOp.id()),
        source: op.source.to_string(),
        parent_async_op_id: op.parent.map(|seq| Id { id: seq.get() }),
        resource_id: Some(Id {
            id: op.resource.get(),
        }),
    }
}

fn attributes(attributes: &[Attribute], span: Span) -> Vec<wire::Attribute> {
    let told = attributes.iter().map(|attribute| {
        let value = match &attribute.value {
            AttributeValue::Number(value) => Value::U64Val(*value),
            AttributeValue::Signed(value) => Value::I64Val(*value),
            AttributeValue::Flag(value) => Value::BoolVal(*value),
            AttributeValue::Text(value) => Value::StrVal(value.to_string()),
        };
        wire::Attribute {
            field: Some(field(span, &attribute.name, value)),
            unit: attribute.unit.as_deref().map(str::to_owned),
        }
    });
    told.collect()
}

fn duration(length: Nanos) -> Duration {
    let (seconds, nanos) = split(length.0);
    Duration { seconds, nanos }
}

/// Seconds and the rest: neither overflows, 2^64 ns are 585 years.
fn split(nanos: u64) -> (i64, i32) {
    (
        (nanos / SECOND).cast_signed(),
        ((nanos % SECOND) as u32).cast_signed(),
    )
}

/// What stays the same of a task, in the fields of tokio's span.
pub(super) fn task(task: &Task, labels: &impl Labels) -> wire::Task {
    let span = Span::of_task(task.kind);
    let text = |name, value: &str| field(span, name, Value::StrVal(value.to_owned()));
    let number = |name, value| field(span, name, Value::U64Val(value));
    let site = labels.site(task.site);
    let mut fields = vec![text(KIND, task.kind.name())];
    if let Some(id) = task.tokio_id {
        fields.push(number(TOKIO_ID, id.get()));
    }
    if let Some(name) = task.name.and_then(|id| labels.name(id)) {
        fields.push(text(NAME, &name));
    }
    if let Some(site) = site.as_deref().filter(|site| !site.function.is_empty()) {
        fields.push(text(FUNCTION, &site.function));
    }
    if let Some(size) = task.size {
        fields.push(number(SIZE, size));
    }
    if let Some(size) = task.original_size {
        fields.push(number(ORIGINAL_SIZE, size));
    }
    if let Some(scope) = task.scope.and_then(|id| labels.name(id)) {
        fields.push(text(SCOPE, &scope));
    }
    let kind = match task.kind {
        Kind::Blocking => task::Kind::Blocking,
        Kind::Task | Kind::Local | Kind::BlockOn => task::Kind::Spawn,
    };
    wire::Task {
        id: Some(Id { id: task.seq.get() }),
        metadata: Some(span.id()),
        kind: kind.into(),
        fields,
        parents: (task.parent.iter())
            .map(|seq| Id { id: seq.get() })
            .collect(),
        location: location(task.site, labels),
    }
}

fn field(span: Span, name: &str, value: Value) -> Field {
    Field {
        metadata_id: Some(span.id()),
        name: Some(Name::StrName(name.to_owned())),
        value: Some(value),
    }
}

/// Where something was made; `None` for what only has a place to be counted at.
fn location(id: SiteId, labels: &impl Labels) -> Option<Location> {
    let site = labels.site(id).filter(|site| site.line > 0)?;
    Some(Location {
        file: Some(site.file.to_string()),
        module_path: None,
        line: Some(site.line),
        column: (site.column > 0).then_some(site.column),
    })
}

#[cfg(test)]
mod tests {
    use loiter_model::{NameId, Site, State, TaskSeq, update::LabelSet};

    use super::{super::figures::tests, *};
    use crate::table::Moments;

    const EPOCH: Calendar = Calendar {
        started_unix: 1_700_000_000_900_000_000,
    };

    #[test]
    fn an_instant_is_told_from_the_epoch_on() {
        let shown = EPOCH.timestamp(Nanos::from_millis(250));
        assert_eq!((shown.seconds, shown.nanos), (1_700_000_001, 150_000_000));
        let last = EPOCH.timestamp(Nanos::MAX);
        assert!(last.seconds > 0 && last.nanos >= 0, "{last:?}");
    }

    #[test]
    fn what_the_client_cannot_do_without_is_there() {
        let seen = tests::task(7, State::Scheduled, 10);
        let stats = EPOCH.stats(&Figures::alive(&seen, Moments::default()));
        assert!(stats.created_at.is_some() && stats.poll_stats.is_some());
        assert_eq!(stats.dropped_at, None);
        let stats = EPOCH.stats(&Figures::ended(&seen));
        assert_eq!(stats.dropped_at, Some(EPOCH.timestamp(Nanos(1000))));
    }

    #[test]
    fn a_task_is_told_in_tokios_fields() {
        let mut labels = LabelSet::default();
        labels.names.insert(NameId(3), "reader".into());
        (labels.sites).insert(SiteId(0), Site::new("src/pool.rs", 88, 9).into());
        let seen = Task {
            name: Some(NameId(3)),
            parent: TaskSeq::new(2),
            original_size: Some(4096),
            ..tests::task(7, State::Idle, 10)
        };
        let told = task(&seen, &labels);
        let fields: Vec<_> = (told.fields.iter())
            .map(|field| (field.name.clone(), field.value.clone()))
            .collect();
        let name = |name: &str| Some(Name::StrName(name.to_owned()));
        assert_eq!(
            fields,
            [
                (name("kind"), Some(Value::StrVal("task".to_owned()))),
                (name("task.id"), Some(Value::U64Val(7))),
                (name("task.name"), Some(Value::StrVal("reader".to_owned()))),
                (name("size.bytes"), Some(Value::U64Val(64))),
                (name("original_size.bytes"), Some(Value::U64Val(4096))),
            ]
        );
        assert_eq!(told.parents, [Id { id: 2 }]);
        let location = told.location.expect("a known site");
        assert_eq!(location.file.as_deref(), Some("src/pool.rs"));
        assert_eq!((location.line, location.column), (Some(88), Some(9)));
        let nowhere = Task {
            site: SiteId(9),
            ..seen
        };
        assert_eq!(task(&nowhere, &labels).location, None);
    }
}
