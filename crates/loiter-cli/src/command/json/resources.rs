//! What `loiter resources` prints.

use loiter_model::{
    self as model, AttributeValue,
    query::Labels,
    update::{LabelSet, ResourcesUpdate},
};
use serde::Serialize;

use super::{SCHEMA, Site, Target, Totals, fill::numbers};

/// Everything that `loiter resources` prints, as one object.
#[derive(Debug, Serialize)]
pub(crate) struct Resources {
    /// The number of this shape, 1.
    schema: u32,
    /// The program looked at.
    target: Target,
    /// How much of the program can be seen, as in the document of tasks.
    tier: &'static str,
    /// When this was so.
    at_ns: u64,
    /// Counts over every task.
    totals: Totals,
    /// Whether the program tracks its resources at all: `LOITER_RESOURCES=true`.
    is_tracking: bool,
    /// Resources that are not tracked as there was no room.
    untracked: u64,
    /// Resources that the filter lets through. More than `resources` when `--limit` or the
    /// agent's own limit cut them off.
    matched: u64,
    /// The rows, sorted.
    resources: Vec<Resource>,
}

/// Something of tokio that tasks share or wait on.
#[derive(Debug, Serialize)]
struct Resource {
    /// The agent's number of it.
    seq: u64,
    /// The resource that it is a part of, as the semaphore inside a `Mutex` is.
    parent: Option<u64>,
    /// What it is for: `Sync` or `timer`.
    kind: String,
    /// Its type: `Mutex`, `RwLock`, `Semaphore`, `Barrier`, `Sender|Receiver` (of a one-shot
    /// channel), `Sleep` or `Interval`.
    r#type: String,
    /// `pub`, or `int` for a part of something that the program made.
    visibility: &'static str,
    /// When it was made.
    created_at_ns: u64,
    /// Time since its making, or from making to end.
    total_ns: u64,
    /// Whether it is gone.
    has_ended: bool,
    /// Its state as tokio tells it.
    attributes: Vec<Attribute>,
    /// The tasks that have taken it and not given it back, as far as is known, one for each time.
    holders: Vec<u64>,
    /// The tasks that wait for it now, the first comer first.
    waiters: Vec<u64>,
    /// Where it was made; `null` where tokio does not tell.
    site: Option<Site>,
}

/// A part of a resource's state: one of `number`, `flag` and `text` is not `null`.
#[derive(Debug, Serialize)]
struct Attribute {
    /// Tokio's name for it, such as `permits`.
    name: String,
    /// A count.
    number: Option<i64>,
    /// Yes or no.
    flag: Option<bool>,
    /// Anything else.
    text: Option<String>,
    /// What is counted: `ms`.
    unit: Option<String>,
}

impl Resources {
    pub(crate) fn new(target: &model::Target, update: &ResourcesUpdate) -> Self {
        let resource = |resource| Resource::new(resource, &update.labels);
        Self {
            schema: SCHEMA,
            target: Target::new(target),
            tier: target.tier.name(),
            at_ns: update.overview.at.0,
            totals: Totals::new(&update.overview.totals),
            is_tracking: update.is_tracking,
            untracked: update.untracked,
            matched: update.matched,
            resources: update.resources.iter().map(resource).collect(),
        }
    }
}

impl Resource {
    fn new(resource: &model::Resource, labels: &LabelSet) -> Self {
        let site = labels.site(resource.site);
        Self {
            seq: resource.seq.get(),
            parent: resource.parent.map(model::ResourceSeq::get),
            kind: resource.kind.to_string(),
            r#type: resource.concrete_type.to_string(),
            visibility: if resource.is_internal { "int" } else { "pub" },
            created_at_ns: resource.created_at.0,
            total_ns: resource.total.0,
            has_ended: resource.has_ended,
            attributes: resource.attributes.iter().map(Attribute::new).collect(),
            holders: numbers(&resource.holders),
            waiters: numbers(&resource.waiters),
            site: site
                .filter(|site| !site.file.is_empty())
                .map(|site| Site::new(&site)),
        }
    }
}

impl Attribute {
    fn new(attribute: &model::Attribute) -> Self {
        let (mut number, mut flag, mut text) = (None, None, None);
        match &attribute.value {
            AttributeValue::Number(value) => {
                number = Some(i64::try_from(*value).unwrap_or(i64::MAX))
            }
            AttributeValue::Signed(value) => number = Some(*value),
            AttributeValue::Flag(value) => flag = Some(*value),
            AttributeValue::Text(value) => text = Some(value.to_string()),
        }
        Self {
            name: attribute.name.to_string(),
            number,
            flag,
            text,
            unit: attribute.unit.as_ref().map(ToString::to_string),
        }
    }
}
