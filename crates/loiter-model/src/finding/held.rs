//! Who holds what blocked tasks wait for, as far as tokio tells.

use std::collections::{HashMap, HashSet};

use super::Held;
use crate::{Resource, ResourceSeq, TaskSeq, query::Labels};

impl Held {
    /// What each task waits for that another one holds, by all resources alive. O(resources and
    /// waiters).
    ///
    /// A task that waits for several resources at once, such as a lock and a timer, waits for no
    /// one of them alone.
    pub fn by_task<'a>(
        resources: impl IntoIterator<Item = &'a Resource>,
        labels: &impl Labels,
    ) -> HashMap<TaskSeq, Self> {
        let resources = resources.into_iter();
        let resources: HashMap<_, _> = resources.map(|it| (it.seq, it)).collect();
        let mut waited_for: HashMap<TaskSeq, HashSet<ResourceSeq>> = HashMap::new();
        for resource in resources.values() {
            for &task in &resource.waiters {
                let outermost = outermost(resource, &resources);
                waited_for.entry(task).or_default().insert(outermost.seq);
            }
        }
        let mut held = HashMap::new();
        for (task, waited_for) in waited_for {
            let is_all = waited_for.len() == 1;
            let found = waited_for.into_iter().find_map(|seq| {
                let resource = *resources.get(&seq)?;
                Some((resource, holder(resource)?))
            });
            if let Some((resource, by)) = found {
                let what = described(resource, labels).into();
                held.insert(task, Self { by, what, is_all });
            }
        }
        held
    }
}

/// The one that the program made around this one, or itself.
fn outermost<'a>(
    resource: &'a Resource,
    resources: &HashMap<ResourceSeq, &'a Resource>,
) -> &'a Resource {
    let mut outermost = resource;
    // What was recorded or told by others may say that two are around each other.
    for _ in 0..resources.len() {
        match outermost.parent.and_then(|seq| resources.get(&seq)) {
            Some(parent) => outermost = parent,
            None => break,
        }
    }
    outermost
}

/// Whoever holds it must give it back before a waiter goes on: of a semaphore with several
/// holders, it need not be this one. A lock to read has to be given back by every reader before
/// one can write.
fn holder(resource: &Resource) -> Option<TaskSeq> {
    match (&*resource.concrete_type, &resource.holders[..]) {
        (_, [holder]) => Some(*holder),
        ("RwLock", [first, ..]) => Some(*first),
        _ => None,
    }
}

/// `Mutex made at src/pool.rs:12:5`.
fn described(resource: &Resource, labels: &impl Labels) -> String {
    match labels.site(resource.site) {
        Some(site) => format!("{} made at {site}", resource.concrete_type),
        None => resource.concrete_type.to_string(),
    }
}
