//! Judges the blocked tasks of a scan: first what is proved, then what is suspected of the rest.

use super::{
    Facts, Held,
    ids::Ids,
    merge::{Grounds, Merge},
    stuck::{Fate, Stuck},
    suspicion::Suspicions,
    waiter::{Waiter, Waker},
    waits::Waits,
};
use crate::{
    Nanos, TaskSeq,
    finding::{Certainty, Evidence, FindingKind, allow::AllowList},
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

/// Whom blocked tasks wait for, by their indices.
#[derive(Default)]
struct Asked {
    /// Where that is proved.
    waits_for: Ids<u32, TaskSeq>,
    /// What others hold for them, as far as is known.
    held: Ids<u32, Held>,
}

impl<F: Facts> Judge<'_, F> {
    pub(super) fn judge(mut self) {
        let asked = self.ask();
        let stuck = self.stuck(&asked);
        self.tell_cycles(&stuck, Certainty::Proved, &Ids::default());
        let crossed = self.crossed(&stuck, &asked);
        self.tell_cycles(&crossed, Certainty::Suspected, &asked.held);
        let mut suspicions = Suspicions::new(self.at, self.waits, self.facts);
        let open = self.waiters.iter().enumerate();
        open.filter(|(index, waiter)| {
            (stuck.fate(*index), crossed.fate(*index)) == (Fate::Open, Fate::Open)
                && waiter.waker == Waker::MayBe
        })
        .for_each(|(_, waiter)| suspicions.note(waiter));
        for (index, waiter) in self.waiters.iter().enumerate() {
            let verdict = match (waiter.waker, stuck.fate(index)) {
                (Waker::Nowhere, _) => Some(no_waker(Certainty::Proved)),
                // That is told of all of them together.
                (_, Fate::Cycle) => None,
                (_, Fate::Dead(task)) => Some(dead(task)),
                (_, Fate::Open) if crossed.fate(index) == Fate::Cycle => None,
                (Waker::MissingStill, Fate::Open) => Some(no_waker(Certainty::Suspected)),
                (Waker::MayBe, Fate::Open) => suspicions.of(waiter),
            };
            if let Some(verdict) = &verdict {
                self.tell(waiter, verdict);
            }
        }
    }

    /// Takes a verdict by reference: it is large, and there may be one for each of a million tasks.
    fn tell(&mut self, waiter: &Waiter, verdict: &Verdict) {
        if !self.allow.silences(waiter.allowed, verdict.kind, 1) {
            let known = self.waits.known(waiter.member.wait);
            let Verdict {
                kind,
                certainty,
                grounds,
            } = verdict;
            self.merge
                .add(*kind, *certainty, &waiter.member, known, grounds);
        }
    }

    /// Asks it all in one go: there may be a million of them.
    fn ask(&self) -> Asked {
        let mut asked = Asked::default();
        for (index, waiter) in (0..).zip(self.waiters) {
            let wait = self.waits.known(waiter.member.wait);
            // Its other branches, or the timer of a timeout, may end its wait.
            let may_end_otherwise = waiter.is_part || wait.has_branches;
            let has_waker = waiter.waker != Waker::Nowhere;
            if may_end_otherwise || !has_waker {
                continue;
            }
            let seq = waiter.member.seq;
            if let Some(task) = self.facts.waits_for(seq) {
                asked.waits_for.insert(index, task);
            }
            if waiter.waker == Waker::MayBe
                && let Some(held) = self.facts.held(seq).filter(|held| held.is_all)
            {
                asked.held.insert(index, held);
            }
        }
        asked
    }

    fn stuck(&self, asked: &Asked) -> Stuck {
        let (waiters, allow) = (self.waiters, &*self.allow);
        let is_dead = |index: usize| {
            let waiter: &Waiter = &waiters[index];
            waiter.waker == Waker::Nowhere && !allow.is_silent(waiter.allowed, FindingKind::NoWaker)
        };
        let is_told = |cycle: &[u32]| silencing(cycle, waiters, allow).is_none();
        Stuck::among(waiters, &asked.waits_for, is_dead, is_told)
    }

    /// Cycles of tasks each of which waits for what the next one holds, or for its end.
    ///
    /// They are suspected at most. tokio tells in which task a lock was taken and that it was
    /// given back, but not where its guard is meanwhile: one of a lock that lives for ever (a
    /// `static`, a leaked one, an owned guard) can be sent to a third task, which may give it back
    /// any time. Nor does it tell of permits that are added or taken at once with `try_acquire`.
    /// And a task may wait for something else beside that tokio does not tell of.
    fn crossed(&self, stuck: &Stuck, asked: &Asked) -> Stuck {
        if asked.held.is_empty() {
            return Stuck::default();
        }
        let mut waits_for = asked.waits_for.clone();
        waits_for.extend(asked.held.iter().map(|(index, held)| (*index, held.by)));
        waits_for.retain(|index, _| stuck.fate(*index as usize) == Fate::Open);
        let is_told = |cycle: &[u32]| silencing(cycle, self.waiters, self.allow).is_none();
        Stuck::among(self.waiters, &waits_for, |_| false, is_told)
    }

    fn tell_cycles(&mut self, stuck: &Stuck, certainty: Certainty, held: &Ids<u32, Held>) {
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
            let held = cycle.iter().filter_map(|at| {
                let held = held.get(at)?;
                Some(evidence(waiters[*at as usize].member.seq, held))
            });
            self.merge.add_cycle(certainty, held.collect(), members);
        }
    }
}

/// That a task waits for what another one holds.
pub(super) fn evidence(waiter: TaskSeq, held: &Held) -> Evidence {
    Evidence::Held {
        waiter,
        holder: held.by,
        what: held.what.clone(),
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
