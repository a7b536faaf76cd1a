//! The rows, made of what is known of the targets.

use loiter_model::{
    Nanos, Site,
    fleet::{FleetFinding, Instance, Status},
    query::Column,
    update::LabelSet,
};
use ratatui::layout::Position;

use super::{FleetState, FleetView, Names, filter::Matcher};
use crate::ui::{
    columns::Row,
    fleet::columns::{FindingRow, SiteRow, TargetRow},
    layout::Layout,
    state::{Rows, Table},
    update::mouse,
};

type FindingColumn = <FindingRow as Row>::Column;

/// Findings come in the order of the rules; the first column stands for it.
pub(super) const FINDINGS_ORDER: FindingColumn = FindingColumn::Certainty;

/// A table of whatever rows.
pub(in crate::ui::fleet) trait AnyTable {
    fn row(&self) -> u64;
    fn matched(&self) -> u64;
    fn has_rows(&self) -> bool;
    fn step(&mut self, rows: i64, height: u64);
    fn scroll(&mut self, rows: i64, height: u64);
    fn go_to_top(&mut self);
    fn go_to_bottom(&mut self, height: u64);
    fn fit(&mut self, height: u64);
    fn shift_sort(&mut self, places: isize);
    fn invert_sort(&mut self);
    fn columns(&self) -> usize;
    fn toggle_column(&mut self, index: usize);
    /// On a heading: sorts by it. On a row: selects it.
    fn click(&mut self, layout: &Layout, at: Position);
    /// On a row: selects it.
    fn click_row(&mut self, layout: &Layout, at: Position);
}

impl<R: Row> AnyTable for Table<R> {
    fn row(&self) -> u64 {
        self.row()
    }

    fn matched(&self) -> u64 {
        self.matched()
    }

    fn has_rows(&self) -> bool {
        self.matched() > 0
    }

    fn step(&mut self, rows: i64, height: u64) {
        self.step(rows, height);
    }

    fn scroll(&mut self, rows: i64, height: u64) {
        self.scroll(rows, height);
    }

    fn go_to_top(&mut self) {
        self.go_to_top();
    }

    fn go_to_bottom(&mut self, height: u64) {
        self.go_to_bottom(height);
    }

    fn fit(&mut self, height: u64) {
        self.fit(height);
    }

    fn shift_sort(&mut self, places: isize) {
        self.shift_sort(places);
    }

    fn invert_sort(&mut self) {
        self.sort_by(self.sort.column);
    }

    fn columns(&self) -> usize {
        R::COLUMNS.len()
    }

    fn toggle_column(&mut self, index: usize) {
        if let Some(column) = R::Column::ALL.get(index) {
            self.toggle_column(*column);
        }
    }

    fn click(&mut self, layout: &Layout, at: Position) {
        mouse::click_table(self, layout, at);
    }

    fn click_row(&mut self, layout: &Layout, at: Position) {
        mouse::click_row(self, layout, at);
    }
}

impl FleetState {
    /// Makes the rows that are shown, and the counts of the header, anew.
    pub(in crate::ui::fleet) fn refresh(&mut self) {
        self.is_old = false;
        self.refreshed = Some(self.now);
        self.summary = self.fleet.summary();
        self.names = Names::of(&self.fleet);
        match self.view {
            FleetView::Targets | FleetView::Picker => self.refresh_targets(),
            FleetView::Sites => self.refresh_sites(),
            FleetView::Findings => self.refresh_findings(),
        }
    }

    fn refresh_targets(&mut self) {
        let (sort, now) = (self.targets.sort, self.shown_at());
        let matcher = self.filter.matcher();
        let is_picking = self.view == FleetView::Picker;
        let doubles = self.fleet.doubles();
        let sorted = self.fleet.sorted(sort, now);
        let rows = sorted.into_iter().filter_map(|instance| {
            let label = self.names.get(instance.id());
            if !shows_target(&matcher, instance, &label) {
                return None;
            }
            let mark = is_picking.then(|| self.marked.contains(&instance.id()));
            let other = doubles.get(&instance.id());
            let mut row = TargetRow::new(instance, label, mark, now);
            row.counts_at = other.map(|other| self.names.get(*other));
            Some(row)
        });
        let rows = came(rows.collect(), now);
        self.omitted = 0;
        let height = self.height_of(rows.matched);
        self.targets.accept(rows, height);
    }

    fn refresh_sites(&mut self) {
        let matcher = self.filter.matcher();
        let sites = self.fleet.sites(self.sites.sort);
        let rows = sites.rows.into_iter().filter_map(|site| {
            let target = self.names.get(site.largest.instance);
            let shown = matcher.lets_through(&[&place(&site.site), &target]);
            shown.then_some(SiteRow { site, target })
        });
        let rows = came(rows.collect(), self.now);
        self.omitted = sites.omitted;
        let height = self.height_of(rows.matched);
        self.sites.accept(rows, height);
    }

    fn refresh_findings(&mut self) {
        let matcher = self.filter.matcher();
        let findings = self.fleet.findings();
        let rows = findings.rows.into_iter().filter_map(|finding| {
            let target = self.names.get(finding.largest.instance);
            let shown = shows_finding(&matcher, &finding, &target);
            shown.then_some(FindingRow { finding, target })
        });
        let rows = came(rows.collect(), self.now);
        self.omitted = findings.omitted;
        let height = self.height_of(rows.matched);
        self.findings.accept(rows, height);
    }
}

/// All rows there are, as they are at this time.
fn came<R>(rows: Vec<R>, at: Nanos) -> Rows<R> {
    Rows {
        // Nobody is asked for them.
        question: 0,
        at,
        offset: 0,
        matched: rows.len() as u64,
        rows,
        // They have theirs in them.
        labels: LabelSet::default(),
    }
}

fn shows_target(matcher: &Matcher, instance: &Instance, label: &str) -> bool {
    let status = instance.status();
    let reason = match status {
        Status::Lost { reason, .. } => reason,
        Status::Answering => "up",
        Status::Connecting => "",
    };
    let target = instance.target();
    let process = target.map(|target| format!("{} {}", target.name, target.pid));
    let host = target.map_or("", |target| &target.host);
    matcher.lets_through(&[
        label,
        instance.address(),
        status.name(),
        reason,
        process.as_deref().unwrap_or_default(),
        host,
        instance.version().unwrap_or_default(),
    ])
}

fn shows_finding(matcher: &Matcher, finding: &FleetFinding, target: &str) -> bool {
    let site = finding.site.as_deref().map(place);
    let wait = finding.wait.as_ref().map(ToString::to_string);
    matcher.lets_through(&[
        finding.kind.name(),
        finding.certainty.name(),
        site.as_deref().unwrap_or("the whole program"),
        wait.as_deref().unwrap_or_default(),
        target,
    ])
}

fn place(site: &Site) -> String {
    format!("{} {site}", site.function)
}
