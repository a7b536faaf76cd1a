//! What a console-subscriber sends, drawn into a picture. Pure: messages in, facts out.
//!
//! Nothing that comes over the wire is relied on: a message may lack any part, name what was never
//! told, and tell times that cannot be.

mod fields;
mod ids;
mod resources;
mod tasks;
#[cfg(test)]
mod tests;
mod time;

use console_api::instrument::Update;
use loiter_model::{Nanos, TaskSeq, picture::Picture};

use self::{fields::Metas, resources::Resources, tasks::Tasks, time::Instant};

/// What is known of a process beside its picture, from one message to the next and from one
/// connection to the next.
#[derive(Debug, Default)]
pub(super) struct Translator {
    clock: Clock,
    /// Processes met so far.
    runs: u64,
    metas: Metas,
    tasks: Tasks,
    resources: Resources,
}

/// The time of the process.
#[derive(Clone, Copy, Debug, Default)]
struct Clock {
    /// Its start, as far as is known: its first task.
    origin: Instant,
    now: Instant,
}

impl Clock {
    /// From the start to then.
    fn at(self, then: Instant) -> Nanos {
        then.since(self.origin)
    }
}

impl Translator {
    /// Takes the first message of a connection, which tells everything. A process that was met
    /// before keeps its tasks' numbers.
    pub(super) fn begin(&mut self, picture: &mut Picture, first: Update) {
        self.metas = Metas::default();
        self.tasks.ids.begin_again();
        self.resources.begin_again();
        if !self.tasks.were_known(first.task_update.as_ref()) {
            self.runs += 1;
            self.tasks.forget();
            self.resources.forget();
            let now = Instant::maybe(first.now.as_ref());
            let created = tasks::first_created(first.task_update.as_ref());
            let start = created.into_iter().chain(now).min().unwrap_or_default();
            self.clock = Clock {
                origin: start,
                now: start,
            };
        }
        self.take(picture, first);
        self.tasks.ids.forget_former();
        self.resources.forget_former();
    }

    /// Takes a further message, which tells what has changed.
    pub(super) fn take(&mut self, picture: &mut Picture, update: Update) {
        if let Some(now) = Instant::maybe(update.now.as_ref()) {
            // A clock that was set back does not make tasks younger.
            self.clock.now = self.clock.now.max(now);
        }
        picture.advance(self.clock.at(self.clock.now));
        if let Some(metadata) = update.new_metadata {
            self.metas.add(metadata);
        }
        if let Some(tasks) = update.task_update {
            self.tasks.take(picture, self.clock, &self.metas, tasks);
        }
        let (metas, tasks) = (&self.metas, &self.tasks);
        if let Some(resources) = update.resource_update {
            self.resources.take(picture, self.clock, metas, resources);
        }
        if let Some(ops) = update.async_op_update {
            self.resources
                .take_ops(picture, self.clock, metas, tasks, ops);
        }
        self.resources.settle(picture, self.clock);
    }

    /// Tells the process from others: another number for each that was met.
    pub(super) fn run(&self) -> u64 {
        let start = self.clock.origin.unix().0;
        start
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .wrapping_add(self.runs)
    }

    /// Its start, as far as is known, since the Unix epoch.
    pub(super) fn origin(&self) -> Nanos {
        self.clock.origin.unix()
    }

    /// The id by which the other side knows a task that has not ended. O(tasks).
    pub(super) fn span_of(&self, seq: TaskSeq) -> Option<u64> {
        self.tasks.span_of(seq)
    }
}
