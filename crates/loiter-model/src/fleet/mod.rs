//! What is known of many targets at once, and what they have in common.
//!
//! A [`Fleet`] is told [`News`] of its targets, each of which is an [`Instance`] in it, and answers
//! with rows over all of them: [`FleetSite`] and [`FleetFinding`]. They are ranked by the largest
//! single instance, so that what is large in one beats what is small in all.
//!
//! Time is an argument, and counts from when the fleet began to be watched. Of news of one kind
//! about one target the latest counts, whenever they come in, so that their order is of no
//! importance.

mod column;
mod finding;
mod instance;
mod merge;
mod site;
mod summary;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

pub use column::{FleetSiteColumn, InstanceColumn};
pub use finding::{FindingCounts, FleetFinding, FleetFindings, Told};
pub use instance::{Instance, Status};
pub use merge::Share;
pub use site::{FleetSite, FleetSites, SiteCount};
pub use summary::Summary;

use crate::{
    Nanos, Site, Target,
    query::Sort,
    update::{FindingsUpdate, SitesUpdate},
};

/// Stands for a target within one fleet. Whoever finds the targets gives each a number of its own,
/// counting up, and never one twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId(pub u32);

/// Something new about one target.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// It was found.
    Seen {
        /// What it is called as long as it has not said so itself: from a list of targets, or
        /// where it was found.
        name: Arc<str>,
        /// Where it is, as an address is written.
        address: Arc<str>,
    },
    /// It said what it is.
    Target(Box<Target>),
    /// It said how its sites are.
    Sites(Box<SitesUpdate>),
    /// It said what is wrong.
    Findings(Box<FindingsUpdate>),
    /// It does not answer, or is not there any more.
    Lost {
        /// Why, in one line.
        reason: Arc<str>,
    },
}

/// Many targets, and what they said last.
///
/// A target stays once it was seen, lost or not. What it said stays, too, and counts as stale from
/// when it was lost. A process that answers at several targets counts at one of them.
///
/// Memory is bounded: by [`Fleet::MOST`] targets with [`Instance::MOST_SITES`] sites and
/// [`Instance::MOST_FINDINGS`] findings each, with stacks and paths as long as they come: whoever
/// reads answers off a wire has a limit for one. Of more targets than that, those that have been
/// lost for longest are forgotten, and counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fleet {
    instances: BTreeMap<InstanceId, Instance>,
    forgotten: u64,
    problems: BTreeMap<Arc<str>, Arc<str>>,
}

impl Fleet {
    /// How many targets are remembered at most.
    pub const MOST: usize = 4096;

    /// Nothing is known yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes news of a target, that came at this time. News of a target that was not
    /// [seen](News::Seen) before says nothing. O(what it holds).
    pub fn hear(&mut self, id: InstanceId, at: Nanos, news: News) {
        match news {
            News::Seen { name, address } => self.see(id, at, name, address),
            news => {
                if let Some(instance) = self.instances.get_mut(&id) {
                    instance.hear(at, news);
                }
            }
        }
    }

    fn see(&mut self, id: InstanceId, at: Nanos, name: Arc<str>, address: Arc<str>) {
        if self.instances.contains_key(&id) {
            return;
        }
        let instance = Instance::new(id, at, &name, &address);
        self.instances.insert(id, instance);
        while self.instances.len() > Self::MOST {
            self.forget_one();
        }
    }

    /// The one that was lost first goes; while none is, the one that came last.
    fn forget_one(&mut self) {
        let lost = self.instances.values().filter_map(|instance| {
            let since = instance.lost_since()?;
            Some((since, instance.id()))
        });
        let last = self.instances.keys().next_back().copied();
        let id = lost.min().map(|(_, id)| id).or(last);
        if let Some(id) = id {
            self.instances.remove(&id);
            self.forgotten += 1;
        }
    }

    /// Notes what is wrong with a place that targets are found at, such as a name that leads
    /// nowhere; `None` when nothing is wrong any more.
    pub fn note(&mut self, place: &str, problem: Option<Arc<str>>) {
        match problem {
            Some(problem) => self.problems.insert(place.into(), problem),
            None => self.problems.remove(place),
        };
    }

    /// What is wrong with places that targets are found at: the place and the problem, each in
    /// one line.
    pub fn problems(&self) -> impl Iterator<Item = (&str, &str)> {
        let problems = self.problems.iter();
        problems.map(|(place, problem)| (&**place, &**problem))
    }

    /// All targets, in the order in which they were found.
    pub fn instances(&self) -> impl ExactSizeIterator<Item = &Instance> {
        self.instances.values()
    }

    /// Those targets at which a process answers that answers at another one as well, where it
    /// counts: which one that is. A console-subscriber does not say which process it is in.
    #[must_use]
    pub fn doubles(&self) -> BTreeMap<InstanceId, InstanceId> {
        let mut first: HashMap<u64, InstanceId> = HashMap::new();
        let doubles = self.instances().filter_map(|instance| {
            let id = instance.id();
            let counted = *first.entry(instance.run()?).or_insert(id);
            (counted != id).then_some((id, counted))
        });
        doubles.collect()
    }

    /// All targets but [doubles](Self::doubles), in the order in which they were found: what counts.
    pub fn processes(&self) -> impl Iterator<Item = &Instance> {
        let doubles = self.doubles();
        let instances = self.instances();
        instances.filter(move |instance| !doubles.contains_key(&instance.id()))
    }

    /// One target; `None` when it was never seen, or forgotten.
    #[must_use]
    pub fn instance(&self, id: InstanceId) -> Option<&Instance> {
        self.instances.get(&id)
    }

    /// How many targets were forgotten because there were more than [`Fleet::MOST`].
    #[must_use]
    pub const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// All targets in this order; equal ones in that in which they were found. `now`: the lag is
    /// told by it.
    #[must_use]
    pub fn sorted(&self, sort: Sort<InstanceColumn>, now: Nanos) -> Vec<&Instance> {
        let instances = self.instances.values();
        merge::sorted(instances, sort, |instance| sort.column.key(instance, now))
    }

    /// Counts over all of them. O(targets).
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary::of(self)
    }

    /// The sites of all targets, equal ones together. O(targets × sites).
    #[must_use]
    pub fn sites(&self, sort: Sort<FleetSiteColumn>) -> FleetSites {
        site::merged(self.processes(), sort)
    }

    /// Which targets have tasks of this site: the largest first, those that answer before lost
    /// ones.
    #[must_use]
    pub fn shares(&self, site: &Site) -> Vec<Share> {
        site::shares(self.processes(), site)
    }

    /// The findings of all targets, equal ones together, the worst first.
    /// O(targets × findings).
    #[must_use]
    pub fn findings(&self) -> FleetFindings {
        finding::merged(self.processes())
    }

    /// What stands behind a row of [`Fleet::findings`]: the finding of its largest target. `None`
    /// when that target has said something else meanwhile.
    #[must_use]
    pub fn finding(&self, row: &FleetFinding) -> Option<Told<'_>> {
        self.instance(row.largest.instance)?.finding(&row.key)
    }
}

/// Targets in their usual order: those with most findings, the surest first, at the top.
impl Default for Sort<InstanceColumn> {
    fn default() -> Self {
        Self::by(InstanceColumn::Findings)
    }
}

/// Sites in their usual order: the one that is largest in a single target first.
impl Default for Sort<FleetSiteColumn> {
    fn default() -> Self {
        Self::by(FleetSiteColumn::Largest)
    }
}
