//! Events, between rows and columns.

use std::{num::NonZeroU64, vec::IntoIter};

use loiter_model::{
    Ending, NameId, Nanos, SiteId, TaskSeq, WaitId,
    update::{Description, Event, EventBatch, EventKind, LearntWait},
};

use super::{
    BadMessage, list, seq,
    task::{ending, kind, wire_ending, wire_kind},
    wire_seq,
};
use crate::v1;

impl From<EventBatch> for v1::EventBatch {
    fn from(batch: EventBatch) -> Self {
        let base_ns = batch.events.first().map_or(0, |event| event.at.0);
        let count = batch.events.len();
        let mut message = Self {
            base_ns,
            delta_ns: Vec::with_capacity(count),
            seq: Vec::with_capacity(count),
            kind: Vec::with_capacity(count),
            site: Vec::new(),
            other: Vec::new(),
            labels: Some((&batch.labels).into()),
            lost: batch.lost,
            description: batch.descriptions.into_iter().map(Into::into).collect(),
            ending: Vec::new(),
            wait_at_ns: batch.waits.iter().map(|it| it.at.0).collect(),
            wait_seq: batch.waits.iter().map(|it| it.task.get()).collect(),
            wait: batch.waits.iter().map(|it| it.wait.0).collect(),
        };
        let mut last = base_ns;
        for event in batch.events {
            // Any two instants have a difference in wrapping arithmetic.
            message.delta_ns.push(event.at.0.wrapping_sub(last) as i64);
            last = event.at.0;
            message.seq.push(event.task.get());
            let kind = match event.kind {
                EventKind::Spawn { site, parent } => {
                    message.site.push(site.0);
                    message.other.push(wire_seq(parent));
                    v1::EventKind::Spawn
                }
                EventKind::PollStart => v1::EventKind::PollStart,
                EventKind::PollEnd => v1::EventKind::PollEnd,
                EventKind::Wake { by } => {
                    message.other.push(wire_seq(by));
                    v1::EventKind::Wake
                }
                EventKind::Described => v1::EventKind::Described,
                EventKind::Drop { ending } => {
                    message.ending.push(wire_ending(ending).into());
                    v1::EventKind::Drop
                }
            };
            message.kind.push(kind.into());
        }
        message
    }
}

impl TryFrom<v1::EventBatch> for EventBatch {
    type Error = BadMessage;

    fn try_from(batch: v1::EventBatch) -> Result<Self, BadMessage> {
        let count = batch.delta_ns.len();
        has_entries("EventBatch.seq", batch.seq.len(), count)?;
        has_entries("EventBatch.kind", batch.kind.len(), count)?;
        let mut columns = Columns {
            site: batch.site.into_iter(),
            other: batch.other.into_iter(),
            tells_endings: !batch.ending.is_empty(),
            ending: batch.ending.into_iter(),
        };
        let mut at = batch.base_ns;
        let mut events = Vec::with_capacity(count);
        for ((delta, task), kind) in batch.delta_ns.into_iter().zip(batch.seq).zip(batch.kind) {
            at = at.wrapping_add(delta as u64);
            events.push(Event {
                at: Nanos(at),
                task: seq("EventBatch.seq", task)?,
                kind: columns.kind(kind)?,
            });
        }
        has_entries("EventBatch.site", columns.site.len(), 0)?;
        has_entries("EventBatch.other", columns.other.len(), 0)?;
        has_entries("EventBatch.ending", columns.ending.len(), 0)?;
        let descriptions: Vec<Description> = list(batch.description)?;
        if !descriptions.is_empty() {
            let described = events.iter().filter(|event| event.kind.has_description());
            has_entries(
                "EventBatch.description",
                descriptions.len(),
                described.count(),
            )?;
        }
        Ok(Self {
            events,
            descriptions,
            waits: waits(&batch.wait_at_ns, &batch.wait_seq, &batch.wait)?,
            labels: batch.labels.unwrap_or_default().try_into()?,
            lost: batch.lost,
        })
    }
}

