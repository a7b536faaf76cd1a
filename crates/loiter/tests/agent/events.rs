//! `WatchEvents`: what happens, one by one.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use loiter::Builder;
use loiter_wire::v1::{self, EventKind};
use tokio::{
    sync::oneshot,
    task::{LocalSet, yield_now},
    time::timeout,
};
use tonic::{Code, Streaming};

use crate::support::{Client, PATIENCE, Program, connect, listen, message, wait_until};

async fn watch(client: &mut Client, filter: &str) -> Streaming<v1::EventBatch> {
    let request = v1::WatchEventsRequest {
        filter: filter.to_owned(),
    };
    let stream = client.watch_events(request).await;
    stream.expect("the filter is right").into_inner()
}

/// Events as they were, read off the columns of batches.
#[derive(Debug, Default)]
struct Story {
    events: Vec<(u64, u64, EventKind)>,
    sites: Vec<String>,
    wakers: Vec<u64>,
    kinds: Vec<v1::Kind>,
    names: Vec<String>,
    endings: Vec<v1::Ending>,
    lost: u64,
}

impl Story {
    /// Reads on until this has happened to so many tasks.
    async fn read_until(
        &mut self,
        batches: &mut Streaming<v1::EventBatch>,
        kind: EventKind,
        times: usize,
    ) {
        while self.events.iter().filter(|event| event.2 == kind).count() < times {
            self.add(message(batches).await.expect("a stream without an end"));
        }
    }

    fn add(&mut self, batch: v1::EventBatch) {
        let mut at = batch.base_ns;
        let mut others = batch.other.iter();
        for (index, kind) in batch.kind().enumerate() {
            at = at.wrapping_add_signed(batch.delta_ns[index]);
            self.events.push((at, batch.seq[index], kind));
            match kind {
                EventKind::Spawn => drop(others.next()),
                EventKind::Wake => self.wakers.extend(others.next()),
                _ => {}
            }
        }
        self.kinds
            .extend(batch.description.iter().map(|it| it.kind()));
        self.endings.extend(batch.ending());
        let labels = batch.labels.unwrap_or_default();
        let names = batch.description.iter().filter_map(|it| it.name);
        self.names.extend(names.map(|id| labels.names[&id].clone()));
        self.sites
            .extend(labels.sites.into_values().map(|site| site.file));
        self.lost = batch.lost;
    }

    fn of(&self, seq: u64) -> Vec<EventKind> {
        let events = self.events.iter().filter(|event| event.1 == seq);
        events.map(|event| event.2).collect()
    }
}

#[tokio::test]
async fn a_life_is_told_in_order() {
    let mut program = Program::start(async |mut cues| {
        listen(Builder::new());
        cues.next().await;
        // All on this thread, so that there is one order.
        let local = LocalSet::new();
        let (wake, woken) = oneshot::channel();
        local.spawn_local(woken);
        local.spawn_local(async {
            yield_now().await;
            let _ = wake.send(());
        });
        local.await;
    });
    let client = &mut program.client().await;
    let mut batches = watch(client, "").await;
    program.cue("begin");
    let mut story = Story::default();
    story.read_until(&mut batches, EventKind::Drop, 2).await;

    use EventKind::{Drop, PollEnd, PollStart, Spawn, Wake};
    let first = story.of(1);
    let beginning = [Spawn, PollStart, PollEnd, Wake, PollStart, PollEnd];
    assert!(first.starts_with(&beginning), "{story:?}");
    assert_eq!(first.last(), Some(&Drop), "{story:?}");
    assert!(story.events.is_sorted_by_key(|event| event.0), "{story:?}");
    assert!(
        story.wakers.contains(&2),
        "the second task woke the first: {story:?}"
    );
    assert!(
        story
            .sites
            .iter()
            .any(|file| file.ends_with("agent/events.rs")),
        "{story:?}"
    );
    assert_eq!(story.kinds, [v1::Kind::Local; 2], "{story:?}");
    assert_eq!(story.endings, [v1::Ending::Finished; 2], "{story:?}");
    assert_eq!(story.lost, 0);
}

/// The next wait of a stream that tells of any, with what is said of it.
async fn next_wait(batches: &mut Streaming<v1::EventBatch>) -> (u64, u32, Option<v1::Wait>) {
    loop {
        let batch = message(batches).await.expect("a stream without an end");
        if let [task, ..] = batch.wait_seq[..] {
            assert_eq!(batch.wait_at_ns.len(), batch.wait_seq.len());
            let mut waits = batch.labels.unwrap_or_default().waits;
            return (task, batch.wait[0], waits.remove(&batch.wait[0]));
        }
    }
}

