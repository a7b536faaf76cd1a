//! Spawn locations, and what is counted a location.

use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock, PoisonError, RwLock,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    },
};

use loiter_model::{Distribution, Ending, Nanos, Site};

use super::sampler::Share;

/// Sites at most. A program's spawns have few places in its source; what comes beyond, and
/// what tokio gives no location for, counts for site 0.
const MOST_SITES: usize = 4096;

/// Parts of a site's counters. The first threads that run tasks have one each, which they alone
/// write to; all further threads share the last one.
pub(crate) const SHARDS: usize = 32;

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
    share: Share,
    shards: [OnceLock<Box<Counts>>; SHARDS],
}

/// What one shard counts of a site's tasks.
#[derive(Debug)]
struct Counts {
    spawned: AtomicU64,
    /// In the order of [`Ending::ALL`].
    ended: [AtomicU64; Ending::ALL.len()],
    /// How long polls took, in nanoseconds like all of them.
    poll: Histogram,
    /// How long woken tasks waited for a worker.
    scheduled: Histogram,
    /// How long waits lasted.
    waited: Histogram,
    /// How long tasks lived.
    lifetime: Histogram,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            spawned: AtomicU64::new(0),
            ended: Default::default(),
            poll: Histogram::default(),
            scheduled: Histogram::default(),
            waited: Histogram::default(),
            lifetime: Histogram::default(),
        }
    }
}

/// One thread's way to count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counter<'a> {
    counts: &'a Counts,
    /// Other threads count here, too.
    shared: bool,
}

impl Counter<'_> {
    pub(crate) fn spawned(self) {
        self.add_one(&self.counts.spawned);
    }

    pub(crate) fn ended(self, ending: Ending, lifetime: u64) {
        self.add_one(&self.counts.ended[ending as usize]);
        self.count(&self.counts.lifetime, lifetime);
    }

    pub(crate) fn polled(self, took: u64) {
        self.count(&self.counts.poll, took);
    }

    pub(crate) fn scheduled(self, waited: u64) {
        self.count(&self.counts.scheduled, waited);
    }

    pub(crate) fn waited(self, waited: u64) {
        self.count(&self.counts.waited, waited);
    }

    fn count(self, histogram: &Histogram, nanos: u64) {
        self.add_one(&histogram.0[Distribution::bucket_of(Nanos(nanos))]);
    }

    /// A thread that has its shard to itself need not lock the cache line: with some eight
    /// counts a poll, that shows.
    fn add_one(self, counter: &AtomicU64) {
        if self.shared {
            counter.fetch_add(1, Relaxed);
        } else {
            counter.store(counter.load(Relaxed) + 1, Relaxed);
        }
    }
}

/// A [`Distribution`] in atomics. Its buckets stand in place: a chain of
/// pointers would cost more than the counting.
#[derive(Debug)]
struct Histogram([AtomicU64; Distribution::BUCKETS]);

impl Default for Histogram {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; Distribution::BUCKETS])
    }
}

impl Histogram {
    fn load(&self) -> Distribution {
        let counts = self.0.iter().map(|count| count.load(Relaxed));
        Distribution::from_sparse((0..).zip(counts))
    }
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
            share: Share::default(),
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

    /// What a site has had of the budget for stacks.
    pub(crate) fn share(&self, id: u32) -> Option<&Share> {
        Some(&self.entry(id)?.share)
    }

    /// Where this shard counts for a site. Allocates 12 KiB at a shard's first use of it.
    pub(crate) fn counts(&self, id: u32, shard: usize) -> Option<Counter<'_>> {
        let entry = self.entry(id)?;
        let shard = shard.min(SHARDS - 1);
        Some(Counter {
            counts: entry.shards[shard].get_or_init(Box::default),
            shared: shard == SHARDS - 1,
        })
    }

    /// Tasks spawned and ended at a site so far.
    pub(crate) fn flow(&self, id: u32) -> (u64, u64) {
        self.shards(id).fold((0, 0), |(spawned, ended), counts| {
            (
                spawned + counts.spawned.load(Relaxed),
                ended + counts.ended.iter().map(|of| of.load(Relaxed)).sum::<u64>(),
            )
        })
    }

    /// How the tasks of a site ended so far, in the order of [`Ending::ALL`], as was known at
    /// their end.
    #[cfg(feature = "census")]
    pub(crate) fn endings(&self, id: u32) -> [u64; Ending::ALL.len()] {
        self.shards(id).fold([0; _], |sums, counts| {
            std::array::from_fn(|ending| sums[ending] + counts.ended[ending].load(Relaxed))
        })
    }

    /// Bytes of what was allocated for sites.
    #[cfg(feature = "census")]
    pub(crate) fn bytes(&self) -> usize {
        let shards: usize = (0..self.count()).map(|id| self.shards(id).count()).sum();
        size_of_val(&*self.entries) + shards * size_of::<Counts>()
    }

    /// Everything a site has counted.
    pub(crate) fn sums(&self, id: u32) -> Sums {
        let mut sums = Sums::default();
        (sums.spawned, sums.ended) = self.flow(id);
        for counts in self.shards(id) {
            sums.poll.merge(&counts.poll.load());
            sums.scheduled.merge(&counts.scheduled.load());
            sums.waited.merge(&counts.waited.load());
            sums.lifetime.merge(&counts.lifetime.load());
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
            counts.spawned();
            counts.polled(1000);
            counts.ended(Ending::Finished, u64::MAX);
        }
        let sums = sites.sums(id);
        assert_eq!(sums.spawned, 2 * SHARDS as u64);
        assert_eq!(sums.poll.count(), 2 * SHARDS as u64);
        assert_eq!(sums.lifetime.count(), 2 * SHARDS as u64);
        assert!(sites.counts(99, 0).is_none());
    }
}
