//! The columns of the printed tables. Names, headings and order of rows are the model's.

use loiter_cli::text;
use loiter_model::{
    Nanos, Resource, SiteId, SiteStats, Task, TaskSeq, Thresholds,
    query::{Column, Labels, ResourceColumn, SiteColumn, TaskColumn},
    update::LabelSet,
};

use super::table::{Align, Table};

/// What a cell needs to know beside its row.
pub(crate) struct Context<'a> {
    pub(crate) labels: &'a LabelSet,
    pub(crate) thresholds: &'a Thresholds,
}

/// A column with its cells.
struct Spec<R, C> {
    column: C,
    align: Align,
    cell: fn(&R, &Context<'_>) -> String,
}

impl<R, C: Column> Spec<R, C> {
    const fn word(column: C, cell: fn(&R, &Context<'_>) -> String) -> Self {
        Self {
            column,
            align: Align::Left,
            cell,
        }
    }

    const fn figure(column: C, cell: fn(&R, &Context<'_>) -> String) -> Self {
        Self {
            column,
            align: Align::Right,
            cell,
        }
    }
}

type TaskSpec = Spec<Task, TaskColumn>;
type SiteSpec = Spec<SiteStats, SiteColumn>;
type ResourceSpec = Spec<Resource, ResourceColumn>;

/// Those that say what a task waits for, and for how long. The others are in the JSON.
const TASKS: &[TaskSpec] = &[
    TaskSpec::figure(TaskColumn::Seq, |task, _| task.seq.to_string()),
    TaskSpec::word(TaskColumn::Name, name),
    TaskSpec::word(TaskColumn::Kind, |task, _| task.kind.name().to_owned()),
    TaskSpec::word(TaskColumn::State, state),
    TaskSpec::figure(TaskColumn::Idle, |task, _| duration(task.idle())),
    TaskSpec::word(TaskColumn::Wait, wait),
    TaskSpec::figure(TaskColumn::Busy, |task, _| task.busy.to_string()),
    TaskSpec::figure(TaskColumn::Scheduled, |task, _| task.scheduled.to_string()),
    TaskSpec::figure(TaskColumn::Total, |task, _| task.total.to_string()),
    TaskSpec::figure(TaskColumn::Polls, |task, _| task.polls.to_string()),
    TaskSpec::figure(TaskColumn::Wakers, |task, _| task.live_wakers.to_string()),
    TaskSpec::figure(TaskColumn::Parent, |task, _| other(task.parent)),
    TaskSpec::word(TaskColumn::Lints, lints),
    TaskSpec::word(TaskColumn::Site, |task, context| site(task.site, context)),
];

const SITES: &[SiteSpec] = &[
    SiteSpec::figure(SiteColumn::Alive, |site, _| site.alive.to_string()),
    SiteSpec::figure(SiteColumn::Blocked, |site, _| site.blocked.to_string()),
    SiteSpec::figure(SiteColumn::Hogging, |site, _| site.hogging.to_string()),
    SiteSpec::figure(SiteColumn::Starved, |site, _| site.starved.to_string()),
    SiteSpec::figure(SiteColumn::SpawnedPerSec, |site, _| {
        rate(site.spawned_per_sec)
    }),
    SiteSpec::figure(SiteColumn::EndedPerSec, |site, _| rate(site.ended_per_sec)),
    SiteSpec::figure(SiteColumn::OldestIdle, |site, _| duration(site.oldest_idle)),
    SiteSpec::figure(SiteColumn::MedianIdle, |site, _| duration(site.median_idle)),
    SiteSpec::figure(SiteColumn::Bytes, |site, _| site.bytes.to_string()),
    SiteSpec::word(SiteColumn::Site, |stats, context| site(stats.site, context)),
];

#[rustfmt::skip]
const RESOURCES: &[ResourceSpec] = &[
    ResourceSpec::figure(ResourceColumn::Seq, |resource, _| resource.seq.to_string()),
    ResourceSpec::figure(ResourceColumn::Parent, |resource, _| {
        resource.parent.map_or_else(none, |parent| parent.to_string())
    }),
    ResourceSpec::word(ResourceColumn::Type, |resource, _| text::clean(&resource.concrete_type).into_owned()),
    ResourceSpec::word(ResourceColumn::Waiters, |resource, _| some(&resource.waiters)),
    ResourceSpec::word(ResourceColumn::Holders, |resource, _| some(&resource.holders)),
    ResourceSpec::figure(ResourceColumn::Total, |resource, _| resource.total.to_string()),
    ResourceSpec::word(ResourceColumn::Attributes, attributes),
    ResourceSpec::word(ResourceColumn::Site, |resource, context| site(resource.site, context)),
];

/// A table with a row a resource.
pub(crate) fn resources(resources: &[Resource], context: &Context<'_>) -> Table {
    table(RESOURCES, resources, context)
}

/// Tasks that one cell names.
const NAMED: usize = 3;

/// The first of some tasks, and how many more there are.
fn some(tasks: &[TaskSeq]) -> String {
    if tasks.is_empty() {
        return none();
    }
    let named: Vec<_> = tasks.iter().take(NAMED).map(ToString::to_string).collect();
    let named = named.join(",");
    match tasks.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} +{more}"),
    }
}

fn attributes(resource: &Resource, _: &Context<'_>) -> String {
    if resource.attributes.is_empty() {
        return none();
    }
    let attributes: Vec<_> = resource
        .attributes
        .iter()
        .map(ToString::to_string)
        .collect();
    text::clean(&attributes.join(" ")).into_owned()
}

/// A table with a row a task.
pub(crate) fn tasks(tasks: &[Task], context: &Context<'_>) -> Table {
    table(TASKS, tasks, context)
}

/// A table with a row a site.
pub(crate) fn sites(sites: &[SiteStats], context: &Context<'_>) -> Table {
    table(SITES, sites, context)
}

fn table<R, C: Column>(specs: &[Spec<R, C>], rows: &[R], context: &Context<'_>) -> Table {
    let mut table = Table::new(specs.iter().map(|spec| (spec.column.title(), spec.align)));
    for row in rows {
        table.push(specs.iter().map(|spec| (spec.cell)(row, context)).collect());
    }
    table
}

fn name(task: &Task, context: &Context<'_>) -> String {
    match task.name.and_then(|id| context.labels.name(id)) {
        Some(name) => text::clean(&name).into_owned(),
        None => none(),
    }
}

fn state(task: &Task, context: &Context<'_>) -> String {
    status(task, context.thresholds).to_owned()
}

/// What is wrong with a task says more than its state, which it implies; so does how it ended.
pub(crate) fn status(task: &Task, thresholds: &Thresholds) -> &'static str {
    match (task.condition(thresholds), task.ending) {
        (Some(condition), _) => condition.name(),
        (None, Some(ending)) => ending.name(),
        (None, None) => task.state.name(),
    }
}

