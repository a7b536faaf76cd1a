//! What the agent remembers of each thread. All plain cells: no lock, no allocation, no
//! destructor, so it may be used at any moment of a thread's life.

use std::{
    cell::Cell,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    task::Waker,
};

use loiter_model::Ending;

/// Polls inside polls that are told apart. A `LocalSet` or a `block_on` inside a task makes one
/// level; whatever is nested deeper counts as outside any task.
const DEEPEST: usize = 16;
/// Spawn sites that a thread finds without asking.
const RECENT_SITES: usize = 64;

const NO_SHARD: u32 = u32::MAX;
static NEXT_SHARD: AtomicU32 = AtomicU32::new(0);

thread_local! {
    static THREAD: Thread = const { Thread::new() };
}

/// One thread's cells.
pub(crate) struct Thread {
    /// The tasks whose polls are under way here, outermost first.
    polling: [Cell<Polling>; DEEPEST],
    depth: Cell<usize>,
    last: Cell<LastPolls>,
    scope: Cell<InScope>,
    shard: Cell<u32>,
    is_agent: Cell<bool>,
    /// What is woken now is only asked what it waits on.
    asks: Cell<bool>,
    saw_runtime: Cell<bool>,
    /// The task of whose poll something was noted, 0 for none.
    noted: Cell<u64>,
    /// Tasks that were woken or spawned here, wrapping.
    deeds: Cell<u32>,
    /// What is cloned now is ours.
    quiet: Cell<bool>,
    sites: [Cell<RecentSite>; RECENT_SITES],
}

/// A scope whose future is being polled on a thread.
#[derive(Clone, Copy)]
pub(crate) struct InScope {
    /// The id of its name; `None` outside of any.
    pub(crate) name: Option<u32>,
    /// Inside how many polls: a task that is polled further inside is not in it.
    depth: usize,
}

/// A task whose poll is under way.
#[derive(Clone, Copy)]
struct Polling {
    task: u64,
    /// The slot it has.
    index: u32,
}

/// The poll that began last on a thread, and the one that ended last.
///
/// Only facts: what follows from them is worked out when a task ends.
#[derive(Clone, Copy, Debug)]
struct LastPolls {
    /// What ended last before the last beginning.
    before: End,
    began_at: u64,
    /// Something held a waker of the task that began.
    waker_held: bool,
    end: End,
}

/// When a task's poll ended.
#[derive(Clone, Copy, Debug)]
struct End {
    task: u64,
    at: u64,
}

impl End {
    const NONE: Self = Self { task: 0, at: 0 };
}

#[derive(Clone, Copy)]
struct RecentSite {
    file: usize,
    line: u32,
    column: u32,
    id: u32,
}

/// Up to here (in nanoseconds), nothing can have happened between two polls of a task.
const AT_ONCE: u64 = 20_000;
/// From here on something must have: no thread is held up that long by the operating system.
const APART: u64 = 1_000_000_000;

impl Thread {
    const fn new() -> Self {
        Self {
            polling: [const { Cell::new(Polling { task: 0, index: 0 }) }; DEEPEST],
            depth: Cell::new(0),
            last: Cell::new(LastPolls {
                before: End::NONE,
                began_at: 0,
                waker_held: false,
                end: End::NONE,
            }),
            scope: Cell::new(InScope {
                name: None,
                depth: 0,
            }),
            shard: Cell::new(NO_SHARD),
            is_agent: Cell::new(false),
            asks: Cell::new(false),
            saw_runtime: Cell::new(false),
            noted: Cell::new(0),
            deeds: Cell::new(0),
            quiet: Cell::new(false),
            sites: [const {
                Cell::new(RecentSite {
                    file: 0,
                    line: 0,
                    column: 0,
                    id: 0,
                })
            }; RECENT_SITES],
        }
    }

    /// Runs with this thread's cells.
    pub(crate) fn with<T>(run: impl FnOnce(&Self) -> T) -> T {
        THREAD.with(run)
    }

