//! What tokio-console warns of: its lints, as its documentation and its help describe them, over
//! what console-subscriber tells.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

use console_api::{
    field::{Name, Value},
    instrument::{InstrumentRequest, instrument_client::InstrumentClient},
    tasks::{Stats, Task, task::Kind},
};
use loiter_tests::PATIENCE;
use prost_types::Timestamp;
use tokio::time::{Instant, timeout_at};

/// A share of its wakes, in percent, beyond which a task wakes itself too often.
const SELF_WAKES: u64 = 50;
/// A task that has not yielded for so long.
const NEVER_YIELDED: Duration = Duration::from_secs(1);
/// Bytes from which on a future is large.
const LARGE: u64 = 1024;

/// A task as console-subscriber tells of it.
#[derive(Debug, Default)]
struct Known {
    task: Task,
    stats: Stats,
}

/// The lints that tokio-console shows of the tasks spawned in this folder, after a while.
pub(crate) async fn lints(address: &str, folder: &str, within: Duration) -> Vec<String> {
    let tasks = watch(address, within).await;
    assert!(!tasks.is_empty(), "console-subscriber tells of no task");
    let now = SystemTime::now();
    let mut lints: Vec<String> = tasks
        .values()
        .filter(|known| {
            let location = known.task.location.as_ref();
            let path = location.and_then(|location| location.file.as_deref());
            path.is_some_and(|path| path.contains(folder))
        })
        .flat_map(|known| lints_of(known, now))
        .collect();
    lints.sort();
    lints.dedup();
    lints
}

/// What it tells until then.
async fn watch(address: &str, within: Duration) -> HashMap<u64, Known> {
    let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{address}"));
    let endpoint = endpoint.expect("a URL").connect_timeout(PATIENCE);
    let channel = endpoint.connect().await.expect("it listens");
    let mut client = InstrumentClient::new(channel).max_decoding_message_size(usize::MAX);
    let updates = client.watch_updates(InstrumentRequest {}).await;
    let mut updates = updates.expect("a stream").into_inner();
    let mut tasks: HashMap<u64, Known> = HashMap::new();
    let end = Instant::now() + within;
    while let Ok(Ok(Some(update))) = timeout_at(end, updates.message()).await {
        let update = update.task_update.unwrap_or_default();
        for task in update.new_tasks {
            let id = task.id.map_or(0, |id| id.id);
            tasks.entry(id).or_default().task = task;
        }
        for (id, stats) in update.stats_update {
            tasks.entry(id).or_default().stats = stats;
        }
    }
    tasks
}

fn lints_of(known: &Known, now: SystemTime) -> Vec<String> {
    let Known { task, stats } = known;
    let mut lints = Vec::new();
    let size = |name: &str| field(task, name);
    if let (Some(size), Some(original)) = (size("size.bytes"), size("original_size.bytes"))
        && size != original
    {
        lints.push("auto-boxed future".to_owned());
    }
    if task.kind() != Kind::Spawn || stats.dropped_at.is_some() {
        return lints;
    }
    if size("size.bytes").is_some_and(|size| size >= LARGE) {
        lints.push("large future".to_owned());
    }
    if stats.wakes > 0 && stats.self_wakes * 100 / stats.wakes > SELF_WAKES {
        lints.push("self wakes".to_owned());
    }
    let polls = stats.poll_stats.unwrap_or_default();
    let running = instant(polls.last_poll_started) > instant(polls.last_poll_ended);
    let woken = instant(stats.last_wake) > instant(polls.last_poll_started);
    let wakers = stats.waker_clones.saturating_sub(stats.waker_drops);
    if polls.polls > 0 && wakers == 0 && !running && !woken {
        lints.push("lost waker".to_owned());
    }
    if let Some(started) = instant(polls.last_poll_started)
        && running
        && polls.polls <= 1
        && now
            .duration_since(started)
            .is_ok_and(|busy| busy >= NEVER_YIELDED)
    {
        lints.push("never yielded".to_owned());
    }
    lints
}

fn instant(timestamp: Option<Timestamp>) -> Option<SystemTime> {
    timestamp?.try_into().ok()
}

fn field(task: &Task, wanted: &str) -> Option<u64> {
    task.fields
        .iter()
        .find_map(|field| match (&field.name, &field.value) {
            (Some(Name::StrName(name)), Some(Value::U64Val(value))) if name == wanted => {
                Some(*value)
            }
            _ => None,
        })
}
