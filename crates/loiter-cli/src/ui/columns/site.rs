//! The columns of the table of sites.

use loiter_model::{
    Nanos, SiteId, SiteStats, Thresholds,
    query::{Labels, SiteColumn},
};

use super::{Align, Cell, ColumnSpec, Context, Row};
use crate::ui::{
    spark,
    text::{self, Elide},
    theme::Role,
};

impl Row for SiteStats {
    type Key = SiteId;
    type Column = SiteColumn;
    const COLUMNS: &'static [ColumnSpec<Self>] = &COLUMNS;

    fn key(&self) -> SiteId {
        self.site
    }

    /// As for a task: a wait is taken to last as long again as it has lasted.
    fn later(&self, elapsed: Nanos, _: &Thresholds) -> Self {
        let mut site = self.clone();
        for idle in [&mut site.oldest_idle, &mut site.median_idle] {
            *idle = idle.map(|idle| idle.saturating_add(elapsed.min(idle)));
        }
        site
    }

    fn role(&self, _: &Thresholds) -> Option<Role> {
        (self.alive == 0).then_some(Role::Faint)
    }
}

type Spec = ColumnSpec<SiteStats>;

#[rustfmt::skip]
static COLUMNS: [Spec; 13] = [
    Spec::figure(SiteColumn::Alive, 7, 95, |site, _| count(site.alive, None)),
    Spec::figure(SiteColumn::Blocked, 8, 90, |site, _| count(site.blocked, Some(Role::Blocked))),
    Spec::figure(SiteColumn::Hogging, 8, 30, |site, _| count(site.hogging, Some(Role::Hogging))),
    Spec::figure(SiteColumn::Starved, 8, 20, |site, _| count(site.starved, Some(Role::Starved))),
    Spec::figure(SiteColumn::SpawnedPerSec, 8, 70, |site, _| rate(site.spawned_per_sec)),
    Spec::figure(SiteColumn::EndedPerSec, 7, 65, |site, _| rate(site.ended_per_sec)),
    Spec::figure(SiteColumn::Spawned, 8, 10, |site, _| count(site.spawned, None)),
    Spec::figure(SiteColumn::Ended, 7, 8, |site, _| count(site.ended, None)),
    Spec::figure(SiteColumn::OldestIdle, 7, 80, |site, context| Cell::duration(site.oldest_idle, context)),
    Spec::figure(SiteColumn::MedianIdle, 7, 50, |site, context| Cell::duration(site.median_idle, context)),
    Spec::figure(SiteColumn::Bytes, 7, 5, |site, _| bytes(site.bytes)).hidden(),
    Spec { align: Align::Right, ..Spec::word(SiteColumn::History, 8, 20, 40, history).growing(2) },
    Spec { elide: Elide::Start, ..Spec::word(SiteColumn::Site, 20, 30, 100, name).growing(3) },
];

/// A count that is coloured when it is not zero and its being there is the news.
fn count(count: u64, role: Option<Role>) -> Cell {
    if count == 0 {
        return Cell::with("0", Some(Role::Faint));
    }
    Cell::with(text::count(count), role)
}

fn rate(per_sec: f64) -> Cell {
    Cell::of(text::rate(per_sec))
}

fn bytes(bytes: u64) -> Cell {
    Cell::of(text::bytes(bytes))
}

fn history(site: &SiteStats, context: &Context<'_>) -> Cell {
    let line = spark::line(&site.history, context.width, context.theme.glyphs());
    Cell::with(line, Some(Role::Accent))
}

fn name(site: &SiteStats, context: &Context<'_>) -> Cell {
    let Some(label) = context.labels.site(site.site) else {
        return Cell::none();
    };
    let place = label.to_string();
    let place = text::clean(&place);
    if label.function.is_empty() {
        return Cell::of(place.into_owned());
    }
    Cell::of(format!("{} {place}", text::clean(&label.function)))
}
