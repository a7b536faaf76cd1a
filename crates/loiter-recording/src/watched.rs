//! Tasks of a recording that are looked at closely.

use std::{
    collections::BTreeMap,
    io::{Read, Seek},
};

use loiter_model::{
    CloseUp, Nanos, State, Task, TaskSeq,
    update::{Event, EventKind},
};

use crate::{Entry, ReadError, Recording, reader::Kind};

/// So long before the present time, at least to the keyframe before it, one looks for events.
const LOOK_BACK: Nanos = Nanos::from_secs(60);
/// Beyond the last keyframe, not more events than these are gone through: a fraction of a second.
const MOST_EVENTS: u64 = 1_000_000;

/// What the events of some tasks add up to.
#[derive(Debug, Default)]
pub(crate) struct Watched(BTreeMap<TaskSeq, Option<Begun>>);

#[derive(Debug)]
struct Begun {
    /// Events up to then are in what it began with.
    since: Nanos,
    close_up: CloseUp,
}

impl Watched {
    pub(crate) fn seqs(&self) -> impl Iterator<Item = TaskSeq> {
        self.0.keys().copied()
    }

    pub(crate) fn get(&self, seq: TaskSeq) -> Option<&CloseUp> {
        let begun = self.0.get(&seq)?.as_ref()?;
        Some(&begun.close_up)
    }

    pub(crate) fn retain(&mut self, mut is_wanted: impl FnMut(TaskSeq) -> bool) {
        self.0.retain(|seq, _| is_wanted(*seq));
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Takes an event of any task.
    pub(crate) fn event(&mut self, event: &Event) {
        let Some(place) = self.0.get_mut(&event.task) else {
            return;
        };
        match place {
            Some(begun) if event.at > begun.since => begun.close_up.take(event.at, event.kind),
            Some(_) => {}
            None if matches!(event.kind, EventKind::Spawn { .. }) => {
                *place = Some(Begun {
                    // What comes at the same time comes after it.
                    since: event.at.saturating_sub(Nanos(1)),
                    close_up: CloseUp::new(State::Scheduled, event.at),
                });
            }
            None => {}
        }
    }

    /// What is told of all tasks at a time: those of which nothing is known begin with it.
    pub(crate) fn tasks(&mut self, tasks: &[Task], at: Nanos) {
        if !self.lacks_any() {
            return;
        }
        for task in tasks {
            if let Some(place @ None) = self.0.get_mut(&task.seq) {
                *place = Some(Begun {
                    since: at,
                    close_up: CloseUp::of(task, at),
                });
            }
        }
    }

    /// There is a while of which nothing is known.
    pub(crate) fn gap(&mut self) {
        self.0.values_mut().for_each(|place| *place = None);
    }

    fn lacks_any(&self) -> bool {
        self.0.values().any(Option::is_none)
    }

    /// What is known of these tasks at this time: their events in the minute before it.
    pub(crate) fn at<R: Read + Seek>(
        at: Nanos,
        seqs: impl IntoIterator<Item = TaskSeq>,
        recording: &mut Recording<R>,
    ) -> Result<Self, ReadError> {
        let mut watched = Self(seqs.into_iter().map(|seq| (seq, None)).collect());
        if watched.0.is_empty() {
            return Ok(watched);
        }
        for number in look_back(at, recording)..recording.blocks().len() {
            let block = recording.blocks()[number];
            let is_of_use = match block.kind() {
                Some(Kind::Tasks) => watched.lacks_any(),
                Some(Kind::Events | Kind::Gap) => true,
                _ => false,
            };
            if block.from > at || !is_of_use {
                continue;
            }
            match recording.read(number)? {
                Some(Entry::Events(batch)) => {
                    let past = batch.events.iter().take_while(|event| event.at <= at);
                    past.for_each(|event| watched.event(event));
                }
                Some(Entry::Tasks(update)) if update.overview.at <= at => {
                    watched.tasks(&update.tasks, update.overview.at);
                }
                Some(Entry::Gap(gap)) if gap.to <= at => watched.gap(),
                _ => {}
            }
        }
        Ok(watched)
    }
}

/// The number of the block from which one looks.
fn look_back<R: Read + Seek>(at: Nanos, recording: &Recording<R>) -> usize {
    let blocks = recording.blocks();
    let mut from = recording.keyframe_before(at);
    let mut events = 0;
    for (number, block) in blocks[..from].iter().enumerate().rev() {
        match block.kind() {
            Some(Kind::Events) => events += u64::from(block.count),
            Some(Kind::Keyframe) => from = number,
            _ => {}
        }
        if events > MOST_EVENTS || block.to.saturating_add(LOOK_BACK) < at {
            break;
        }
    }
    from
}