    /// Makes this the agent's own thread: what it spawns is not the application's.
    pub(crate) fn become_agent(&self) {
        self.is_agent.set(true);
    }

    pub(crate) fn is_agent(&self) -> bool {
        self.is_agent.get()
    }

    /// Makes something for the agent on a thread of the program: it is not the application's.
    pub(crate) fn for_agent<T>(&self, make: impl FnOnce() -> T) -> T {
        let was_agent = self.is_agent.replace(true);
        let made = make();
        self.is_agent.set(was_agent);
        made
    }

    /// Wakes a task, here, only to ask what it waits on.
    pub(crate) fn ask(&self, wake: impl FnOnce()) {
        self.asks.set(true);
        wake();
        self.asks.set(false);
    }

    /// Whether a task is woken here only to be asked.
    pub(crate) fn asks(&self) -> bool {
        self.asks.get()
    }

    /// A number of this thread among those that run tasks, from 0: which part of sharded
    /// counters it uses.
    pub(crate) fn shard(&self) -> usize {
        let mut shard = self.shard.get();
        if shard == NO_SHARD {
            shard = NEXT_SHARD.fetch_add(1, Relaxed) & !(1 << 31);
            self.shard.set(shard);
        }
        shard as usize
    }

    /// The task inside whose poll this thread is; 0 for none.
    pub(crate) fn current(&self) -> u64 {
        self.current_slot().map_or(0, |(task, _)| task)
    }

    /// The task inside whose poll this thread is, and the index of its slot.
    pub(crate) fn current_slot(&self) -> Option<(u64, u32)> {
        let innermost = self.depth.get().checked_sub(1)?;
        let polling = self.polling.get(innermost)?.get();
        Some((polling.task, polling.index))
    }

    /// The scope whose future is being polled here, unless that is another task's affair: the id
    /// of its name.
    pub(crate) fn scope(&self) -> Option<u32> {
        let scope = self.scope.get();
        scope.name.filter(|_| scope.depth == self.depth.get())
    }

    /// From now on this thread is in a scope. To be [left](Self::leave_scope) again.
    pub(crate) fn enter_scope(&self, name: u32) -> InScope {
        self.scope.replace(InScope {
            name: Some(name),
            depth: self.depth.get(),
        })
    }

    /// As it was before.
    pub(crate) fn leave_scope(&self, before: InScope) {
        self.scope.set(before);
    }

    /// Whether nothing else was polled inside the poll that this thread is in.
    pub(crate) fn is_undivided(&self) -> bool {
        self.last.get().end.task == 0
    }

    /// Whether this thread is in a poll of the task, with no other one inside it, that began when
    /// nothing held a waker of the task: so all that it waits on after this poll has to clone
    /// one in it.
    pub(crate) fn registers_all(&self, task: u64) -> bool {
        let last = self.last.get();
        self.is_undivided() && !last.waker_held && !self.quiet.get() && self.current() == task
    }

    /// Clones a waker of which nothing shall be noted.
    pub(crate) fn clone_quietly(&self, waker: &Waker) -> Waker {
        self.quiet.set(true);
        let clone = waker.clone();
        self.quiet.set(false);
        clone
    }

    /// Something was noted of this task's poll on this thread.
    pub(crate) fn note(&self, task: u64) {
        self.noted.set(task);
    }

    /// Whether something was noted of this task's poll on this thread.
    pub(crate) fn has_note(&self, task: u64) -> bool {
        self.noted.get() == task
    }

    /// The same, and forgets it: the poll ends.
    pub(crate) fn take_note(&self, task: u64) -> bool {
        let noted = self.has_note(task);
        if noted {
            self.noted.set(0);
        }
        noted
    }

    /// A task is woken or spawned here.
    pub(crate) fn count_deed(&self) {
        self.deeds.set(self.deeds.get().wrapping_add(1));
    }

