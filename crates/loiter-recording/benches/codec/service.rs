//! Services that are made up: a runtime with workers and a queue, and tasks that wait for sockets,
//! timers and each other. Times are drawn from long-tailed distributions, to the nanosecond, as a
//! clock gives them; which task is next is left to chance.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    num::NonZeroU64,
    sync::Arc,
};

use loiter_model::{
    Ending, Kind, NameId, Nanos, Site, SiteId, TaskSeq,
    update::{Description, Event, EventKind, LabelSet},
};

/// A service, by what its tasks do.
pub(crate) struct Service {
    pub(crate) name: &'static str,
    workers: usize,
    tasks: u64,
    /// How long a poll takes, about.
    poll: f64,
    /// How long a task waits for a socket or a timer, about.
    wait: f64,
    /// How often a poll wakes another task.
    wakes: f64,
    /// How often a poll spawns a task, which ends after a few polls.
    spawns: f64,
}

/// Quiet and busy ones, of few tasks and of many.
pub(crate) const ALL: [Service; 5] = [
    Service {
        name: "100 connections, now and then a request",
        workers: 4,
        tasks: 100,
        poll: 20e3,
        wait: 200e6,
        wakes: 0.2,
        spawns: 0.02,
    },
    Service {
        name: "10,000 tasks, each woken once a second",
        workers: 4,
        tasks: 10_000,
        poll: 5e3,
        wait: 1e9,
        wakes: 0.1,
        spawns: 0.0,
    },
    Service {
        name: "100,000 tasks, each woken once a second",
        workers: 4,
        tasks: 100_000,
        poll: 3e3,
        wait: 1e9,
        wakes: 0.1,
        spawns: 0.0,
    },
    Service {
        name: "2,000 actors that send to each other",
        workers: 8,
        tasks: 2_000,
        poll: 2e3,
        wait: 20e6,
        wakes: 0.8,
        spawns: 0.0,
    },
    Service {
        name: "a task a request",
        workers: 4,
        tasks: 500,
        poll: 8e3,
        wait: 30e6,
        wakes: 0.3,
        spawns: 0.3,
    },
];

/// Events in the order of time, descriptions in that of the spawns, and the labels of all.
type Run = (Vec<Event>, Vec<Description>, LabelSet);

impl Service {
    /// So many events of it.
    pub(crate) fn run(&self, count: usize) -> Run {
        let mut run = Running::new(self);
        while run.events.len() < count {
            run.step();
        }
        // A poll is told whole when it begins.
        run.events.sort_by_key(|event| event.at);
        run.events.truncate(count);
        let spawns = run.events.iter().filter(|it| it.kind.has_description());
        let spawns = spawns.count();
        run.descriptions.truncate(spawns);
        let sites = (0..SITES).map(|id| (SiteId(id), Arc::new(Site::new("src/main.rs", id, 5))));
        let labels = LabelSet {
            names: [(NameId(0), "request".into())].into(),
            sites: sites.collect(),
            ..LabelSet::default()
        };
        (run.events, run.descriptions, labels)
    }
}

const SITES: u32 = 12;

struct Running<'a> {
    service: &'a Service,
    dice: Dice,
    events: Vec<Event>,
    descriptions: Vec<Description>,
    /// When the next thing comes from outside, and for which task.
    outside: BinaryHeap<Reverse<(u64, u64)>>,
    /// Whether something will come so for a task.
    awaits: Vec<bool>,
    queue: VecDeque<u64>,
    queued: Vec<bool>,
    /// Polls that tasks have left; `u32::MAX` for those without an end.
    left: Vec<u32>,
    /// Until when each worker is busy.
    busy: Vec<u64>,
}

impl<'a> Running<'a> {
    fn new(service: &'a Service) -> Self {
        let mut running = Self {
            service,
            dice: Dice(0x9e37_79b9_7f4a_7c15),
            events: Vec::new(),
            descriptions: Vec::new(),
            outside: BinaryHeap::new(),
            awaits: vec![false],
            queue: VecDeque::new(),
            queued: vec![false],
            left: vec![0],
            busy: vec![0; service.workers],
        };
        for _ in 0..service.tasks {
            running.queued.push(false);
            running.awaits.push(false);
            running.left.push(u32::MAX);
            running.await_outside(0, running.left.len() as u64 - 1);
        }
        running
    }

