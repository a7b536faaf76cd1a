//! `loiter resources`: the locks, semaphores, timers and the like of a target, printed.

use std::io::{self, IsTerminal, Write};

use loiter_cli::{limits::Limits, source::SourceError};
use loiter_model::{
    Target, Teller, Tier,
    query::{ResourceColumn, ResourceQuery, Sort, Window},
    update::ResourcesUpdate,
};

use super::{
    ask::{Connected, connect, first},
    block_on,
    column::{self, Context},
    json::{self, Resources},
    sort::sort,
    who,
};
use crate::{cli::ResourcesArgs, error::Error};

/// Asks once and prints the answer.
pub(crate) fn run(args: &ResourcesArgs) -> Result<(), Error> {
    let usual = ResourceColumn::Waiters;
    let order = sort(args.sort.as_deref(), args.reverse, usual, "resources")?;
    args.filter
        .filter
        .check_for_resources()
        .map_err(|refused| Error::Usage(format!("in the filter: {refused}")))?;
    let answer = block_on(ask(args, order))??;
    let mut out = io::stdout().lock();
    let as_table = args.table || (!args.json && out.is_terminal());
    let printed = if as_table {
        answer.print_table(&mut out)
    } else {
        json::write(&Resources::new(&answer.target, &answer.update), &mut out)
    };
    printed.map_err(Error::Output)
}

/// What the target says.
struct Answer {
    target: Target,
    update: ResourcesUpdate,
}

async fn ask(args: &ResourcesArgs, sort: Sort<ResourceColumn>) -> Result<Answer, SourceError> {
    let aim = args.target.aim();
    let endpoint = &aim.place;
    let Connected {
        source,
        target,
        thresholds,
    } = connect(&aim, Limits::default()).await?;
    let query = ResourceQuery {
        filter: args.filter.filter.clone(),
        sort,
        window: Window {
            offset: 0,
            limit: args.limit.unwrap_or(u64::MAX),
        },
        thresholds,
    };
    let update = first(source.watch_resources(query, None).await?, endpoint).await?;
    Ok(Answer { target, update })
}

impl Answer {
    /// The rows, then what they are a part of.
    fn print_table(&self, out: &mut impl Write) -> io::Result<()> {
        let update = &self.update;
        let context = Context {
            labels: &update.labels,
            thresholds: &self.target.thresholds,
        };
        column::resources(&update.resources, &context).write(out)?;
        writeln!(out)?;
        let (who, rows, matched) = (who(&self.target), update.resources.len(), update.matched);
        writeln!(out, "{who}: {rows} of {matched} resources")?;
        if update.untracked > 0 {
            let untracked = update.untracked;
            writeln!(
                out,
                "{untracked} resources are not tracked: there was no room"
            )?;
        }
        match missing(&self.target, update) {
            Some(why) => writeln!(out, "{why}"),
            None => Ok(()),
        }
    }
}

/// Why there may be resources that are not seen at all.
fn missing(target: &Target, update: &ResourcesUpdate) -> Option<&'static str> {
    if !update.is_tracking {
        return Some(
            "this program does not track its resources; start it with LOITER_RESOURCES=true, \
             or call `Builder::resources(true)`",
        );
    }
    let is_agent = target.teller == Teller::Agent;
    (is_agent && target.tier != Tier::EveryTask).then_some(
        "tokio tells of resources only in a build with `--cfg tokio_unstable` and its feature \
         `tracing`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::sample;

    fn printed(answer: &Answer) -> String {
        let mut out = Vec::new();
        answer
            .print_table(&mut out)
            .expect("memory takes everything");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn a_table_of_resources() {
        let answer = Answer {
            target: sample::target(),
            update: sample::resources(),
        };
        sample::assert_snapshot("resources_table", &printed(&answer));
    }

    #[test]
    fn what_is_not_tracked_is_no_empty_table() {
        let mut answer = Answer {
            target: sample::target(),
            update: ResourcesUpdate::default(),
        };
        assert!(printed(&answer).contains("LOITER_RESOURCES=true"));
        answer.update.is_tracking = true;
        assert!(!printed(&answer).contains("LOITER_RESOURCES=true"));
        answer.target.tier = Tier::NotBuiltIn;
        assert!(printed(&answer).contains("tokio_unstable"));
    }
}
