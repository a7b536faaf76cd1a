//! Which task is which, within a connection and from one to the next.

use console_api::tasks::Stats;
use loiter_model::{Nanos, State};

use super::{Peer, at, idle, new_task, secs, tasks};

#[test]
fn a_span_that_is_used_again_is_another_task() {
    let mut peer = Peer::new(tasks(3.0, vec![new_task(7, "first")], [(7, idle())]));
    let second = Stats {
        created_at: at(30.0),
        ..Stats::default()
    };
    peer.take(tasks(31.0, vec![new_task(7, "second")], [(7, second)]));
    let told = peer.tasks();
    let states: Vec<_> = told
        .iter()
        .map(|task| (task.seq.get(), task.state))
        .collect();
    assert_eq!(states, [(1, State::Ended), (2, State::Scheduled)]);
    assert_eq!(peer.translator.span_of(told[1].seq), Some(7));
}

#[test]
fn numbers_are_given_in_the_order_of_spawns_and_kept_on_the_next_connection() {
    let made = |seconds| Stats {
        created_at: at(seconds),
        ..idle()
    };
    let new = || vec![new_task(1, "late"), new_task(2, "early")];
    let stats = [(1, made(1.5)), (2, made(0.5))];
    let peer = Peer::new(tasks(5.0, new(), stats));
    let spawned =
        |peer: &Peer| -> Vec<Nanos> { peer.tasks().iter().map(|task| task.spawned_at).collect() };
    assert_eq!(spawned(&peer), [secs(0.0), secs(1.0)]);
    let run = peer.translator.run();

    // The first task is gone, there is a new one.
    let mut new = new();
    new.remove(1);
    new.push(new_task(3, "new"));
    let stats = [(1, made(1.5)), (3, made(7.0))];
    let peer = Peer::again(peer.translator, tasks(9.0, new, stats));
    let seqs: Vec<_> = peer.tasks().iter().map(|task| task.seq.get()).collect();
    assert_eq!(seqs, [2, 3]);
    assert_eq!(spawned(&peer), [secs(1.0), secs(6.5)]);
    assert_eq!(peer.translator.run(), run);

    // Another process, whose spans have the same ids.
    let stats = [(1, made(50.0))];
    let peer = Peer::again(peer.translator, tasks(60.0, vec![new_task(1, "")], stats));
    assert_eq!(peer.only().seq.get(), 4);
    assert_eq!(peer.only().spawned_at, Nanos::ZERO);
    assert_ne!(peer.translator.run(), run);
}
