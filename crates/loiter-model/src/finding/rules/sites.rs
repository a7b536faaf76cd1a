//! What is known of sites, looked up once for each of them in a scan.

use super::{Facts, SiteFacts, merge::Usual};
use crate::{
    Nanos, Origin, SiteId,
    query::{ById, Labels},
};

/// Fewer ended waits or lives say nothing of what is usual.
const ENOUGH: u64 = 20;
/// Beyond so many times what is usual something is wrong.
const FAR_BEYOND: u64 = 10;

/// Whose code spawned a site's tasks.
#[derive(Default)]
pub(super) struct Origins(ById<Origin>);

impl Origins {
    /// [`Origin::Std`] where it is unknown.
    pub(super) fn of(&mut self, site: SiteId, labels: &impl Labels) -> Origin {
        self.0.get_or_make(site.0, || {
            labels
                .site(site)
                .map_or(Origin::Std, |site| site.code().origin)
        })
    }
}

/// What is usual at a site.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Norm {
    pub(super) spawned: u64,
    /// Its tasks that have ended.
    pub(super) lifetimes: Usual,
    /// Its waits that have ended.
    pub(super) waits: Usual,
}

impl Norm {
    fn new(facts: SiteFacts) -> Self {
        let SiteFacts {
            spawned,
            ended,
            waited,
            lifetime,
        } = facts;
        Self {
            spawned,
            lifetimes: Usual {
                p99: lifetime.p99,
                count: ended.min(lifetime.count),
            },
            waits: Usual {
                p99: waited.p99,
                count: waited.count,
            },
        }
    }
}

impl Usual {
    /// Whether there are enough to tell what is usual.
    pub(super) fn is_known(self) -> bool {
        self.count >= ENOUGH
    }

    /// Whether it is known what is usual, and this is far beyond it.
    pub(super) fn is_exceeded_by(self, time: Nanos) -> bool {
        self.is_known() && time.0 >= self.p99.0.saturating_mul(FAR_BEYOND)
    }

    /// Whether this is usual, as far as is known.
    pub(super) fn covers(self, time: Nanos) -> bool {
        self.is_known() && !self.is_exceeded_by(time)
    }
}

/// The facts about sites.
pub(super) struct Norms<'a, F> {
    facts: &'a F,
    by_id: ById<Norm>,
}

impl<'a, F: Facts> Norms<'a, F> {
    pub(super) fn new(facts: &'a F) -> Self {
        Self {
            facts,
            by_id: ById::default(),
        }
    }

    /// Of a site that was never given out nothing is known.
    pub(super) fn of(&mut self, site: SiteId) -> Norm {
        let facts = self.facts;
        self.by_id.get_or_make(site.0, || {
            if site.0 < facts.sites() {
                Norm::new(facts.site(site))
            } else {
                Norm::default()
            }
        })
    }
}
