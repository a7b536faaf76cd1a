//! A client that takes in updates as tokio-console 0.1.14 does, and minds what it would trip over.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    time::{Duration, SystemTime},
};

use console_api::{
    Field, Location,
    async_ops::{self, AsyncOp},
    field::{Name, Value},
    instrument::{InstrumentRequest, Update, instrument_client::InstrumentClient},
    resources::{self, Resource},
    tasks::{Stats, Task},
};
use tokio::time::timeout;
use tonic::{
    Streaming,
    transport::{Channel, Endpoint},
};

use crate::support::{PATIENCE, Program, message, wait_until};

/// Refuses messages from 4 MiB on, as tokio-console does.
pub(crate) type Console = InstrumentClient<Channel>;

pub(crate) async fn connect(address: SocketAddr) -> Console {
    connect_with(address, |endpoint| endpoint).await
}

pub(crate) async fn connect_with(
    address: SocketAddr,
    set: impl FnOnce(Endpoint) -> Endpoint,
) -> Console {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an address");
    let endpoint = set(endpoint);
    let channel = wait_until("a connection", async || endpoint.connect().await.ok()).await;
    InstrumentClient::new(channel)
}

/// A client of the agent that the program started, and its updates.
pub(crate) async fn attach(program: &mut Program) -> (Console, Screen) {
    let mut console = connect(program.address()).await;
    let screen = watch(&mut console).await;
    (console, screen)
}

pub(crate) async fn watch(console: &mut Console) -> Screen {
    let updates = console.watch_updates(InstrumentRequest {}).await;
    Screen {
        updates: updates.expect("there is room").into_inner(),
        metadata: BTreeSet::new(),
        tasks: BTreeMap::new(),
        resources: BTreeMap::new(),
        ops: BTreeMap::new(),
        dropped: 0,
    }
}

/// What the client knows.
pub(crate) struct Screen {
    updates: Streaming<Update>,
    metadata: BTreeSet<u64>,
    pub(crate) tasks: BTreeMap<u64, (Task, Stats)>,
    pub(crate) resources: BTreeMap<u64, (Resource, resources::Stats)>,
    pub(crate) ops: BTreeMap<u64, (AsyncOp, async_ops::Stats)>,
    pub(crate) dropped: u64,
}

/// As tokio-console reads it off the stats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Done,
    Running,
    Scheduled,
    Idle,
}

impl Screen {
    /// Takes in one more update.
    pub(crate) async fn update(&mut self) -> Update {
        let update = message(&mut self.updates).await.expect("no end");
        self.take_in(update.clone());
        update
    }

    /// Whether there is a further one within so short a time.
    pub(crate) async fn moves_within(&mut self, limit: Duration) -> bool {
        match timeout(limit, self.updates.message()).await {
            Ok(update) => {
                self.take_in(update.expect("no error").expect("no end"));
                true
            }
            Err(_) => false,
        }
    }

    /// Takes in updates until this holds.
    pub(crate) async fn until<T>(&mut self, mut holds: impl FnMut(&Self) -> Option<T>) -> T {
        let found = timeout(PATIENCE, async {
            loop {
                if let Some(found) = holds(self) {
                    return found;
                }
                self.update().await;
            }
        });
        match found.await {
            Ok(found) => found,
            Err(_) => panic!("never so; the tasks are\n{}", self.summary()),
        }
    }

    /// The task of this name, once there is one and it is in this state.
    pub(crate) async fn until_is(&mut self, name: &str, state: State) -> (Task, Stats) {
        self.until(|screen| {
            let found = screen.named(name)?;
            (state_of(&found.1) == state).then(|| found.clone())
        })
        .await
    }

    pub(crate) fn named(&self, name: &str) -> Option<&(Task, Stats)> {
        let is_it = |(task, _): &&(Task, Stats)| text(task, "task.name").as_deref() == Some(name);
        self.tasks.values().find(is_it)
    }

    fn summary(&self) -> String {
        let tasks = self.tasks.values().take(20);
        let lines = tasks.map(|(task, stats)| {
            let name = text(task, "task.name").unwrap_or_default();
            format!("{name} {:?} {stats:?}\n", state_of(stats))
        });
        lines.collect()
    }

