//! What a recording consists of.

use loiter_model::{
    Nanos, Target,
    update::{
        EventBatch, FindingsUpdate, LabelSet, LearntWait, ResourcesUpdate, SitesUpdate, TasksUpdate,
    },
};
use loiter_wire::v1;
use prost::Message;

use crate::{
    error::Problem,
    events,
    format::{
        BlockHead, EVENTS, FINDINGS, GAP, KEYFRAME, KEYFRAME_END, RESOURCES, SITES, TASKS, WAITS,
    },
    guard, learnt,
};

/// Something that was recorded. All times are from the start of the target, and so that
/// `target.started_unix` plus one of them is a time of day.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// A keyframe begins: until [`KeyframeEnd`](Self::KeyframeEnd), everything that is known is
    /// said anew.
    Keyframe {
        /// When.
        at: Nanos,
        /// Which process.
        target: Box<Target>,
    },
    /// Everything has been said: a task that was spawned before the keyframe began, and was not
    /// among its tasks, is no more.
    KeyframeEnd {
        /// When.
        at: Nanos,
    },
    /// Tasks as they were at the time of the update's overview: some of those of a keyframe, or
    /// those that had changed.
    Tasks(TasksUpdate),
    /// Sites as they were at the time of the update's overview.
    Sites(SitesUpdate),
    /// Resources and the operations on them as they were at the time of the update's overview: some
    /// of those of a keyframe, or those that had changed. An operation that has ended is
    /// [`Ended`](loiter_model::State::Ended) once.
    Resources(ResourcesUpdate),
    /// What was wrong at the time of the update's overview, by the limits of the target: all of
    /// it.
    Findings(FindingsUpdate),
    /// What happened, in the order of time, with a description for each event that
    /// [has one](loiter_model::update::EventKind::has_description) and with all the labels that it
    /// refers to. `lost` counts from the recording's beginning.
    Events(EventBatch),
    /// What tasks came to be known to wait on, beside what is said of them elsewhere. Comes before
    /// the events of its time.
    Waits(Waits),
    /// Nothing is known of a while.
    Gap(Gap),
}

/// What tasks came to be known to wait on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Waits {
    /// In the order of time.
    pub waits: Vec<LearntWait>,
    /// The waits among them that were not said since the last keyframe began.
    pub labels: LabelSet,
}

/// A while of which nothing is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Since when.
    pub from: Nanos,
    /// Until when.
    pub to: Nanos,
    /// Why, for people.
    pub reason: String,
}

impl Entry {
    /// The time that it speaks of: the last one of a range.
    #[must_use]
    pub fn at(&self) -> Nanos {
        match self {
            Self::Keyframe { at, .. } | Self::KeyframeEnd { at } => *at,
            Self::Tasks(update) => update.overview.at,
            Self::Sites(update) => update.overview.at,
            Self::Resources(update) => update.overview.at,
            Self::Findings(update) => update.overview.at,
            Self::Events(batch) => {
                let last = batch.events.last().map(|event| event.at);
                let last = last.or_else(|| batch.waits.iter().map(|learnt| learnt.at).max());
                last.unwrap_or_default()
            }
            Self::Waits(waits) => waits.waits.last().map_or(Nanos::ZERO, |learnt| learnt.at),
            Self::Gap(gap) => gap.to,
        }
    }

    /// Reads the body of a block. `None` for a kind that only later versions know.
    pub(crate) fn read(head: &BlockHead, body: &[u8]) -> Result<Option<Self>, Problem> {
        let at = Nanos(head.to);
        Ok(Some(match head.kind {
            KEYFRAME => Self::Keyframe {
                at,
                target: Box::new(v1::Target::decode(body)?.try_into()?),
            },
            KEYFRAME_END => Self::KeyframeEnd { at },
            TASKS => Self::Tasks(guard::decode::<v1::TasksUpdate>(body)?.try_into()?),
            SITES => Self::Sites(guard::decode::<v1::TasksUpdate>(body)?.try_into()?),
            RESOURCES => Self::Resources(guard::decode::<v1::ResourcesUpdate>(body)?.try_into()?),
            FINDINGS => Self::Findings(guard::decode::<v1::FindingsUpdate>(body)?.try_into()?),
            EVENTS => Self::Events(events::decode(body, head.from)?),
            WAITS => Self::Waits(learnt::decode(body, head.from)?),
            GAP => Self::Gap(Gap {
                from: Nanos(head.from),
                to: at,
                reason: String::from_utf8_lossy(body).into_owned(),
            }),
            _ => return Ok(None),
        }))
    }
}
