//! The columns: one value each, that knows its heading, its sort key, its width and its cells.

mod finding;
mod place;
mod resource;
mod site;
mod task;
mod wait;

use std::{
    borrow::Cow,
    fmt::{Debug, Display},
};

use loiter_model::{Nanos, Thresholds, query::Column, update::LabelSet};

pub(crate) use finding::{FindingColumn, FindingRow};
pub(crate) use place::{Placed, place};

use super::{
    text::{self, Elide},
    theme::{Role, Theme},
};

/// What a table has rows of.
pub(crate) trait Row: Clone + 'static {
    /// What a row is recognised by from one update to the next.
    type Key: Clone + Eq + Debug;
    /// What rows can be sorted by.
    type Column: Column;
    /// Every column, in the order of the table.
    const COLUMNS: &'static [ColumnSpec<Self>];

    /// What this row is recognised by.
    fn key(&self) -> Self::Key;
    /// The row as it probably is `elapsed` later, until the source says how it really is.
    fn later(&self, elapsed: Nanos, thresholds: &Thresholds) -> Self;
    /// How the whole row is to be seen.
    fn role(&self, thresholds: &Thresholds) -> Option<Role>;
}

/// One column of a table.
pub(crate) struct ColumnSpec<R: Row> {
    /// The heading, the name and the sort key are the model's.
    pub(crate) column: R::Column,
    /// Cells it cannot do without.
    pub(crate) min: u16,
    /// Cells with which it looks right.
    pub(crate) ideal: u16,
    /// Its share of what is left when every column has its ideal width.
    pub(crate) slack: u16,
    pub(crate) align: Align,
    pub(crate) elide: Elide,
    /// Whether it is shown until the user decides.
    pub(crate) shown: bool,
    /// In a narrow terminal the column with the lowest one goes first.
    pub(crate) keep: u8,
    pub(crate) cell: fn(&R, &Context<'_>) -> Cell,
}

/// Where a cell's text stands when it is shorter than the column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// What a cell needs to know beside its row.
pub(crate) struct Context<'a> {
    pub(crate) labels: &'a LabelSet,
    pub(crate) thresholds: &'a Thresholds,
    pub(crate) theme: Theme,
    /// Cells there are.
    pub(crate) width: u16,
}

/// What stands in one row and column.
pub(crate) struct Cell {
    pub(crate) text: Cow<'static, str>,
    /// Its own colour, where it has another one than its row.
    pub(crate) role: Option<Role>,
    /// Its colour where its row has none.
    pub(crate) tint: Option<Role>,
}

impl Cell {
    pub(in crate::ui) fn of(text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            text: text.into(),
            role: None,
            tint: None,
        }
    }

    pub(in crate::ui) fn with(text: impl Into<Cow<'static, str>>, role: Option<Role>) -> Self {
        Self {
            text: text.into(),
            role,
            tint: None,
        }
    }

    /// A duration, as the user wants them.
    pub(in crate::ui) fn duration(duration: Option<Nanos>, context: &Context<'_>) -> Self {
        let durations = context.theme.durations();
        duration.map_or_else(Self::none, |duration| Self {
            tint: durations.role(duration),
            ..Self::of(durations.text(duration, context.width))
        })
    }

    /// A text that may hold anything, where there is one.
    pub(in crate::ui) fn clean(text: Option<impl Display>) -> Self {
        text.map_or_else(Self::none, |text| {
            Self::of(text::clean(&text.to_string()).into_owned())
        })
    }

    /// Nothing to show here.
    pub(in crate::ui) fn none() -> Self {
        Self::with("-", Some(Role::Faint))
    }
}

impl<R: Row> ColumnSpec<R> {
    /// A column of figures, which stand at its right.
    pub(in crate::ui) const fn figure(
        column: R::Column,
        width: u16,
        keep: u8,
        cell: fn(&R, &Context<'_>) -> Cell,
    ) -> Self {
        Self {
            column,
            min: width,
            ideal: width,
            slack: 0,
            align: Align::Right,
            elide: Elide::End,
            shown: true,
            keep,
            cell,
        }
    }

    /// A column of numbers that are names: their last digits tell most.
    pub(in crate::ui) const fn id(
        column: R::Column,
        min: u16,
        keep: u8,
        cell: fn(&R, &Context<'_>) -> Cell,
    ) -> Self {
        Self {
            ideal: 7,
            elide: Elide::Start,
            ..Self::figure(column, min, keep, cell)
        }
    }

    /// A column of words.
    pub(in crate::ui) const fn word(
        column: R::Column,
        min: u16,
        ideal: u16,
        keep: u8,
        cell: fn(&R, &Context<'_>) -> Cell,
    ) -> Self {
        Self {
            align: Align::Left,
            min,
            ideal,
            ..Self::figure(column, min, keep, cell)
        }
    }

    /// The same, shown only when the user wants it.
    pub(in crate::ui) const fn hidden(self) -> Self {
        Self {
            shown: false,
            ..self
        }
    }

    /// The same, taking a share of the room that is left.
    pub(in crate::ui) const fn growing(self, slack: u16) -> Self {
        Self { slack, ..self }
    }
}

/// The columns that are shown until the user decides.
pub(crate) fn shown_at_first<R: Row>() -> Vec<R::Column> {
    R::COLUMNS
        .iter()
        .filter(|spec| spec.shown)
        .map(|spec| spec.column)
        .collect()
}

#[cfg(test)]
mod tests {
    use loiter_model::{Resource, SiteStats, Task, WaitStats};

    use super::*;

    fn every_model_column_is_here_once_and_in_order<R: Row>() {
        let here: Vec<_> = R::COLUMNS.iter().map(|spec| spec.column).collect();
        assert_eq!(here, R::Column::ALL);
    }

    fn headings_fit<R: Row>() {
        for spec in R::COLUMNS {
            let title = spec.column.title();
            assert!(
                text::width(title) <= spec.min,
                "{title} is wider than its column"
            );
            assert!(spec.min <= spec.ideal, "{title}");
        }
    }

    #[test]
    fn the_tables_agree_with_the_model() {
        every_model_column_is_here_once_and_in_order::<Task>();
        every_model_column_is_here_once_and_in_order::<SiteStats>();
        every_model_column_is_here_once_and_in_order::<WaitStats>();
        every_model_column_is_here_once_and_in_order::<Resource>();
        every_model_column_is_here_once_and_in_order::<FindingRow>();
        headings_fit::<Task>();
        headings_fit::<SiteStats>();
        headings_fit::<WaitStats>();
        headings_fit::<Resource>();
        headings_fit::<FindingRow>();
    }
}
