//! What a watcher receives.

use loiter_model::{
    Distribution, Nanos, Task, Totals,
    update::{Overview, SitesUpdate, TaskDetail, TasksUpdate, WaitsUpdate},
};

use super::{BadMessage, list};
use crate::v1;

impl From<Totals> for v1::Totals {
    fn from(totals: Totals) -> Self {
        Self {
            alive: totals.alive,
            running: totals.running,
            scheduled: totals.scheduled,
            idle: totals.idle,
            blocked: totals.blocked,
            hogging: totals.hogging,
            starved: totals.starved,
            spawned: totals.spawned,
            ended: totals.ended,
            untracked: totals.untracked,
            remembered: totals.remembered,
            lints: Some(totals.lints.into()),
        }
    }
}

impl From<v1::Totals> for Totals {
    fn from(totals: v1::Totals) -> Self {
        Self {
            alive: totals.alive,
            running: totals.running,
            scheduled: totals.scheduled,
            idle: totals.idle,
            blocked: totals.blocked,
            hogging: totals.hogging,
            starved: totals.starved,
            spawned: totals.spawned,
            ended: totals.ended,
            untracked: totals.untracked,
            remembered: totals.remembered,
            lints: totals.lints.map(Into::into).unwrap_or_default(),
        }
    }
}

impl From<Overview> for v1::Overview {
    fn from(overview: Overview) -> Self {
        Self {
            at_ns: overview.at.0,
            totals: Some(overview.totals.into()),
            history: overview.history,
            scan_ns: overview.scan_time.0,
            runtime_tasks: overview.runtime_tasks,
        }
    }
}

impl TryFrom<v1::Overview> for Overview {
    type Error = BadMessage;

    fn try_from(overview: v1::Overview) -> Result<Self, BadMessage> {
        let totals = overview.totals;
        Ok(Self {
            at: Nanos(overview.at_ns),
            totals: totals
                .ok_or_else(|| BadMessage::without("Overview.totals"))?
                .into(),
            history: overview.history,
            scan_time: Nanos(overview.scan_ns),
            runtime_tasks: overview.runtime_tasks,
        })
    }
}

impl From<TasksUpdate> for v1::TasksUpdate {
    fn from(update: TasksUpdate) -> Self {
        Self {
            overview: Some(update.overview.into()),
            matched: update.matched,
            offset: update.offset,
            tasks: update.tasks.into_iter().map(v1::Task::from).collect(),
            sites: Vec::new(),
            labels: Some((&update.labels).into()),
            waits: Vec::new(),
        }
    }
}

impl TryFrom<v1::TasksUpdate> for TasksUpdate {
    type Error = BadMessage;

    fn try_from(update: v1::TasksUpdate) -> Result<Self, BadMessage> {
        only(&update, Rows::Tasks)?;
        Ok(Self {
            overview: overview(update.overview)?,
            matched: update.matched,
            offset: update.offset,
            tasks: list(update.tasks)?,
            labels: update.labels.unwrap_or_default().try_into()?,
        })
    }
}

impl From<SitesUpdate> for v1::TasksUpdate {
    fn from(update: SitesUpdate) -> Self {
        Self {
            overview: Some(update.overview.into()),
            matched: update.matched,
            offset: update.offset,
            tasks: Vec::new(),
            sites: update.sites.into_iter().map(v1::SiteStats::from).collect(),
            labels: Some((&update.labels).into()),
            waits: Vec::new(),
        }
    }
}

impl TryFrom<v1::TasksUpdate> for SitesUpdate {
    type Error = BadMessage;

    fn try_from(update: v1::TasksUpdate) -> Result<Self, BadMessage> {
        only(&update, Rows::Sites)?;
        Ok(Self {
            overview: overview(update.overview)?,
            matched: update.matched,
            offset: update.offset,
            sites: update.sites.into_iter().map(Into::into).collect(),
            labels: update.labels.unwrap_or_default().try_into()?,
        })
    }
}

