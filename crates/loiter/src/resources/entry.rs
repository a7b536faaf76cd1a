//! One resource or one operation.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU32, AtomicU64},
};

use super::{attributes::Attributes, holders::Holders, labels::Label};

/// A place for a resource or an operation.
#[derive(Debug, Default)]
pub(super) struct Entry {
    /// The number of what it holds; 0 while it is free.
    pub(super) seq: AtomicU64,
    /// References to its span.
    pub(super) spans: AtomicU32,
    body: Mutex<Body>,
}

impl Entry {
    /// A panic under the lock is impossible, so a poisoned one is as good as any.
    pub(super) fn lock(&self) -> MutexGuard<'_, Body> {
        self.body.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an entry holds.
#[derive(Debug, Default)]
pub(super) enum Body {
    #[default]
    Free,
    Resource(ResourceBody),
    Op(OpBody),
}

impl Body {
    pub(super) fn resource(&mut self) -> Option<&mut ResourceBody> {
        match self {
            Self::Resource(resource) => Some(resource),
            _ => None,
        }
    }

    pub(super) fn op(&mut self) -> Option<&mut OpBody> {
        match self {
            Self::Op(op) => Some(op),
            _ => None,
        }
    }
}

/// An entry of another resource or operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) index: u32,
    pub(super) seq: u64,
}

/// A resource.
#[derive(Debug)]
pub(super) struct ResourceBody {
    pub(super) kind: Label,
    pub(super) concrete_type: Label,
    pub(super) site: u32,
    pub(super) is_internal: bool,
    pub(super) gives_permits: bool,
    pub(super) inherits: bool,
    pub(super) parent: Option<Link>,
    pub(super) created_at: u64,
    pub(super) attributes: Attributes,
    pub(super) holders: Holders,
}

/// What an operation's last poll came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It was not polled yet, or tokio did not say.
    Unknown,
    Pending,
    Ready,
}

/// An operation.
#[derive(Debug)]
pub(super) struct OpBody {
    pub(super) resource: Link,
    pub(super) parent: Option<Link>,
    pub(super) source: Label,
    pub(super) acquires: bool,
    pub(super) has_acquired: bool,
    pub(super) inherits: bool,
    pub(super) created_at: u64,
    /// Who polled it last; 0 outside any task.
    pub(super) task: u64,
    pub(super) polls: u64,
    pub(super) busy: u64,
    /// When the poll began that goes on.
    pub(super) poll_began: Option<u64>,
    pub(super) answer: Answer,
    /// When it was first polled.
    pub(super) first_poll: u64,
    pub(super) attributes: Attributes,
}

/// What tokio tells of a new resource.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MadeResource<'a> {
    pub(crate) kind: &'a str,
    pub(crate) concrete_type: &'a str,
    pub(crate) site: u32,
    pub(crate) is_internal: bool,
    pub(crate) inherits_child_attributes: bool,
}

/// What tokio tells of a new operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MadeOp<'a> {
    pub(crate) source: &'a str,
    pub(crate) inherits_child_attributes: bool,
}
