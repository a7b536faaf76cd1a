//! Resources, the operations on them, and the answers about them.

use loiter_model::{
    AsyncOp, AsyncOpSeq, Attribute, AttributeValue, Nanos, Resource, ResourceSeq, SiteId, TaskSeq,
    update::{ResourceDetail, ResourcesUpdate},
};

use super::{
    BadMessage, list, seqs,
    task::{state, wire_state},
    wire_seq,
};
use crate::v1::{self, attribute::Value};

impl From<ResourcesUpdate> for v1::ResourcesUpdate {
    fn from(update: ResourcesUpdate) -> Self {
        Self {
            overview: Some(update.overview.into()),
            is_tracking: update.is_tracking,
            untracked: update.untracked,
            matched: update.matched,
            offset: update.offset,
            resources: update.resources.into_iter().map(Into::into).collect(),
            ops: update.ops.into_iter().map(Into::into).collect(),
            labels: Some((&update.labels).into()),
        }
    }
}

impl TryFrom<v1::ResourcesUpdate> for ResourcesUpdate {
    type Error = BadMessage;

    fn try_from(update: v1::ResourcesUpdate) -> Result<Self, BadMessage> {
        let overview = update.overview;
        Ok(Self {
            overview: overview
                .ok_or_else(|| BadMessage::without("ResourcesUpdate.overview"))?
                .try_into()?,
            is_tracking: update.is_tracking,
            untracked: update.untracked,
            matched: update.matched,
            offset: update.offset,
            resources: list(update.resources)?,
            ops: list(update.ops)?,
            labels: update.labels.unwrap_or_default().try_into()?,
        })
    }
}

impl From<ResourceDetail> for v1::ResourceDetail {
    fn from(detail: ResourceDetail) -> Self {
        Self {
            at_ns: detail.at.0,
            resource: Some(detail.resource.into()),
            parent: detail.parent.map(v1::Resource::from),
            ops: detail.ops.into_iter().map(Into::into).collect(),
            ops_omitted: detail.ops_omitted,
            tasks: detail.tasks.into_iter().map(Into::into).collect(),
            labels: Some((&detail.labels).into()),
        }
    }
}

impl TryFrom<v1::ResourceDetail> for ResourceDetail {
    type Error = BadMessage;

    fn try_from(detail: v1::ResourceDetail) -> Result<Self, BadMessage> {
        let resource = detail.resource;
        Ok(Self {
            at: Nanos(detail.at_ns),
            resource: resource
                .ok_or_else(|| BadMessage::without("ResourceDetail.resource"))?
                .try_into()?,
            parent: detail.parent.map(Resource::try_from).transpose()?,
            ops: list(detail.ops)?,
            ops_omitted: detail.ops_omitted,
            tasks: list(detail.tasks)?,
            labels: detail.labels.unwrap_or_default().try_into()?,
        })
    }
}

impl From<Resource> for v1::Resource {
    fn from(resource: Resource) -> Self {
        let numbers = |tasks: Vec<TaskSeq>| tasks.into_iter().map(TaskSeq::get).collect();
        Self {
            seq: resource.seq.get(),
            parent: resource.parent.map_or(0, ResourceSeq::get),
            kind: resource.kind.to_string(),
            concrete_type: resource.concrete_type.to_string(),
            site: resource.site.0,
            is_internal: resource.is_internal,
            created_at_ns: resource.created_at.0,
            total_ns: resource.total.0,
            has_ended: resource.has_ended,
            attributes: resource.attributes.into_iter().map(Into::into).collect(),
            holders: numbers(resource.holders),
            waiters: numbers(resource.waiters),
        }
    }
}

impl TryFrom<v1::Resource> for Resource {
    type Error = BadMessage;

    fn try_from(resource: v1::Resource) -> Result<Self, BadMessage> {
        Ok(Self {
            seq: ResourceSeq::new(resource.seq)
                .ok_or_else(|| BadMessage::without("Resource.seq"))?,
            parent: ResourceSeq::new(resource.parent),
            kind: resource.kind.into(),
            concrete_type: resource.concrete_type.into(),
            site: SiteId(resource.site),
            is_internal: resource.is_internal,
            created_at: Nanos(resource.created_at_ns),
            total: Nanos(resource.total_ns),
            has_ended: resource.has_ended,
            attributes: attributes(resource.attributes),
            holders: seqs("Resource.holders", resource.holders)?,
            waiters: seqs("Resource.waiters", resource.waiters)?,
        })
    }
}

impl From<AsyncOp> for v1::AsyncOp {
    fn from(op: AsyncOp) -> Self {
        Self {
            seq: op.seq.get(),
            parent: op.parent.map_or(0, AsyncOpSeq::get),
            resource: op.resource.get(),
            task: wire_seq(op.task),
            source: op.source.to_string(),
            created_at_ns: op.created_at.0,
            total_ns: op.total.0,
            busy_ns: op.busy.0,
            polls: op.polls,
            state: wire_state(op.state).into(),
            attributes: op.attributes.into_iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<v1::AsyncOp> for AsyncOp {
    type Error = BadMessage;

    fn try_from(op: v1::AsyncOp) -> Result<Self, BadMessage> {
        Ok(Self {
            seq: AsyncOpSeq::new(op.seq).ok_or_else(|| BadMessage::without("AsyncOp.seq"))?,
            parent: AsyncOpSeq::new(op.parent),
            resource: ResourceSeq::new(op.resource)
                .ok_or_else(|| BadMessage::without("AsyncOp.resource"))?,
            task: TaskSeq::new(op.task),
            source: op.source.into(),
            created_at: Nanos(op.created_at_ns),
            total: Nanos(op.total_ns),
            busy: Nanos(op.busy_ns),
            polls: op.polls,
            state: state("AsyncOp.state", op.state)?,
            attributes: attributes(op.attributes),
        })
    }
}

impl From<Attribute> for v1::Attribute {
    fn from(attribute: Attribute) -> Self {
        Self {
            name: attribute.name.to_string(),
            value: Some(match attribute.value {
                AttributeValue::Number(number) => Value::Number(number),
                AttributeValue::Signed(number) => Value::Signed(number),
                AttributeValue::Flag(flag) => Value::Flag(flag),
                AttributeValue::Text(text) => Value::Text(text.to_string()),
            }),
            unit: attribute.unit.map(|unit| unit.to_string()),
        }
    }
}

/// Those without a value, which only newer peers know, are left out.
fn attributes(attributes: Vec<v1::Attribute>) -> Vec<Attribute> {
    let attributes = attributes.into_iter().filter_map(|attribute| {
        Some(Attribute {
            name: attribute.name.into(),
            value: match attribute.value? {
                Value::Number(number) => AttributeValue::Number(number),
                Value::Signed(number) => AttributeValue::Signed(number),
                Value::Flag(flag) => AttributeValue::Flag(flag),
                Value::Text(text) => AttributeValue::Text(text.into()),
            },
            unit: attribute.unit.map(Into::into),
        })
    });
    attributes.collect()
}
