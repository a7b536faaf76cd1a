//! The spans of tokio that things stand for.

use loiter_model::{Kind, Resource};
use loiter_wire::console::{
    Id, Metadata, RegisterMetadata,
    metadata::{self, Level},
    register_metadata::NewMetadata,
};

/// A kind of span. Its place among all of them is its identity for clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span {
    Task,
    Blocking,
    /// Of the resources that tokio makes in this module.
    Resource(&'static str),
    AsyncOp,
}

const TASK_FIELDS: &[&str] = &[KIND, NAME, TOKIO_ID, FUNCTION, SIZE, ORIGINAL_SIZE, SCOPE];
pub(super) const KIND: &str = "kind";
pub(super) const NAME: &str = "task.name";
pub(super) const TOKIO_ID: &str = "task.id";
pub(super) const FUNCTION: &str = "fn";
pub(super) const SIZE: &str = "size.bytes";
pub(super) const ORIGINAL_SIZE: &str = "original_size.bytes";
/// Not one of tokio's: the scope that the task was spawned in.
pub(super) const SCOPE: &str = "scope";

const ALL: [Span; 12] = [
    Span::Task,
    Span::Blocking,
    Span::AsyncOp,
    Span::Resource("tokio"),
    Span::Resource("tokio::sync::barrier"),
    Span::Resource("tokio::sync::batch_semaphore"),
    Span::Resource("tokio::sync::mutex"),
    Span::Resource("tokio::sync::oneshot"),
    Span::Resource("tokio::sync::rwlock"),
    Span::Resource("tokio::sync::semaphore"),
    Span::Resource("tokio::time::interval"),
    Span::Resource("tokio::time::sleep"),
];

impl Span {
    /// The one that tokio makes for a task of a kind.
    pub(super) fn of_task(kind: Kind) -> Self {
        match kind {
            Kind::Task | Kind::Local | Kind::BlockOn => Self::Task,
            Kind::Blocking => Self::Blocking,
        }
    }

    /// The one that tokio makes for a resource. Its target is not kept, but the types say it.
    pub(super) fn of_resource(resource: &Resource) -> Self {
        Self::Resource(match &*resource.concrete_type {
            "Barrier" => "tokio::sync::barrier",
            // The one inside of others.
            "Semaphore" if resource.is_internal => "tokio::sync::batch_semaphore",
            "Semaphore" => "tokio::sync::semaphore",
            "Mutex" => "tokio::sync::mutex",
            "Sender|Receiver" => "tokio::sync::oneshot",
            "RwLock" => "tokio::sync::rwlock",
            "Interval" => "tokio::time::interval",
            "Sleep" => "tokio::time::sleep",
            _ => "tokio",
        })
    }

    pub(super) fn id(self) -> Id {
        let place = ALL.iter().position(|span| *span == self);
        // 0 is none.
        Id {
            id: place.map_or(0, |place| place as u64 + 1),
        }
    }

    fn metadata(self) -> Metadata {
        let (name, target, fields) = match self {
            Self::Task => ("runtime.spawn", "tokio::task", TASK_FIELDS),
            Self::Blocking => ("runtime.spawn", "tokio::task::blocking", TASK_FIELDS),
            Self::Resource(target) => ("runtime.resource", target, &[][..]),
            Self::AsyncOp => ("runtime.resource.async_op", "tokio", &[][..]),
        };
        Metadata {
            name: name.to_owned(),
            target: target.to_owned(),
            module_path: target.to_owned(),
            location: None,
            kind: metadata::Kind::Span.into(),
            level: Level::Trace.into(),
            field_names: fields.iter().map(|&name| name.to_owned()).collect(),
        }
    }
}

/// Says all of them.
pub(super) fn all() -> RegisterMetadata {
    let metadata = ALL.map(|span| NewMetadata {
        id: Some(span.id()),
        metadata: Some(span.metadata()),
    });
    RegisterMetadata {
        metadata: metadata.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_has_its_own_number() {
        let ids: HashSet<_> = ALL.iter().map(|span| span.id().id).collect();
        assert_eq!(ids.len(), ALL.len());
        assert!(!ids.contains(&0));
    }
}
