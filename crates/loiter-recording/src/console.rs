//! Recordings of console-subscriber, made into ours.
//!
//! With `TOKIO_CONSOLE_RECORD_PATH` it writes a line of JSON for each spawn, poll, wake and end of a
//! task, behind a line with the version. There are no places of spawns in it, no tasks of before,
//! and a task's id may come again for another task. A line is written as a whole, but the last one
//! may be cut off.

use std::{
    collections::HashMap,
    io::{self, BufRead, Read, Write},
    num::NonZeroU64,
};

use loiter_model::{
    Ending, Kind, Nanos, Site, SiteId, Target, TaskSeq, Teller, Thresholds, Tier,
    picture::{Picture, PictureLimits},
    query::{Sort, TaskColumn, TaskQuery, Window},
    update::{Description, Event, EventBatch, EventKind, TasksUpdate},
};
use serde::Deserialize;

use crate::{Entry, Writer};

/// The version of its format that this reads.
const VERSION: u64 = 1;
/// Bytes of a line at most: one of a spawn has some hundreds.
const LONGEST_LINE: u64 = 1 << 20;
/// How much earlier a later line may be.
const LAG: Nanos = Nanos::from_secs(1);
/// Between two keyframes.
const KEYFRAME_EVERY: Nanos = Nanos::from_secs(10);

