//! Tasks that wait for each other, or for one that can never go on.

use super::{ids::Ids, waiter::Waiter};
use crate::TaskSeq;

/// What is known of how a blocked task's wait ends, by whom it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It may end.
    Open,
    /// It is one of a cycle.
    Cycle,
    /// It waits for this task, which cannot go on.
    Dead(TaskSeq),
}

/// The cycles among blocked tasks, and who else cannot go on: nobody by default.
#[derive(Default)]
pub(super) struct Stuck {
    /// One for each waiter; empty when all are open.
    fates: Vec<Fate>,
    /// The waiters of each cycle by index, each waiting for the next one.
    pub(super) cycles: Vec<Vec<u32>>,
}

/// Whom a waiter waits for.
#[derive(Clone, Copy)]
struct Link {
    task: TaskSeq,
    /// Its index, if it is blocked too.
    index: Option<u32>,
}

impl Stuck {
    pub(super) fn fate(&self, waiter: usize) -> Fate {
        self.fates.get(waiter).copied().unwrap_or(Fate::Open)
    }

    /// Goes from every waiter to whom it waits for, to each once.
    ///
    /// `waits_for`: whom a waiter waits for, by its index.
    /// `is_dead`: whether that waiter can never go on by itself.
    /// `is_told`: whether something is to be said of a cycle. One that is right as it is has
    /// nobody dead by association either.
    pub(super) fn among(
        waiters: &[Waiter],
        waits_for: &Ids<u32, TaskSeq>,
        is_dead: impl Fn(usize) -> bool,
        mut is_told: impl FnMut(&[u32]) -> bool,
    ) -> Self {
        if waits_for.is_empty() {
            return Self::default();
        }
        let links = links(waiters, waits_for);
        let mut stuck = Self {
            fates: vec![Fate::Open; waiters.len()],
            cycles: Vec::new(),
        };
        let mut cannot_go_on: Vec<bool> = (0..waiters.len()).map(is_dead).collect();
        // The start of the walk that came by first.
        let mut walked_from = vec![u32::MAX; waiters.len()];
        let mut path: Vec<u32> = Vec::new();
        for start in 0..waiters.len() as u32 {
            path.clear();
            let mut at = start;
            let end = loop {
                if walked_from[at as usize] != u32::MAX {
                    break Some(at);
                }
                walked_from[at as usize] = start;
                path.push(at);
                match links.get(&at).and_then(|link| link.index) {
                    Some(next) => at = next,
                    None => break None,
                }
            };
            let closes = end.filter(|end| walked_from[*end as usize] == start);
            if let Some(first) = closes.and_then(|end| path.iter().position(|at| *at == end)) {
                let mut cycle = path.split_off(first);
                begin_with_first(&mut cycle, waiters);
                let is_told = is_told(&cycle);
                for &at in &cycle {
                    stuck.fates[at as usize] = Fate::Cycle;
                    cannot_go_on[at as usize] = is_told;
                }
                stuck.cycles.push(cycle);
            }
            // From where it ends back to the start.
            for &at in path.iter().rev() {
                let Some(Link { task, index }) = links.get(&at) else {
                    continue;
                };
                if !cannot_go_on[at as usize]
                    && index.is_some_and(|index| cannot_go_on[index as usize])
                {
                    cannot_go_on[at as usize] = true;
                    stuck.fates[at as usize] = Fate::Dead(*task);
                }
            }
        }
        stuck
    }
}

/// Whom each waiter waits for.
fn links(waiters: &[Waiter], waits_for: &Ids<u32, TaskSeq>) -> Ids<u32, Link> {
    let mut indices: Ids<TaskSeq, Option<u32>> =
        waits_for.values().map(|task| (*task, None)).collect();
    for (index, waiter) in (0..).zip(waiters) {
        if let Some(found) = indices.get_mut(&waiter.member.seq) {
            *found = Some(index);
        }
    }
    let links = waits_for.iter().map(|(waiter, &task)| {
        let index = indices.get(&task).copied().flatten();
        (*waiter, Link { task, index })
    });
    links.collect()
}

/// Turns a cycle so that alike ones begin alike: at the lowest site, there with the oldest task.
fn begin_with_first(cycle: &mut [u32], waiters: &[Waiter]) {
    let key = |at: &u32| {
        let member = &waiters[*at as usize].member;
        (member.site, member.seq)
    };
    let first = (0..cycle.len()).min_by_key(|at| key(&cycle[*at]));
    cycle.rotate_left(first.unwrap_or(0));
}
