//! The slot protocol under every interleaving that loom finds: the crate's own source files,
//! compiled over loom's atomics.

#![cfg(feature = "agent")]
#![allow(dead_code, missing_docs, unreachable_pub)]

#[path = "../src/table/slab.rs"]
mod slab;
#[path = "../src/table/slot/mod.rs"]
mod slot;

/// What the files take from their crate.
mod sync {
    pub(crate) use loom::sync::atomic;

    pub(crate) const PAGE: usize = 2;
}

use loom::{
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicU32,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
    thread,
};
use slab::Slab;
use slot::{Birth, Held, Phase, Slot, reading::Reading};

fn born(seq: u64) -> Slot {
    let slot = Slot::new(0);
    slot.begin(&birth(seq));
    slot
}

/// One whose first poll, from 110 to 120, left it idle.
fn idle() -> Arc<Slot> {
    let slot = Arc::new(born(1));
    slot.poll_start(110);
    slot.poll_end(120);
    slot
}

fn read(slot: &Slot) -> Reading {
    slot.read().expect("in use")
}

/// A thread that wakes the slot's task, inside task `by`.
fn wakes(slot: &Arc<Slot>, at: u64, by: u64) -> thread::JoinHandle<()> {
    let slot = slot.clone();
    thread::spawn(move || slot.wake(|| at, by))
}

fn birth(seq: u64) -> Birth {
    Birth {
        seq,
        at: 100 * seq,
        tokio_id: 10 * seq,
        site: seq as u32,
        kind: seq as u32,
        ..Birth::default()
    }
}

#[test]
fn a_wake_during_a_poll_schedules_the_task_again() {
    loom::model(|| {
        let slot = Arc::new(born(1));
        let started = Arc::new(AtomicBool::new(false));
        let waker = {
            let (slot, started) = (slot.clone(), started.clone());
            thread::spawn(move || {
                let in_poll_or_after = started.load(Acquire);
                slot.wake(|| 120, 0);
                in_poll_or_after
            })
        };
        slot.poll_start(110);
        started.store(true, Release);
        assert!(slot.poll_end(130).is_some());

        let must_run_again = waker.join().expect("no panic");
        let reading = read(&slot);
        assert_eq!(reading.wakes, 1);
        match reading.phase {
            Phase::Scheduled => {}
            // The wake and the one that led to the poll were one.
            Phase::Idle => assert!(!must_run_again),
            other => panic!("neither polled nor woken: {other:?}"),
        }
    });
}

#[test]
fn two_wakes_of_an_idle_task_end_its_wait_once() {
    loom::model(|| {
        let slot = idle();
        let waker = wakes(&slot, 130, 0);
        slot.wake(|| 140, 0);
        waker.join().expect("no panic");
        let reading = read(&slot);
        assert_eq!((reading.phase, reading.wakes), (Phase::Scheduled, 2));
        // The wait ended with whichever came first, once.
        slot.poll_start(150);
        let polled = slot.poll_end(160).expect("it was running");
        assert_eq!(
            polled.waited.zip(polled.scheduled).map(|(w, s)| w + s),
            Some(30)
        );
        assert!(matches!(polled.waited, Some(10 | 20)), "{polled:?}");
    });
}

#[test]
fn two_wakers_are_never_taken_for_one() {
    loom::model(|| {
        let slot = idle();
        let waker = wakes(&slot, 130, 7);
        slot.wake(|| 140, 8);
        waker.join().expect("no panic");
        let reading = read(&slot);
        assert!(matches!(reading.woken_by, 7 | 8), "{reading:?}");
        assert!(!reading.sole_waker);
    });
}

#[test]
fn one_waker_is_the_sole_one() {
    loom::model(|| {
        let slot = born(1);
        assert_eq!(read(&slot).woken_by, 0);
        for _ in 0..2 {
            slot.wake(|| 130, 7);
            let reading = read(&slot);
            assert_eq!((reading.woken_by, reading.sole_waker), (7, true));
        }
        slot.wake(|| 140, 0);
        let reading = read(&slot);
        assert_eq!((reading.woken_by, reading.sole_waker), (0, false));
    });
}

#[test]
fn a_poll_that_a_wake_runs_into_counts_it_or_leaves_it() {
    loom::model(|| {
        let slot = idle();
        // A block_on root is polled without a wake, or a future is dropped, while one arrives.
        let waker = wakes(&slot, 130, 0);
        slot.poll_start(140);
        slot.poll_end(150);
        waker.join().expect("no panic");
        let reading = read(&slot);
        assert!(matches!(reading.phase, Phase::Idle | Phase::Scheduled));
        assert_eq!(reading.polls, 2);
    });
}

#[test]
fn the_last_holder_frees_the_slot_and_nobody_else() {
    loom::model(|| {
        let slot = Arc::new(born(1));
        slot.waker_cloned();
        let waker = {
            let slot = slot.clone();
            thread::spawn(move || {
                slot.wake(|| 120, 0);
                slot.waker_gone() == Held::NoMore
            })
        };
        slot.end(130);
        let by_span = slot.span_dropped() == Held::NoMore;
        let by_waker = waker.join().expect("no panic");
        assert!(by_span != by_waker);
    });
}

#[test]
fn a_waker_that_was_not_seen_to_be_cloned_takes_nothing_away() {
    loom::model(|| {
        let slot = Arc::new(born(1));
        slot.waker_cloned();
        let unseen = {
            let slot = slot.clone();
            thread::spawn(move || slot.waker_gone())
        };
        let seen = slot.waker_gone();
        assert_eq!(
            (seen, unseen.join().expect("no panic")),
            (Held::Yes, Held::Yes)
        );
        assert_eq!(read(&slot).live_wakers, 0);
        assert_eq!(slot.span_dropped(), Held::NoMore);
    });
}

