//! `loiter tasks`: one answer of the target, printed.

use std::{
    io::{self, IsTerminal, Write},
    time::Duration,
};

use futures_util::StreamExt;
use loiter_cli::{
    coverage,
    source::{Endpoint, Native, Source, SourceError, Updates},
    text,
};
use loiter_model::{
    Target, Thresholds, Totals,
    query::{Query, SiteColumn, Sort, TaskColumn, Window},
    update::{SitesUpdate, TasksUpdate},
};
use tokio::time;

use super::{
    column::{self, Context},
    json::{self, Document},
    runtime,
    sort::sort,
};
use crate::{
    cli::{GroupArg, TasksArgs},
    error::Error,
};

/// An agent answers at once, unless it is looking at a million tasks for somebody else.
const NEXT_UPDATE: Duration = Duration::from_secs(30);

/// Asks once and prints the answer.
pub(crate) fn run(args: &TasksArgs) -> Result<(), Error> {
    let order = Order::new(args)?;
    let answer = runtime()?.block_on(ask(args, order))?;
    let mut out = io::stdout().lock();
    let as_table = args.table || (!args.json && out.is_terminal());
    let printed = if as_table {
        answer.print_table(&mut out)
    } else {
        json::write(&answer.document(), &mut out)
    };
    printed.map_err(Error::Output)
}

/// What the rows are, and their order.
enum Order {
    Tasks(Sort<TaskColumn>),
    Sites(Sort<SiteColumn>),
}

impl Order {
    fn new(args: &TasksArgs) -> Result<Self, Error> {
        let (name, reverse) = (args.sort.as_deref(), args.query.reverse);
        Ok(match args.group {
            None => Self::Tasks(sort(name, reverse, TaskColumn::Idle, "tasks")?),
            Some(GroupArg::Site) => Self::Sites(sort(name, reverse, SiteColumn::Alive, "sites")?),
        })
    }
}

/// What the target says.
struct Answer {
    target: Target,
    thresholds: Thresholds,
    rows: Rows,
}

enum Rows {
    Tasks(TasksUpdate),
    Sites(SitesUpdate),
}

async fn ask(args: &TasksArgs, order: Order) -> Result<Answer, SourceError> {
    let endpoint = &args.target.target;
    let source = Native::new(endpoint.clone());
    let target = source.target().await?;
    let thresholds = args.query.limits.limits().over(target.thresholds);
    let window = Window {
        offset: 0,
        limit: args.limit.unwrap_or(u64::MAX),
    };
    let filter = args.query.filter.filter.clone();
    let rows = match order {
        Order::Tasks(sort) => {
            let query = Query {
                filter,
                sort,
                window,
                thresholds,
            };
            Rows::Tasks(first(source.watch_tasks(query, None).await?, endpoint).await?)
        }
        Order::Sites(sort) => {
            let query = Query {
                filter,
                sort,
                window,
                thresholds,
            };
            Rows::Sites(first(source.watch_sites(query, None).await?, endpoint).await?)
        }
    };
    Ok(Answer {
        target,
        thresholds,
        rows,
    })
}

/// The first update of a watch.
pub(super) async fn first<T>(
    mut updates: Updates<T>,
    endpoint: &Endpoint,
) -> Result<T, SourceError> {
    next(&mut updates, endpoint).await
}

/// The next update of a watch.
pub(super) async fn next<T>(
    updates: &mut Updates<T>,
    endpoint: &Endpoint,
) -> Result<T, SourceError> {
    let lost = |reason: String| SourceError::Lost {
        endpoint: endpoint.to_string(),
        reason,
    };
    match time::timeout(NEXT_UPDATE, updates.next()).await {
        Ok(Some(update)) => update,
        Ok(None) => Err(lost("it ended without an answer".to_owned())),
        Err(_) => Err(lost(format!(
            "no answer within {} s",
            NEXT_UPDATE.as_secs()
        ))),
    }
}

impl Answer {
    fn document(&self) -> Document {
        match &self.rows {
            Rows::Tasks(update) => Document::of_tasks(&self.target, &self.thresholds, update),
            Rows::Sites(update) => Document::of_sites(&self.target, &self.thresholds, update),
        }
    }

    /// The rows, then what they are a part of.
    fn print_table(&self, out: &mut impl Write) -> io::Result<()> {
        let thresholds = &self.thresholds;
        let (table, rows, matched, overview) = match &self.rows {
            Rows::Tasks(update) => {
                let labels = &update.labels;
                let table = column::tasks(&update.tasks, &Context { labels, thresholds });
                (table, update.tasks.len(), update.matched, &update.overview)
            }
            Rows::Sites(update) => {
                let labels = &update.labels;
                let table = column::sites(&update.sites, &Context { labels, thresholds });
                (table, update.sites.len(), update.matched, &update.overview)
            }
        };
        table.write(out)?;
        writeln!(out)?;
        writeln!(out, "{}", self.summary(rows, matched, &overview.totals))?;
        match coverage::advice(self.target.tier, overview) {
            Some(advice) => writeln!(out, "{advice}"),
            None => Ok(()),
        }
    }

    fn summary(&self, rows: usize, matched: u64, totals: &Totals) -> String {
        let Target { name, pid, .. } = &self.target;
        let name = text::clean(name);
        let Totals {
            alive,
            blocked,
            hogging,
            starved,
            untracked,
            ..
        } = totals;
        let mut summary = format!(
            "{name} ({pid}): {rows} of {matched} rows; {alive} tasks alive, {blocked} blocked, \
             {hogging} hogging, {starved} starved"
        );
        if *untracked > 0 {
            summary.push_str(&format!(
                "; {untracked} tasks did not fit into the agent's table"
            ));
        }
        summary
    }
}
