//! Judges the blocked tasks of a scan: first what is proved, then what is suspected of the rest.

use super::{
    Facts,
    merge::{Grounds, Merge},
    stuck::{Fate, Stuck},
    suspicion::Suspicions,
    waiter::{Waiter, Waker},
    waits::Waits,
};
use crate::{
    Nanos, TaskSeq,
    finding::{Certainty, FindingKind, allow::AllowList},
};

/// The blocked tasks of a scan, and what is known of them.
pub(super) struct Judge<'a, F> {
    /// Now.
    pub(super) at: Nanos,
    pub(super) waiters: &'a [Waiter],
    pub(super) waits: &'a Waits,
    pub(super) facts: &'a F,
    pub(super) allow: &'a mut AllowList,
    pub(super) merge: &'a mut Merge,
}

/// A finding in the making.
pub(super) struct Verdict {
    pub(super) kind: FindingKind,
    pub(super) certainty: Certainty,
    pub(super) grounds: Grounds,
}

impl<F: Facts> Judge<'_, F> {
    pub(super) fn judge(mut self) {
        let stuck = self.stuck();
        self.tell_cycles(&stuck);
        let mut suspicions = Suspicions::new(self.at, self.waits, self.facts);
        let open = self.waiters.iter().enumerate();
        open.filter(|(index, waiter)| {
            stuck.fate(*index) == Fate::Open && waiter.waker == Waker::MayBe
        })
        .for_each(|(_, waiter)| suspicions.note(waiter));
        for (index, waiter) in self.waiters.iter().enumerate() {
            let verdict = match (waiter.waker, stuck.fate(index)) {
                (Waker::Nowhere, _) => Some(no_waker(Certainty::Proved)),
                // That is told of all of them together.
                (_, Fate::Cycle) => None,
                (_, Fate::Dead(task)) => Some(dead(task)),
                (Waker::MissingStill, Fate::Open) => Some(no_waker(Certainty::Suspected)),
                (Waker::MayBe, Fate::Open) => suspicions.of(waiter),
            };
            if let Some(verdict) = verdict {
                self.tell(waiter, verdict);
            }
        }
    }

    fn tell(&mut self, waiter: &Waiter, verdict: Verdict) {
        if !self.allow.silences(waiter.allowed, verdict.kind, 1) {
            let known = self.waits.known(waiter.member.wait);
            let Verdict {
                kind,
                certainty,
                grounds,
            } = verdict;
            self.merge
                .add(kind, certainty, &waiter.member, known, &grounds);
        }
    }

    fn stuck(&mut self) -> Stuck {
        let Self {
            waiters,
            waits,
            facts,
            allow,
            ..
        } = self;
        let waits_for = |waiter: &Waiter| {
            let wait = waits.known(waiter.member.wait);
            // Its other branches, or the timer of a timeout, may end its wait.
            let may_end_otherwise = waiter.is_part || wait.has_branches;
            let has_waker = waiter.waker != Waker::Nowhere;
            if may_end_otherwise || !has_waker {
                return None;
            }
            facts.waits_for(waiter.member.seq)
        };
        let allow = &**allow;
        let is_dead = |index: usize| {
            let waiter: &Waiter = &waiters[index];
            waiter.waker == Waker::Nowhere && !allow.is_silent(waiter.allowed, FindingKind::NoWaker)
        };
        let is_told = |cycle: &[u32]| silencing(cycle, waiters, allow).is_none();
        Stuck::among(waiters, waits_for, is_dead, is_told)
    }

    fn tell_cycles(&mut self, stuck: &Stuck) {
        for cycle in &stuck.cycles {
            if let Some(waiter) = silencing(cycle, self.waiters, self.allow) {
                let tasks = cycle.len() as u64;
                self.allow
                    .silences(waiter.allowed, FindingKind::WaitCycle, tasks);
                continue;
            }
            let (waiters, waits) = (self.waiters, self.waits);
            let members = cycle.iter().map(|at| {
                let member = &waiters[*at as usize].member;
                (member, waits.known(member.wait))
            });
            self.merge.add_cycle(members);
        }
    }
}

/// One of a cycle about which nothing is to be said.
fn silencing<'a>(cycle: &[u32], waiters: &'a [Waiter], allow: &AllowList) -> Option<&'a Waiter> {
    let mut members = cycle.iter().map(|at| &waiters[*at as usize]);
    members.find(|waiter| allow.is_silent(waiter.allowed, FindingKind::WaitCycle))
}

fn no_waker(certainty: Certainty) -> Verdict {
    Verdict {
        kind: FindingKind::NoWaker,
        certainty,
        grounds: Grounds {
            confirmed_by_look: certainty == Certainty::Proved,
            ..Grounds::default()
        },
    }
}

fn dead(task: TaskSeq) -> Verdict {
    Verdict {
        kind: FindingKind::DeadByAssociation,
        certainty: Certainty::Proved,
        grounds: Grounds {
            waits_for: Some(task),
            ..Grounds::default()
        },
    }
}
