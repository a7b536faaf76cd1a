//! Answers a site query in one pass.

use super::{Labels, SiteQuery, SortKey, by_id::ById, matcher::Matcher};
use crate::{Distribution, Nanos, SiteId, SiteStats, State, Task, Thresholds, Totals};

/// Takes every task once and adds them up by site.
///
/// Memory is O(sites).
pub struct SiteScan<'a, L> {
    query: &'a SiteQuery,
    labels: &'a L,
    matcher: Matcher,
    totals: Totals,
    /// Indices of `rows`.
    index: ById<u32>,
    rows: Vec<Row>,
}

/// A site being added up.
struct Row {
    site: SiteId,
    totals: Totals,
    bytes: u64,
    oldest_idle: Option<Nanos>,
    /// Current waits; made with the first idle task, as it is large.
    idle: Option<Distribution>,
}

/// What a [`SiteScan`] found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SiteAnswer {
    /// Counts over all tasks seen; the fields that a scan cannot know are zero.
    pub totals: Totals,
    /// Sites with a task that the filter lets through.
    pub matched: u64,
    /// The row number of `sites[0]`.
    pub offset: u64,
    /// The window, sorted. An offset beyond the last row gives the last `limit` rows.
    pub sites: Vec<SiteStats>,
}

impl<'a, L: Labels> SiteScan<'a, L> {
    /// Starts a pass.
    #[must_use]
    pub fn new(query: &'a SiteQuery, labels: &'a L) -> Self {
        Self {
            query,
            labels,
            matcher: Matcher::new(&query.filter),
            totals: Totals::default(),
            index: ById::default(),
            rows: Vec::new(),
        }
    }

    /// Takes one task.
    pub fn visit(&mut self, task: &Task) {
        let limits = &self.query.thresholds;
        self.totals.count(task, limits);
        if !self.matcher.matches(task, limits, self.labels) {
            return;
        }
        let rows = &mut self.rows;
        let index = self.index.get_or_make(task.site.0, || {
            rows.push(Row::new(task.site));
            (rows.len() - 1) as u32
        });
        rows[index as usize].count(task, limits);
    }

    /// Ends the pass: `complete` adds what only the caller knows of a site (spawned, ended,
    /// rates, history, quantiles) before the rows are sorted. It is called for every site, in
    /// and out of the window, as any of these can be what rows are sorted by.
    #[must_use]
    pub fn finish(self, mut complete: impl FnMut(&mut SiteStats)) -> SiteAnswer {
        let sort = self.query.sort;
        let mut rows: Vec<(SortKey, SiteStats)> = self
            .rows
            .into_iter()
            .map(|row| {
                let mut stats = row.finish();
                complete(&mut stats);
                (sort.column.key(&stats, self.labels), stats)
            })
            .collect();
        rows.sort_unstable_by(|(a, left), (b, right)| {
            a.compare(b, sort.descending)
                .then(left.site.cmp(&right.site))
        });
        let matched = rows.len() as u64;
        let (offset, window) = self.query.window.of(rows);
        SiteAnswer {
            totals: self.totals,
            matched,
            offset,
            sites: window.map(|(_, stats)| stats).collect(),
        }
    }
}

impl Row {
    fn new(site: SiteId) -> Self {
        Self {
            site,
            totals: Totals::default(),
            bytes: 0,
            oldest_idle: None,
            idle: None,
        }
    }

    /// Counts one task; an ended one is no part of what is alive.
    fn count(&mut self, task: &Task, limits: &Thresholds) {
        self.totals.count_states(task, limits);
        if task.state != State::Ended {
            self.bytes = self.bytes.saturating_add(task.size.unwrap_or(0));
        }
        if let Some(idle) = task.idle() {
            self.oldest_idle = self.oldest_idle.max(Some(idle));
            self.idle.get_or_insert_default().record(idle);
        }
    }

    fn finish(self) -> SiteStats {
        SiteStats {
            site: self.site,
            alive: self.totals.alive,
            idle: self.totals.idle,
            scheduled: self.totals.scheduled,
            running: self.totals.running,
            blocked: self.totals.blocked,
            hogging: self.totals.hogging,
            starved: self.totals.starved,
            oldest_idle: self.oldest_idle,
            // The middle of a bucket may lie beyond every sample in it.
            median_idle: self
                .idle
                .and_then(|idle| idle.quantile(0.5))
                .min(self.oldest_idle),
            bytes: self.bytes,
            ..SiteStats::default()
        }
    }
}