#[tokio::test]
async fn what_tasks_come_to_wait_on_is_told_and_each_stack_once() {
    let mut program = Program::start(async |mut cues| {
        // Each that is asked is one that was idle for so long.
        listen(Builder::new().blocked_after(std::time::Duration::from_millis(20)));
        let mut senders = Vec::new();
        loop {
            cues.next().await;
            let (sender, receiver) = oneshot::channel::<()>();
            senders.push(sender);
            drop(loiter::spawn(receiver));
        }
    });
    let client = &mut program.client().await;
    let mut all = watch(client, "").await;
    let mut second_only = watch(client, "seq:2").await;
    program.cue("one");
    let (task, id, wait) = next_wait(&mut all).await;
    let wait = wait.expect("the first of its kind");
    assert_eq!((task, wait.kind()), (1, v1::WaitKind::OneshotRecv));
    program.cue("another");
    let (task, again, told) = next_wait(&mut all).await;
    assert_eq!((task, again, told), (2, id, None));
    let (task, again, told) = next_wait(&mut second_only).await;
    assert_eq!((task, again, told), (2, id, Some(wait)));
}

#[tokio::test]
async fn a_filter_chooses_the_tasks() {
    let mut program = Program::start(async |mut cues| {
        listen(Builder::new());
        cues.next().await;
        // 1 to 3, then 4.
        crate::options::finish_tasks(3).await;
        tokio::spawn(async {}).await.expect("no panic");
    });
    let client = &mut program.client().await;
    let mut by_name = watch(client, "name:task-1").await;
    let mut by_site = watch(client, "site:events.rs").await;
    program.cue("begin");
    for (batches, seq) in [(&mut by_name, 2), (&mut by_site, 4)] {
        let mut story = Story::default();
        story.read_until(batches, EventKind::Drop, 1).await;
        assert!(story.events.iter().all(|event| event.1 == seq), "{story:?}");
        assert_eq!(story.of(seq).first(), Some(&EventKind::Spawn), "{story:?}");
        let name = (seq == 2).then_some("task-1");
        assert_eq!(story.names, Vec::from_iter(name), "{story:?}");
    }
}

#[tokio::test]
async fn what_a_stalled_reader_misses_is_counted() {
    static STOP: AtomicBool = AtomicBool::new(false);
    let mut program = Program::start(async |mut cues| {
        listen(Builder::new());
        cues.next().await;
        let flood = tokio::spawn(async {
            for poll in 0_u64.. {
                if STOP.load(Relaxed) {
                    return;
                }
                if poll == 1_000_000 {
                    println!("flooded ");
                }
                yield_now().await;
            }
        });
        cues.next().await;
        STOP.store(true, Relaxed);
        flood.await.expect("no panic");
    });
    let client = &mut program.client().await;
    let mut batches = watch(client, "").await;
    program.cue("flood");
    program.told("flooded ");
    // Only now it reads.
    let mut story = Story::default();
    let counted = timeout(PATIENCE, async {
        while story.lost == 0 {
            story.events.clear();
            story.add(
                message(&mut batches)
                    .await
                    .expect("a stream without an end"),
            );
        }
    });
    counted.await.expect("what was lost is counted");
    program.cue("stop");
    // Nobody was held up.
    drop(batches);
    program.finish();
}

#[tokio::test]
async fn a_bad_filter_is_named() {
    let mut program = Program::start(async |_| listen(Builder::new()));
    let request = v1::WatchEventsRequest {
        filter: "colour:red".to_owned(),
    };
    let client = &mut program.client().await;
    let status = client
        .watch_events(request)
        .await
        .expect_err("a bad filter");
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().starts_with("in the filter: "), "{status}");
    assert!(status.message().contains("colour"), "{status}");
}

#[tokio::test]
async fn a_client_that_is_gone_keeps_no_place_in_a_quiet_program() {
    let mut program = Program::start(async |_| listen(Builder::new()));
    let address = program.address();
    // As many as there are places.
    let mut streams = Vec::new();
    for _ in 0..4 {
        let mut client = connect(address).await;
        for _ in 0..4 {
            streams.push(watch(&mut client, "").await);
        }
    }
    drop(streams);
    let client = &mut connect(address).await;
    // Nothing happens in the program that could wake its streams.
    wait_until("a place", async || {
        client
            .watch_events(v1::WatchEventsRequest::default())
            .await
            .ok()
    })
    .await;
}