    /// How many tasks were woken and spawned here, wrapping.
    pub(crate) fn deeds(&self) -> u32 {
        self.deeds.get()
    }

    /// Whether this is the first time that it is asked.
    pub(crate) fn sees_runtime_first(&self) -> bool {
        !self.saw_runtime.replace(true)
    }

    /// A poll of this task begins here. `waker_held`: something holds a waker of it.
    pub(crate) fn enter(&self, task: u64, index: u32, now: u64, waker_held: bool) {
        let depth = self.depth.get();
        if let Some(top) = self.polling.get(depth) {
            top.set(Polling { task, index });
        }
        self.depth.set(depth + 1);
        let last = self.last.get();
        self.last.set(LastPolls {
            before: last.end,
            began_at: now,
            waker_held,
            end: End::NONE,
        });
    }

    /// A poll of this task ends here. Spans need not be left in the order they were entered.
    pub(crate) fn leave(&self, task: u64, now: u64) {
        let depth = self.depth.get();
        if depth > DEEPEST {
            self.depth.set(depth - 1);
        } else if let Some(place) = (0..depth)
            .rev()
            .find(|&i| self.polling[i].get().task == task)
        {
            for i in place..depth - 1 {
                self.polling[i].set(self.polling[i + 1].get());
            }
            self.depth.set(depth - 1);
        }
        self.last.set(LastPolls {
            end: End { task, at: now },
            ..self.last.get()
        });
    }

    /// How a task ended that ends now on this thread. Its last poll was the drop of its future.
    ///
    /// tokio drops a future right after the poll that returned `Ready` or panicked, on the same
    /// thread. A future that it drops at any other moment was cancelled: aborted, or dropped
    /// with its runtime.
    pub(crate) fn ending(&self, task: u64, panicking: bool) -> Ending {
        let last = self.last.get();
        if last.end.task != task {
            return Ending::Unknown;
        }
        let gap = match last.before {
            before if before.task == task => last.began_at.saturating_sub(before.at),
            // Something else was polled between.
            _ => APART,
        };
        match gap {
            APART.. => Ending::Cancelled,
            _ if panicking => Ending::Panicked,
            // An abort that meets a running task drops its future right after a poll, too, but
            // then the future still waits for something, which holds a waker.
            0..=AT_ONCE if !last.waker_held => Ending::Finished,
            _ => Ending::Unknown,
        }
    }

    /// When the task's last poll ended, if nothing has happened on this thread since.
    pub(crate) fn left_at(&self, task: u64) -> Option<u64> {
        let end = self.last.get().end;
        (end.task == task).then_some(end.at)
    }