fn waits(at: &[u64], tasks: &[u64], on: &[u32]) -> Result<Vec<LearntWait>, BadMessage> {
    let count = at.len();
    for (column, entries) in [
        ("EventBatch.wait_seq", tasks.len()),
        ("EventBatch.wait", on.len()),
    ] {
        if entries != count {
            let problem = "not as many as there are times of waits";
            let entries = format_args!("{entries} entries");
            return Err(BadMessage::value(column, entries, problem));
        }
    }
    let rows = at.iter().zip(tasks).zip(on);
    rows.map(|((at, task), on)| {
        Ok(LearntWait {
            at: Nanos(*at),
            task: seq("EventBatch.wait_seq", *task)?,
            wait: WaitId(*on),
        })
    })
    .collect()
}

/// The columns that only some kinds have an entry in.
struct Columns {
    site: IntoIter<u32>,
    other: IntoIter<u64>,
    tells_endings: bool,
    ending: IntoIter<i32>,
}

impl Columns {
    fn kind(&mut self, value: i32) -> Result<EventKind, BadMessage> {
        match v1::EventKind::try_from(value) {
            Ok(v1::EventKind::Spawn) => Ok(EventKind::Spawn {
                site: self.site()?,
                parent: self.other()?,
            }),
            Ok(v1::EventKind::PollStart) => Ok(EventKind::PollStart),
            Ok(v1::EventKind::PollEnd) => Ok(EventKind::PollEnd),
            Ok(v1::EventKind::Wake) => Ok(EventKind::Wake { by: self.other()? }),
            Ok(v1::EventKind::Described) => Ok(EventKind::Described),
            Ok(v1::EventKind::Drop) => Ok(EventKind::Drop {
                ending: self.ending()?,
            }),
            Ok(v1::EventKind::Unspecified) => Err(BadMessage::without("EventBatch.kind")),
            // It cannot be left out: nobody knows whether it has entries in the other columns.
            Err(_) => {
                let problem = "an unknown kind of event";
                Err(BadMessage::value("EventBatch.kind", value, problem))
            }
        }
    }

    fn site(&mut self) -> Result<SiteId, BadMessage> {
        let site = self.site.next().map(SiteId);
        site.ok_or_else(|| too_short("EventBatch.site"))
    }

    fn other(&mut self) -> Result<Option<TaskSeq>, BadMessage> {
        let other = self.other.next().map(TaskSeq::new);
        other.ok_or_else(|| too_short("EventBatch.other"))
    }

    fn ending(&mut self) -> Result<Ending, BadMessage> {
        if !self.tells_endings {
            return Ok(Ending::Unknown);
        }
        let told = self.ending.next().map(ending);
        told.ok_or_else(|| too_short("EventBatch.ending"))
    }
}

impl From<Description> for v1::Description {
    fn from(description: Description) -> Self {
        Self {
            kind: wire_kind(description.kind).into(),
            tokio_id: description.tokio_id.map_or(0, NonZeroU64::get),
            name: description.name.map(|id| id.0),
            scope: description.scope.map(|id| id.0),
            size: description.size,
            original_size: description.original_size,
            expect_idle: description.expect_idle,
            may_be_part: description.may_be_part,
        }
    }
}

impl TryFrom<v1::Description> for Description {
    type Error = BadMessage;

    fn try_from(description: v1::Description) -> Result<Self, BadMessage> {
        Ok(Self {
            kind: kind("Description.kind", description.kind)?,
            tokio_id: NonZeroU64::new(description.tokio_id),
            name: description.name.map(NameId),
            scope: description.scope.map(NameId),
            size: description.size,
            original_size: description.original_size,
            expect_idle: description.expect_idle,
            may_be_part: description.may_be_part,
        })
    }
}

fn has_entries(column: &'static str, entries: usize, events: usize) -> Result<(), BadMessage> {
    if entries == events {
        return Ok(());
    }
    let problem = "not as many as there are events for it";
    Err(BadMessage::value(
        column,
        format_args!("{entries} entries"),
        problem,
    ))
}

fn too_short(column: &'static str) -> BadMessage {
    BadMessage {
        what: format!("fewer entries as `{column}` than there are events for it"),
    }
}