#[test]
fn a_reader_never_mixes_two_tasks() {
    loom::model(|| {
        let slot = Arc::new(born(1));
        let reader = {
            let slot = slot.clone();
            thread::spawn(move || {
                // Two words stand for all: loom tries every value that each load may see.
                if let Some((seq, (site, kind))) = slot.guarded(|slot| (slot.site(), slot.kind())) {
                    assert_eq!(u64::from(site), seq);
                    assert_eq!(u64::from(kind), seq);
                }
            })
        };
        slot.end(150);
        slot.span_dropped();
        slot.vacate();
        slot.begin(&birth(2));
        reader.join().expect("no panic");
    });
}

#[test]
fn a_slot_has_one_owner_at_a_time() {
    let mut model = loom::model::Builder::new();
    // Two switches of the thread at the wrong moment are what a stale head needs.
    model.preemption_bound = Some(2);
    model.check(|| {
        let slab = Arc::new(Slab::new(3));
        // The page is allocated through a std cell, whose ordering loom cannot see.
        let all = [slab.take(), slab.take(), slab.take()];
        for (index, slot) in all.into_iter().flatten() {
            slab.give_back(index, slot);
        }
        let owned: Arc<[AtomicU32; 3]> = Arc::new(Default::default());
        let own = |index: u32, owned: &[AtomicU32; 3]| {
            assert_eq!(owned[index as usize].swap(1, Relaxed), 0, "taken twice");
        };

        let other = {
            let (slab, owned) = (slab.clone(), owned.clone());
            // Takes the first two and returns the first, whose successor is now another.
            thread::spawn(move || {
                let first = slab.take();
                if let Some((index, _)) = slab.take() {
                    own(index, &owned);
                }
                if let Some((index, slot)) = first {
                    slab.give_back(index, slot);
                }
            })
        };
        for _ in 0..2 {
            if let Some((index, _)) = slab.take() {
                own(index, &owned);
            }
        }
        other.join().expect("no panic");
    });
}

#[test]
fn a_full_slab_says_so() {
    loom::model(|| {
        let slab = Slab::new(1);
        let (index, slot) = slab.take().expect("one");
        assert!(slab.take().is_none());
        slab.give_back(index, slot);
        assert_eq!(slab.take().expect("one again").0, index);
    });
}

/// A runtime's waker that says when it is used after its end.
struct Runtimes {
    alive: AtomicBool,
    woken: AtomicU32,
}

impl std::task::Wake for Runtimes {
    fn wake(self: std::sync::Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &std::sync::Arc<Self>) {
        assert!(self.alive.load(Relaxed), "woken after it was given back");
        self.woken.fetch_add(1, Relaxed);
    }
}

/// What the agent's thread does to ask a task, against what frees its slot.
#[test]
fn a_task_is_asked_only_while_its_waker_is_kept() {
    loom::model(|| {
        let slot = Arc::new(born(1));
        let waker = std::sync::Arc::new(Runtimes {
            alive: AtomicBool::new(true),
            woken: AtomicU32::new(0),
        });
        slot.keep_waker(waker.clone().into());
        // Whoever finds that nothing holds the slot any more gives the waker back.
        let free = |slot: &Slot, kept: &Runtimes| {
            kept.alive.store(false, Relaxed);
            drop(slot.take_waker().expect("kept until now"));
            slot.vacate();
        };
        let agent = {
            let (slot, waker) = (slot.clone(), waker.clone());
            thread::spawn(move || {
                if !slot.hold(1) {
                    return;
                }
                if slot.seq() == 1
                    && let Some((data, vtable)) = slot.kept_waker()
                {
                    // SAFETY: the halves of a waker that the slot keeps while it is held.
                    let kept = unsafe { std::task::Waker::new(data, vtable) };
                    std::mem::ManuallyDrop::new(kept).wake_by_ref();
                }
                if slot.let_go() == Held::NoMore {
                    free(&slot, &waker);
                }
            })
        };
        slot.end_after_poll(120);
        if slot.span_dropped() == Held::NoMore {
            free(&slot, &waker);
        }
        agent.join().expect("no panic");
        assert!(!waker.alive.load(Relaxed), "given back");
        assert_eq!(std::sync::Arc::strong_count(&waker), 1, "once");
    });
}

/// A look that only looked leaves the wait as it was, unless a wake comes.
#[test]
fn a_look_leaves_the_wait_or_a_wake_takes_it() {
    loom::model(|| {
        let slot = idle();
        assert!(slot.ask());
        let waker = wakes(&slot, 150, 0);
        slot.poll_start(140);
        let looks = slot.shall_look();
        slot.poll_end(160);
        waker.join().expect("no panic");
        let reading = read(&slot);
        assert_eq!(reading.wakes, 1, "{reading:?}");
        match reading.phase {
            // The wake came before the poll, which was then an ordinary one, or in it.
            Phase::Idle => assert!(!looks, "a wake got lost"),
            Phase::Scheduled => assert!(reading.polls <= 2, "{reading:?}"),
            other => panic!("neither idle nor woken: {other:?}"),
        }
    });
}

/// Two who ask at a time get one look, which leaves no trace.
#[test]
fn a_look_under_way_is_not_asked_for_again() {
    loom::model(|| {
        let slot = idle();
        assert!(slot.ask());
        let other = {
            let slot = slot.clone();
            thread::spawn(move || slot.ask())
        };
        slot.poll_start(140);
        assert!(slot.shall_look(), "it was asked before the poll");
        slot.poll_end(160);
        let asked_again = other.join().expect("no panic");
        let reading = read(&slot);
        assert_eq!((reading.phase, reading.since), (Phase::Idle, 120));
        assert_eq!(reading.polls, 1, "asked again: {asked_again}");
    });
}
