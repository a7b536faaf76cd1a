//! `loiter tasks`: one answer of the target, printed.

use std::io::{self, IsTerminal, Write};

use loiter_cli::{coverage, source::SourceError};
use loiter_model::{
    Target, Thresholds, Totals,
    query::{Query, SiteColumn, Sort, TaskColumn, Window},
    update::{SitesUpdate, TasksUpdate},
};

use super::{
    ask::{Connected, connect, first},
    block_on,
    column::{self, Context},
    json::{self, Document},
    sort::sort,
    who,
};
use crate::{
    cli::{GroupArg, TasksArgs},
    error::Error,
};

/// Asks once and prints the answer.
pub(crate) fn run(args: &TasksArgs) -> Result<(), Error> {
    let order = Order::new(args)?;
    let answer = block_on(ask(args, order))??;
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
        let (name, reverse) = (args.sort.as_deref(), args.query.reverse());
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
    let aim = args.target.aim();
    let endpoint = &aim.place;
    let Connected {
        source,
        target,
        thresholds,
    } = connect(&aim, args.query.limits()).await?;
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
        let who = who(&self.target);
        let Totals {
            alive,
            blocked,
            hogging,
            starved,
            lints,
            untracked,
            ..
        } = totals;
        let mut summary = format!(
            "{who}: {rows} of {matched} rows; {alive} tasks alive, {blocked} blocked, \
             {hogging} hogging, {starved} starved"
        );
        let hints: Vec<_> = lints
            .iter()
            .map(|(lint, count)| format!("{count} {}", lint.name()))
            .collect();
        if !hints.is_empty() {
            summary.push_str(&format!("; lints: {}", hints.join(", ")));
        }
        if *untracked > 0 {
            summary.push_str(&format!(
                "; {untracked} tasks did not fit into the agent's table"
            ));
        }
        summary
    }
}
