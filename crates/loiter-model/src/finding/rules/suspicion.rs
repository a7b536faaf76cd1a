//! Waits that look as if they never end.

use super::{
    Facts,
    ids::Ids,
    judge::{Verdict, evidence},
    merge::Grounds,
    sites::{Norm, Norms},
    waiter::{About, Waiter},
    waits::{Known, Waits},
};
use crate::{
    Nanos, SiteId, TaskSeq, WaitKind,
    finding::{Certainty, FindingKind},
};

/// Tasks that were spawned within this time stem from one burst, like the workers of a pool.
const BURST: Nanos = Nanos::from_secs(1);
/// So many make a pattern.
const PATTERN: u64 = 3;

/// What is suspected of tasks of which nothing is proved.
pub(super) struct Suspicions<'a, F> {
    at: Nanos,
    waits: &'a Waits,
    facts: &'a F,
    norms: Norms<'a, F>,
    receivers: Ids<(SiteId, u32), Receivers>,
}

/// The tasks of one site that wait at one place for what others send, longer than is usual.
#[derive(Clone, Copy, Debug)]
struct Receivers {
    count: u64,
    never_woken: u64,
    first_spawn: Nanos,
    last_spawn: Nanos,
}

impl Receivers {
    fn are_of_one_burst(&self) -> bool {
        self.last_spawn.saturating_sub(self.first_spawn) < BURST
    }
}

impl<'a, F: Facts> Suspicions<'a, F> {
    pub(super) fn new(at: Nanos, waits: &'a Waits, facts: &'a F) -> Self {
        Self {
            at,
            waits,
            facts,
            norms: Norms::new(facts),
            receivers: Ids::default(),
        }
    }

    /// Takes note of a task: whether a receive is suspicious depends on who else waits so.
    pub(super) fn note(&mut self, waiter: &Waiter) {
        let wait = self.waits.known(waiter.member.wait);
        if wait.about != About::Receive || waiter.expect_idle {
            return;
        }
        let site = waiter.member.site;
        if self.norms.of(site).waits.covers(waiter.member.time) {
            return;
        }
        let spawned_at = waiter.spawned_at;
        let key = (site, wait.spot);
        let receivers = self.receivers.entry(key).or_insert(Receivers {
            count: 0,
            never_woken: 0,
            first_spawn: spawned_at,
            last_spawn: spawned_at,
        });
        receivers.count += 1;
        receivers.never_woken += u64::from(waiter.never_woken());
        receivers.first_spawn = receivers.first_spawn.min(spawned_at);
        receivers.last_spawn = receivers.last_spawn.max(spawned_at);
    }

    /// What is suspected of a task, once all are noted.
    pub(super) fn of(&mut self, waiter: &Waiter) -> Option<Verdict> {
        if waiter.expect_idle {
            return None;
        }
        let wait = self.waits.known(waiter.member.wait);
        let held = match wait.about {
            About::Lock | About::Unknown => self.facts.held(waiter.member.seq),
            _ => None,
        };
        let about = match held {
            Some(_) => About::Lock,
            None => wait.about,
        };
        if about == About::Other {
            return None;
        }
        let norm = self.norms.of(waiter.member.site);
        // Whoever waits for what another one holds is woken by that one.
        if held.is_none()
            && let Some(orphaned) = self.orphaned(waiter, &norm)
        {
            return Some(orphaned);
        }
        if norm.waits.covers(waiter.member.time) {
            return None;
        }
        match about {
            About::Send => Some(blocked(FindingKind::BlockedSend, waiter, &norm)),
            About::Lock => {
                let mut verdict = blocked(FindingKind::BlockedLock, waiter, &norm);
                verdict.grounds.held = held.map(|held| evidence(waiter.member.seq, &held));
                Some(verdict)
            }
            About::Receive => self.receive(waiter, wait, &norm),
            About::Unknown | About::Other => None,
        }
    }

    fn has_ended(&self, task: TaskSeq) -> bool {
        !self.facts.is_alive(task)
    }

    /// Another task may come that wakes it, as long as there is a parent to spawn it: unless the
    /// wait is far beyond the usual.
    fn orphaned(&self, waiter: &Waiter, norm: &Norm) -> Option<Verdict> {
        let waker = waiter.sole_waker.filter(|waker| self.has_ended(*waker))?;
        let parent_ended = waiter.parent.filter(|parent| self.has_ended(*parent));
        if parent_ended.is_none() && !norm.waits.is_exceeded_by(waiter.member.time) {
            return None;
        }
        Some(Verdict {
            kind: FindingKind::OrphanedWait,
            certainty: Certainty::Suspected,
            grounds: Grounds {
                woken_only_by: Some((waker, waiter.wakes)),
                parent_ended,
                ..usual_there(norm)
            },
        })
    }

    fn receive(&self, waiter: &Waiter, wait: &Known, norm: &Norm) -> Option<Verdict> {
        // What libraries keep for later use, such as connections, waits as long as it takes.
        if !waiter.is_own && !wait.is_own {
            return None;
        }
        let receivers = self.receivers.get(&(waiter.member.site, wait.spot))?;
        let mut verdict = blocked(FindingKind::BlockedReceive, waiter, norm);
        if norm.spawned >= PATTERN && !receivers.are_of_one_burst() {
            let parent_ended = waiter.parent.filter(|parent| self.has_ended(*parent));
            let age = self.at.saturating_sub(waiter.spawned_at);
            let outlives = norm.lifetimes.is_exceeded_by(age);
            let is_pattern = waiter.never_woken() && receivers.never_woken >= PATTERN;
            if parent_ended.is_some() || outlives || is_pattern {
                verdict.grounds.parent_ended = parent_ended;
                verdict.grounds.site_lifetimes = outlives.then_some(norm.lifetimes);
                return Some(verdict);
            }
        }
        // Others listen for the end of the program, or for news that are rare.
        let is_of_one_sender = !matches!(
            wait.kind,
            WaitKind::BroadcastRecv | WaitKind::WatchChanged | WaitKind::Notify
        );
        let is_watched =
            is_of_one_sender && waiter.is_own && waiter.never_woken() && receivers.count == 1;
        verdict.certainty = Certainty::Watch;
        is_watched.then_some(verdict)
    }
}

fn blocked(kind: FindingKind, waiter: &Waiter, norm: &Norm) -> Verdict {
    Verdict {
        kind,
        certainty: Certainty::Suspected,
        grounds: Grounds {
            never_woken: waiter.never_woken(),
            ..usual_there(norm)
        },
    }
}

fn usual_there(norm: &Norm) -> Grounds {
    let is_known = norm.waits.is_known();
    Grounds {
        site_waits: is_known.then_some(norm.waits),
        few_samples: (!is_known).then_some(norm.waits.count),
        ..Grounds::default()
    }
}
