//! Wrapped futures polled by hand: no runtime, so that Miri can follow every pointer.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, Wake, Waker},
    thread,
};

use loiter_model::{Ending, Task};

use super::watched::FutureExt as _;
use crate::{clock::Clock, recording, table::Table};

/// The one table of this process, and the right to be the only test that uses it.
fn table() -> (&'static Table, MutexGuard<'static, ()>) {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    recording::start(Arc::new(Table::new(Clock::start(), 100, 100)), false);
    (recording::table().expect("just started"), alone)
}

/// Stands for the runtime: counts how often the task is woken.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

impl Woken {
    /// A waker as a runtime's: its clones have the same table of functions, by address. That of
    /// a fresh one may stand elsewhere.
    fn waker(self: &Arc<Self>) -> Waker {
        #[allow(clippy::redundant_clone, reason = "see above")]
        Waker::from(self.clone()).clone()
    }
}

/// A leaf that stores the waker it is polled with, unless it has one of the same task.
#[derive(Clone, Default)]
struct Leaf(Arc<Mutex<Option<Waker>>>);

impl Leaf {
    fn wait(&self) -> impl Future<Output = ()> {
        let stored = self.0.clone();
        let mut registered = false;
        poll_fn(move |context| {
            let mut stored = stored.lock().expect("no panic");
            if registered && stored.is_none() {
                return Poll::Ready(());
            }
            match &mut *stored {
                Some(waker) => waker.clone_from(context.waker()),
                None => *stored = Some(context.waker().clone()),
            }
            registered = true;
            Poll::Pending
        })
    }

    fn take(&self) -> Waker {
        let waker = self.0.lock().expect("no panic").take();
        waker.expect("registered")
    }
}

/// The only task that is alive.
fn only(table: &Table) -> (u32, Task) {
    let mut found = Vec::new();
    table.visit_indexed(0..1, |index, task| found.push((index, *task)));
    assert_eq!(found.len(), 1, "{found:?}");
    found[0]
}

fn poll<F: Future>(future: Pin<&mut F>, waker: &Waker) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(waker))
}

#[test]
fn wakers_count_and_pass_on() {
    let (table, _alone) = table();
    let runtime = Arc::new(Woken::default());
    let waker = runtime.waker();
    let leaf = Leaf::default();
    {
        let mut task = pin!(leaf.wait().watched("task"));
        assert!(poll(task.as_mut(), &waker).is_pending());
        assert_eq!(only(table).1.live_wakers, 1);

        let stored = leaf
            .0
            .lock()
            .expect("no panic")
            .clone()
            .expect("registered");
        assert_eq!(only(table).1.live_wakers, 2);
        // From another thread, and by value.
        thread::spawn(move || stored.wake())
            .join()
            .expect("no panic");
        assert_eq!((runtime.0.load(Relaxed), only(table).1.wakes), (1, 1));
        assert_eq!(only(table).1.live_wakers, 1);

        leaf.take().wake_by_ref();
        assert_eq!((runtime.0.load(Relaxed), only(table).1.wakes), (2, 2));
        assert_eq!(only(table).1.live_wakers, 0);
        assert!(poll(task.as_mut(), &waker).is_ready());
    }
    let mut endings = Vec::new();
    table.settle();
    table.visit_ended(|task| endings.push(task.ending));
    assert_eq!(endings.first(), Some(&Some(Ending::Finished)));
    assert_eq!(
        Arc::strong_count(&runtime),
        2,
        "the kept waker is given back"
    );
}

#[test]
fn a_waker_may_outlive_its_task() {
    let (table, _alone) = table();
    let runtime = Arc::new(Woken::default());
    let waker = runtime.waker();
    let leaf = Leaf::default();
    {
        let mut task = pin!(leaf.wait().watched(""));
        assert!(poll(task.as_mut(), &waker).is_pending());
    }
    let late = leaf.take();
    let other = late.clone();
    late.wake();
    // The slot is taken still, though its task is gone.
    let mut alive = 0;
    table.visit(0..1, |_| alive += 1);
    assert_eq!((alive, runtime.0.load(Relaxed)), (0, 1));
    drop(other);
    assert_eq!(
        Arc::strong_count(&runtime),
        2,
        "the kept waker is given back"
    );
}

#[test]
fn a_look_notes_where_and_changes_nothing() {
    let (table, _alone) = table();
    let runtime = Arc::new(Woken::default());
    let waker = runtime.waker();
    let leaf = Leaf::default();
    let mut task = Box::pin(leaf.wait().watched(""));
    assert!(poll(task.as_mut(), &waker).is_pending());
    let (index, before) = only(table);

    assert!(table.ask(index, before.seq.get()));
    assert!(!table.ask(index, before.seq.get()), "it was asked already");
    assert_eq!(runtime.0.load(Relaxed), 1, "the runtime shall poll it");
    assert!(poll(task.as_mut(), &waker).is_pending());

    assert!(table.take_in(), "it looked");
    // Miri has no code at an address that could be looked up.
    if cfg!(not(miri)) {
        table.waits().read_all();
    }
    let (_, after) = only(table);
    assert_eq!((after.polls, after.wakes, after.live_wakers), (1, 0, 1));
    if cfg!(not(miri)) {
        let wait = after.wait.expect("known");
        let wait = table.waits().get(wait.0).expect("kept");
        assert_eq!(wait.stack.branches.len(), 1);
    }

    // What the leaf has now is the task's usual waker.
    leaf.take().wake();
    assert_eq!((runtime.0.load(Relaxed), only(table).1.wakes), (2, 1));
    assert!(poll(task.as_mut(), &waker).is_ready());
    assert!(!table.take_in());
}

#[test]
fn a_future_that_moves_to_another_task_is_still_woken() {
    let (table, _alone) = table();
    let [first, second] = [(); 2].map(|()| Arc::new(Woken::default()));
    let leaf = Leaf::default();
    let mut task = Box::pin(leaf.wait().watched(""));
    assert!(poll(task.as_mut(), &first.waker()).is_pending());
    assert!(poll(task.as_mut(), &second.waker()).is_pending());
    leaf.take().wake();
    assert_eq!((first.0.load(Relaxed), second.0.load(Relaxed)), (0, 1));
    assert_eq!(only(table).1.polls, 2);
}
