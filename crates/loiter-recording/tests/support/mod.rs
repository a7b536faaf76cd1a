//! Programs that are made up, and what is told of them.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::{io::Cursor, num::NonZeroU64};

use loiter_model::{
    AwaitStack, Branch, Ending, Kind, NameId, Nanos, Site, SiteId, StackSource, Target, Task,
    TaskSeq, Teller, Thresholds, Tier, Wait, WaitId, WaitKind,
    update::{
        Description, Event, EventBatch, EventKind, LabelSet, LearntWait, Overview, TasksUpdate,
    },
};
use loiter_recording::{Entry, Recording, Writer};
use proptest::{prelude::*, sample::select};

pub(crate) fn target() -> Target {
    Target {
        name: "orders".to_owned(),
        pid: 4711,
        host: "db-3".to_owned(),
        agent_version: "0.1.0".to_owned(),
        run_id: 12,
        started_unix: Nanos::from_secs(1_700_000_000),
        uptime: Nanos(1),
        teller: Teller::Agent,
        tier: Tier::EveryTask,
        thresholds: Thresholds::default(),
        max_tasks: 1 << 20,
    }
}

pub(crate) fn seq(number: u64) -> TaskSeq {
    TaskSeq::new(number).expect("above zero")
}

/// A file of these entries, flushed whenever so much time has passed.
pub(crate) fn written(entries: Vec<Entry>, flushed: Nanos) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new()).expect("memory");
    let last = entries.iter().map(Entry::at).max().unwrap_or_default();
    entries.into_iter().for_each(|entry| writer.add(entry));
    let mut at = Nanos::ZERO;
    while at < last {
        at = at.saturating_add(flushed);
        writer.settle(at).expect("memory");
        writer.flush().expect("memory");
    }
    writer.finish().expect("memory")
}

pub(crate) fn open(file: Vec<u8>) -> Recording<Cursor<Vec<u8>>> {
    Recording::open(Cursor::new(file)).expect("a recording")
}

/// Tasks that have just been spawned, with a name each.
pub(crate) fn tasks(at: u64, names: &[(u64, &str)]) -> TasksUpdate {
    let mut update = TasksUpdate {
        overview: Overview {
            at: Nanos(at),
            ..Overview::default()
        },
        matched: names.len() as u64,
        ..TasksUpdate::default()
    };
    update.labels.sites.insert(SiteId(0), site());
    for (number, name) in names {
        let known = update.labels.names.iter();
        let known = known.filter(|(_, it)| ***it == **name).map(|(id, _)| *id);
        let id = known
            .min()
            .unwrap_or(NameId(update.labels.names.len() as u32));
        update.labels.names.insert(id, (*name).into());
        update.tasks.push(Task {
            name: Some(id),
            ..Task::spawned(seq(*number), SiteId(0), None, Nanos(at))
        });
    }
    update
}

fn site() -> std::sync::Arc<Site> {
    Site::new("src/main.rs", 7, 5).into()
}

/// Polls of one task that begin at these times.
pub(crate) fn batch(times: &[u64]) -> EventBatch {
    let events = times.iter().map(|at| Event {
        at: Nanos(*at),
        task: seq(1),
        kind: EventKind::PollStart,
    });
    EventBatch {
        events: events.collect(),
        ..EventBatch::default()
    }
}

/// A program that spawns tasks, polls them and lets them end, as it could happen.
pub(crate) struct Life {
    dice: u64,
    now: u64,
    last: u64,
    alive: Vec<u64>,
    pub(crate) events: Vec<(Event, Option<Description>)>,
    /// What its tasks came to be known to wait on, in no order.
    pub(crate) waits: Vec<LearntWait>,
}

const NAMES: [&str; 3] = ["conn", "worker", "request"];

impl Life {
    pub(crate) fn new(seed: u64, count: usize) -> Self {
        let mut life = Self {
            dice: seed | 1,
            now: 10,
            last: 0,
            alive: Vec::new(),
            events: Vec::new(),
            waits: Vec::new(),
        };
        while life.events.len() < count {
            life.step();
        }
        life
    }