    fn note(&mut self, at: u64, task: u64, kind: EventKind) {
        let task = TaskSeq::new(task).expect("numbers begin at 1");
        let at = Nanos(at);
        self.events.push(Event { at, task, kind });
    }

    /// The next poll, or the next wake from outside.
    fn step(&mut self) {
        let worker = (0..self.busy.len()).min_by_key(|it| self.busy[*it]);
        let worker = worker.expect("there are workers");
        let free_at = self.busy[worker];
        let arrives = self.outside.peek().map(|Reverse((at, _))| *at);
        if let Some(at) = arrives
            && (at <= free_at || self.queue.is_empty())
        {
            if let Some(Reverse((at, task))) = self.outside.pop() {
                self.awaits[task as usize] = false;
                self.wake(at, task, None);
            }
            self.busy[worker] = free_at.max(at.min(free_at + 1_000_000));
            return;
        }
        if let Some(task) = self.queue.pop_front() {
            self.poll(worker, task);
        }
    }

    fn wake(&mut self, at: u64, task: u64, by: Option<u64>) {
        if self.left[task as usize] == 0 {
            return;
        }
        let by = by.and_then(TaskSeq::new);
        self.note(at, task, EventKind::Wake { by });
        if !std::mem::replace(&mut self.queued[task as usize], true) {
            self.queue.push_back(task);
        }
    }

    fn poll(&mut self, worker: usize, task: u64) {
        self.queued[task as usize] = false;
        let woken_at = self.events.last().map_or(0, |event| event.at.0);
        let from = self.busy[worker].max(woken_at) + 200 + self.dice.about(600.0);
        let to = from + 300 + self.dice.about(self.service.poll);
        self.busy[worker] = to;
        self.note(from, task, EventKind::PollStart);
        let during = |dice: &mut Dice| from + dice.below(to - from);
        if self.dice.chance(self.service.wakes) {
            let (at, whom) = (during(&mut self.dice), self.someone());
            self.wake(at, whom, Some(task));
        }
        if self.dice.chance(self.service.spawns) {
            let at = during(&mut self.dice);
            self.spawn(at, task);
        }
        self.note(to, task, EventKind::PollEnd);
        let left = &mut self.left[task as usize];
        if *left != u32::MAX {
            *left -= 1;
        }
        if *left == 0 {
            let ending = Ending::Finished;
            return self.note(to, task, EventKind::Drop { ending });
        }
        self.await_outside(to, task);
    }

    fn await_outside(&mut self, since: u64, task: u64) {
        if !std::mem::replace(&mut self.awaits[task as usize], true) {
            let at = since + self.dice.about(self.service.wait);
            self.outside.push(Reverse((at, task)));
        }
    }

    fn spawn(&mut self, at: u64, parent: u64) {
        let task = self.left.len() as u64;
        self.left.push(1 + self.dice.below(4) as u32);
        self.queued.push(true);
        self.awaits.push(false);
        self.queue.push_back(task);
        let site = SiteId(self.dice.below(u64::from(SITES)) as u32);
        let parent = TaskSeq::new(parent);
        self.note(at, task, EventKind::Spawn { site, parent });
        self.descriptions.push(Description {
            kind: Kind::Task,
            tokio_id: NonZeroU64::new(task + 20),
            name: Some(NameId(0)),
            size: Some(200 + 64 * u64::from(site.0)),
            ..Description::default()
        });
    }

    /// A task that does not end.
    fn someone(&mut self) -> u64 {
        1 + self.dice.below(self.service.tasks)
    }
}

/// xorshift64*: by the seed.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, limit: u64) -> u64 {
        (self.unit() * limit as f64) as u64
    }

    fn chance(&mut self, chance: f64) -> bool {
        self.unit() < chance
    }

    /// Exponentially distributed around this mean.
    fn about(&mut self, mean: f64) -> u64 {
        (-mean * (1.0 - self.unit()).ln()) as u64
    }
}
