//! Tables, page by page: of a large program no more is held than one answer.

use std::io;

use loiter_model::{
    query::{Filter, Query, SiteColumn, Sort, TaskColumn, Window},
    update::{SitesUpdate, TasksUpdate},
};

use super::{
    Asked, ask,
    csv::{FINDINGS, Rows, SITES, TASKS},
    output::Output,
    report, warn, written,
};
use crate::{
    cli::ExportArgs,
    command::{
        ask::first,
        json::{self, Document},
    },
    error::Error,
};

/// Tasks of one answer. The target looks at all of its tasks for each.
const PAGE_OF_TASKS: u64 = 5_000;
/// Sites of one answer: each has a history, some kilobytes.
const PAGE_OF_SITES: u64 = 500;

/// Which one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Table {
    Tasks,
    Sites,
    Findings,
}

/// Asks for a table and writes it.
pub(super) async fn write(
    args: &ExportArgs,
    table: Table,
    mut output: Output,
) -> Result<(), Error> {
    let asked = ask(args).await?;
    match table {
        Table::Tasks => tasks(&asked, args, &mut output).await?,
        Table::Sites => sites(&asked, args, &mut output).await?,
        Table::Findings => findings(&asked, args, &mut output).await?,
    }
    output.finish()
}

/// Rows at most.
fn most(args: &ExportArgs) -> u64 {
    args.limit.unwrap_or(u64::MAX)
}

/// In the order of their numbers, each answer going on where the last one ended: one that ends
/// meanwhile moves no other out of sight.
async fn tasks(asked: &Asked, args: &ExportArgs, output: &mut Output) -> Result<(), Error> {
    let failed = |error| written(args, error);
    let mut rows = Rows::new(&mut *output, TASKS).map_err(failed)?;
    let (mut after, mut left) = (0, most(args));
    while left > 0 {
        let update = page(asked, args, after, left).await?;
        let document = Document::of_tasks(&asked.target, &asked.thresholds, &update);
        left -= rows.rows(&document, "tasks", left).map_err(failed)?;
        match next_after(&update, after) {
            Some(last) => after = last,
            None => break,
        }
    }
    rows.finish().map_err(failed)
}

/// So many tasks at most of those after this number, in the order of theirs.
pub(super) async fn page(
    asked: &Asked,
    args: &ExportArgs,
    after: u64,
    most: u64,
) -> Result<TasksUpdate, Error> {
    let query = Query {
        filter: beyond(&args.filter.filter, after)?,
        sort: Sort {
            column: TaskColumn::Seq,
            descending: false,
        },
        window: Window {
            offset: 0,
            limit: PAGE_OF_TASKS.min(most),
        },
        thresholds: asked.thresholds,
    };
    let updates = asked.source().watch_tasks(query, None).await?;
    Ok(first(updates, &asked.place).await?)
}

/// The number after which the next page begins; `None` when there is none.
pub(super) fn next_after(page: &TasksUpdate, after: u64) -> Option<u64> {
    let last = page.tasks.last()?.seq.get();
    let is_last = page.tasks.len() as u64 >= page.matched;
    // An answer that goes round in circles is to end as well.
    (last > after && !is_last).then_some(last)
}

/// The same tasks, without those up to this number.
fn beyond(filter: &Filter, seq: u64) -> Result<Filter, Error> {
    let text = format!("{filter} seq>{seq}");
    text.parse()
        .map_err(|error| Error::Usage(format!("the filter is too long: {error}")))
}

async fn sites(asked: &Asked, args: &ExportArgs, output: &mut Output) -> Result<(), Error> {
    let failed = |error| written(args, error);
    let mut rows = Rows::new(&mut *output, SITES).map_err(failed)?;
    let (mut offset, most) = (0, most(args));
    while offset < most {
        let query = Query {
            filter: args.filter.filter.clone(),
            sort: Sort::by(SiteColumn::Site),
            window: Window {
                offset,
                limit: PAGE_OF_SITES.min(most - offset),
            },
            thresholds: asked.thresholds,
        };
        let updates = asked.source().watch_sites(query, None).await?;
        let update: SitesUpdate = first(updates, &asked.place).await?;
        // Beyond the last row an answer has the last ones again.
        if update.sites.is_empty() || update.offset != offset {
            break;
        }
        let document = Document::of_sites(&asked.target, &asked.thresholds, &update);
        let page = rows.rows(&document, "sites", most - offset);
        offset += page.map_err(failed)?;
        if offset >= update.matched {
            break;
        }
    }
    rows.finish().map_err(failed)
}

async fn findings(asked: &Asked, args: &ExportArgs, output: &mut Output) -> Result<(), Error> {
    if !args.filter.filter.is_empty() {
        warn("findings are of all tasks, whatever the filter lets through");
    }
    let found = report::findings(asked).await?;
    let Some(findings) = found.findings else {
        return Err(Error::Usage(format!(
            "nothing at {} can tell of findings",
            asked.place
        )));
    };
    let failed = |error| written(args, error);
    let mut rows = Rows::new(&mut *output, FINDINGS).map_err(failed)?;
    let most = most(args);
    for seen in findings
        .iter()
        .take(usize::try_from(most).unwrap_or(usize::MAX))
    {
        let row = serde_json::to_value(json::finding(seen)).map_err(io::Error::from);
        row.and_then(|row| rows.row(&row)).map_err(failed)?;
    }
    let left_out = (findings.len() as u64).saturating_sub(most) + found.omitted;
    if left_out > 0 {
        warn(&format!("{left_out} further findings are left out"));
    }
    rows.finish().map_err(failed)
}