/// Why a file is no recording of console-subscriber.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    /// It is something else.
    #[error("it begins like a recording of console-subscriber and is none: {0}")]
    NotOne(String),
    /// It is of a later version.
    #[error("it was recorded by a newer console-subscriber (format {0}, this reads {VERSION})")]
    Version(u64),
    /// A line makes no sense.
    #[error("line {number} is damaged: {problem}")]
    Line {
        /// Which, from 1.
        number: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// The operating system does not give it, or does not take what comes of it.
    #[error("{0}")]
    Io(#[from] io::Error),
}

#[derive(Deserialize)]
struct Header {
    v: u64,
}

#[derive(Deserialize)]
enum Line {
    Spawn {
        id: u64,
        at: At,
        #[serde(default)]
        fields: Vec<Field>,
    },
    Enter {
        id: u64,
        at: At,
    },
    Exit {
        id: u64,
        at: At,
    },
    Close {
        id: u64,
        at: At,
    },
    Waker {
        id: u64,
        op: Op,
        at: At,
    },
}

#[derive(Clone, Copy, Deserialize)]
struct At {
    secs_since_epoch: u64,
    nanos_since_epoch: u32,
}

impl At {
    fn unix(self) -> Nanos {
        Nanos::from_secs(self.secs_since_epoch).saturating_add(Nanos(self.nanos_since_epoch.into()))
    }
}

#[derive(Deserialize)]
struct Field {
    name: String,
    value: Value,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    Number(u64),
    Text(String),
    /// What no field that is of interest here has.
    Other(serde::de::IgnoredAny),
}

#[derive(Clone, Copy, Deserialize)]
enum Op {
    Wake { self_wake: bool },
    WakeByRef { self_wake: bool },
    Clone,
    Drop,
}

/// Reads such a recording and writes one of ours.
///
/// # Errors
/// [`ConvertError`] when it is none, or when it cannot be read or written.
pub fn convert(mut from: impl BufRead, to: impl Write) -> Result<(), ConvertError> {
    let Some(first) = line(&mut from, 1)? else {
        return Err(ConvertError::NotOne("it is empty".to_owned()));
    };
    let header: Header =
        serde_json::from_slice(&first).map_err(|error| ConvertError::NotOne(error.to_string()))?;
    if header.v != VERSION {
        return Err(ConvertError::Version(header.v));
    }
    let mut story = None;
    let mut to = Some(to);
    for number in 2.. {
        let Some(bytes) = line(&mut from, number)? else {
            break;
        };
        let parsed: Line = match serde_json::from_slice(&bytes) {
            Ok(parsed) => parsed,
            Err(_) if is_last(&mut from)? => break,
            Err(error) => {
                let problem = error.to_string();
                return Err(ConvertError::Line { number, problem });
            }
        };
        if story.is_none()
            && let Some(to) = to.take()
        {
            story = Some(Story::begin(Writer::new(to)?, at_of(&parsed).unix()));
        }
        if let Some(story) = &mut story {
            story.tell(parsed)?;
        }
    }
    match story {
        Some(story) => story.finish(),
        None => Err(ConvertError::NotOne("nothing happens in it".to_owned())),
    }
}

/// The next line, without its end; `None` at the end.
fn line(from: &mut impl BufRead, number: u64) -> Result<Option<Vec<u8>>, ConvertError> {
    let mut bytes = Vec::new();
    from.by_ref()
        .take(LONGEST_LINE)
        .read_until(b'\n', &mut bytes)?;
    match bytes.last() {
        None => Ok(None),
        Some(b'\n') => {
            bytes.pop();
            Ok(Some(bytes))
        }
        Some(_) if bytes.len() as u64 == LONGEST_LINE => Err(ConvertError::Line {
            number,
            problem: format!("it has more than {LONGEST_LINE} bytes"),
        }),
        Some(_) => Ok(Some(bytes)),
    }
}

fn is_last(from: &mut impl BufRead) -> Result<bool, ConvertError> {
    Ok(from.fill_buf()?.is_empty())
}

fn at_of(line: &Line) -> At {
    match line {
        Line::Spawn { at, .. }
        | Line::Enter { at, .. }
        | Line::Exit { at, .. }
        | Line::Close { at, .. }
        | Line::Waker { at, .. } => *at,
    }
}

/// What the lines add up to.
struct Story<W: Write> {
    writer: Writer<W>,
    target: Target,
    picture: Picture,
    /// By its id, while it lasts.
    tasks: HashMap<u64, Known>,
    last: u64,
    next_keyframe: Nanos,
}

struct Known {
    seq: TaskSeq,
    wakers: u32,
}

impl<W: Write> Story<W> {
    fn begin(writer: Writer<W>, started_unix: Nanos) -> Self {
        let mut picture = Picture::new(PictureLimits::default());
        picture.site_id(&Site::new("(not recorded)", 0, 0));
        let mut story = Self {
            writer,
            target: target(started_unix),
            picture,
            tasks: HashMap::new(),
            last: 0,
            next_keyframe: Nanos::ZERO,
        };
        story.keyframe();
        story
    }

    fn tell(&mut self, line: Line) -> Result<(), ConvertError> {
        let at = at_of(&line).unix();
        let at = at.saturating_sub(self.target.started_unix);
        let (id, kind) = match line {
            Line::Spawn { id, fields, .. } => return self.spawn(id, at, &fields),
            Line::Enter { id, .. } => (id, EventKind::PollStart),
            Line::Exit { id, .. } => (id, EventKind::PollEnd),
            Line::Close { id, .. } => {
                let ending = Ending::Unknown;
                (id, EventKind::Drop { ending })
            }
            Line::Waker { id, op, .. } => {
                let Some(known) = self.tasks.get_mut(&id) else {
                    return Ok(());
                };
                known.wakers = match op {
                    Op::Clone => known.wakers.saturating_add(1),
                    Op::Drop | Op::Wake { .. } => known.wakers.saturating_sub(1),
                    Op::WakeByRef { .. } => known.wakers,
                };
                let (Op::Wake { self_wake } | Op::WakeByRef { self_wake }) = op else {
                    return Ok(());
                };
                let by = self_wake.then_some(known.seq);
                (id, EventKind::Wake { by })
            }
        };
        let task = match kind {
            EventKind::Drop { .. } => self.tasks.remove(&id).map(|known| known.seq),
            _ => self.tasks.get(&id).map(|known| known.seq),
        };
        match task {
            Some(task) => self.event(Event { at, task, kind }, None),
            // It was spawned before the recording began.
            None => Ok(()),
        }
    }

    fn spawn(&mut self, id: u64, at: Nanos, fields: &[Field]) -> Result<(), ConvertError> {
        self.last += 1;
        let Some(task) = TaskSeq::new(self.last) else {
            return Ok(());
        };
        self.tasks.insert(
            id,
            Known {
                seq: task,
                wakers: 0,
            },
        );
        let description = self.description(fields);
        let kind = EventKind::Spawn {
            site: SiteId(0),
            parent: None,
        };
        self.event(Event { at, task, kind }, Some(description))
    }

    fn description(&mut self, fields: &[Field]) -> Description {
        let mut told = Description::default();
        for field in fields {
            match (field.name.as_str(), &field.value) {
                ("task.id", Value::Number(id)) => told.tokio_id = NonZeroU64::new(*id),
                ("size.bytes", Value::Number(bytes)) => told.size = Some(*bytes),
                ("original_size.bytes", Value::Number(bytes)) => {
                    told.original_size = Some(*bytes);
                }
                ("task.name", Value::Text(name)) if !name.is_empty() => {
                    told.name = Some(self.picture.name_id(name));
                }
                ("kind", Value::Text(kind)) => {
                    let kind = kind.trim_matches('"');
                    let known = Kind::ALL.into_iter().find(|it| it.name() == kind);
                    told.kind = known.unwrap_or(Kind::Task);
                }
                _ => {}
            }
        }
        told
    }

    fn event(&mut self, event: Event, told: Option<Description>) -> Result<(), ConvertError> {
        self.picture.apply(&event);
        if let Some(told) = &told {
            self.picture.describe(event.task, told);
        }
        let labels = self.picture.labels_mut();
        let mut batch = EventBatch {
            events: vec![event],
            ..EventBatch::default()
        };
        if let EventKind::Spawn { site, .. } = event.kind
            && let Some(place) = labels.sites.get(&site)
        {
            batch.labels.sites.insert(site, place.clone());
        }
        if let Some(told) = told {
            if let Some(id) = told.name
                && let Some(name) = labels.names.get(&id)
            {
                batch.labels.names.insert(id, name.clone());
            }
            batch.descriptions.push(told);
        }
        self.writer.add(Entry::Events(batch));
        if self.picture.at() >= self.next_keyframe {
            self.keyframe();
            self.writer.settle(self.picture.at().saturating_sub(LAG))?;
        }
        Ok(())
    }

    fn keyframe(&mut self) {
        let at = self.picture.at();
        self.next_keyframe = at.saturating_add(KEYFRAME_EVERY);
        for part in [
            Entry::Keyframe {
                at,
                target: Box::new(self.target.clone()),
            },
            Entry::Tasks(self.everything()),
            Entry::KeyframeEnd { at },
        ] {
            self.writer.add(part);
        }
    }

    /// Every task, with the wakers that it has.
    fn everything(&self) -> TasksUpdate {
        let query = TaskQuery {
            filter: "all".parse().expect("it is in the filter language"),
            sort: Sort::by(TaskColumn::Seq),
            window: Window {
                offset: 0,
                limit: u64::MAX,
            },
            thresholds: self.target.thresholds,
        };
        let wakers: HashMap<_, _> = self
            .tasks
            .values()
            .map(|known| (known.seq, known.wakers))
            .collect();
        let mut update = self.picture.tasks(&query);
        for task in &mut update.tasks {
            task.live_wakers = wakers.get(&task.seq).copied().unwrap_or(0);
        }
        update
    }

    fn finish(mut self) -> Result<(), ConvertError> {
        self.keyframe();
        self.writer.finish()?.flush()?;
        Ok(())
    }
}

/// All that is known of the process.
fn target(started_unix: Nanos) -> Target {
    Target {
        name: "recorded by console-subscriber".to_owned(),
        pid: 0,
        host: String::new(),
        agent_version: String::new(),
        run_id: started_unix.0,
        started_unix,
        uptime: Nanos::ZERO,
        teller: Teller::ConsoleSubscriber,
        tier: Tier::EveryTask,
        thresholds: Thresholds::default(),
        max_tasks: 0,
    }
}
