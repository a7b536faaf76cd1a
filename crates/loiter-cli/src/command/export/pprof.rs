//! A profile, as the agent itself serves at `/debug/pprof/goroutine`.

use std::io::Write;

use loiter_pprof::{Subject, TaskProfile};

use super::{
    ask,
    output::Output,
    table::{next_after, page},
    written,
};
use crate::{cli::ExportArgs, error::Error};

/// Asks for every task that the filter lets through, and writes the profile.
pub(super) async fn write(args: &ExportArgs, mut output: Output) -> Result<(), Error> {
    let asked = ask(args).await?;
    let mut profile = TaskProfile::new(Subject::Tasks);
    let mut after = 0;
    let taken = loop {
        let update = page(&asked, args, after, u64::MAX).await?;
        for task in &update.tasks {
            profile.add(task, &update.labels);
        }
        let taken = asked.target.started_unix.saturating_add(update.overview.at);
        match next_after(&update, after) {
            Some(last) => after = last,
            None => break taken,
        }
    };
    output
        .write_all(&profile.to_pprof(taken))
        .map_err(|error| written(args, error))?;
    output.finish()
}
