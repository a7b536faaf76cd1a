//! One update: as much as the client takes at a time.

use loiter_model::Nanos;
use loiter_wire::console::{AsyncOpUpdate, ResourceUpdate, TaskUpdate, Update, encoded_len};

use super::{
    message::{self, Calendar},
    metadata,
    resources::ResourceNews,
    told::News,
};
use crate::table::Table;

/// Bytes from which an update is full. The client refuses 4 MiB; a single task has a few hundred
/// bytes, a few thousand with the longest name and path.
const FULL: usize = 2 << 20;
/// What stands around a message inside another one, and around an entry of a map.
const AROUND: usize = 24;

/// An update in the making.
pub(super) struct Piece {
    calendar: Calendar,
    /// The client's first one.
    first: bool,
    tasks: TaskUpdate,
    resources: ResourceUpdate,
    ops: AsyncOpUpdate,
    bytes: usize,
}

impl Piece {
    pub(super) fn first(calendar: Calendar) -> Self {
        Self {
            calendar,
            first: true,
            tasks: TaskUpdate::default(),
            resources: ResourceUpdate::default(),
            ops: AsyncOpUpdate::default(),
            bytes: 0,
        }
    }

    /// Takes something to tell. The stats of a task come with it: without them, the client drops
    /// it.
    pub(super) fn add(&mut self, news: &News, table: &Table) {
        let (seq, figures) = match news {
            News::Task(task, figures) => {
                let told = message::task(task, table);
                self.bytes += encoded_len(&told) + AROUND;
                self.tasks.new_tasks.push(told);
                (task.seq, figures)
            }
            News::Change(seq, figures) => (*seq, figures),
        };
        let stats = self.calendar.stats(figures);
        self.bytes += encoded_len(&stats) + AROUND;
        self.tasks.stats_update.insert(seq.get(), stats);
    }

    /// The same for a resource or an operation.
    pub(super) fn add_resource(&mut self, news: ResourceNews) {
        match news {
            ResourceNews::Resource(seq, new, stats) => {
                self.bytes += new.as_ref().map_or(0, encoded_len) + encoded_len(&stats);
                self.resources.new_resources.extend(new);
                self.resources.stats_update.insert(seq, stats);
            }
            ResourceNews::Op(seq, new, stats) => {
                self.bytes += new.as_ref().map_or(0, encoded_len) + encoded_len(&stats);
                self.ops.new_async_ops.extend(new);
                self.ops.stats_update.insert(seq, stats);
            }
        }
        self.bytes += 2 * AROUND;
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes >= FULL
    }

    /// Tasks were lost to this client.
    pub(super) fn lost(&mut self, tasks: u64) {
        self.tasks.dropped_events += tasks;
    }

    /// Resources and operations were.
    pub(super) fn lost_resources(&mut self, (resources, ops): (u64, u64)) {
        self.resources.dropped_events += resources;
        self.ops.dropped_events += ops;
    }

    /// The update, and room for the next one. The first one says what all others refer to.
    pub(super) fn take(&mut self, now: Nanos) -> Update {
        let first = std::mem::take(&mut self.first);
        self.bytes = 0;
        Update {
            now: Some(self.calendar.timestamp(now)),
            task_update: Some(std::mem::take(&mut self.tasks)),
            resource_update: Some(std::mem::take(&mut self.resources)),
            async_op_update: Some(std::mem::take(&mut self.ops)),
            new_metadata: first.then(metadata::all),
        }
    }
}
