//! The columns that `--sort` takes.

use std::collections::HashSet;

use clap::builder::{PossibleValue, PossibleValuesParser};
use loiter_model::query::{Column, ResourceColumn, SiteColumn, TaskColumn, WaitColumn};

/// The columns of one kind of row.
pub(super) fn of<C: Column>() -> PossibleValuesParser {
    PossibleValuesParser::new(values::<C>())
}

/// Those of tasks and of sites. Which of them goes with the other options turns out later.
pub(super) fn of_tasks_and_sites() -> PossibleValuesParser {
    each_once(values::<TaskColumn>().chain(values::<SiteColumn>()))
}

/// Those of every view that can be sorted.
pub(super) fn of_views() -> PossibleValuesParser {
    let tasks_and_sites = values::<TaskColumn>().chain(values::<SiteColumn>());
    let waits_and_resources = values::<WaitColumn>().chain(values::<ResourceColumn>());
    each_once(tasks_and_sites.chain(waits_and_resources))
}

/// A name that several kinds of rows have is explained as for the first of them.
fn each_once(columns: impl Iterator<Item = PossibleValue>) -> PossibleValuesParser {
    let mut names = HashSet::new();
    PossibleValuesParser::new(columns.filter(|column| names.insert(column.get_name().to_owned())))
}

fn values<C: Column>() -> impl Iterator<Item = PossibleValue> {
    C::ALL
        .iter()
        .map(|column| PossibleValue::new(column.name()).help(column.description()))
}
