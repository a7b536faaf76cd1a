//! What a watch tells.

use std::sync::Arc;

use loiter_model::{
    Nanos,
    fleet::{Fleet, InstanceId, News},
};

/// Something that a [`Watch`](super::Watch) tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// News of a target.
    News {
        /// Which one.
        id: InstanceId,
        /// When they came, from the start of the watch.
        at: Nanos,
        /// What.
        news: News,
    },
    /// How it is about a place that targets are found at.
    Place {
        /// Which one, as it was named.
        place: Arc<str>,
        /// What is wrong with it, in one line; `None` when nothing is, any more.
        problem: Option<Arc<str>>,
    },
}

impl Message {
    /// Lets a fleet know.
    pub fn tell(self, fleet: &mut Fleet) {
        match self {
            Self::News { id, at, news } => fleet.hear(id, at, news),
            Self::Place { place, problem } => fleet.note(&place, problem),
        }
    }
}
