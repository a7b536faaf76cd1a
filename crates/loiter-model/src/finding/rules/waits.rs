//! What tasks wait on, looked up once for each wait.

use std::collections::HashMap;

use super::waiter::About;
use crate::{
    Origin, StackSource, WaitId, WaitKind,
    query::{ById, Labels},
    wait::Spot,
};

/// Stands for a [`Known`] within one scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WaitIndex(u32);

impl WaitIndex {
    /// Nobody knows what it waits on.
    pub(super) const UNKNOWN: Self = Self(0);
}

/// What the rules go by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// `None` where it is unknown.
    pub(super) id: Option<WaitId>,
    pub(super) kind: WaitKind,
    pub(super) about: About,
    /// The same for waits of one kind at one place, and for no others.
    pub(super) spot: u32,
    /// How that was found out.
    pub(super) source: Option<StackSource>,
    /// It waits on several things, as far as was seen.
    pub(super) has_branches: bool,
    /// The program itself waits, not a library.
    pub(super) is_own: bool,
}

impl Known {
    const NOTHING: Self = Self {
        id: None,
        kind: WaitKind::Unknown,
        about: About::Unknown,
        spot: 0,
        source: None,
        has_branches: false,
        is_own: false,
    };

    /// Every leaf was seen.
    pub(super) fn is_probed(&self) -> bool {
        self.source == Some(StackSource::Probed)
    }

    /// A look has confirmed that it registered no waker.
    pub(super) fn is_nothing(&self) -> bool {
        self.kind == WaitKind::Nothing && self.is_probed()
    }

    /// Waits that may be long in every program, and in which nobody is waited for.
    pub(super) fn is_for_the_world(&self) -> bool {
        let of_the_world = matches!(
            self.kind,
            WaitKind::Sleep
                | WaitKind::IoRead
                | WaitKind::IoWrite
                | WaitKind::Accept
                | WaitKind::Signal
                | WaitKind::Process
        );
        of_the_world && self.is_probed()
    }
}

/// The waits that a scan has met.
pub(super) struct Waits {
    by_id: ById<u32>,
    by_spot: HashMap<(WaitKind, Option<Spot>), u32>,
    known: Vec<Known>,
    abouts: Abouts,
}

/// What waits are about, kept from one scan to the next: it takes some tens of microseconds to
/// judge one with several branches.
pub(super) type Abouts = HashMap<WaitId, About>;

/// Waits that are remembered at most; then all are forgotten and judged anew.
const MOST_ABOUTS: usize = 1 << 16;

impl Waits {
    pub(super) fn new(abouts: Abouts) -> Self {
        Self {
            abouts,
            by_id: ById::default(),
            by_spot: HashMap::new(),
            known: vec![Known::NOTHING],
        }
    }

    /// What a task's wait is known as. Looks labels up when an id is first met.
    pub(super) fn index(&mut self, wait: Option<WaitId>, labels: &impl Labels) -> WaitIndex {
        let Some(id) = wait else {
            return WaitIndex::UNKNOWN;
        };
        let Self {
            by_id,
            by_spot,
            known,
            abouts,
        } = self;
        let index = by_id.get_or_make(id.0, || {
            let Some(wait) = labels.wait(id) else {
                return WaitIndex::UNKNOWN.0;
            };
            let next = by_spot.len() as u32 + 1;
            let place = wait.place.as_ref().map(Spot::of);
            if abouts.len() == MOST_ABOUTS {
                abouts.clear();
            }
            known.push(Known {
                id: Some(id),
                kind: wait.kind,
                about: *abouts.entry(id).or_insert_with(|| About::of_wait(&wait)),
                spot: *by_spot.entry((wait.kind, place)).or_insert(next),
                source: Some(wait.stack.source),
                has_branches: wait.stack.branches.len() > 1,
                is_own: (wait.place.as_ref()).is_some_and(|place| place.origin() == Origin::User),
            });
            known.len() as u32 - 1
        });
        WaitIndex(index)
    }

    /// What is to be remembered for the next scan.
    pub(super) fn into_abouts(self) -> Abouts {
        self.abouts
    }

    pub(super) fn known(&self, index: WaitIndex) -> &Known {
        &self.known[index.0 as usize]
    }
}
