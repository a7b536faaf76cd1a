//! A profile, as the agent itself serves at `/debug/pprof/goroutine`.

use std::io::Write;

use loiter_model::{
    query::{Query, Sort, TaskColumn, Window},
    update::TasksUpdate,
};
use loiter_pprof::{Subject, TaskProfile};

use super::{
    Asked, ask,
    output::Output,
    table::{PAGE_OF_TASKS, beyond},
    written,
};
use crate::{cli::ExportArgs, command::ask::first, error::Error};

/// Asks for every task that the filter lets through, and writes the profile.
pub(super) async fn write(args: &ExportArgs, mut output: Output) -> Result<(), Error> {
    let asked = ask(args).await?;
    let mut profile = TaskProfile::new(Subject::Tasks);
    let mut after = 0;
    let taken = loop {
        let update = page(&asked, args, after).await?;
        for task in &update.tasks {
            profile.add(task, &update.labels);
        }
        let taken = asked.target.started_unix.saturating_add(update.overview.at);
        match update.tasks.last().map(|task| task.seq.get()) {
            // An answer that goes round in circles is to end as well.
            Some(last) if last > after && (update.tasks.len() as u64) < update.matched => {
                after = last;
            }
            _ => break taken,
        }
    };
    output
        .write_all(&profile.to_pprof(taken))
        .map_err(|error| written(args, error))?;
    output.finish()
}

/// The tasks that follow this number, in the order of theirs.
async fn page(asked: &Asked, args: &ExportArgs, after: u64) -> Result<TasksUpdate, Error> {
    let query = Query {
        filter: beyond(&args.filter.filter, after)?,
        sort: Sort {
            column: TaskColumn::Seq,
            descending: false,
        },
        window: Window {
            offset: 0,
            limit: PAGE_OF_TASKS,
        },
        thresholds: asked.thresholds,
    };
    let updates = asked.source().watch_tasks(query, None).await?;
    Ok(first(updates, &asked.place).await?)
}