fn wait(task: &Task, context: &Context<'_>) -> String {
    match task.wait.and_then(|id| context.labels.wait(id)) {
        Some(wait) => text::clean(&wait.to_string()).into_owned(),
        None => none(),
    }
}

fn lints(task: &Task, context: &Context<'_>) -> String {
    let lints = task.lints(context.thresholds);
    if lints.is_empty() {
        return none();
    }
    lints.names()
}

fn site(id: SiteId, context: &Context<'_>) -> String {
    let Some(site) = context.labels.site(id) else {
        return none();
    };
    let place = if site.function.is_empty() {
        site.to_string()
    } else {
        format!("{site} {}", site.function)
    };
    text::clean(&place).into_owned()
}

fn duration(duration: Option<Nanos>) -> String {
    duration.map_or_else(none, |duration| duration.to_string())
}

fn rate(per_sec: f64) -> String {
    format!("{per_sec:.1}")
}

fn other(seq: Option<TaskSeq>) -> String {
    seq.map_or_else(none, |seq| seq.to_string())
}

/// What stands where there is nothing.
fn none() -> String {
    "-".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::sample;

    fn printed(table: &Table) -> String {
        let mut out = Vec::new();
        table.write(&mut out).expect("memory takes everything");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn a_table_of_tasks() {
        let update = sample::tasks();
        let context = Context {
            labels: &update.labels,
            thresholds: &Thresholds::default(),
        };
        sample::assert_snapshot("tasks_table", &printed(&tasks(&update.tasks, &context)));
    }

    #[test]
    fn a_table_of_sites() {
        let update = sample::sites();
        let context = Context {
            labels: &update.labels,
            thresholds: &Thresholds::default(),
        };
        sample::assert_snapshot("sites_table", &printed(&sites(&update.sites, &context)));
    }

    #[test]
    fn names_from_the_wire_cannot_break_the_table() {
        let mut update = sample::tasks();
        for name in update.labels.names.values_mut() {
            *name = "\x1b[2Jevil\n".into();
        }
        let context = Context {
            labels: &update.labels,
            thresholds: &Thresholds::default(),
        };
        let text = printed(&tasks(&update.tasks, &context));
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(!text.contains('\x1b'), "{text}");
    }
}
