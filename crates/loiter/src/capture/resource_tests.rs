//! What a real runtime tells of its locks, semaphores and timers.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use loiter_model::{AsyncOp, Resource, State, TaskSeq, query::Labels};
use tokio::{
    runtime,
    sync::{Barrier, Mutex, RwLock, Semaphore, mpsc, oneshot},
    task::yield_now,
    time,
};
use tracing_core::{Dispatch, dispatcher};
use tracing_subscriber::prelude::*;

use super::LoiterSubscriber;
use crate::{clock::Clock, resources::Reading, table::Table, thread::Thread};

fn table(most: u32) -> Arc<Table> {
    let mut table = Table::new(Clock::start(), 10_000, 100);
    table.track_resources(most);
    Arc::new(table)
}

/// Runs in a task of a runtime that is watched.
fn run<F>(table: &Arc<Table>, program: F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let subscriber = LoiterSubscriber::new(table.clone(), None);
    dispatcher::with_default(&Dispatch::new(subscriber), || {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async { tokio::spawn(program).await.expect("no panic") });
    });
}

fn read(table: &Table) -> Reading {
    table.resources().expect("tracked").read(table.now())
}

/// Without those of the runtime itself.
fn all(table: &Table) -> Vec<Resource> {
    let is_programs = |resource: &&Resource| {
        let site = table.site(resource.site);
        site.is_none_or(|site| !site.file.contains("tokio-1"))
    };
    let reading = read(table);
    let resources = reading.resources().iter();
    resources.filter(is_programs).cloned().collect()
}

/// The only resource that the program made itself.
fn only(table: &Table) -> Resource {
    let mut all = all(table)
        .into_iter()
        .filter(|resource| !resource.is_internal);
    let resource = all.next().expect("one is there");
    assert_eq!(all.next(), None);
    resource
}

fn attributes(resource: &Resource) -> String {
    let texts: Vec<_> = resource
        .attributes
        .iter()
        .map(ToString::to_string)
        .collect();
    texts.join(" ")
}

fn ops(table: &Table, of: &Resource) -> Vec<AsyncOp> {
    read(table).ops_of(of.seq).iter().cloned().collect()
}

/// The number of the task that asks.
fn me() -> TaskSeq {
    TaskSeq::new(Thread::with(Thread::current)).expect("inside a task")
}

