//! Sites over several targets.

use std::{
    cmp::Reverse,
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use super::{FleetSiteColumn, Instance, Share, merge};
use crate::{
    Nanos, Site,
    query::Sort,
    update::{Overview, SitesUpdate},
};

/// The tasks of one site in one target.
#[derive(Clone, Debug, PartialEq)]
pub struct SiteCount {
    /// Which site.
    pub site: Arc<Site>,
    /// Tasks alive.
    pub alive: u64,
    /// Of those, the blocked ones.
    pub blocked: u64,
    /// Of those, the hogging ones.
    pub hogging: u64,
    /// Of those, the starved ones.
    pub starved: u64,
    /// Spawns a second, over the last ten seconds.
    pub spawned_per_sec: f64,
    /// Ends a second, over the last ten seconds.
    pub ended_per_sec: f64,
    /// The longest current wait among its idle tasks.
    pub oldest_idle: Option<Nanos>,
    /// Bytes of the futures alive.
    pub bytes: u64,
}

/// The tasks of one site in all targets that have any.
///
/// Counts are sums over the targets that answer; those that were lost have counts of their own.
#[derive(Clone, Debug, PartialEq)]
pub struct FleetSite {
    /// Which site. Those of dependencies are one even where they were built in different folders.
    pub site: Arc<Site>,
    /// Tasks alive.
    pub alive: u64,
    /// Of those, the blocked ones.
    pub blocked: u64,
    /// Of those, the hogging ones.
    pub hogging: u64,
    /// Of those, the starved ones.
    pub starved: u64,
    /// Spawns a second, over the last ten seconds.
    pub spawned_per_sec: f64,
    /// Ends a second, over the last ten seconds.
    pub ended_per_sec: f64,
    /// The longest current wait among its idle tasks.
    pub oldest_idle: Option<Nanos>,
    /// Bytes of the futures alive.
    pub bytes: u64,
    /// How many targets that answer have tasks of it.
    pub instances: u64,
    /// The target with most tasks alive: of those that answer, where any does.
    pub largest: Share,
    /// Tasks that were alive in targets before they were lost.
    pub stale: u64,
    /// How many lost targets had tasks of it.
    pub stale_instances: u64,
}

/// The sites of all targets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FleetSites {
    /// Sorted.
    pub rows: Vec<FleetSite>,
    /// Sites that targets have further, one counted for each target that has it: those with fewer
    /// tasks than are remembered. They are missing in the sums.
    pub omitted: u64,
}

/// What one target said of its sites.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sites {
    pub(super) rows: Vec<SiteCount>,
    pub(super) omitted: u64,
}

impl Sites {
    /// Keeps those with most tasks.
    pub(super) fn of(update: SitesUpdate) -> (Overview, Self) {
        let SitesUpdate {
            overview,
            matched,
            mut sites,
            labels,
            ..
        } = update;
        sites.sort_by_key(|stats| (Reverse(stats.alive), stats.site));
        let rows = sites.iter().filter_map(|stats| {
            let site = labels.sites.get(&stats.site)?;
            Some(SiteCount {
                site: site.clone(),
                alive: stats.alive,
                blocked: stats.blocked,
                hogging: stats.hogging,
                starved: stats.starved,
                spawned_per_sec: stats.spawned_per_sec,
                ended_per_sec: stats.ended_per_sec,
                oldest_idle: stats.oldest_idle,
                bytes: stats.bytes,
            })
        });
        let rows: Vec<_> = rows.take(Instance::MOST_SITES).collect();
        let omitted = matched.saturating_sub(rows.len() as u64);
        (overview, Self { rows, omitted })
    }
}

/// What makes two sites one. The folder in which a dependency lay when the program was built tells
/// nothing.
pub(super) type Key<'a> = (&'a str, u32, u32, &'a str);

pub(super) fn key(site: &Site) -> Key<'_> {
    (site.short_file(), site.line, site.column, &site.function)
}

/// Equal sites together.
pub(super) fn merged<'a>(
    instances: impl Iterator<Item = &'a Instance>,
    sort: Sort<FleetSiteColumn>,
) -> FleetSites {
    let mut rows: HashMap<Key<'a>, FleetSite> = HashMap::new();
    let mut omitted: u64 = 0;
    for instance in instances {
        omitted = omitted.saturating_add(instance.sites_omitted());
        let is_stale = instance.are_sites_stale();
        for count in instance.sites() {
            let share = Share {
                instance: instance.id(),
                count: count.alive,
                is_stale,
            };
            match rows.entry(key(&count.site)) {
                Entry::Occupied(row) => row.into_mut().add(count, share),
                Entry::Vacant(place) => {
                    place.insert(FleetSite::new(count, share)).add(count, share)
                }
            }
        }
    }
    let mut rows: Vec<_> = rows.into_values().collect();
    rows.sort_by(|a, b| a.rank().cmp(&b.rank()));
    FleetSites {
        rows: merge::sorted(rows, sort, |row| sort.column.key(row)),
        omitted,
    }
}

/// The targets that have a site.
pub(super) fn shares<'a>(instances: impl Iterator<Item = &'a Instance>, site: &Site) -> Vec<Share> {
    let shares = instances.flat_map(|instance| {
        let counts = instance.sites().iter();
        let of_site = counts.filter(|count| key(&count.site) == key(site));
        of_site.map(|count| Share {
            instance: instance.id(),
            count: count.alive,
            is_stale: instance.are_sites_stale(),
        })
    });
    let mut shares: Vec<_> = shares.collect();
    shares.sort_by_key(Share::rank);
    shares
}

impl FleetSite {
    fn new(count: &SiteCount, share: Share) -> Self {
        Self {
            site: count.site.clone(),
            alive: 0,
            blocked: 0,
            hogging: 0,
            starved: 0,
            spawned_per_sec: 0.0,
            ended_per_sec: 0.0,
            oldest_idle: None,
            bytes: 0,
            instances: 0,
            largest: share,
            stale: 0,
            stale_instances: 0,
        }
    }

    fn add(&mut self, count: &SiteCount, share: Share) {
        share.compete(&mut self.largest);
        if share.is_stale {
            self.stale = self.stale.saturating_add(count.alive);
            self.stale_instances += 1;
            return;
        }
        self.alive = self.alive.saturating_add(count.alive);
        self.blocked = self.blocked.saturating_add(count.blocked);
        self.hogging = self.hogging.saturating_add(count.hogging);
        self.starved = self.starved.saturating_add(count.starved);
        self.spawned_per_sec += count.spawned_per_sec;
        self.ended_per_sec += count.ended_per_sec;
        self.oldest_idle = self.oldest_idle.max(count.oldest_idle);
        self.bytes = self.bytes.saturating_add(count.bytes);
        self.instances += 1;
    }

    /// In which order rows come that are equal by a column: the largest in one target first.
    fn rank(&self) -> impl Ord + '_ {
        let Share {
            count, is_stale, ..
        } = self.largest;
        let counts = (Reverse(count), Reverse(self.alive), Reverse(self.stale));
        (is_stale, counts, key(&self.site))
    }
}
