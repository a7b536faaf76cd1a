//! `loiter export`: what was recorded of a program, or what it does now, in the form of another
//! tool.
//!
//! A trace ([`trace`]) is for time lines: a [`tracer`](tracer::Tracer) follows everything that was
//! recorded and says it step by step to a [`chrome`], [`perfetto`] or CSV sink, which writes it as
//! it comes. The other tables of [`csv`], the page of [`html`] and the profile of [`pprof`] are
//! answers to the questions that the UI asks.

mod chrome;
mod csv;
mod facts;
mod follow;
mod html;
mod output;
mod perfetto;
mod play;
mod pprof;
mod recorded;
mod report;
mod table;
#[cfg(test)]
mod tests;
mod trace;
mod tracer;

use std::{
    io::{self, Write},
    path::PathBuf,
    sync::Arc,
};

use loiter_cli::{
    source::{Source, SourceError, Where},
    text,
};
use loiter_model::{Nanos, Target, Thresholds};
use loiter_recording::ReadError;

use self::{output::Output, table::Table};
use super::{
    ask::{Connected, connect, lost},
    block_on,
};
use crate::{
    cli::{ExportArgs, ExportFormatArg, TableArg},
    error::Error,
};

/// How long a running program is recorded or watched unless it is said.
const WATCH_FOR: Nanos = Nanos::from_secs(10);
/// Rows of each table of a page unless it is said: more than anybody reads, and few enough for
/// every browser.
const PAGE_ROWS: u64 = 2_000;

/// Why there is no export.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExportError {
    /// It cannot be written.
    #[error("cannot write {}: {error}", .path.display())]
    Write {
        /// Where.
        path: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
    /// The recording cannot be read.
    #[error("cannot read what was recorded of {place}: {error}")]
    Read {
        /// The file, or the program.
        place: Where,
        /// What is wrong with it.
        error: ReadError,
    },
    /// It would be written to a terminal.
    #[error("this format is nothing to look at; write it to a file or into a pipe")]
    Terminal,
}

/// Whoever answers, and how it is asked.
struct Asked {
    source: Arc<dyn Source>,
    place: Where,
    target: Target,
    thresholds: Thresholds,
    /// For how long; `None` for what was recorded.
    watch_for: Option<Nanos>,
}

impl Asked {
    fn source(&self) -> &dyn Source {
        &*self.source
    }

    fn lost(&self) -> SourceError {
        lost(&self.place, "it stopped answering")
    }
}

/// Writes what the arguments say.
pub(super) fn run(args: &ExportArgs) -> Result<(), Error> {
    check(args)?;
    match (args.to, args.table) {
        (ExportFormatArg::Perfetto, _) => {
            let mut output = Output::create(&args.output, true)?;
            recorded::trace(args, &mut perfetto::Perfetto::new(&mut output))?;
            output.finish()
        }
        (ExportFormatArg::Chrome, _) => {
            let mut output = Output::create(&args.output, false)?;
            recorded::trace(args, &mut chrome::Chrome::new(&mut output))?;
            output.finish()
        }
        (ExportFormatArg::Csv, Some(TableArg::Events)) => {
            let mut output = Output::create(&args.output, false)?;
            recorded::trace(args, &mut csv::Events::new(&mut output))?;
            output.finish()
        }
        (ExportFormatArg::Csv, None | Some(TableArg::Tasks)) => table(args, Table::Tasks),
        (ExportFormatArg::Csv, Some(TableArg::Sites)) => table(args, Table::Sites),
        (ExportFormatArg::Csv, Some(TableArg::Findings)) => table(args, Table::Findings),
        (ExportFormatArg::Html, _) => {
            let mut output = Output::create(&args.output, false)?;
            let limit = args.limit.unwrap_or(PAGE_ROWS);
            let report = block_on(async {
                let asked = ask(args).await?;
                report::ask(&asked, &args.filter.filter, limit).await
            })??;
            html::write(&report, &mut output).map_err(|error| written(args, error))?;
            output.finish()
        }
        (ExportFormatArg::Pprof, _) => {
            let output = Output::create(&args.output, true)?;
            block_on(pprof::write(args, output))?
        }
    }
}

fn table(args: &ExportArgs, table: Table) -> Result<(), Error> {
    let output = Output::create(&args.output, false)?;
    block_on(table::write(args, table, output))?
}

/// Options that do not go together.
fn check(args: &ExportArgs) -> Result<(), Error> {
    let usage = |message: &str| Err(Error::Usage(message.to_owned()));
    let is_trace = match args.to {
        ExportFormatArg::Perfetto | ExportFormatArg::Chrome => true,
        ExportFormatArg::Csv => args.table == Some(TableArg::Events),
        ExportFormatArg::Html | ExportFormatArg::Pprof => false,
    };
    let is_file = matches!(args.target.target, Where::File(_));
    match args {
        _ if args.table.is_some() && args.to != ExportFormatArg::Csv => {
            usage("--table is for `--to csv`; the other formats have everything in one file")
        }
        _ if args.limit.is_some() && is_trace => {
            usage("--limit is for tables; a trace has every task that --filter lets through")
        }
        _ if args.to == ExportFormatArg::Pprof
            && (args.limit.is_some() || args.watch_for.is_some()) =>
        {
            usage("--limit and --for are not for profiles: one has every task of one instant")
        }
        _ if args.watch_for.is_some() && is_file => {
            usage("--for is for running programs; a recording is as long as it is")
        }
        _ => Ok(()),
    }
}

/// Finds out who answers.
async fn ask(args: &ExportArgs) -> Result<Asked, Error> {
    let aim = args.target.aim();
    let Connected {
        source,
        target,
        thresholds,
    } = connect(&aim, args.limits.limits()).await?;
    Ok(Asked {
        source,
        target,
        thresholds,
        watch_for: match aim.place {
            Where::Endpoint(_) => Some(args.watch_for.unwrap_or(WATCH_FOR)),
            Where::File(_) => None,
        },
        place: aim.place,
    })
}

/// What an error of writing means.
fn written(args: &ExportArgs, error: io::Error) -> Error {
    match args.output.as_os_str() == "-" {
        true => Error::Output(error),
        false => ExportError::Write {
            path: args.output.clone(),
            error,
        }
        .into(),
    }
}

/// Says on standard error what the export lacks.
fn warn(warning: &str) {
    // With stderr closed, there is nobody to warn.
    let _ = writeln!(io::stderr(), "loiter: {}", text::clean(warning));
}