/// Polls a future once, which must then wait.
async fn begin(future: &mut (impl Future + Unpin)) {
    poll_fn(|cx| {
        let mut future = std::pin::Pin::new(&mut *future);
        assert!(future.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
}

#[test]
fn a_mutex_says_who_holds_it_and_who_waits() {
    let table = table(100);
    let seen = table.clone();
    let above = line!();
    run(&table, async move {
        let lock = Arc::new(Mutex::new(0));
        let resource = only(&seen);
        assert_eq!(
            (&*resource.kind, &*resource.concrete_type),
            ("Sync", "Mutex")
        );
        let site = seen.site(resource.site).expect("known");
        assert!(site.file.ends_with("capture/resource_tests.rs"), "{site}");
        assert!((above..line!()).contains(&site.line), "{site}");
        assert_eq!(attributes(&resource), "locked=false");
        let inside = all(&seen).remove(1);
        assert_eq!(inside.parent, Some(resource.seq));
        assert!(inside.is_internal);
        assert_eq!(attributes(&inside), "permits=1");

        let guard = lock.lock().await;
        let waiter = tokio::spawn({
            let lock = lock.clone();
            async move {
                let _guard = lock.lock_owned().await;
                me()
            }
        });
        yield_now().await;
        let resource = only(&seen);
        assert_eq!(attributes(&resource), "locked=true");
        assert_eq!(resource.holders, [me()]);
        let [waits] = resource.waiters[..] else {
            panic!("{resource:?}");
        };
        let ops = ops(&seen, &resource);
        let [op] = &ops[..] else { panic!("{ops:?}") };
        assert_eq!((&*op.source, op.task), ("Mutex::lock_owned", Some(waits)));
        assert_eq!((op.state, op.polls), (State::Idle, 1));
        let inside = all(&seen).remove(1);
        assert_eq!(
            (&inside.waiters[..], inside.holders.len()),
            (&[waits][..], 0)
        );
        let reading = read(&seen);
        let op = reading.ops_of(inside.seq).iter().next().expect("is there");
        assert_eq!((&*op.source, op.parent), ("Acquire::new", Some(ops[0].seq)));

        drop(guard);
        assert_eq!(waiter.await.expect("no panic"), waits);
        let resource = only(&seen);
        assert_eq!(attributes(&resource), "locked=false");
        assert!(resource.holders.is_empty() && resource.waiters.is_empty());
        assert!(lock.try_lock().is_ok_and(|_guard| {
            assert_eq!(only(&seen).holders, [me()]);
            true
        }));
        assert!(only(&seen).holders.is_empty());
        drop(lock);
    });
    assert!(all(&table).is_empty());
}

#[test]
fn a_rwlock_tells_readers_from_the_writer() {
    let table = table(100);
    let seen = table.clone();
    run(&table, async move {
        let lock = RwLock::new(());
        let (first, second) = (lock.read().await, lock.read().await);
        let resource = only(&seen);
        let shown = attributes(&resource);
        assert!(
            shown.ends_with("write_locked=false current_readers=2"),
            "{shown}"
        );
        assert_eq!(resource.holders, [me(), me()]);
        {
            let mut write = pin!(lock.write());
            begin(&mut write).await;
            assert_eq!(only(&seen).waiters, [me()]);
        }
        assert!(only(&seen).waiters.is_empty());
        drop((first, second));
        let write = lock.write().await;
        let resource = only(&seen);
        let shown = attributes(&resource);
        assert!(
            shown.ends_with("write_locked=true current_readers=0"),
            "{shown}"
        );
        assert_eq!(resource.holders, [me()]);
        let read = write.downgrade();
        assert_eq!(only(&seen).holders, [me()]);
        drop(read);
        assert!(only(&seen).holders.is_empty());
    });
}

#[test]
fn a_semaphore_counts_its_permits() {
    let table = table(100);
    let seen = table.clone();
    run(&table, async move {
        let semaphore = Semaphore::new(3);
        assert_eq!(attributes(&only(&seen)), "permits=3");
        let two = semaphore.acquire_many(2).await.expect("open");
        let one = semaphore.acquire().await.expect("open");
        let resource = only(&seen);
        assert_eq!(attributes(&resource), "permits=0");
        assert_eq!(resource.holders, [me(), me()]);
        let mut third = pin!(semaphore.acquire_many(2));
        begin(&mut third).await;
        let resource = only(&seen);
        assert_eq!((resource.waiters, resource.holders.len()), (vec![me()], 2));
        // Given to whoever waits: one permit is not enough for it.
        drop(one);
        let resource = only(&seen);
        assert_eq!((resource.waiters.len(), resource.holders), (1, vec![me()]));
        drop(two);
        let third = third.await.expect("open");
        let resource = only(&seen);
        assert_eq!(
            (attributes(&resource).as_str(), resource.holders.len()),
            ("permits=1", 1)
        );
        assert!(resource.waiters.is_empty());
        drop(third);
        let resource = only(&seen);
        assert_eq!(
            (attributes(&resource).as_str(), resource.holders.len()),
            ("permits=3", 0)
        );
    });
}

#[test]
fn barriers_channels_and_timers_say_who_waits() {
    let table = table(100);
    let seen = table.clone();
    run(&table, async move {
        let barrier = Barrier::new(2);
        {
            let mut wait = pin!(barrier.wait());
            begin(&mut wait).await;
            let resource = only(&seen);
            assert_eq!(attributes(&resource), "size=2 arrived=1");
            assert_eq!(
                (&*resource.concrete_type, resource.waiters),
                ("Barrier", vec![me()])
            );
        }
        drop(barrier);

        let (sender, mut receiver) = oneshot::channel::<()>();
        begin(&mut receiver).await;
        let resource = only(&seen);
        assert_eq!(
            (&*resource.concrete_type, &resource.waiters[..]),
            ("Sender|Receiver", &[me()][..])
        );
        drop(sender);
        assert!(receiver.await.is_err());
        assert!(all(&seen).is_empty());

        {
            let mut sleep = pin!(time::sleep(Duration::from_secs(3600)));
            let resource = only(&seen);
            assert_eq!(
                (&*resource.kind, &*resource.concrete_type),
                ("timer", "Sleep")
            );
            assert!(resource.waiters.is_empty());
            begin(&mut sleep).await;
            let resource = only(&seen);
            assert_eq!(resource.waiters, [me()]);
            assert_eq!(resource.attributes[0].unit.as_deref(), Some("ms"));
            assert_eq!(ops(&seen, &resource)[0].polls, 1);
        }

        let mut ticks = time::interval(Duration::from_secs(3600));
        ticks.tick().await;
        {
            let mut tick = pin!(ticks.tick());
            begin(&mut tick).await;
            let reading = read(&seen);
            let waited_for = reading
                .resources()
                .iter()
                .filter(|resource| resource.waiters == [me()])
                .map(|resource| &*resource.concrete_type);
            assert_eq!(waited_for.collect::<Vec<_>>(), ["Interval", "Sleep"]);
        }
        drop(ticks);

        // A channel's room is no lock: its messages hold it, not the tasks that sent them.
        let (sender, _receiver) = mpsc::channel(1);
        sender.send(()).await.expect("room");
        let room = all(&seen).remove(0);
        assert!(room.is_internal && room.parent.is_none() && room.holders.is_empty());
        let mut full = pin!(sender.send(()));
        begin(&mut full).await;
        assert_eq!(all(&seen)[0].waiters, [me()]);
    });
}

#[test]
fn a_guard_dropped_elsewhere_is_given_back() {
    let table = table(100);
    let seen = table.clone();
    run(&table, async move {
        let lock = Arc::new(Mutex::new(()));
        let guard = lock.clone().lock_owned().await;
        let (given, take) = oneshot::channel::<()>();
        let other = tokio::spawn(async move {
            let _guard = guard;
            let _ = take.await;
        });
        yield_now().await;
        // As far as is known: tokio does not tell that it was handed on.
        assert_eq!(all(&seen)[0].holders, [me()]);
        drop(given);
        other.await.expect("no panic");
        assert!(only(&seen).holders.is_empty());
    });
}

#[test]
fn beyond_the_limit_is_counted() {
    // The runtime has a channel of its own, and a receive from it.
    let table = table(4);
    let seen = table.clone();
    run(&table, async move {
        let first = Mutex::new(());
        let second = Mutex::new(());
        let _guards = (first.lock().await, second.lock().await);
        assert_eq!(all(&seen).len(), 2);
        let resources = seen.resources().expect("tracked");
        assert_eq!(resources.untracked(), 2);
        assert!(resources.untracked_ops() > 0);
        assert_eq!(only(&seen).holders, [me()]);
    });
    assert!(all(&table).is_empty());
}

#[test]
fn the_applications_layers_see_tokios_resources_only_when_they_are_not_taken() {
    let told = |tracked: bool| {
        let names = Arc::new(std::sync::Mutex::new(Vec::new()));
        let noted = names.clone();
        let layer = tracing_subscriber::fmt::layer()
            .with_writer(std::io::sink)
            .with_filter(tracing_subscriber::filter::dynamic_filter_fn(
                move |metadata, _| {
                    let mut names = noted.lock().expect("not poisoned");
                    names.push((metadata.name().to_owned(), metadata.target().to_owned()));
                    true
                },
            ));
        let mut table = Table::new(Clock::start(), 100, 10);
        if tracked {
            table.track_resources(100);
        }
        let inner: Box<dyn tracing_core::Subscriber + Send + Sync> =
            Box::new(tracing_subscriber::registry().with(layer));
        let subscriber = LoiterSubscriber::new(Arc::new(table), Some(inner));
        dispatcher::with_default(&Dispatch::new(subscriber), || {
            let runtime = runtime::Builder::new_current_thread()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let lock = Mutex::new(());
                let _guard = lock.lock().await;
                let span = tracing::info_span!("the program's own");
                span.in_scope(|| tracing::info!("inside"));
            });
        });
        let names = names.lock().expect("not poisoned");
        assert!(names.iter().any(|(name, _)| name == "the program's own"));
        let of_resources = |(name, target): &&(String, String)| {
            name.starts_with("runtime.resource") || target.starts_with("runtime::resource")
        };
        names.iter().filter(of_resources).count()
    };
    assert!(told(false) > 0);
    assert_eq!(told(true), 0);
}
