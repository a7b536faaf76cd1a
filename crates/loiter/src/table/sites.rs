//! Spawn locations, and what is counted a location.

use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock, PoisonError, RwLock,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    },
};

use histogram::AtomicHistogram;
use loiter_model::{Distribution, Site};

/// Sites at most. A program's spawns have few places in its source; what comes beyond, and
/// what tokio gives no location for, counts for site 0.
const MOST_SITES: usize = 4096;

/// Parts of a site's counters. Threads spread over them, so that two workers rarely write to
/// one cache line.
pub(crate) const SHARDS: usize = 4;

/// Every site met so far. Sites are never forgotten.
#[derive(Debug)]
pub(crate) struct Sites {
    entries: Box<[OnceLock<Entry>]>,
    count: AtomicU32,
    /// Only for a thread's first spawns at a site: then the thread knows its id.
    ids: RwLock<HashMap<Key, u32>>,
}

type Key = (Arc<str>, u32, u32);

#[derive(Debug)]
struct Entry {
    site: Arc<Site>,
    shards: [OnceLock<Box<Counts>>; SHARDS],
}

/// What one shard counts of a site's tasks.
#[derive(Debug)]
pub(crate) struct Counts {
    pub(crate) spawned: AtomicU64,
    pub(crate) ended: AtomicU64,
    /// How long polls took, in nanoseconds like all of them.
    pub(crate) poll: AtomicHistogram,
    /// How long woken tasks waited for a worker.
    pub(crate) scheduled: AtomicHistogram,
    /// How long waits lasted.
    pub(crate) waited: AtomicHistogram,
    /// How long tasks lived.
    pub(crate) lifetime: AtomicHistogram,
}

impl Default for Counts {
    fn default() -> Self {
        let histogram = || AtomicHistogram::with_config(&Distribution::config());
        Self {
            spawned: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            poll: histogram(),
            scheduled: histogram(),
            waited: histogram(),
            lifetime: histogram(),
        }
    }
}

/// Counts one duration; the longest that fits stands for longer ones.
pub(crate) fn count(histogram: &AtomicHistogram, nanos: u64) {
    let nanos = nanos.min(Distribution::longest().0);
    // No sample is out of range any more.
    let _ = histogram.increment(nanos);
}

/// What a site has counted, all shards together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sums {
    pub(crate) spawned: u64,
    pub(crate) ended: u64,
    pub(crate) poll: Distribution,
    pub(crate) scheduled: Distribution,
    pub(crate) waited: Distribution,
    pub(crate) lifetime: Distribution,
}

impl Sites {
    pub(crate) fn new() -> Self {
        let sites = Self {
            entries: (0..MOST_SITES).map(|_| OnceLock::new()).collect(),
            count: AtomicU32::new(0),
            ids: RwLock::default(),
        };
        sites.add(("(unknown place)".into(), 0, 0), "");
        sites
    }

    /// The id of a place, new or not. Takes a lock; callers remember the answer.
    pub(crate) fn id(&self, file: &str, line: u32, column: u32, function: &str) -> u32 {
        let key: Key = (file.into(), line, column);
        let known = self
            .ids
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
            .copied();
        known.unwrap_or_else(|| self.add(key, function))
    }

    fn add(&self, key: Key, function: &str) -> u32 {
        let mut ids = self.ids.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(&id) = ids.get(&key) {
            return id;
        }
        let id = self.count.load(Relaxed);
        let Some(place) = self.entries.get(id as usize) else {
            return 0;
        };
        let (file, line, column) = key.clone();
        let site = Site {
            file,
            line,
            column,
            function: function.into(),
        };
        place.get_or_init(|| Entry {
            site: Arc::new(site),
            shards: Default::default(),
        });
        self.count.store(id + 1, Relaxed);
        ids.insert(key, id);
        id
    }

    /// Sites met so far: their ids are below it.
    pub(crate) fn count(&self) -> u32 {
        self.count.load(Relaxed)
    }

    /// The place behind an id.
    pub(crate) fn site(&self, id: u32) -> Option<&Arc<Site>> {
        Some(&self.entry(id)?.site)
    }

    /// Where this shard counts for a site. Allocates at a shard's first use of it.
    pub(crate) fn counts(&self, id: u32, shard: usize) -> Option<&Counts> {
        let entry = self.entry(id)?;
        Some(entry.shards[shard % SHARDS].get_or_init(Box::default))
    }

    /// Tasks spawned and ended at a site so far.
    pub(crate) fn flow(&self, id: u32) -> (u64, u64) {
        self.shards(id).fold((0, 0), |(spawned, ended), counts| {
            (
                spawned + counts.spawned.load(Relaxed),
                ended + counts.ended.load(Relaxed),
            )
        })
    }

    /// Everything a site has counted.
    pub(crate) fn sums(&self, id: u32) -> Sums {
        let mut sums = Sums::default();
        (sums.spawned, sums.ended) = self.flow(id);
        for counts in self.shards(id) {
            sums.poll.merge_histogram(&counts.poll.load());
            sums.scheduled.merge_histogram(&counts.scheduled.load());
            sums.waited.merge_histogram(&counts.waited.load());
            sums.lifetime.merge_histogram(&counts.lifetime.load());
        }
        sums
    }

    fn shards(&self, id: u32) -> impl Iterator<Item = &Counts> {
        self.entry(id).into_iter().flat_map(|entry| {
            entry
                .shards
                .iter()
                .filter_map(|shard| Some(&**shard.get()?))
        })
    }

    fn entry(&self, id: u32) -> Option<&Entry> {
        self.entries.get(id as usize)?.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_one_id() {
        let sites = Sites::new();
        let id = sites.id("src/pool.rs", 88, 9, "");
        assert_eq!(sites.id("src/pool.rs", 88, 9, ""), id);
        assert_ne!(sites.id("src/pool.rs", 88, 10, ""), id);
        assert_eq!(
            sites.site(id).expect("known").to_string(),
            "src/pool.rs:88:9"
        );
        assert_eq!(sites.count(), 3);
    }

    #[test]
    fn places_beyond_the_limit_share_the_unknown_one() {
        let sites = Sites::new();
        for line in 1..MOST_SITES as u32 {
            assert_eq!(sites.id("src/generated.rs", line, 1, ""), line);
        }
        assert_eq!(sites.id("src/one_more.rs", 1, 1, ""), 0);
        assert_eq!(sites.count() as usize, MOST_SITES);
    }

    #[test]
    fn shards_add_up() {
        let sites = Sites::new();
        let id = sites.id("src/pool.rs", 88, 9, "");
        for shard in 0..2 * SHARDS {
            let counts = sites.counts(id, shard).expect("known");
            counts.spawned.fetch_add(1, Relaxed);
            count(&counts.poll, 1000);
            count(&counts.lifetime, u64::MAX);
        }
        let sums = sites.sums(id);
        assert_eq!(sums.spawned, 2 * SHARDS as u64);
        assert_eq!(sums.poll.count(), 2 * SHARDS as u64);
        assert_eq!(sums.lifetime.count(), 2 * SHARDS as u64);
        assert!(sites.counts(99, 0).is_none());
    }
}
