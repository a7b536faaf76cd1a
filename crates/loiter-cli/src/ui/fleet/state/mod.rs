//! Everything the UI over many targets knows.

mod filter;
mod labels;
mod news;
mod opened;
mod rows;

use std::collections::BTreeSet;

use loiter_model::{
    Nanos, Thresholds,
    fleet::{Fleet, InstanceColumn, InstanceId, Summary},
    query::{Column, Sort},
};

pub(super) use filter::{REFERENCE, RowFilter};
pub(super) use labels::Names;
use news::Told;
pub(super) use opened::Opened;
pub(super) use rows::AnyTable;

use super::columns::{FindingRow, SiteRow, TargetRow};
use crate::{
    fleet,
    ui::{
        UiOptions, View,
        keymap::Scope,
        state::{Note, Notice, Popup, Table},
        text,
        theme::{Role, Theme},
        view::Look,
    },
};

/// Rows are made anew this often at most: making them looks at all that is known of all targets.
const REFRESH: Nanos = Nanos::from_millis(250);

/// What is shown of many targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FleetView {
    /// A row a target.
    Targets,
    /// A row a spawn location, over all targets.
    Sites,
    /// A row a finding, over all targets.
    Findings,
    /// A row a target, to choose which are to be watched.
    Picker,
}

/// While the picture stands still.
pub(super) struct Pause {
    since: Nanos,
    /// What is known by now. Targets go on telling: nobody could tell those that do not from those
    /// that are not listened to.
    latest: Fleet,
}

/// The state of the UI over many targets.
pub struct FleetState {
    pub(super) theme: Theme,
    /// What a target that is opened starts with.
    pub(super) options: UiOptions,
    /// Columns and lines of the terminal.
    pub(super) size: (u16, u16),
    /// By the clock of what is told of targets.
    pub(super) now: Nanos,
    /// What is known of them; while the picture stands still, what was then.
    pub(super) fleet: Fleet,
    pub(super) view: FleetView,
    /// Whether the targets were chosen, and may be chosen anew.
    pub(super) is_chosen: bool,
    pub(super) targets: Table<TargetRow>,
    pub(super) sites: Table<SiteRow>,
    pub(super) findings: Table<FindingRow>,
    pub(super) summary: Summary,
    pub(super) names: Names,
    /// Sites or findings that targets have further, and that are not in the rows.
    pub(super) omitted: u64,
    pub(super) filter: RowFilter,
    /// Those that are chosen so far.
    pub(super) marked: BTreeSet<InstanceId>,
    pub(super) popup: Option<Popup>,
    /// Whether await stacks show the calls of the runtime and the standard library too.
    pub(super) all_frames: bool,
    /// While the picture stands still, as the user wants it to.
    pub(super) paused: Option<Pause>,
    pub(super) notice: Option<Notice>,
    pub(super) opened: Option<Opened>,
    /// The first half of a double stroke such as `gg`.
    pub(super) halfway: Option<char>,
    /// When what ticks was last drawn.
    pub(super) ticked: Nanos,
    /// When the rows were made, if they ever were.
    refreshed: Option<Nanos>,
    /// Whether something came since.
    is_old: bool,
    told: Told,
}

impl FleetState {
    /// A UI that has just been started, in a terminal of this size. No target is known yet.
    #[must_use]
    pub fn new(options: UiOptions, view: FleetView, width: u16, height: u16) -> Self {
        let sites = Sort::default();
        let site_sort = options.site_sort.and_then(|sort| {
            let column = Column::from_name(sort.column.name())?;
            let descending = sort.descending;
            Some(Sort { column, descending })
        });
        let mut targets = Table::new(Sort::default());
        if view == FleetView::Picker {
            // One looks for a program, and rows that stay where they are are marked more easily.
            targets.sort = Sort::by(InstanceColumn::Name);
        }
        Self {
            theme: Theme::of(&options),
            options,
            size: (width, height),
            now: Nanos::ZERO,
            fleet: Fleet::new(),
            view,
            is_chosen: false,
            targets,
            sites: Table::new(site_sort.unwrap_or(sites)),
            findings: Table::new(Sort::by(rows::FINDINGS_ORDER)),
            summary: Summary::default(),
            names: Names::default(),
            omitted: 0,
            filter: RowFilter::default(),
            marked: BTreeSet::new(),
            popup: None,
            all_frames: false,
            paused: None,
            notice: None,
            opened: None,
            halfway: None,
            ticked: Nanos::ZERO,
            refreshed: None,
            is_old: false,
            told: Told::default(),
        }
    }

