//! The columns of the list of the findings of all targets.

use std::sync::Arc;

use loiter_model::{
    Nanos, Site, Thresholds,
    finding::{Certainty, FindingKind},
    fleet::FleetFinding,
    query::Column,
};

use super::{count, most};
use crate::ui::{
    columns::{Cell, ColumnSpec, Context, Row},
    text::{self, Elide},
    theme::Role,
};

/// A finding, and what the target is called that has most of its tasks.
#[derive(Clone, Debug)]
pub(in crate::ui::fleet) struct FindingRow {
    pub(in crate::ui::fleet) finding: FleetFinding,
    pub(in crate::ui::fleet) target: Arc<str>,
}

/// What a finding is recognised by: in whichever target it is largest.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::ui::fleet) struct FindingRowKey {
    kind: FindingKind,
    certainty: Certainty,
    site: Option<Arc<Site>>,
    wait: Option<String>,
}

/// What a finding is shown by. The rules say the order; the first column stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ui::fleet) enum FleetFindingColumn {
    Certainty,
    Kind,
    Largest,
    Count,
    Instances,
    Since,
    Wait,
    Site,
}

impl Column for FleetFindingColumn {
    const ALL: &'static [Self] = &[
        Self::Certainty,
        Self::Kind,
        Self::Largest,
        Self::Count,
        Self::Instances,
        Self::Since,
        Self::Wait,
        Self::Site,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Certainty => "certainty",
            Self::Kind => "kind",
            Self::Largest => "largest",
            Self::Count => "count",
            Self::Instances => "instances",
            Self::Since => "since",
            Self::Wait => "wait",
            Self::Site => "site",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Certainty => "!",
            Self::Kind => "Finding",
            Self::Largest => "Most in",
            Self::Count => "Tasks",
            Self::Instances => "Targets",
            Self::Since => "Since",
            Self::Wait => "Waits on",
            Self::Site => "Site",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Certainty => {
                "how sure it is: proved, suspected or watch; what is worst in one target comes first"
            }
            Self::Kind => "what is wrong",
            Self::Largest => "tasks in the target that has most of them, and which",
            Self::Count => "how many tasks in all targets that answer",
            Self::Instances => "how many targets that answer have it",
            Self::Since => "for how long it has been so in one of them",
            Self::Wait => "what they all wait on, and where, if that is known",
            Self::Site => "the place where they were spawned",
        }
    }

    fn descends(self) -> bool {
        true
    }
}

impl Row for FindingRow {
    type Key = FindingRowKey;
    type Column = FleetFindingColumn;
    const COLUMNS: &'static [ColumnSpec<Self>] = &COLUMNS;

    fn key(&self) -> FindingRowKey {
        let wait = self.finding.wait.as_ref();
        FindingRowKey {
            kind: self.finding.kind,
            certainty: self.finding.certainty,
            site: self.finding.site.clone(),
            wait: wait.map(ToString::to_string),
        }
    }

    /// The times are of the moments at which targets said them.
    fn later(&self, _: Nanos, _: &Thresholds) -> Self {
        self.clone()
    }

    fn role(&self, _: &Thresholds) -> Option<Role> {
        match self.finding.largest.is_stale {
            true => Some(Role::Faint),
            false => Some(Role::of_certainty(self.finding.certainty)),
        }
    }
}

type Spec = ColumnSpec<FindingRow>;

#[rustfmt::skip]
static COLUMNS: [Spec; 8] = [
    Spec::word(FleetFindingColumn::Certainty, 1, 1, 100, certainty),
    Spec::word(FleetFindingColumn::Kind, 15, 19, 97, |row, _| Cell::of(row.finding.kind.name())),
    Spec::word(FleetFindingColumn::Largest, 18, 28, 95, |row, context| most(row.finding.largest.count, &row.target, context)).growing(2),
    Spec::figure(FleetFindingColumn::Count, 6, 80, |row, _| count(row.finding.count, None)),
    Spec::figure(FleetFindingColumn::Instances, 7, 85, |row, _| count(row.finding.instances, None)),
    Spec::figure(FleetFindingColumn::Since, 7, 75, |row, _| Cell::of(row.finding.age.to_string())),
    Spec::word(FleetFindingColumn::Wait, 20, 24, 60, |row, _| Cell::clean(row.finding.wait.as_ref())).growing(5),
    Spec { elide: Elide::Start, ..Spec::word(FleetFindingColumn::Site, 19, 30, 90, site).growing(5) },
];

fn certainty(row: &FindingRow, context: &Context<'_>) -> Cell {
    Cell::of(context.theme.glyphs().certainty(row.finding.certainty))
}

fn site(row: &FindingRow, _: &Context<'_>) -> Cell {
    match &row.finding.site {
        Some(site) => Cell::of(text::clean(&site.to_string()).into_owned()),
        None => Cell::of("the whole program"),
    }
}