    /// The id of a site, from the thread's memory or by asking. `file` is the path's address;
    /// `is_it` guards against another path that came to stand there.
    pub(crate) fn site(
        &self,
        (file, line, column): (usize, u32, u32),
        is_it: impl FnOnce(u32) -> bool,
        ask: impl FnOnce() -> u32,
    ) -> u32 {
        let hash = (file >> 3) ^ (line as usize).wrapping_mul(31) ^ column as usize;
        let cell = &self.sites[hash % RECENT_SITES];
        let recent = cell.get();
        if recent.file == file && recent.line == line && recent.column == column && is_it(recent.id)
        {
            return recent.id;
        }
        let id = ask();
        cell.set(RecentSite {
            file,
            line,
            column,
            id,
        });
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polls_nest_like_a_stack() {
        let thread = Thread::new();
        assert_eq!(thread.current(), 0);
        thread.enter(1, 0, 0, false);
        thread.enter(2, 0, 1, false);
        assert_eq!(thread.current(), 2);
        thread.leave(2, 2);
        assert_eq!(thread.current(), 1);
        thread.leave(1, 3);
        assert_eq!(thread.current(), 0);
    }

    #[test]
    fn polls_may_end_out_of_order() {
        let thread = Thread::new();
        thread.enter(1, 0, 0, false);
        thread.enter(2, 0, 1, false);
        thread.leave(1, 2);
        assert_eq!(thread.current(), 2);
        thread.leave(7, 3);
        assert_eq!(thread.current(), 2);
        thread.leave(2, 4);
        assert_eq!(thread.current(), 0);
    }

    #[test]
    fn too_deep_counts_as_outside() {
        let thread = Thread::new();
        for task in 1..=2 * DEEPEST as u64 {
            thread.enter(task, 0, 0, false);
        }
        assert_eq!(thread.current(), 0);
        for task in (1..=2 * DEEPEST as u64).rev() {
            thread.leave(task, 0);
        }
        assert_eq!(thread.current(), 0);
        thread.enter(5, 0, 0, false);
        assert_eq!(thread.current(), 5);
    }

    /// The ending of task 1 after a poll until 200 and a drop from `dropped` on.
    fn ending(thread: &Thread, dropped: u64, waker_held: bool, panicking: bool) -> Ending {
        thread.enter(1, 0, 100, true);
        thread.leave(1, 200);
        thread.enter(1, 0, dropped, waker_held);
        thread.leave(1, dropped + 10);
        thread.ending(1, panicking)
    }

    #[test]
    fn a_future_dropped_right_after_a_poll_has_finished() {
        let thread = Thread::new();
        assert_eq!(ending(&thread, 210, false, false), Ending::Finished);
        assert_eq!(ending(&thread, 210, true, false), Ending::Unknown);
        assert_eq!(thread.ending(2, false), Ending::Unknown);
    }

    #[test]
    fn time_between_leaves_it_open() {
        let thread = Thread::new();
        assert_eq!(
            ending(&thread, 201 + AT_ONCE, false, false),
            Ending::Unknown
        );
        assert_eq!(
            ending(&thread, 201 + APART, false, false),
            Ending::Cancelled
        );
    }

    #[test]
    fn unwinding_may_take_its_time() {
        let thread = Thread::new();
        assert_eq!(ending(&thread, 210, true, true), Ending::Panicked);
        assert_eq!(ending(&thread, 201 + AT_ONCE, true, true), Ending::Panicked);
        assert_eq!(ending(&thread, 201 + APART, true, true), Ending::Cancelled);
    }

    #[test]
    fn another_poll_between_shows_that_it_was_cancelled() {
        let thread = Thread::new();
        thread.enter(1, 0, 100, true);
        thread.leave(1, 200);
        thread.enter(2, 0, 201, true);
        thread.leave(2, 202);
        thread.enter(1, 0, 203, false);
        thread.leave(1, 204);
        assert_eq!(thread.ending(1, false), Ending::Cancelled);
    }

    #[test]
    fn a_task_polled_inside_a_scope_is_not_in_it() {
        let thread = Thread::new();
        thread.enter(1, 0, 0, false);
        let before = thread.enter_scope(7);
        assert_eq!(thread.scope(), Some(7));
        thread.enter(2, 0, 1, false);
        assert_eq!(thread.scope(), None);
        let inside = thread.enter_scope(8);
        assert_eq!(thread.scope(), Some(8));
        thread.leave_scope(inside);
        thread.leave(2, 2);
        assert_eq!(thread.scope(), Some(7));
        thread.leave_scope(before);
        assert_eq!(thread.scope(), None);
    }

    #[test]
    fn a_site_is_asked_for_once() {
        let thread = Thread::new();
        let asked = Cell::new(0);
        let ask = || {
            asked.set(asked.get() + 1);
            7
        };
        assert_eq!(thread.site((8, 1, 2), |_| true, ask), 7);
        let ask = || {
            asked.set(asked.get() + 1);
            7
        };
        assert_eq!(thread.site((8, 1, 2), |id| id == 7, ask), 7);
        assert_eq!(asked.get(), 1);
    }
}
