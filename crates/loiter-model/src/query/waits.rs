//! Answers a wait query in one pass.

use std::{cmp::Reverse, collections::HashMap};

use super::{Labels, SortKey, WaitQuery, by_id::ById, matcher::Matcher};
use crate::{
    Nanos, SiteId, State, Task, TaskSeq, Thresholds, Totals, WaitId, WaitKind, WaitStats,
    first::First, times::Times, wait::Spot,
};

/// Which tasks wait alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// Those that wait on the same kind of thing at the same place.
    Wait,
    /// Those with the same stack, that is, the same [`WaitId`].
    Stack,
}

impl Group {
    /// Every way to group.
    pub const ALL: [Self; 2] = [Self::Wait, Self::Stack];
}

/// Takes every task once and adds up those that wait alike.
///
/// Memory is O(groups), with some 3 KB for each group of two tasks and more.
pub struct WaitScan<'a, L> {
    query: &'a WaitQuery,
    group: Group,
    labels: &'a L,
    matcher: Matcher,
    totals: Totals,
    /// Indices of `rows` by wait.
    by_wait: ById<u32>,
    /// Indices of `rows` by what waits have in common.
    by_spot: HashMap<(WaitKind, Option<Spot>), u32>,
    /// Indices of `rows` by site, of tasks without a wait; a table for each state.
    by_site: [ById<u32>; State::ALL.len()],
    rows: Vec<Row>,
}

/// What a [`WaitScan`] found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WaitAnswer {
    /// Counts over all tasks seen; the fields that a scan cannot know are zero.
    pub totals: Totals,
    /// Groups with a task that the filter lets through.
    pub matched: u64,
    /// The row number of `waits[0]`.
    pub offset: u64,
    /// The window, sorted. An offset beyond the last row gives the last `limit` rows.
    pub waits: Vec<WaitStats>,
}

/// A group being added up.
struct Row {
    wait: Option<WaitId>,
    state: State,
    count: u64,
    bytes: u64,
    oldest: First<(Reverse<Nanos>, TaskSeq, SiteId), { WaitStats::SAMPLE }>,
    /// Times in the state.
    times: Times,
}

impl<'a, L: Labels> WaitScan<'a, L> {
    /// Starts a pass.
    #[must_use]
    pub fn new(group: Group, query: &'a WaitQuery, labels: &'a L) -> Self {
        Self {
            query,
            group,
            labels,
            matcher: Matcher::new(&query.filter),
            totals: Totals::default(),
            by_wait: ById::default(),
            by_spot: HashMap::new(),
            by_site: Default::default(),
            rows: Vec::new(),
        }
    }

    /// Takes one task.
    pub fn visit(&mut self, task: &Task) {
        let limits: &Thresholds = &self.query.thresholds;
        self.totals.count(task, limits);
        if !self.matcher.matches(task, limits, self.labels) {
            return;
        }
        let rows = &mut self.rows;
        let mut new_row = || {
            rows.push(Row::new(task));
            (rows.len() - 1) as u32
        };
        let index = match task.wait {
            None => self.by_site[task.state as usize].get_or_make(task.site.0, new_row),
            Some(id) => self.by_wait.get_or_make(id.0, || {
                if self.group == Group::Stack {
                    return new_row();
                }
                let Some(wait) = self.labels.wait(id) else {
                    return new_row();
                };
                let spot = wait.place.as_ref().map(Spot::of);
                let alike = self.by_spot.entry((wait.kind, spot));
                *alike.or_insert_with(new_row)
            }),
        };
        self.rows[index as usize].count(task);
    }

    /// Ends the pass.
    #[must_use]
    pub fn finish(self) -> WaitAnswer {
        let sort = self.query.sort;
        let stats = self.rows.into_iter().map(Row::finish);
        let mut rows: Vec<(SortKey, WaitStats)> = stats
            .map(|stats| (sort.column.key(&stats, self.labels), stats))
            .collect();
        rows.sort_unstable_by(|(a, left), (b, right)| {
            a.compare(b, sort.descending)
                .then_with(|| number(left).cmp(&number(right)))
        });
        let matched = rows.len() as u64;
        let (offset, window) = self.query.window.of(rows);
        WaitAnswer {
            totals: self.totals,
            matched,
            offset,
            waits: window.map(|(_, stats)| stats).collect(),
        }
    }
}

/// Distinguishes a group from every other and stays the same from one update to the next: those
/// with a wait first.
fn number(stats: &WaitStats) -> (bool, Option<WaitId>, State, SiteId) {
    // A group with a wait is its wait's, whichever site its oldest task is of.
    let site = if stats.wait.is_some() {
        SiteId::default()
    } else {
        stats.site
    };
    (stats.wait.is_none(), stats.wait, stats.state, site)
}

impl Row {
    fn new(task: &Task) -> Self {
        Self {
            wait: task.wait,
            state: task.state,
            count: 0,
            bytes: 0,
            oldest: First::default(),
            times: Times::default(),
        }
    }

    fn count(&mut self, task: &Task) {
        self.wait = self.wait.min(task.wait);
        self.count += 1;
        if task.state != State::Ended {
            self.bytes = self.bytes.saturating_add(task.size.unwrap_or(0));
        }
        self.times.record(task.in_state);
        self.oldest
            .offer((Reverse(task.in_state), task.seq, task.site));
    }

    fn finish(self) -> WaitStats {
        let first = self.oldest.first();
        WaitStats {
            wait: self.wait,
            state: self.state,
            site: first.map(|(_, _, site)| *site).unwrap_or_default(),
            count: self.count,
            oldest: self.times.longest(),
            median: self.times.median(),
            bytes: self.bytes,
            sample: self.oldest.iter().map(|(_, seq, _)| *seq).collect(),
        }
    }
}
