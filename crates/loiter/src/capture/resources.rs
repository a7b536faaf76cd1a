//! What tokio tells of resources, on its way to where they are kept.
//!
//! Taken only where the program asked for it; else these callsites are the application's own, as
//! without the agent. When they are taken, the application's layers are not shown them, for the
//! reason that they are not shown tasks: a span has one id, and this one says at once which
//! resource it is.

use tracing_core::{
    Event, Metadata,
    span::{Attributes, Id},
};

use super::{
    resource_fields::{MadeFields, read_poll, read_update},
    span::Span,
};
use crate::{
    resources::{MadeOp, MadeResource, Ref, Resources, What},
    table::Table,
    thread::Thread,
};

/// What a callsite of tokio's tells of resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Made(What),
    Polled,
    ResourceUpdated,
    OpUpdated,
}

impl Told {
    /// `None` for a callsite that is about something else.
    pub(super) fn of(metadata: &Metadata<'_>) -> Option<Self> {
        // Only text comparisons of some bytes for all that is not tokio's.
        if metadata.is_span() {
            let what = match metadata.name() {
                "runtime.resource" => What::Resource,
                "runtime.resource.async_op" => What::Op,
                "runtime.resource.async_op.poll" => What::Poll,
                _ => return None,
            };
            return metadata
                .target()
                .starts_with("tokio::")
                .then_some(Self::Made(what));
        }
        match metadata.target().strip_prefix("runtime::resource::")? {
            "poll_op" => Some(Self::Polled),
            "state_update" => Some(Self::ResourceUpdated),
            "async_op::state_update" => Some(Self::OpUpdated),
            _ => None,
        }
    }
}

/// Something was made: the id of its span.
pub(super) fn new_span(
    what: What,
    attributes: &Attributes<'_>,
    table: &Table,
    resources: &Resources,
) -> Id {
    if Thread::with(Thread::is_agent) {
        return Span::id_of_resource(None);
    }
    // A sleep names the resource of its operation; elsewhere the thread is inside of it.
    let parent = match attributes.parent().map(Span::of) {
        Some(Span::Resource(parent)) => Some(parent),
        _ => None,
    };
    let parent = |what| parent.filter(|parent: &Ref| parent.what == what);
    if what == What::Poll {
        return Span::id_of_resource(resources.poll_made(parent(What::Op)));
    }
    let fields = MadeFields::read(attributes);
    let now = table.clock().now();
    Span::id_of_resource(match what {
        What::Resource => {
            let made = MadeResource {
                kind: fields.kind.as_str(),
                concrete_type: fields.concrete_type.as_str(),
                site: table.site_at(
                    (fields.file.as_str(), fields.file_address),
                    fields.line,
                    fields.column,
                ),
                is_internal: fields.is_internal,
                inherits_child_attributes: fields.inherits_child_attributes,
            };
            Some(resources.resource_made(&made, now))
        }
        _ => {
            let made = MadeOp {
                source: fields.source.as_str(),
                inherits_child_attributes: fields.inherits_child_attributes,
            };
            resources.op_made(&made, parent(What::Resource), now)
        }
    })
}

/// Something changed that this thread is inside of. Nothing that the agent's own thread does.
pub(super) fn event(told: Told, event: &Event<'_>, resources: &Resources) {
    match told {
        Told::Made(_) => {}
        Told::Polled => {
            if let Some(is_ready) = read_poll(event) {
                resources.polled(is_ready);
            }
        }
        Told::ResourceUpdated => {
            if let Some(update) = read_update(event) {
                resources.resource_updated(&update);
            }
        }
        Told::OpUpdated => {
            if let Some(update) = read_update(event) {
                resources.op_updated(&update);
            }
        }
    }
}
