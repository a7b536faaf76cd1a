//! Between messages and the model, a file for each file of `proto/`, the larger ones split.

mod distribution;
mod event;
mod finding;
mod lint;
mod question;
mod resource;
mod site;
mod target;
mod task;
mod update;
mod wait;

use std::fmt;

pub use finding::{BadRules, read_rules};
use loiter_model::TaskSeq;
pub use question::{BadQuery, Question, read_resource_query};

/// A message that the protocol does not allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the peer sent {what}")]
pub struct BadMessage {
    /// What is wrong with it.
    pub what: String,
}

impl BadMessage {
    /// A field that must be set and is not.
    fn without(field: &'static str) -> Self {
        Self {
            what: format!("a message without `{field}`"),
        }
    }

    /// A field with a value that means nothing here.
    fn value(field: &'static str, value: impl fmt::Display, problem: &'static str) -> Self {
        Self {
            what: format!("{value} as `{field}`, {problem}"),
        }
    }
}

/// Reads the number of a task that there must be.
fn seq(field: &'static str, number: u64) -> Result<TaskSeq, BadMessage> {
    TaskSeq::new(number).ok_or_else(|| BadMessage::without(field))
}

/// Reads the numbers of tasks.
fn seqs(field: &'static str, numbers: Vec<u64>) -> Result<Vec<TaskSeq>, BadMessage> {
    numbers
        .into_iter()
        .map(|number| seq(field, number))
        .collect()
}

/// On the wire 0 stands for no task.
fn wire_seq(seq: Option<TaskSeq>) -> u64 {
    seq.map_or(0, TaskSeq::get)
}

/// Reads every message of a list.
fn list<M, T: TryFrom<M, Error = BadMessage>>(messages: Vec<M>) -> Result<Vec<T>, BadMessage> {
    messages.into_iter().map(T::try_from).collect()
}
