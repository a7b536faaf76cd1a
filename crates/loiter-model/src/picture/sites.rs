//! What is counted at each site.

use crate::{Distribution, Kind, Nanos, SiteId, finding::SiteFacts};

use super::entry::Polled;

/// Sites of which figures are kept: those with a lower number.
const MOST: u32 = 1 << 16;

/// What a site has counted since the target's start. A distribution of which nothing is known is
/// empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SiteFigures {
    /// Tasks spawned.
    pub spawned: u64,
    /// Tasks ended.
    pub ended: u64,
    /// How long polls took.
    pub poll: Distribution,
    /// How long woken tasks waited for a worker.
    pub scheduled: Distribution,
    /// How long waits lasted that have ended.
    pub waited: Distribution,
    /// How long the ended tasks lived.
    pub lifetime: Distribution,
}

/// The figures of every site, by its id.
#[derive(Clone, Debug, Default)]
pub(super) struct Sites {
    known: Vec<Counts>,
    /// Tasks spawned and ended at sites beyond those.
    elsewhere: (u64, u64),
}

/// The distributions are made when they are first needed: they take some 3 KB each.
#[derive(Clone, Debug, Default)]
struct Counts {
    spawned: u64,
    ended: u64,
    poll: Option<Distribution>,
    scheduled: Option<Distribution>,
    waited: Option<Distribution>,
    lifetime: Option<Distribution>,
}

impl Sites {
    pub(super) fn len(&self) -> u32 {
        self.known.len() as u32
    }

    /// Tasks spawned and ended so far at each site.
    pub(super) fn flows(&self) -> impl Iterator<Item = (u64, u64)> {
        self.known
            .iter()
            .map(|counts| (counts.spawned, counts.ended))
    }

    /// Tasks spawned and ended so far at one site.
    pub(super) fn flow(&self, id: SiteId) -> (u64, u64) {
        let counts = self.known.get(id.0 as usize);
        counts.map_or((0, 0), |counts| (counts.spawned, counts.ended))
    }

    /// Tasks spawned and ended so far in all.
    pub(super) fn flow_of_all(&self) -> (u64, u64) {
        self.flows().fold(self.elsewhere, |sum, flow| {
            (sum.0.saturating_add(flow.0), sum.1.saturating_add(flow.1))
        })
    }

    /// Everything that a site has counted; clones its distributions.
    pub(super) fn figures(&self, id: SiteId) -> SiteFigures {
        let Some(counts) = self.known.get(id.0 as usize) else {
            return SiteFigures::default();
        };
        SiteFigures {
            spawned: counts.spawned,
            ended: counts.ended,
            poll: counts.poll.clone().unwrap_or_default(),
            scheduled: counts.scheduled.clone().unwrap_or_default(),
            waited: counts.waited.clone().unwrap_or_default(),
            lifetime: counts.lifetime.clone().unwrap_or_default(),
        }
    }

    /// What the rules go by.
    pub(super) fn facts(&self, id: SiteId) -> SiteFacts {
        let Some(counts) = self.known.get(id.0 as usize) else {
            return SiteFacts::default();
        };
        let quantiles = |times: &Option<Distribution>| {
            times
                .as_ref()
                .map(Distribution::quantiles)
                .unwrap_or_default()
        };
        SiteFacts {
            spawned: counts.spawned,
            ended: counts.ended,
            waited: quantiles(&counts.waited),
            lifetime: quantiles(&counts.lifetime),
        }
    }

    pub(super) fn put(&mut self, id: SiteId, figures: SiteFigures) {
        let kept = |times: Distribution| (times.count() > 0).then_some(times);
        if let Some(counts) = self.of(id) {
            *counts = Counts {
                spawned: figures.spawned,
                ended: figures.ended,
                poll: kept(figures.poll),
                scheduled: kept(figures.scheduled),
                waited: kept(figures.waited),
                lifetime: kept(figures.lifetime),
            };
        }
    }

    pub(super) fn spawned(&mut self, id: SiteId) {
        let spawned = match self.of(id) {
            Some(counts) => &mut counts.spawned,
            None => &mut self.elsewhere.0,
        };
        *spawned = spawned.saturating_add(1);
    }

    pub(super) fn ended(&mut self, id: SiteId, lifetime: Nanos) {
        let Some(counts) = self.of(id) else {
            self.elsewhere.1 = self.elsewhere.1.saturating_add(1);
            return;
        };
        counts.ended = counts.ended.saturating_add(1);
        counts.lifetime.get_or_insert_default().record(lifetime);
    }

    pub(super) fn polled(&mut self, id: SiteId, kind: Kind, polled: &Polled) {
        let Some(counts) = self.of(id) else {
            return;
        };
        if let Some(waited) = polled.waited {
            counts.waited.get_or_insert_default().record(waited);
        }
        if let Some(scheduled) = polled.scheduled {
            counts.scheduled.get_or_insert_default().record(scheduled);
        }
        // The drop of a future is no poll. It cannot be told from a poll that no wake led to, and
        // those are rare but for `block_on`.
        if polled.scheduled.is_some() || kind == Kind::BlockOn {
            counts.poll.get_or_insert_default().record(polled.took);
        }
    }

    fn of(&mut self, id: SiteId) -> Option<&mut Counts> {
        if id.0 >= MOST {
            return None;
        }
        let place = id.0 as usize;
        if self.known.len() <= place {
            self.known.resize_with(place + 1, Counts::default);
        }
        Some(&mut self.known[place])
    }
}
