//! How a wrapped future is watched: what its polls and its drop write.

use std::{
    panic::Location,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use loiter_model::{Ending, Kind};

use super::{
    about::{About, Marks, OwnedAbout},
    look, wrap,
};
use crate::{
    recording,
    table::{Borrowed, Slot, Table, TaskRef},
    text::Digits,
    thread::Thread,
};

/// How a wrapped future is watched. Its drop is the task's end.
#[derive(Debug)]
pub(super) struct Watch {
    by: By,
    /// How the task has ended, once that is known.
    ending: Option<Ending>,
}

#[derive(Debug)]
enum By {
    /// Not: there is no agent, or its table is full.
    Nobody,
    /// It will be found out at the first poll whether tokio has told of this task.
    Tokio { about: Option<Box<OwnedAbout>> },
    /// Tokio tells of it.
    Found {
        task: TaskRef,
        /// This ends when the task does.
        is_whole: bool,
    },
    /// It tells of itself.
    Itself {
        slot: &'static Slot,
        seq: u64,
        polled: bool,
    },
}

/// What a poll has to do.
enum Role {
    Off,
    Traced(&'static Slot),
    Own(&'static Slot, u64),
}

impl Watch {
    /// Of a future of this size that is about to be spawned there.
    pub(super) fn of(
        kind: Kind,
        about: &About<'_>,
        size: usize,
        place: &'static Location<'static>,
    ) -> Self {
        match recording::table() {
            None => Self::by(By::Nobody),
            Some(_) if recording::is_traced() => Self::traced(about),
            Some(table) => {
                table.saw_runtime();
                Self::own(table.spawn_slot(&wrap::birth(kind, about, size, place)))
            }
        }
    }

    /// Polls its future. `size`: of the whole that is spawned.
    #[inline]
    pub(super) fn poll<F: Future>(
        &mut self,
        future: Pin<&mut F>,
        context: &mut Context<'_>,
        size: usize,
    ) -> Poll<F::Output> {
        let Some(table) = recording::table() else {
            return future.poll(context);
        };
        let role = self.role(table, context.waker(), size);
        // Until the poll has returned.
        self.ending = Some(Ending::Panicked);
        let poll = match role {
            Role::Off => future.poll(context),
            Role::Traced(slot) => match slot.shall_look() {
                false => future.poll(context),
                true => look::poll(future, context.waker(), table, slot),
            },
            Role::Own(slot, seq) => Polling::begin(table, slot, seq).poll(future, context),
        };
        self.ending = poll.is_ready().then_some(Ending::Finished);
        if poll.is_pending() {
            self.identify(table);
        }
        poll
    }

    /// For a task that tokio tells of by itself.
    fn traced(about: &About<'_>) -> Self {
        let about = (*about != About::default()).then(|| Box::new(about.keep()));
        Self::by(By::Tokio { about })
    }

    fn own(task: Option<(&'static Slot, u64)>) -> Self {
        Self::by(match task {
            Some((slot, seq)) => By::Itself {
                slot,
                seq,
                polled: false,
            },
            None => By::Nobody,
        })
    }

    const fn by(by: By) -> Self {
        Self { by, ending: None }
    }

    #[inline]
    fn role(&mut self, table: &'static Table, waker: &Waker, size: usize) -> Role {
        match &mut self.by {
            By::Nobody => Role::Off,
            By::Tokio { about } => {
                let about = about.take();
                self.find(table, waker, size, about.as_deref());
                match self.by {
                    By::Found { task, .. } => table.slot_of(task).map_or(Role::Off, Role::Traced),
                    _ => Role::Off,
                }
            }
            By::Found { task, .. } => table.slot_of(*task).map_or(Role::Off, Role::Traced),
            By::Itself { slot, seq, polled } => {
                if !*polled {
                    *polled = true;
                    slot.keep_waker(waker.clone());
                }
                Role::Own(slot, *seq)
            }
        }
    }

    /// Notes tokio's id, which shows itself only as text: not for tasks that are done at once.
    #[inline]
    fn identify(&self, table: &Table) {
        if let By::Itself { slot, seq, .. } = self.by
            && slot.tokio_id() == 0
            && let Some(id) = tokio::task::try_id()
        {
            table.identify(slot, seq, Digits::of(id));
        }
    }

    /// Finds the slot that tokio's span made for this task: the one inside whose poll this is.
    ///
    /// A part of a task is no task of its own. It is told by its size, as tokio's span has that
    /// of the future which was spawned; and one slot takes one wrapper. A wrapper such as that of
    /// a `TaskTracker` adds a word, which leaves no room for anything else to wait on; but so does
    /// an async block, which may go on after this: the ending is then not said.
    #[cold]
    fn find(
        &mut self,
        table: &'static Table,
        waker: &Waker,
        size: usize,
        about: Option<&OwnedAbout>,
    ) {
        self.by = By::Nobody;
        let Some((task, slot)) = table.current() else {
            return;
        };
        let is_task = tokio::task::try_id().is_some_and(|id| slot.tokio_id() == Digits::of(id));
        let is_whole = slot.is_of_size(size);
        let is_wrapped = || slot.polls() == 0 && slot.is_of_size(size + size_of::<usize>());
        if !is_task || slot.kept_waker().is_some() || !(is_whole || is_wrapped()) {
            return;
        }
        if let Some(about) = about {
            let marks = Marks {
                may_be_part: !is_whole,
                ..about.marks
            };
            table.describe(slot, &about.name, &about.scope, marks);
        }
        slot.keep_waker(Thread::with(|thread| thread.clone_quietly(waker)));
        // Ours alone: it counts for nothing that the task waits on.
        slot.waker_gone();
        self.by = By::Found { task, is_whole };
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let Some(table) = recording::table() else {
            return;
        };
        let ending = self.ending.unwrap_or(Ending::Cancelled);
        match self.by {
            By::Itself { slot, seq, .. } => table.ended(slot, seq, ending),
            // Its span will be closed in a moment.
            By::Found {
                task,
                is_whole: true,
            } => {
                if let Some(slot) = table.slot_of(task) {
                    slot.note_ending(ending);
                }
            }
            By::Found { .. } | By::Tokio { .. } | By::Nobody => {}
        }
    }
}

/// A poll of a task of ours, to be ended in every case.
struct Polling {
    table: &'static Table,
    slot: &'static Slot,
    seq: u64,
}

impl Polling {
    #[inline]
    fn begin(table: &'static Table, slot: &'static Slot, seq: u64) -> Self {
        table.begin_poll(slot, seq);
        Self { table, slot, seq }
    }

    #[inline]
    fn poll<F: Future>(self, future: Pin<&mut F>, context: &mut Context<'_>) -> Poll<F::Output> {
        let slot = self.slot;
        let ours = Borrowed::of(slot);
        let waker = match slot.keeps(context.waker()) {
            true => &*ours,
            // Polled by another task than at first: its wakes cannot be seen.
            false => context.waker(),
        };
        match slot.shall_look() {
            false => future.poll(&mut Context::from_waker(waker)),
            true => look::poll(future, waker, self.table, slot),
        }
    }
}

impl Drop for Polling {
    fn drop(&mut self) {
        self.table.end_poll(self.slot, self.seq);
    }
}
