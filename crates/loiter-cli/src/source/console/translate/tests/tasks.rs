//! What is made of what is told of tasks.

use console_api::{
    PollStats,
    instrument::Update,
    tasks::{Stats, TaskUpdate},
};
use loiter_model::{
    Kind, Nanos, State,
    finding::{Certainty, FindingKind, RuleSettings, Rules},
    query::{Filter, Labels, Sort, TaskColumn, TaskQuery, Window},
};

use super::{Peer, at, idle, lasting, new_task, secs, tasks};

#[test]
fn a_task_is_what_was_told_of_it() {
    let peer = Peer::new(tasks(13.0, vec![new_task(7, "worker")], [(7, idle())]));
    let task = peer.only();
    assert_eq!(task.kind, Kind::Task);
    assert_eq!(task.tokio_id.map(|id| id.get()), Some(70));
    let name = peer.picture.name(task.name.expect("a name"));
    assert_eq!(name.as_deref(), Some("worker"));
    let site = peer.picture.site(task.site).expect("a site");
    assert_eq!(site.to_string(), "src/main.rs:7:5");
    // Its time begins with the first task.
    assert_eq!(task.spawned_at, Nanos::ZERO);
    assert_eq!((task.state, task.in_state), (State::Idle, secs(10.5)));
    assert_eq!(
        (task.total, task.busy, task.scheduled),
        (secs(12.0), secs(0.5), secs(1.0))
    );
    assert_eq!((task.polls, task.wakes, task.live_wakers), (1, 1, 1));
    assert_eq!(task.longest_poll, secs(0.5));
    assert_eq!(peer.translator.origin(), Nanos::from_secs(1001));
    assert_eq!(peer.translator.span_of(task.seq), Some(7));
}

#[test]
fn what_is_under_way_counts() {
    let running = Stats {
        poll_stats: Some(PollStats {
            polls: 2,
            last_poll_started: at(5.0),
            ..idle().poll_stats.expect("polls")
        }),
        ..idle()
    };
    let mut peer = Peer::new(tasks(9.0, vec![new_task(7, "")], [(7, running)]));
    let task = peer.only();
    assert_eq!((task.state, task.in_state), (State::Running, secs(4.0)));
    assert_eq!((task.busy, task.polls, task.name), (secs(4.5), 2, None));

    let woken = Stats {
        last_wake: at(4.0),
        ..idle()
    };
    peer.take(tasks(10.0, vec![], [(7, woken)]));
    let task = peer.only();
    assert_eq!((task.state, task.in_state), (State::Scheduled, secs(6.0)));
    assert_eq!(task.scheduled, secs(7.0));
    // Nothing is told of it: nothing happened.
    peer.take(tasks(11.0, vec![], []));
    assert_eq!(peer.only().in_state, secs(7.0));
}

#[test]
fn an_end_leaves_out_what_the_drop_added() {
    let mut peer = Peer::new(tasks(5.0, vec![new_task(7, "")], [(7, idle())]));
    // Aborted after a long wait: the drop entered the span once more, and the wait of 17.5 s
    // counts as one for a worker.
    let dropped = Stats {
        dropped_at: at(20.0),
        scheduled_time: lasting(17.5),
        poll_stats: Some(PollStats {
            polls: 2,
            last_poll_started: at(20.0),
            last_poll_ended: at(20.0),
            ..idle().poll_stats.expect("polls")
        }),
        ..idle()
    };
    peer.take(tasks(21.0, vec![], [(7, dropped)]));
    let task = peer.only();
    assert_eq!((task.state, task.polls), (State::Ended, 1));
    assert_eq!((task.total, task.scheduled), (secs(19.0), secs(1.0)));
    assert_eq!(task.in_state, secs(1.0));
    assert_eq!(peer.translator.span_of(task.seq), None);
    // Told once more, as some are: still one task.
    peer.take(tasks(22.0, vec![new_task(7, "")], [(7, dropped)]));
    assert_eq!(peer.only().in_state, secs(2.0));
    // A future that is ready at once.
    let mut peer = Peer::new(tasks(0.0, vec![], []));
    peer.take(tasks(23.0, vec![new_task(8, "")], [(8, dropped)]));
    assert_eq!(peer.only().polls, 1);
}

#[test]
fn what_was_not_told_is_counted() {
    let dropped = |events| Update {
        task_update: Some(TaskUpdate {
            dropped_events: events,
            ..TaskUpdate::default()
        }),
        ..tasks(1.0, vec![], [])
    };
    let mut peer = Peer::new(dropped(3));
    peer.take(dropped(4));
    let query = TaskQuery {
        filter: Filter::default(),
        sort: Sort::by(TaskColumn::Idle),
        window: Window {
            offset: 0,
            limit: 1,
        },
        thresholds: loiter_model::Thresholds::default(),
    };
    assert_eq!(peer.picture.tasks(&query).overview.totals.untracked, 7);
}

#[test]
fn a_task_without_wakers_is_never_proved_dead() {
    let lost = Stats {
        waker_clones: 2,
        waker_drops: 2,
        ..idle()
    };
    let mut peer = Peer::new(tasks(60.0, vec![new_task(1, "")], [(1, lost)]));
    let mut rules = Rules::new(RuleSettings::default());
    let mut told = Vec::new();
    for second in 61..64 {
        told = peer.picture.findings(&mut rules).findings;
        peer.take(tasks(f64::from(second), vec![], []));
    }
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].kind, told[0].certainty),
        (FindingKind::NoWaker, Certainty::Suspected)
    );
}
