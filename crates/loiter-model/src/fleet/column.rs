//! The columns that rows over many targets can be sorted by.

use super::{FleetSite, Instance, Status};
use crate::{
    Nanos,
    query::{Column, SortKey, columns, place},
};

columns! {
    /// A column of a table with a row a target.
    InstanceColumn {
        Name "name" "Name" ascending "the name in the list of targets, or where it was found";
        Process "process" "Process" ascending "the program's name and its process";
        Host "host" "Host" ascending "the machine it runs on";
        Status "status" "Status" ascending "answering, connecting, or lost and why; sorts lost ones first";
        Alive "alive" "Alive" descending "tasks alive";
        Blocked "blocked" "Blocked" descending "tasks idle beyond the threshold";
        Hogging "hogging" "Hogging" descending "tasks in one poll beyond the threshold";
        Starved "starved" "Starved" descending "tasks waiting for a worker beyond the threshold";
        Findings "findings" "Findings" descending "what is wrong; sorts by proved, suspected and then the others";
        History "history" "Trend" descending "tasks alive over the last minutes; sorts by growth";
        Lag "lag" "Lag" descending "the age of what it said last";
        Uptime "uptime" "Uptime" descending "how long its agent has been running";
        Version "version" "Version" ascending "the version of its agent";
        Address "address" "Address" ascending "where it listens";
    }
}

columns! {
    /// A column of a table with a row a site, over many targets.
    FleetSiteColumn {
        Largest "largest" "Most in" descending "tasks alive in the target that has most of them, and which";
        Alive "alive" "Alive" descending "tasks alive in all targets that answer";
        Instances "instances" "Targets" descending "targets that have tasks of it";
        Blocked "blocked" "Blocked" descending "tasks idle beyond the threshold";
        Hogging "hogging" "Hogging" descending "tasks in one poll beyond the threshold";
        Starved "starved" "Starved" descending "tasks waiting for a worker beyond the threshold";
        SpawnedPerSec "spawned-per-sec" "Spawn/s" descending "spawns a second, over the last ten seconds";
        EndedPerSec "ended-per-sec" "End/s" descending "ends a second, over the last ten seconds";
        OldestIdle "oldest-idle" "Oldest" descending "the longest current wait";
        Bytes "bytes" "Bytes" descending "bytes of the futures alive";
        Stale "stale" "Stale" descending "tasks of targets that were lost, as they said last";
        Site "site" "Site" ascending "where the tasks were spawned";
    }
}

impl InstanceColumn {
    /// What this column compares of a target. `now`: when it is compared.
    #[must_use]
    pub fn key(self, instance: &Instance, now: Nanos) -> SortKey {
        let totals = instance.totals();
        let target = instance.target();
        let text = |text: &str| SortKey::Text(text.into(), 0);
        match self {
            Self::Name => text(instance.name()),
            Self::Process => target
                .map(|target| SortKey::Text(target.name.as_str().into(), target.pid.into()))
                .into(),
            Self::Host => target.map(|target| text(&target.host)).into(),
            // Lost, connecting, answering.
            Self::Status => SortKey::Number(match instance.status() {
                Status::Lost { .. } => 0,
                Status::Connecting => 1,
                Status::Answering => 2,
            }),
            Self::Alive => totals.map(|totals| SortKey::Number(totals.alive)).into(),
            Self::Blocked => totals.map(|totals| SortKey::Number(totals.blocked)).into(),
            Self::Hogging => totals.map(|totals| SortKey::Number(totals.hogging)).into(),
            Self::Starved => totals.map(|totals| SortKey::Number(totals.starved)).into(),
            Self::Findings => SortKey::Number(instance.finding_counts().weight()),
            Self::History => {
                let history = instance.overview().map(|overview| &overview.history[..]);
                let growth = history.map(|samples| match samples {
                    [first, .., last] => u64::from(last.saturating_sub(*first)),
                    _ => 0,
                });
                growth.map(SortKey::Number).into()
            }
            Self::Lag => instance.lag(now).into(),
            Self::Uptime => instance.overview().map(|overview| overview.at).into(),
            Self::Version => instance.version().map(text).into(),
            Self::Address => text(instance.address()),
        }
    }
}

impl FleetSiteColumn {
    /// What this column compares of a site.
    #[must_use]
    pub fn key(self, row: &FleetSite) -> SortKey {
        let number = SortKey::Number;
        match self {
            // What was large in a lost target is no match for what is there.
            Self::Largest if row.largest.is_stale => number(0),
            Self::Largest => number(row.largest.count),
            Self::Alive => number(row.alive),
            Self::Instances => number(row.instances),
            Self::Blocked => number(row.blocked),
            Self::Hogging => number(row.hogging),
            Self::Starved => number(row.starved),
            // Rates are compared in thousandths.
            Self::SpawnedPerSec => number((row.spawned_per_sec * 1e3) as u64),
            Self::EndedPerSec => number((row.ended_per_sec * 1e3) as u64),
            Self::OldestIdle => row.oldest_idle.into(),
            Self::Bytes => number(row.bytes),
            Self::Stale => number(row.stale),
            Self::Site => place(&row.site),
        }
    }
}