    fn take_in(&mut self, update: Update) {
        let now = time(update.now.expect("a time"));
        for new in update.new_metadata.unwrap_or_default().metadata {
            assert!(new.metadata.is_some(), "{new:?}");
            self.metadata.insert(new.id.expect("its number").id);
        }
        let mut tasks = update.task_update.expect("the client unwraps it");
        for task in tasks.new_tasks {
            let id = task.id.expect("an id").id;
            assert!(self.knows(task.metadata.as_ref()), "{task:?}");
            let stats = tasks.stats_update.remove(&id);
            let stats = stats.unwrap_or_else(|| panic!("without stats: {task:?}"));
            check(&task, &stats, now);
            self.tasks.insert(id, (task, stats));
        }
        for (id, stats) in tasks.stats_update {
            let known = self.tasks.get_mut(&id);
            let known = known.unwrap_or_else(|| panic!("{id} is not known: {stats:?}"));
            check(&known.0, &stats, now);
            known.1 = stats;
        }
        self.dropped += tasks.dropped_events;
        let mut resources = update.resource_update.expect("there");
        for resource in resources.new_resources {
            let id = resource.id.expect("an id").id;
            assert!(self.knows(resource.metadata.as_ref()), "{resource:?}");
            let kind = resource.kind.as_ref().expect("the client drops it else");
            assert!(kind.kind.is_some(), "the client panics else: {resource:?}");
            let stats = resources.stats_update.remove(&id).expect("its stats");
            assert!(stats.created_at.is_some(), "{stats:?}");
            self.resources.insert(id, (resource, stats));
        }
        for (id, stats) in resources.stats_update {
            self.resources.get_mut(&id).expect("a known one").1 = stats;
        }
        let mut ops = update.async_op_update.expect("there");
        for op in ops.new_async_ops {
            let id = op.id.expect("an id").id;
            assert!(self.knows(op.metadata.as_ref()), "{op:?}");
            let stats = ops.stats_update.remove(&id).expect("its stats");
            assert!(stats.created_at.is_some() && stats.poll_stats.is_some());
            self.ops.insert(id, (op, stats));
        }
        for (id, stats) in ops.stats_update {
            self.ops.get_mut(&id).expect("a known one").1 = stats;
        }
    }

    fn knows(&self, id: Option<&console_api::MetaId>) -> bool {
        id.is_some_and(|id| self.metadata.contains(&id.id))
    }
}

/// What makes the client panic or show nonsense.
fn check(task: &Task, stats: &Stats, now: SystemTime) {
    let created = time(stats.created_at.expect("the client panics else"));
    assert!(created <= now, "{task:?} {stats:?} {now:?}");
    let polls = stats.poll_stats.expect("the client panics else");
    let durations = [polls.busy_time, stats.scheduled_time].map(|length| {
        let length = length.expect("always told");
        Duration::try_from(length).expect("the client panics at a negative one")
    });
    let [busy, scheduled] = durations;
    let end = stats.dropped_at.map_or(now, time);
    let total = end.duration_since(created).expect("not before its birth");
    assert!(busy + scheduled <= total, "{task:?} {stats:?} {now:?}");
    let instants = [
        stats.last_wake,
        polls.last_poll_started,
        polls.last_poll_ended,
    ];
    for at in instants.into_iter().flatten().map(time) {
        assert!((created..=now).contains(&at), "{task:?} {stats:?} {now:?}");
    }
    assert!(stats.waker_drops <= stats.waker_clones, "{stats:?}");
    assert!(stats.self_wakes <= stats.wakes, "{stats:?}");
}

pub(crate) fn state_of(stats: &Stats) -> State {
    let polls = stats.poll_stats.expect("checked");
    let of = |at: Option<prost_types::Timestamp>| at.map(time);
    if stats.dropped_at.is_some() {
        State::Done
    } else if of(polls.last_poll_started) > of(polls.last_poll_ended) {
        State::Running
    } else if of(stats.last_wake) > of(polls.last_poll_started) {
        State::Scheduled
    } else {
        State::Idle
    }
}

pub(crate) fn time(at: prost_types::Timestamp) -> SystemTime {
    at.try_into().expect("the client panics else")
}

pub(crate) fn polls(stats: &Stats) -> u64 {
    stats.poll_stats.expect("checked").polls
}

/// A task's field as the client prints it; it leaves empty ones out.
pub(crate) fn text(task: &Task, name: &str) -> Option<String> {
    let is_it = |field: &&Field| field.name == Some(Name::StrName(name.to_owned()));
    let value = task.fields.iter().find(is_it)?.value.as_ref()?;
    Some(value.to_string()).filter(|text| !text.is_empty())
}

/// A field that the client reads only as a number.
pub(crate) fn number(task: &Task, name: &str) -> Option<u64> {
    let is_it = |field: &&Field| field.name == Some(Name::StrName(name.to_owned()));
    match task.fields.iter().find(is_it)?.value {
        Some(Value::U64Val(number)) => Some(number),
        _ => None,
    }
}

pub(crate) fn file(location: Option<&Location>) -> &str {
    let file = location.and_then(|location| location.file.as_deref());
    file.expect("a place in a file")
}
