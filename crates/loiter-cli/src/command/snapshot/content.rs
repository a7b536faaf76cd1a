//! A snapshot, put together.

use std::{collections::HashMap, sync::Arc};

use loiter_cli::snapshot::{FormatError, MOST_OF_A_KIND, Part};
use loiter_model::{
    NameId, SiteStats, Target, Task,
    update::{LabelSet, Overview},
};

use super::{Sink, SnapshotError};
use crate::{command::check::Seen, error::Error};

/// Names and calls in stacks at most.
const MOST_LABELS: usize = 4 << 20;

/// Everything that was known of one target.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    /// Which process.
    pub(crate) target: Target,
    /// The whole program, at the end.
    pub(crate) overview: Overview,
    /// What is wrong; `None` where the agent did not say.
    pub(crate) findings: Option<Vec<Seen>>,
    /// The sites.
    pub(crate) sites: Vec<SiteStats>,
    /// The tasks alive.
    pub(crate) tasks: Vec<Task>,
    /// What sites and tasks refer to.
    pub(crate) labels: LabelSet,
}

/// Puts the parts together.
#[derive(Default)]
pub(crate) struct Collector {
    target: Option<Target>,
    overview: Overview,
    findings: Option<Vec<Seen>>,
    sites: Vec<SiteStats>,
    tasks: Vec<Task>,
    labels: LabelSet,
    /// The agent may give the number of a name to another one between two parts; here each name
    /// has a number of its own.
    names: HashMap<Arc<str>, NameId>,
    frames: usize,
}

impl Collector {
    /// Adds a part.
    ///
    /// # Errors
    /// [`FormatError::TooLarge`] when it is too much.
    pub(super) fn add(&mut self, part: Part) -> Result<(), FormatError> {
        match part {
            Part::Target(target) => self.target = Some(target),
            Part::Findings(update) => {
                let findings = update.findings.iter();
                let findings = findings.map(|finding| Seen::new(finding, &update));
                self.findings.get_or_insert_default().extend(findings);
                self.overview = update.overview;
            }
            Part::Sites(update) => {
                self.overview = update.overview;
                self.sites.extend(update.sites);
                self.add_labels(update.labels)?;
            }
            Part::Tasks(mut update) => {
                self.overview = update.overview;
                self.rename(&mut update.tasks, &update.labels);
                self.tasks.extend(update.tasks);
                self.add_labels(update.labels)?;
            }
        }
        let rows = self.tasks.len().max(self.sites.len());
        let labels = self.labels.sites.len().max(self.names.len());
        match rows > MOST_OF_A_KIND || labels > MOST_LABELS {
            true => Err(FormatError::TooLarge(format!(
                "more than {MOST_OF_A_KIND} tasks, sites or names"
            ))),
            false => Ok(()),
        }
    }

    fn rename(&mut self, tasks: &mut [Task], labels: &LabelSet) {
        for task in tasks {
            for id in [&mut task.name, &mut task.scope] {
                let Some(name) = id.and_then(|id| labels.names.get(&id)) else {
                    *id = None;
                    continue;
                };
                let next = NameId(self.names.len() as u32);
                *id = Some(*self.names.entry(name.clone()).or_insert(next));
            }
        }
    }

    /// Sites and waits keep their numbers for as long as an agent lives.
    fn add_labels(&mut self, labels: LabelSet) -> Result<(), FormatError> {
        self.labels.sites.extend(labels.sites);
        for (id, wait) in labels.waits {
            self.labels.waits.entry(id).or_insert_with(|| {
                let branches = wait.stack.branches.iter();
                self.frames += branches
                    .map(|branch| branch.frames.len() + 1)
                    .sum::<usize>();
                wait
            });
        }
        match self.frames {
            0..=MOST_LABELS => Ok(()),
            _ => Err(FormatError::TooLarge(format!(
                "stacks of more than {MOST_LABELS} calls"
            ))),
        }
    }

    /// All of it.
    ///
    /// # Errors
    /// [`FormatError::Damaged`] when nothing says which process it is of.
    pub(super) fn finish(self) -> Result<Snapshot, FormatError> {
        let mut labels = self.labels;
        let names = self.names.into_iter();
        labels.names = names.map(|(name, id)| (id, name)).collect();
        Ok(Snapshot {
            target: self
                .target
                .ok_or_else(|| FormatError::Damaged("it names no process".to_owned()))?,
            overview: self.overview,
            findings: self.findings,
            sites: self.sites,
            tasks: self.tasks,
            labels,
        })
    }
}

impl Sink for Collector {
    fn part(&mut self, part: Part) -> Result<(), Error> {
        Ok(self.add(part).map_err(SnapshotError::Agent)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::sample;

    #[test]
    fn a_number_that_was_given_to_another_name_meanwhile_makes_no_mistake() {
        let first = sample::tasks();
        let mut second = first.clone();
        for name in second.labels.names.values_mut() {
            *name = "another".into();
        }
        let mut collector = Collector::default();
        for part in [
            Part::Target(sample::target()),
            Part::Tasks(first.clone()),
            Part::Tasks(second),
        ] {
            collector.add(part).expect("it is small");
        }
        let snapshot = collector.finish().expect("it has a target");
        let name = |task: &Task| snapshot.labels.names[&task.name.expect("it has one")].clone();
        assert_eq!(&*name(&snapshot.tasks[0]), "blocked-send");
        assert_eq!(&*name(&snapshot.tasks[first.tasks.len()]), "another");
    }

    #[test]
    fn without_a_target_it_is_none() {
        let error = Collector::default().finish().expect_err("no target");
        assert!(matches!(error, FormatError::Damaged(_)));
    }
}