    fn roll(&mut self, sides: u64) -> u64 {
        self.dice = self
            .dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.dice >> 33) % sides
    }

    fn note(&mut self, task: u64, kind: EventKind, told: Option<Description>) {
        self.now += self.roll(50);
        let event = Event {
            at: Nanos(self.now),
            task: seq(task),
            kind,
        };
        self.events.push((event, told));
    }

    fn someone(&mut self) -> Option<u64> {
        let among = self.alive.len() as u64;
        (among > 0)
            .then(|| self.roll(among))
            .map(|it| self.alive[it as usize])
    }

    fn step(&mut self) {
        match (self.roll(8), self.someone()) {
            (0, _) | (_, None) => self.spawn(),
            (1, Some(task)) => {
                self.alive.retain(|it| *it != task);
                let ending = Ending::ALL[self.roll(5) as usize];
                self.note(task, EventKind::Drop { ending }, None);
            }
            (2..=4, Some(task)) => {
                let by = self.someone().and_then(TaskSeq::new);
                self.note(task, EventKind::Wake { by }, None);
            }
            (5, Some(task)) => {
                let told = self.description();
                self.note(task, EventKind::Described, Some(told));
            }
            (_, Some(task)) => {
                self.note(task, EventKind::PollStart, None);
                self.note(task, EventKind::PollEnd, None);
                self.learn(task);
            }
        }
    }

    /// A wait may be over by the time at which it is seen, and another one have begun.
    fn learn(&mut self, task: u64) {
        if self.roll(2) == 0 {
            return;
        }
        let (later, wait) = (self.roll(200), self.roll(3));
        self.waits.push(LearntWait {
            at: Nanos(self.now + later),
            task: seq(task),
            wait: WaitId(wait as u32),
        });
    }

    fn spawn(&mut self) {
        let parent = self.someone().and_then(TaskSeq::new);
        self.last += 1;
        self.alive.push(self.last);
        let site = SiteId(self.roll(3) as u32);
        let told = self.description();
        self.note(self.last, EventKind::Spawn { site, parent }, Some(told));
    }

    fn description(&mut self) -> Description {
        let name = |roll: u64| (roll < 3).then_some(NameId(roll as u32));
        Description {
            kind: Kind::ALL[self.roll(4) as usize],
            tokio_id: NonZeroU64::new(self.roll(100)),
            name: name(self.roll(4)),
            scope: name(self.roll(9)),
            size: (self.roll(2) > 0).then_some(self.roll(10_000)),
            original_size: (self.roll(5) == 0).then_some(self.roll(10_000)),
            expect_idle: self.roll(9) == 0,
            may_be_part: self.roll(9) == 0,
        }
    }

    /// In batches of so many events, the first one with the labels of all.
    pub(crate) fn batches(&self, size: usize) -> Vec<EventBatch> {
        let size = size.min(self.events.len().max(1));
        let batches = self.events.chunks(size).enumerate();
        batches
            .map(|(number, events)| EventBatch {
                events: events.iter().map(|(event, _)| *event).collect(),
                descriptions: events.iter().filter_map(|(_, told)| *told).collect(),
                waits: self.waits_between(number * size, number * size + events.len()),
                labels: LabelSet {
                    names: names(),
                    sites: match number {
                        0 => (0..3).map(|id| (SiteId(id), site())).collect(),
                        _ => Default::default(),
                    },
                    waits: match number {
                        0 => (0..3).map(|id| (WaitId(id), wait(id))).collect(),
                        _ => Default::default(),
                    },
                },
                lost: 0,
            })
            .collect()
    }

    /// Those that were learnt since this event, if it is not the first one, and before that one.
    fn waits_between(&self, first: usize, next: usize) -> Vec<LearntWait> {
        let from = match first {
            0 => Nanos::ZERO,
            _ => self.events[first].0.at,
        };
        let next = self.events.get(next);
        let until = next.map_or(Nanos::MAX, |(event, _)| event.at);
        let waits = self.waits.iter().copied();
        waits.filter(|it| (from..until).contains(&it.at)).collect()
    }
}

fn wait(id: u32) -> std::sync::Arc<Wait> {
    std::sync::Arc::new(Wait {
        kind: WaitKind::ALL[id as usize],
        place: None,
        stack: AwaitStack {
            branches: vec![Branch::default(); id as usize],
            source: StackSource::Probed,
        },
    })
}

fn names() -> std::collections::HashMap<NameId, std::sync::Arc<str>> {
    let names = NAMES.into_iter().zip(0..);
    names.map(|(name, id)| (NameId(id), name.into())).collect()
}

/// Anything that could be said to have happened, whether it can be or not.
pub(crate) fn event() -> impl Strategy<Value = (Event, Option<Description>)> {
    let number = || prop_oneof![1..9_u64, any::<u64>().prop_map(|it| it.max(1))];
    let other = move || prop_oneof![Just(0), number()].prop_map(TaskSeq::new);
    let kind = prop_oneof![
        (any::<u32>(), other()).prop_map(|(site, parent)| EventKind::Spawn {
            site: SiteId(site),
            parent,
        }),
        Just(EventKind::Described),
        Just(EventKind::PollStart),
        Just(EventKind::PollEnd),
        other().prop_map(|by| EventKind::Wake { by }),
        select(&Ending::ALL[..]).prop_map(|ending| EventKind::Drop { ending }),
    ];
    (0..50_000_u64, number(), kind).prop_map(|(at, task, kind)| {
        let event = Event {
            at: Nanos(at),
            task: seq(task),
            kind,
        };
        let told = kind.has_description().then(|| Description {
            size: Some(task.min(u64::MAX - 1)),
            ..Description::default()
        });
        (event, told)
    })
}

pub(crate) fn batch_of(events: Vec<(Event, Option<Description>)>) -> EventBatch {
    EventBatch {
        events: events.iter().map(|(event, _)| *event).collect(),
        descriptions: events.iter().filter_map(|(_, told)| *told).collect(),
        ..EventBatch::default()
    }
}
