//! `loiter snapshot`: everything that is known of the tasks alive, in a file.
//!
//! A snapshot is a row of [`Part`]s, as an agent sends them ([`take`]), as they stand in a file
//! ([`format`]), or put together ([`Snapshot`]): whoever writes a file never holds more than one
//! part, however many tasks there are.

mod content;
mod file;
mod format;
mod take;

use std::io::{self, IsTerminal, Write};

use loiter_cli::{limits::Limits, source::Where};
use loiter_model::{
    Target,
    update::{FindingsUpdate, SitesUpdate, TasksUpdate},
};

pub(super) use content::Snapshot;
pub(crate) use file::SnapshotError;
pub(super) use file::read;

use self::content::Collector;
use super::runtime;
use crate::{cli::SnapshotArgs, error::Error};

/// A part of a snapshot.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    /// Which process. Always the first part.
    Target(Target),
    /// What is wrong.
    Findings(FindingsUpdate),
    /// Some of the sites.
    Sites(SitesUpdate),
    /// Some of the tasks alive.
    Tasks(TasksUpdate),
}

/// Whoever takes the parts of a snapshot as they come.
pub(super) trait Sink {
    /// Takes the next one.
    fn part(&mut self, part: Part) -> Result<(), Error>;
}

/// Asks for everything and writes it.
pub(super) fn run(args: &SnapshotArgs) -> Result<(), Error> {
    if args.output.as_os_str() == "-" {
        let mut out = io::stdout().lock();
        if out.is_terminal() {
            return Err(SnapshotError::Terminal.into());
        }
        let mut writer = format::Writer::new(&mut out).map_err(Error::Output)?;
        record(args, &mut writer)?;
        let finished = writer.finish().and_then(|out| out.flush());
        return finished.map_err(Error::Output);
    }
    let mut file = file::Pending::create(&args.output)?;
    record(args, &mut file)?;
    Ok(file.finish()?)
}

fn record(args: &SnapshotArgs, sink: &mut impl Sink) -> Result<(), Error> {
    let place = &args.target.target;
    runtime()?.block_on(take::take(
        place,
        args.target.at,
        args.limits.limits(),
        sink,
    ))
}

/// Asks for everything and puts it together.
///
/// # Errors
/// When there is no answer, or too much of one.
pub(super) fn of_agent(place: &Where) -> Result<Snapshot, Error> {
    let mut collector = Collector::default();
    runtime()?.block_on(take::take(place, None, Limits::default(), &mut collector))?;
    Ok(collector.finish().map_err(SnapshotError::Agent)?)
}

impl<W: Write> Sink for format::Writer<W> {
    fn part(&mut self, part: Part) -> Result<(), Error> {
        self.write(part).map_err(Error::Output)
    }
}