    /// The view that options for one target mean.
    #[must_use]
    pub fn view_of(options: &UiOptions) -> FleetView {
        match options.view {
            View::Findings => FleetView::Findings,
            View::Sites => FleetView::Sites,
            View::Tasks | View::Waits | View::Resources => FleetView::Targets,
        }
    }

    /// The same after the user chose the targets, which may be done anew.
    #[must_use]
    pub fn chosen(self) -> Self {
        Self {
            is_chosen: true,
            ..self
        }
    }

    /// Where keys are going.
    pub(super) fn scope(&self) -> Scope {
        match (&self.popup, self.view) {
            (Some(Popup::Help { .. }), _) => Scope::Help,
            (Some(Popup::Columns { .. }), _) => Scope::Columns,
            (None, _) if self.filter.is_edited() => Scope::Filter,
            (None, FleetView::Targets) => Scope::Targets,
            (None, FleetView::Sites) => Scope::FleetSites,
            (None, FleetView::Findings) => Scope::FleetFindings,
            (None, FleetView::Picker) => Scope::Picker,
        }
    }

    /// The limits in force, where all targets have the same or the user has set them.
    pub(super) fn thresholds(&self) -> Option<Thresholds> {
        let targets = self.fleet.instances();
        let mut limits = targets
            .filter_map(|instance| instance.target())
            .map(|target| self.options.limits.over(target.thresholds));
        let first = limits.next()?;
        limits.all(|limits| limits == first).then_some(first)
    }

    pub(super) fn look(&self) -> Look {
        Look {
            theme: self.theme,
            thresholds: self.thresholds().unwrap_or_default(),
            all_frames: self.all_frames,
            is_lost: false,
        }
    }

    /// The table that is shown.
    pub(super) fn table(&self) -> &dyn AnyTable {
        match self.view {
            FleetView::Targets | FleetView::Picker => &self.targets,
            FleetView::Sites => &self.sites,
            FleetView::Findings => &self.findings,
        }
    }

    pub(super) fn table_mut(&mut self) -> &mut dyn AnyTable {
        match self.view {
            FleetView::Targets | FleetView::Picker => &mut self.targets,
            FleetView::Sites => &mut self.sites,
            FleetView::Findings => &mut self.findings,
        }
    }

    /// The time of the picture.
    pub(super) fn shown_at(&self) -> Nanos {
        self.paused.as_ref().map_or(self.now, |pause| pause.since)
    }

    /// How much later than `at` the picture is, if nothing came meanwhile.
    pub(super) fn elapsed_since(&self, at: Nanos) -> Nanos {
        self.shown_at().saturating_sub(at)
    }

    /// Has the picture stand still, or go on with what came meanwhile.
    pub(super) fn toggle_pause(&mut self) {
        self.paused = match self.paused.take() {
            None => Some(Pause {
                since: self.now,
                latest: self.fleet.clone(),
            }),
            Some(pause) => {
                self.fleet = pause.latest;
                None
            }
        };
    }

    /// Takes what is told of a target, and says what of it is news to the user, in one line. The
    /// rows do not show it yet.
    pub(super) fn hear(&mut self, message: fleet::Message) -> Option<String> {
        let fleet = match &mut self.paused {
            Some(pause) => &mut pause.latest,
            None => &mut self.fleet,
        };
        let news = self.told.news(&message, fleet);
        message.tell(fleet);
        self.is_old = true;
        news
    }

    /// The notes to show now, the most urgent first.
    pub(super) fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        let mut note = |role, text: &str| {
            notes.push(Note {
                role,
                text: text::clean(text).into_owned(),
            });
        };
        if let Some(notice) = &self.notice {
            note(Role::Accent, &notice.text);
        }
        for (place, problem) in self.fleet.problems() {
            note(Role::Bad, &format!("{place}: {problem}"));
        }
        match self.fleet.forgotten() {
            0 => {}
            forgotten => {
                let forgotten = text::thousands(forgotten);
                let most = text::thousands(Fleet::MOST as u64);
                note(
                    Role::Bad,
                    &format!("{forgotten} targets left out: no more than {most} are watched"),
                );
            }
        }
        notes
    }

    /// When the rows are to be made anew, if they are.
    pub(super) fn refresh_due(&self) -> Option<Nanos> {
        if !self.is_old || self.paused.is_some() {
            return None;
        }
        let next = |at: Nanos| at.saturating_add(REFRESH);
        Some(self.refreshed.map_or(Nanos::ZERO, next))
    }
}
