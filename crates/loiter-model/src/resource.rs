//! What tasks wait on and share, where tokio tells of it: locks, semaphores, timers.

use std::{fmt, num::NonZeroU64, sync::Arc};

use crate::{Nanos, SiteId, State, TaskSeq};

/// Declares the number of something that is counted up from 1 and never reused.
macro_rules! sequence {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub NonZeroU64);

        impl $name {
            /// `None` for zero, which stands for "none" in tables and on the wire.
            #[must_use]
            pub const fn new(seq: u64) -> Option<Self> {
                match NonZeroU64::new(seq) {
                    Some(seq) => Some(Self(seq)),
                    None => None,
                }
            }

            /// The number itself.
            #[must_use]
            pub const fn get(self) -> u64 {
                self.0.get()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

sequence! {
    /// The agent's own number of a resource.
    ResourceSeq
}

sequence! {
    /// The agent's own number of an async operation.
    AsyncOpSeq
}

/// Something of tokio that tasks share or wait on: a lock, a semaphore, a timer.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// The agent's own number.
    pub seq: ResourceSeq,
    /// The resource that it is a part of, as the semaphore inside a `Mutex` is.
    pub parent: Option<ResourceSeq>,
    /// What it is for, in tokio's word: `Sync`, `timer`.
    pub kind: Arc<str>,
    /// Its type, in tokio's word: `Mutex`, `Semaphore`, `Sleep`.
    pub concrete_type: Arc<str>,
    /// Where it was made.
    pub site: SiteId,
    /// It is a part of something that the program made, not made by the program itself.
    pub is_internal: bool,
    /// From the agent's start to its making.
    pub created_at: Nanos,
    /// From its making to now, or to its end.
    pub total: Nanos,
    /// It is gone.
    pub has_ended: bool,
    /// What tokio tells of its state, such as `permits` or `locked`, in the order in which tokio
    /// told it first.
    pub attributes: Vec<Attribute>,
    /// Tasks that have taken what it gives and not given it back, as far as that is known: one
    /// entry for each time that it was taken. A guard that was handed to another task counts for
    /// the one that took it.
    pub holders: Vec<TaskSeq>,
    /// Tasks that wait for it now, the first comer first.
    pub waiters: Vec<TaskSeq>,
}

/// A part of the state of a resource or an async operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Tokio's name for it, such as `permits`.
    pub name: Arc<str>,
    /// How it stands now.
    pub value: AttributeValue,
    /// What is counted, where tokio says: `ms`, `bytes`.
    pub unit: Option<Arc<str>>,
}

/// How an [`Attribute`] stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributeValue {
    /// A count.
    Number(u64),
    /// A number that may be negative.
    Signed(i64),
    /// Yes or no.
    Flag(bool),
    /// Anything else.
    Text(Arc<str>),
}

/// `permits=3`, `locked=true`, `duration=500ms`.
impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = self.unit.as_deref().unwrap_or_default();
        match &self.value {
            AttributeValue::Number(value) => write!(f, "{}={value}{unit}", self.name),
            AttributeValue::Signed(value) => write!(f, "{}={value}{unit}", self.name),
            AttributeValue::Flag(value) => write!(f, "{}={value}{unit}", self.name),
            AttributeValue::Text(value) => write!(f, "{}={value}{unit}", self.name),
        }
    }
}

/// One use of a resource by a task: a `lock().await`, a `sleep(…).await`.
#[derive(Clone, Debug, PartialEq)]
pub struct AsyncOp {
    /// The agent's own number.
    pub seq: AsyncOpSeq,
    /// The operation that it is a part of.
    pub parent: Option<AsyncOpSeq>,
    /// Of which resource.
    pub resource: ResourceSeq,
    /// The task that polled it last; `None` before its first poll and outside any task.
    pub task: Option<TaskSeq>,
    /// The function behind it, in tokio's words: `Mutex::lock`.
    pub source: Arc<str>,
    /// From the agent's start to its making.
    pub created_at: Nanos,
    /// From its making to now, or to its end.
    pub total: Nanos,
    /// Inside polls, the current one included.
    pub busy: Nanos,
    /// How often it was polled.
    pub polls: u64,
    /// [`Running`](State::Running) inside a poll, [`Idle`](State::Idle) between two,
    /// [`Scheduled`](State::Scheduled) before the first, [`Ended`](State::Ended) when it is gone.
    pub state: State,
    /// What tokio tells of its state, such as `permits_obtained`.
    pub attributes: Vec<Attribute>,
}

impl AsyncOp {
    /// The sum of its waits.
    #[must_use]
    pub fn idle(&self) -> Nanos {
        self.total.saturating_sub(self.busy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_reads_as_in_code() {
        let attribute = |value, unit: Option<&str>| {
            let (name, unit) = ("x".into(), unit.map(Into::into));
            Attribute { name, value, unit }.to_string()
        };
        assert_eq!(attribute(AttributeValue::Number(3), None), "x=3");
        assert_eq!(attribute(AttributeValue::Signed(-3), None), "x=-3");
        assert_eq!(attribute(AttributeValue::Flag(true), None), "x=true");
        assert_eq!(
            attribute(AttributeValue::Number(500), Some("ms")),
            "x=500ms"
        );
        assert_eq!(attribute(AttributeValue::Text("a".into()), None), "x=a");
    }
}
