//! From columns to events.

use std::num::NonZeroU64;

use loiter_model::{
    Ending, Kind, NameId, Nanos, SiteId, TaskSeq,
    update::{Description, Event, EventBatch, EventKind},
};
use loiter_wire::v1;
use prost::Message;

use super::{DROPS_ANOTHER, DROPS_LAST, ELSEWHERE, MOST, Of, flag, guess::Guesses, tag};
use crate::{
    error::{Damage, Problem},
    varint::Column,
};

/// Reads the body of a block whose first event was at this time.
pub(crate) fn decode(body: &[u8], first_at: u64) -> Result<EventBatch, Problem> {
    let mut head = Column::new(body);
    let count = usize::try_from(head.number()?).unwrap_or(usize::MAX);
    if count > MOST {
        return Err(Problem(format!(
            "a block of {count} events, where {MOST} are the most"
        )));
    }
    let lost = head.number()?;
    let labels = length(&mut head)?;
    let mut lengths = [0; Of::COUNT];
    for column in &mut lengths {
        *column = length(&mut head)?;
    }
    let labels = v1::Labels::decode(head.bytes(labels)?)?;
    let mut columns = [Column::new(&[]); Of::COUNT];
    for (column, length) in columns.iter_mut().zip(lengths) {
        *column = Column::new(head.bytes(length)?);
    }
    // A tag each: no more events than there are bytes.
    if lengths[Of::Tags as usize] != count {
        return Err(Damage("not as many tags as events").into());
    }
    let mut decoder = Decoder {
        columns,
        guesses: Guesses::default(),
        last_task: 0,
        last_spawned: 0,
        last_tokio_id: 0,
    };
    let mut batch = EventBatch {
        events: Vec::with_capacity(count),
        descriptions: Vec::new(),
        waits: Vec::new(),
        labels: labels.try_into()?,
        lost,
    };
    let mut at = first_at;
    for _ in 0..count {
        at = at
            .checked_add(decoder.column(Of::Times).number()?)
            .ok_or(Damage("a time beyond all times"))?;
        let (task, kind) = decoder.event(&mut batch.descriptions)?;
        batch.events.push(Event {
            at: Nanos(at),
            task: TaskSeq::new(task).ok_or(Damage("an event of no task"))?,
            kind,
        });
    }
    match head.is_over() && decoder.columns.iter().all(Column::is_over) {
        true => Ok(batch),
        false => Err(Damage("more than it says").into()),
    }
}

fn length(head: &mut Column<'_>) -> Result<usize, Damage> {
    usize::try_from(head.number()?).map_err(|_| Damage::TOO_SHORT)
}

struct Decoder<'a> {
    columns: [Column<'a>; Of::COUNT],
    guesses: Guesses,
    last_task: u64,
    last_spawned: u64,
    last_tokio_id: u64,
}

impl<'a> Decoder<'a> {
    fn column(&mut self, of: Of) -> &mut Column<'a> {
        &mut self.columns[of as usize]
    }

    #[inline]
    fn event(&mut self, told: &mut Vec<Description>) -> Result<(u64, EventKind), Damage> {
        let byte = self.column(Of::Tags).byte()?;
        let reference = byte >> 3;
        Ok(match byte & 7 {
            tag::SPAWN => {
                let task = self.spawned(reference)?;
                let site = SiteId(self.column(Of::Births).small()?);
                let parent = self.task_near(task)?;
                told.push(self.description()?);
                self.guesses.woken(task);
                (task, EventKind::Spawn { site, parent })
            }
            tag::DESCRIBED => {
                let task = self.running(reference)?;
                told.push(self.description()?);
                (task, EventKind::Described)
            }
            tag::POLL_START => {
                let task = match reference {
                    ELSEWHERE => self.task()?,
                    _ => found(self.guesses.woken_at(reference))?,
                };
                self.guesses.started(task, reference);
                (task, EventKind::PollStart)
            }
            tag::POLL_END => {
                let task = self.running(reference)?;
                self.guesses.stopped(task, reference);
                (task, EventKind::PollEnd)
            }
            tag::WAKE => {
                let task = self.task()?;
                let by = match reference {
                    0 => None,
                    ELSEWHERE => TaskSeq::new(self.column(Of::Wakers).difference(task)?),
                    _ => TaskSeq::new(found(self.guesses.running_at(reference - 1))?),
                };
                self.guesses.woken(task);
                (task, EventKind::Wake { by })
            }
            tag::DROP => {
                let task = match reference >> 3 {
                    DROPS_LAST => self.guesses.last_ended(),
                    DROPS_ANOTHER => self.task()?,
                    _ => return Err(Damage("a drop of a kind that there is not")),
                };
                let ending = ending(reference & 7)?;
                (task, EventKind::Drop { ending })
            }
            _ => return Err(Damage("an event of a kind that there is not")),
        })
    }

    fn task(&mut self) -> Result<u64, Damage> {
        let last = self.last_task;
        self.last_task = self.column(Of::Tasks).difference(last)?;
        Ok(self.last_task)
    }

    fn running(&mut self, reference: u8) -> Result<u64, Damage> {
        match reference {
            ELSEWHERE => self.task(),
            _ => found(self.guesses.running_at(reference)),
        }
    }

    fn spawned(&mut self, reference: u8) -> Result<u64, Damage> {
        self.last_spawned = match reference {
            0 => self.last_spawned.wrapping_add(1),
            _ => self.task()?,
        };
        Ok(self.last_spawned)
    }

    fn task_near(&mut self, task: u64) -> Result<Option<TaskSeq>, Damage> {
        let births = self.column(Of::Births);
        Ok(match births.number()? {
            0 => None,
            _ => TaskSeq::new(births.difference(task)?),
        })
    }

    fn description(&mut self) -> Result<Description, Damage> {
        let last_id = self.last_tokio_id;
        let births = self.column(Of::Births);
        let flags = births.number()?;
        if flags & flag::UNTOLD != 0 {
            return Ok(Description::default());
        }
        let mut label = || match births.number()?.checked_sub(1).map(u32::try_from) {
            None => Ok(None),
            Some(Ok(id)) => Ok(Some(NameId(id))),
            Some(Err(_)) => Err(Damage("a number of more than 32 bits")),
        };
        let (name, scope) = (label()?, label()?);
        let mut bytes = || Ok::<_, Damage>(births.number()?.checked_sub(1));
        let (size, original_size) = (bytes()?, bytes()?);
        self.last_tokio_id = self.column(Of::Births).difference(last_id)?;
        Ok(Description {
            kind: kind(flags >> 3)?,
            tokio_id: NonZeroU64::new(self.last_tokio_id),
            name,
            scope,
            size,
            original_size,
            expect_idle: flags & flag::EXPECT_IDLE != 0,
            may_be_part: flags & flag::MAY_BE_PART != 0,
        })
    }
}

fn found(task: Option<u64>) -> Result<u64, Damage> {
    task.ok_or(Damage("a reference to no task"))
}

fn kind(bits: u64) -> Result<Kind, Damage> {
    Ok(match bits {
        0 => Kind::Task,
        1 => Kind::Local,
        2 => Kind::Blocking,
        3 => Kind::BlockOn,
        _ => return Err(Damage("a kind of task that there is not")),
    })
}

fn ending(bits: u8) -> Result<Ending, Damage> {
    Ok(match bits {
        0 => Ending::Unknown,
        1 => Ending::Finished,
        2 => Ending::Cancelled,
        3 => Ending::Panicked,
        4 => Ending::RuntimeDropped,
        _ => return Err(Damage("an ending that there is not")),
    })
}