impl From<WaitsUpdate> for v1::TasksUpdate {
    fn from(update: WaitsUpdate) -> Self {
        Self {
            overview: Some(update.overview.into()),
            matched: update.matched,
            offset: update.offset,
            tasks: Vec::new(),
            sites: Vec::new(),
            labels: Some((&update.labels).into()),
            waits: update.waits.into_iter().map(v1::WaitStats::from).collect(),
        }
    }
}

impl TryFrom<v1::TasksUpdate> for WaitsUpdate {
    type Error = BadMessage;

    fn try_from(update: v1::TasksUpdate) -> Result<Self, BadMessage> {
        only(&update, Rows::Waits)?;
        Ok(Self {
            overview: overview(update.overview)?,
            matched: update.matched,
            offset: update.offset,
            waits: list(update.waits)?,
            labels: update.labels.unwrap_or_default().try_into()?,
        })
    }
}

/// What the rows of an update are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rows {
    Tasks,
    Sites,
    Waits,
}

/// Refuses an update with rows of another kind than was asked for.
fn only(update: &v1::TasksUpdate, asked_for: Rows) -> Result<(), BadMessage> {
    let problem = match asked_for {
        Rows::Tasks => "in answer to a query for tasks",
        Rows::Sites => "in answer to a query for sites",
        Rows::Waits => "in answer to a query for waits",
    };
    for (rows, field, count) in [
        (Rows::Tasks, "TasksUpdate.tasks", update.tasks.len()),
        (Rows::Sites, "TasksUpdate.sites", update.sites.len()),
        (Rows::Waits, "TasksUpdate.waits", update.waits.len()),
    ] {
        if rows != asked_for && count > 0 {
            let value = format_args!("{count} rows");
            return Err(BadMessage::value(field, value, problem));
        }
    }
    Ok(())
}

fn overview(overview: Option<v1::Overview>) -> Result<Overview, BadMessage> {
    overview
        .ok_or_else(|| BadMessage::without("TasksUpdate.overview"))?
        .try_into()
}

impl From<TaskDetail> for v1::TaskDetail {
    fn from(detail: TaskDetail) -> Self {
        Self {
            at_ns: detail.at.0,
            task: Some(detail.task.into()),
            parent: detail.parent.map(v1::Task::from),
            woken_by: detail.woken_by.map(v1::Task::from),
            labels: Some((&detail.labels).into()),
            poll: Some((&detail.poll).into()),
            scheduled: Some((&detail.scheduled).into()),
            site_poll: Some((&detail.site_poll).into()),
            site_scheduled: Some((&detail.site_scheduled).into()),
            timeline: detail.timeline.into_iter().map(v1::Stretch::from).collect(),
            lost: detail.lost,
        }
    }
}

impl TryFrom<v1::TaskDetail> for TaskDetail {
    type Error = BadMessage;

    fn try_from(detail: v1::TaskDetail) -> Result<Self, BadMessage> {
        let task = detail.task;
        Ok(Self {
            at: Nanos(detail.at_ns),
            task: task
                .ok_or_else(|| BadMessage::without("TaskDetail.task"))?
                .try_into()?,
            parent: detail.parent.map(Task::try_from).transpose()?,
            woken_by: detail.woken_by.map(Task::try_from).transpose()?,
            labels: detail.labels.unwrap_or_default().try_into()?,
            poll: distribution(detail.poll)?,
            scheduled: distribution(detail.scheduled)?,
            site_poll: distribution(detail.site_poll)?,
            site_scheduled: distribution(detail.site_scheduled)?,
            timeline: list(detail.timeline)?,
            lost: detail.lost,
        })
    }
}

/// An absent one has no samples.
fn distribution(distribution: Option<v1::Distribution>) -> Result<Distribution, BadMessage> {
    distribution.unwrap_or_default().try_into()
}
