//! The columns of the list of findings.

use loiter_model::{
    Nanos, Thresholds,
    finding::{Finding, FindingKey},
    query::{Column, Labels},
};

use super::{Cell, ColumnSpec, Context, Row};
use crate::ui::{
    text::{self, Elide},
    theme::Role,
};

/// A finding, and for how long it has been one.
#[derive(Clone, Debug)]
pub(crate) struct FindingRow {
    pub(crate) finding: Finding,
    pub(crate) age: Nanos,
}

impl FindingRow {
    /// A finding as it is at this time, from the agent's start.
    pub(crate) fn new(finding: Finding, at: Nanos) -> Self {
        let age = at.saturating_sub(finding.since);
        Self { finding, age }
    }
}

/// What a finding is shown by. The rules say the order; the first column stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FindingColumn {
    Certainty,
    Kind,
    Count,
    Since,
    Wait,
    Site,
    Name,
}

impl Column for FindingColumn {
    const ALL: &'static [Self] = &[
        Self::Certainty,
        Self::Kind,
        Self::Count,
        Self::Since,
        Self::Wait,
        Self::Site,
        Self::Name,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Certainty => "certainty",
            Self::Kind => "kind",
            Self::Count => "count",
            Self::Since => "since",
            Self::Wait => "wait",
            Self::Site => "site",
            Self::Name => "name",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Certainty => "!",
            Self::Kind => "Finding",
            Self::Count => "Tasks",
            Self::Since => "Since",
            Self::Wait => "Waits on",
            Self::Site => "Site",
            Self::Name => "Name",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Certainty => "how sure it is: proved, suspected or watch; the worst comes first",
            Self::Kind => "what is wrong",
            Self::Count => "how many tasks",
            Self::Since => "for how long it has been so",
            Self::Wait => "what they all wait on, and where, if that is known",
            Self::Site => "the place where they were spawned",
            Self::Name => "their name, where they all have the same one",
        }
    }

    fn descends(self) -> bool {
        true
    }
}

impl Row for FindingRow {
    type Key = FindingKey;
    type Column = FindingColumn;
    const COLUMNS: &'static [ColumnSpec<Self>] = &COLUMNS;

    fn key(&self) -> FindingKey {
        self.finding.key()
    }

    /// The times in its evidence are of one moment: none of them goes on by itself.
    fn later(&self, _: Nanos, _: &Thresholds) -> Self {
        self.clone()
    }

    fn role(&self, _: &Thresholds) -> Option<Role> {
        Some(Role::of_certainty(self.finding.certainty))
    }
}

type Spec = ColumnSpec<FindingRow>;

#[rustfmt::skip]
static COLUMNS: [Spec; 7] = [
    Spec::word(FindingColumn::Certainty, 1, 1, 100, certainty),
    Spec::word(FindingColumn::Kind, 15, 15, 95, |row, _| Cell::of(row.finding.kind.name())).growing(1),
    Spec::figure(FindingColumn::Count, 6, 85, |row, _| Cell::of(text::count(row.finding.count))),
    Spec::figure(FindingColumn::Since, 7, 90, |row, _| Cell::of(row.age.to_string())),
    // Wide enough that the name makes room for them in 80 cells.
    Spec::word(FindingColumn::Wait, 20, 24, 70, wait).growing(8),
    Spec { elide: Elide::Start, ..Spec::word(FindingColumn::Site, 22, 30, 80, site).growing(5) },
    Spec::word(FindingColumn::Name, 8, 16, 50, name).growing(2),
];

fn certainty(row: &FindingRow, context: &Context<'_>) -> Cell {
    Cell::of(context.theme.glyphs().certainty(row.finding.certainty))
}

fn wait(row: &FindingRow, context: &Context<'_>) -> Cell {
    Cell::clean(row.finding.wait.and_then(|id| context.labels.wait(id)))
}

fn site(row: &FindingRow, context: &Context<'_>) -> Cell {
    match row.finding.site {
        Some(id) => Cell::clean(context.labels.site(id)),
        None => Cell::of("the whole program"),
    }
}

fn name(row: &FindingRow, context: &Context<'_>) -> Cell {
    Cell::clean(row.finding.name.and_then(|id| context.labels.name(id)))
}
