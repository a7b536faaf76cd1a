//! Sites, their tasks together, and the labels that rows refer to.

use std::sync::Arc;

use loiter_model::{NameId, Nanos, Site, SiteId, SiteStats, update::LabelSet};

use super::{
    BadMessage,
    wait::{waits, wire_waits},
};
use crate::v1;

impl From<&Site> for v1::Site {
    fn from(site: &Site) -> Self {
        Self {
            file: (*site.file).to_owned(),
            line: site.line,
            column: site.column,
            function: (*site.function).to_owned(),
        }
    }
}

impl From<v1::Site> for Site {
    fn from(site: v1::Site) -> Self {
        Self {
            file: site.file.into(),
            line: site.line,
            column: site.column,
            function: site.function.into(),
        }
    }
}

impl From<&LabelSet> for v1::Labels {
    fn from(labels: &LabelSet) -> Self {
        let names = labels.names.iter();
        let sites = labels.sites.iter();
        let (waits, frames) = wire_waits(&labels.waits);
        Self {
            names: names
                .map(|(id, name)| (id.0, (**name).to_owned()))
                .collect(),
            sites: sites.map(|(id, site)| (id.0, (&**site).into())).collect(),
            waits,
            frames,
        }
    }
}

impl TryFrom<v1::Labels> for LabelSet {
    type Error = BadMessage;

    fn try_from(labels: v1::Labels) -> Result<Self, BadMessage> {
        let names = labels.names.into_iter();
        let sites = labels.sites.into_iter();
        Ok(Self {
            names: names.map(|(id, name)| (NameId(id), name.into())).collect(),
            sites: sites
                .map(|(id, site)| (SiteId(id), Arc::new(site.into())))
                .collect(),
            waits: waits(labels.waits, labels.frames)?,
        })
    }
}

impl From<SiteStats> for v1::SiteStats {
    fn from(stats: SiteStats) -> Self {
        Self {
            site: stats.site.0,
            alive: stats.alive,
            idle: stats.idle,
            scheduled: stats.scheduled,
            running: stats.running,
            blocked: stats.blocked,
            hogging: stats.hogging,
            starved: stats.starved,
            spawned: stats.spawned,
            ended: stats.ended,
            spawned_per_sec: stats.spawned_per_sec,
            ended_per_sec: stats.ended_per_sec,
            oldest_idle_ns: stats.oldest_idle.map(|idle| idle.0),
            median_idle_ns: stats.median_idle.map(|idle| idle.0),
            bytes: stats.bytes,
            history: stats.history,
            poll: Some(stats.poll.into()),
            scheduled_for: Some(stats.scheduled_for.into()),
            waited: Some(stats.waited.into()),
            lifetime: Some(stats.lifetime.into()),
        }
    }
}

impl From<v1::SiteStats> for SiteStats {
    fn from(stats: v1::SiteStats) -> Self {
        Self {
            site: SiteId(stats.site),
            alive: stats.alive,
            idle: stats.idle,
            scheduled: stats.scheduled,
            running: stats.running,
            blocked: stats.blocked,
            hogging: stats.hogging,
            starved: stats.starved,
            spawned: stats.spawned,
            ended: stats.ended,
            spawned_per_sec: rate(stats.spawned_per_sec),
            ended_per_sec: rate(stats.ended_per_sec),
            oldest_idle: stats.oldest_idle_ns.map(Nanos),
            median_idle: stats.median_idle_ns.map(Nanos),
            bytes: stats.bytes,
            history: stats.history,
            poll: stats.poll.unwrap_or_default().into(),
            scheduled_for: stats.scheduled_for.unwrap_or_default().into(),
            waited: stats.waited.unwrap_or_default().into(),
            lifetime: stats.lifetime.unwrap_or_default().into(),
        }
    }
}

/// What is no rate is none: NaN has no place in an order.
fn rate(value: f64) -> f64 {
    if value.is_finite() {
        value.max(0.0)
    } else {
        0.0
    }
}
