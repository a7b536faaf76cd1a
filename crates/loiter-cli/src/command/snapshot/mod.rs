//! `loiter snapshot`: everything that is known of the tasks alive, in a file.
//!
//! A snapshot is a row of [`Part`]s, as an agent sends them ([`take`]), as they stand in a file
//! ([`Writer`]), or put together ([`Snapshot`]): whoever writes a file never holds more than one
//! part, however many tasks there are.

mod content;
mod file;
mod take;

use std::io::{self, IsTerminal, Write};

use loiter_cli::{
    limits::Limits,
    snapshot::{Part, Writer},
};

pub(super) use content::Snapshot;
pub(crate) use file::SnapshotError;
pub(super) use file::read;

use self::content::Collector;
use super::block_on;
use crate::{
    cli::{Aim, SnapshotArgs},
    error::Error,
};

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
        let mut writer = Writer::new(&mut out).map_err(Error::Output)?;
        record(args, &mut writer)?;
        let finished = writer.finish().and_then(|out| out.flush());
        return finished.map_err(Error::Output);
    }
    let mut file = file::Pending::create(&args.output)?;
    record(args, &mut file)?;
    Ok(file.finish()?)
}

fn record(args: &SnapshotArgs, sink: &mut impl Sink) -> Result<(), Error> {
    let aim = args.target.aim();
    block_on(take::take(&aim, args.limits.limits(), sink))?
}

/// Asks for everything and puts it together.
///
/// # Errors
/// When there is no answer, or too much of one.
pub(super) fn of_agent(aim: &Aim) -> Result<Snapshot, Error> {
    let mut collector = Collector::default();
    block_on(take::take(aim, Limits::default(), &mut collector))??;
    Ok(collector.finish().map_err(SnapshotError::Agent)?)
}

impl<W: Write> Sink for Writer<W> {
    fn part(&mut self, part: Part) -> Result<(), Error> {
        self.write(part).map_err(Error::Output)
    }
}
