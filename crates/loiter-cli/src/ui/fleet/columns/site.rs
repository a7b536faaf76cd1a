//! The columns of the table of the sites of all targets.

use std::sync::Arc;

use loiter_model::{
    Nanos, Site, Thresholds,
    fleet::{FleetSite, FleetSiteColumn},
};

use super::{count, most};
use crate::ui::{
    columns::{Cell, ColumnSpec, Context, Row},
    text::{self, Elide},
    theme::Role,
};

/// A site, and what the target is called that has most tasks of it.
#[derive(Clone, Debug)]
pub(in crate::ui::fleet) struct SiteRow {
    pub(in crate::ui::fleet) site: FleetSite,
    pub(in crate::ui::fleet) target: Arc<str>,
}

impl Row for SiteRow {
    type Key = Arc<Site>;
    type Column = FleetSiteColumn;
    const COLUMNS: &'static [ColumnSpec<Self>] = &COLUMNS;

    fn key(&self) -> Arc<Site> {
        self.site.site.clone()
    }

    /// As for a task: a wait is taken to last as long again as it has lasted.
    fn later(&self, elapsed: Nanos, _: &Thresholds) -> Self {
        let mut row = self.clone();
        let oldest = row.site.oldest_idle;
        row.site.oldest_idle = oldest.map(|idle| idle.saturating_add(elapsed.min(idle)));
        row
    }

    fn role(&self, _: &Thresholds) -> Option<Role> {
        (self.site.alive == 0).then_some(Role::Faint)
    }
}

type Spec = ColumnSpec<SiteRow>;

#[rustfmt::skip]
static COLUMNS: [Spec; 12] = [
    Spec::word(FleetSiteColumn::Largest, 20, 28, 98, |row, context| most(row.site.largest.count, &row.target, context)).growing(1),
    Spec::figure(FleetSiteColumn::Alive, 7, 95, |row, _| count(row.site.alive, None)),
    Spec::figure(FleetSiteColumn::Instances, 7, 92, |row, _| count(row.site.instances, None)),
    Spec::figure(FleetSiteColumn::Blocked, 8, 90, |row, _| count(row.site.blocked, Some(Role::Blocked))),
    Spec::figure(FleetSiteColumn::Hogging, 8, 30, |row, _| count(row.site.hogging, Some(Role::Hogging))),
    Spec::figure(FleetSiteColumn::Starved, 8, 20, |row, _| count(row.site.starved, Some(Role::Starved))),
    Spec::figure(FleetSiteColumn::SpawnedPerSec, 8, 50, |row, _| rate(row.site.spawned_per_sec)),
    Spec::figure(FleetSiteColumn::EndedPerSec, 7, 45, |row, _| rate(row.site.ended_per_sec)),
    Spec::figure(FleetSiteColumn::OldestIdle, 7, 80, |row, context| Cell::duration(row.site.oldest_idle, context)),
    Spec::figure(FleetSiteColumn::Bytes, 7, 5, |row, _| Cell::of(text::bytes(row.site.bytes))).hidden(),
    Spec::figure(FleetSiteColumn::Stale, 6, 25, |row, _| count(row.site.stale, None)),
    Spec { elide: Elide::Start, ..Spec::word(FleetSiteColumn::Site, 20, 36, 100, name).growing(3) },
];

fn rate(per_sec: f64) -> Cell {
    Cell::of(text::rate(per_sec))
}

fn name(row: &SiteRow, _: &Context<'_>) -> Cell {
    Cell::of(site_name(&row.site.site))
}

/// Function and place, as they may be shown.
pub(super) fn site_name(site: &Site) -> String {
    let place = site.to_string();
    let place = text::clean(&place);
    match site.function.is_empty() {
        true => place.into_owned(),
        false => format!("{} {place}", text::clean(&site.function)),
    }
}
