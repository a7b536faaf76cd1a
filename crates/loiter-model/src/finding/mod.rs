//! Verdicts: which tasks are leaked or stuck, how sure that is, why, and the cure.

mod advice;
mod allow;
mod evidence;
mod growth;
mod held;
mod report;
mod rules;

use std::cmp::Reverse;

pub use advice::Advice;
pub use allow::Allow;
pub use evidence::{Doubt, Evidence};
pub use growth::{Growth, Trend};
pub use report::{Headline, Markdown};
pub use rules::{Facts, Held, LostWakeup, RuleSettings, Rules, Scan, SiteFacts};

use crate::{NameId, Nanos, SiteId, TaskSeq, WaitId};

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident $name:literal;)*) => {
        /// What is wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FindingKind {
            $($(#[$doc])* $variant,)*
        }

        impl FindingKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The words for it in texts, tables and JSON.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

kinds! {
    /// It registered no waker with anything: nothing can ever wake it.
    NoWaker "no waker";
    /// Tasks wait for each other's end, or for what the others hold.
    WaitCycle "wait cycle";
    /// It waits for the end of a task that will never end.
    DeadByAssociation "dead by association";
    /// What it waited for had come, and nobody had woken it.
    LostWakeup "lost wakeup";
    /// The only task that ever woke it has ended.
    OrphanedWait "orphaned wait";
    /// It waits for room in a channel that nobody drains.
    BlockedSend "blocked send";
    /// It waits for a message that nobody sends.
    BlockedReceive "blocked receive";
    /// It waits for a lock or a permit that nobody gives back.
    BlockedLock "blocked lock";
    /// One poll goes on and on: a worker is held.
    Hogging "hogging";
    /// It wakes itself over and over without getting anywhere.
    BusyLoop "busy loop";
    /// It was woken, and no worker takes it.
    Starved "starved";
    /// A function holds a thread of the blocking pool.
    LongBlocking "long blocking";
    /// More tasks are spawned there than end.
    GrowingSite "growing site";
    /// More tasks are alive than was said to be right.
    TooManyAlive "too many alive";
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// Worth an eye; may be right as it is.
    Watch,
    /// Everything speaks for it, nothing proves it.
    Suspected,
    /// It follows from what was seen.
    Proved,
}

impl Certainty {
    /// Every certainty, the least sure first.
    pub const ALL: [Self; 3] = [Self::Watch, Self::Suspected, Self::Proved];

    /// The word for it in texts, tables and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Watch => "watch",
            Self::Suspected => "suspected",
            Self::Proved => "proved",
        }
    }
}

/// A verdict over the tasks of one site that wait alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What is wrong.
    pub kind: FindingKind,
    /// How sure that is.
    pub certainty: Certainty,
    /// Where its tasks were spawned; `None` for one about the whole program.
    pub site: Option<SiteId>,
    /// What its tasks wait on, where they all wait on one thing and that is known.
    pub wait: Option<WaitId>,
    /// The name of its tasks, where they all have the same one.
    pub name: Option<NameId>,
    /// The scope of its tasks, where they all have the same one.
    pub scope: Option<NameId>,
    /// How many tasks.
    pub count: u64,
    /// The first of them, oldest first, up to [`Finding::SAMPLE`].
    pub sample: Vec<TaskSeq>,
    /// Bytes of their futures.
    pub bytes: u64,
    /// Since when it is so for the first of them, from the agent's start.
    pub since: Nanos,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// What makes it unsure.
    pub doubts: Vec<Doubt>,
}

impl Finding {
    /// How many tasks a sample has at most.
    pub const SAMPLE: usize = 8;

    /// What makes two findings of one target the same one at different times.
    #[must_use]
    pub fn key(&self) -> FindingKey {
        FindingKey {
            kind: self.kind,
            site: self.site,
            wait: self.wait,
        }
    }

    /// Orders findings as they are told, the worst first. `at`: when they were seen.
    #[must_use]
    pub fn rank(&self, at: Nanos) -> impl Ord + use<> {
        let age = at.saturating_sub(self.since);
        let weight = u128::from(self.count) * u128::from(age.0);
        (Reverse((self.certainty, weight, self.bytes)), self.key())
    }
}

/// Tells the findings of one target apart, for as long as it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FindingKey {
    /// What is wrong.
    pub kind: FindingKind,
    /// Where its tasks were spawned.
    pub site: Option<SiteId>,
    /// What they wait on.
    pub wait: Option<WaitId>,
}
