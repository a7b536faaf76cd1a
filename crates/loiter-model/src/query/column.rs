//! The columns that rows can be sorted by: one table for the UI, the commands, JSON and the wire.

use std::{cmp::Ordering, fmt::Debug, sync::Arc};

use super::Labels;
use crate::{NameId, Nanos, Resource, Site, SiteStats, Task, Thresholds, WaitStats};

/// What a table can be sorted by.
pub trait Column: Copy + Debug + Eq + 'static {
    /// Every column, in the order of a table.
    const ALL: &'static [Self];
    /// The name in `--sort` and on the wire: lower case, `-` between words.
    fn name(self) -> &'static str;
    /// The heading in a table.
    fn title(self) -> &'static str;
    /// What it shows, in one line for help and README.
    fn description(self) -> &'static str;
    /// Whether the greatest comes first unless asked otherwise.
    fn descends(self) -> bool;
    /// The column of this name.
    #[must_use]
    fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|column| column.name() == name)
    }
}

/// What a row is compared by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// Nothing to compare: last in either direction.
    Missing,
    /// A number.
    Number(u64),
    /// A text, then a number within equal texts.
    Text(Arc<str>, u64),
}

impl SortKey {
    /// The order of two rows under a direction. Missing keys come last in both.
    #[must_use]
    pub fn compare(&self, other: &Self, descending: bool) -> Ordering {
        let order = match (self, other) {
            (Self::Missing, Self::Missing) => return Ordering::Equal,
            (Self::Missing, _) => return Ordering::Greater,
            (_, Self::Missing) => return Ordering::Less,
            (Self::Number(a), Self::Number(b)) => a.cmp(b),
            (Self::Text(a, m), Self::Text(b, n)) => a.cmp(b).then(m.cmp(n)),
            // One column has keys of one shape.
            (Self::Number(_), Self::Text(..)) => Ordering::Less,
            (Self::Text(..), Self::Number(_)) => Ordering::Greater,
        };
        if descending { order.reverse() } else { order }
    }
}

impl From<Nanos> for SortKey {
    fn from(nanos: Nanos) -> Self {
        Self::Number(nanos.0)
    }
}

impl<T: Into<SortKey>> From<Option<T>> for SortKey {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Missing, Into::into)
    }
}

macro_rules! columns {
    ($(#[$doc:meta])* $type:ident { $($variant:ident $name:literal $title:literal $order:ident $description:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $type {
            $(#[doc = $description] $variant,)*
        }

        impl Column for $type {
            const ALL: &'static [Self] = &[$(Self::$variant),*];

            fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),* }
            }

            fn description(self) -> &'static str {
                match self { $(Self::$variant => $description),* }
            }

            fn descends(self) -> bool {
                match self { $(Self::$variant => columns!(@ $order)),* }
            }
        }
    };
    (@ descending) => { true };
    (@ ascending) => { false };
}
pub(crate) use columns;

columns! {
    /// A column of a table with a row a task.
    TaskColumn {
        Warn "warn" "!" descending "what is wrong now: blocked, hogging or starved";
        Seq "seq" "#" ascending "the agent's number of the task, never reused";
        TokioId "tokio-id" "Id" ascending "tokio's id of the task";
        Name "name" "Name" ascending "the name from task::Builder";
        Scope "scope" "Scope" ascending "the scope that it was spawned in";
        State "state" "State" ascending "running, scheduled, idle or ended";
        Idle "idle" "Idle" descending "how long it has been waiting now";
        Wait "wait" "Waits on" ascending "what it waits on, and where, if that was captured";
        Busy "busy" "Busy" descending "time inside polls, in all";
        Scheduled "scheduled" "Sched" descending "time woken and waiting for a worker, in all";
        TotalIdle "total-idle" "Waited" descending "time waiting, in all";
        Total "total" "Total" descending "time since its spawn, or from spawn to end";
        EndedFor "ended-for" "Ended" ascending "time since its end";
        Polls "polls" "Polls" descending "how often it was polled";
        LongestPoll "longest-poll" "MaxPoll" descending "its longest poll";
        Wakes "wakes" "Wakes" descending "how often it was woken";
        SelfWakes "self-wakes" "Self" descending "how often it woke itself inside its own poll";
        Wakers "wakers" "Wakers" descending "clones of its waker that exist now";
        WokenBy "woken-by" "WokenBy" ascending "the task inside which it was woken last";
        Parent "parent" "Parent" ascending "the task inside which it was spawned";
        Size "size" "Size" descending "bytes of its future";
        Kind "kind" "Kind" ascending "task, local, blocking or block_on";
        Lints "lints" "Lints" descending "hints on it: self-wakes, lost-waker, never-yielded, auto-boxed-future, large-future";
        Site "site" "Site" ascending "where it was spawned";
        Fields "fields" "Fields" ascending "what else tokio tells: a blocking task's function, sizes";
    }
}

impl TaskColumn {
    /// What this column compares of a task.
    #[must_use]
    pub fn key(self, task: &Task, limits: &Thresholds, labels: &impl Labels) -> SortKey {
        match self {
            Self::Name => name(task.name, labels),
            Self::Scope => name(task.scope, labels),
            Self::Site => labels.site(task.site).map(|site| place(&site)).into(),
            Self::Wait => match task.wait.and_then(|id| labels.wait(id)) {
                Some(wait) => SortKey::Text(wait.to_string().into(), 0),
                None => SortKey::Missing,
            },
            Self::Fields => match labels.site(task.site) {
                Some(site) if !site.function.is_empty() => SortKey::Text(site.function.clone(), 0),
                _ => SortKey::Missing,
            },
            _ => self.number(task, limits).map(SortKey::Number).into(),
        }
    }

    /// What this column compares of a task, where that is a number: nothing is looked up.
    #[inline]
    pub(super) fn number(self, task: &Task, limits: &Thresholds) -> Option<u64> {
        match self {
            // The one that waits longest among those that have something wrong.
            Self::Warn => task.condition(limits).map(|_| task.in_state.0),
            Self::Seq => Some(task.seq.get()),
            Self::TokioId => task.tokio_id.map(|id| id.get()),
            // In the order in which they are declared.
            Self::State => Some(task.state as u64),
            Self::Kind => Some(task.kind as u64),
            Self::Idle => task.idle().map(|idle| idle.0),
            Self::Busy => Some(task.busy.0),
            Self::Scheduled => Some(task.scheduled.0),
            Self::TotalIdle => Some(task.total_idle().0),
            Self::Total => Some(task.total.0),
            Self::EndedFor => task.ended_for().map(|time| time.0),
            Self::Polls => Some(task.polls),
            Self::LongestPoll => Some(task.longest_poll.0),
            Self::Wakes => Some(task.wakes),
            Self::SelfWakes => Some(task.self_wakes),
            Self::Wakers => Some(u64::from(task.live_wakers)),
            Self::WokenBy => task.woken_by.map(|seq| seq.get()),
            Self::Parent => task.parent.map(|seq| seq.get()),
            Self::Size => task.size,
            // Those with most of them among those that have any.
            Self::Lints => match task.lints(limits).len() {
                0 => None,
                count => Some(count.into()),
            },
            Self::Name | Self::Scope | Self::Site | Self::Wait | Self::Fields => None,
        }
    }
}

fn name(id: Option<NameId>, labels: &impl Labels) -> SortKey {
    match id.and_then(|id| labels.name(id)) {
        Some(name) => SortKey::Text(name, 0),
        None => SortKey::Missing,
    }
}

/// Sites sort by file, then by line and column.
pub(crate) fn place(site: &Site) -> SortKey {
    SortKey::Text(
        site.file.clone(),
        u64::from(site.line) << 32 | u64::from(site.column),
    )
}

columns! {
    /// A column of a table with a row a site.
    SiteColumn {
        Alive "alive" "Alive" descending "tasks alive";
        Blocked "blocked" "Blocked" descending "tasks idle beyond the threshold";
        Hogging "hogging" "Hogging" descending "tasks in one poll beyond the threshold";
        Starved "starved" "Starved" descending "tasks waiting for a worker beyond the threshold";
        SpawnedPerSec "spawned-per-sec" "Spawn/s" descending "spawns a second, over the last ten seconds";
        EndedPerSec "ended-per-sec" "End/s" descending "ends a second, over the last ten seconds";
        Spawned "spawned" "Spawned" descending "tasks spawned since the agent's start";
        Ended "ended" "Ended" descending "tasks ended since the agent's start";
        OldestIdle "oldest-idle" "Oldest" descending "the longest current wait";
        MedianIdle "median-idle" "Median" descending "the median current wait";
        Bytes "bytes" "Bytes" descending "bytes of the futures alive";
        History "history" "Trend" descending "tasks alive over the last minutes; sorts by growth";
        Site "site" "Site" ascending "where the tasks were spawned";
    }
}

impl SiteColumn {
    /// What this column compares of a site.
    #[must_use]
    pub fn key(self, stats: &SiteStats, labels: &impl Labels) -> SortKey {
        let number = SortKey::Number;
        match self {
            Self::Alive => number(stats.alive),
            Self::Blocked => number(stats.blocked),
            Self::Hogging => number(stats.hogging),
            Self::Starved => number(stats.starved),
            // Rates are compared in thousandths.
            Self::SpawnedPerSec => number((stats.spawned_per_sec * 1e3) as u64),
            Self::EndedPerSec => number((stats.ended_per_sec * 1e3) as u64),
            Self::Spawned => number(stats.spawned),
            Self::Ended => number(stats.ended),
            Self::OldestIdle => stats.oldest_idle.into(),
            Self::MedianIdle => stats.median_idle.into(),
            Self::Bytes => number(stats.bytes),
            Self::History => {
                let first = stats.history.first().copied().unwrap_or(0);
                let last = stats.history.last().copied().unwrap_or(0);
                number(u64::from(last.saturating_sub(first)))
            }
            Self::Site => labels.site(stats.site).map(|site| place(&site)).into(),
        }
    }
}

columns! {
    /// A column of a table with a row for the tasks that wait alike.
    WaitColumn {
        Count "count" "Count" descending "how many tasks wait so";
        Oldest "oldest" "Oldest" descending "the longest current wait";
        Median "median" "Median" descending "the median current wait";
        Bytes "bytes" "Bytes" descending "bytes of their futures";
        Wait "wait" "Waits on" ascending "what they wait on, and where, if that was captured";
    }
}

impl WaitColumn {
    /// What this column compares of a group.
    #[must_use]
    pub fn key(self, stats: &WaitStats, labels: &impl Labels) -> SortKey {
        match self {
            Self::Count => SortKey::Number(stats.count),
            Self::Oldest => stats.oldest.into(),
            Self::Median => stats.median.into(),
            Self::Bytes => SortKey::Number(stats.bytes),
            Self::Wait => match stats.wait.and_then(|id| labels.wait(id)) {
                Some(wait) => SortKey::Text(wait.to_string().into(), 0),
                None => SortKey::Missing,
            },
        }
    }
}

columns! {
    /// A column of a table with a row a resource.
    ResourceColumn {
        Seq "seq" "#" ascending "the agent's number of the resource, never reused";
        Parent "parent" "Parent" ascending "the resource that it is a part of";
        Kind "kind" "Kind" ascending "what it is for: Sync, timer";
        Type "type" "Type" ascending "its type, such as Mutex or Sleep";
        Waiters "waiters" "Waiters" descending "tasks that wait for it now";
        Holders "holders" "Holders" descending "tasks that have taken it, as far as is known";
        Total "total" "Total" descending "time since its making, or from making to end";
        Visibility "visibility" "Vis" ascending "pub, or int for a part of something that the program made";
        Attributes "attributes" "Attributes" ascending "its state, such as permits or locked";
        Site "site" "Site" ascending "where it was made";
    }
}

impl ResourceColumn {
    /// What this column compares of a resource.
    #[must_use]
    pub fn key(self, resource: &Resource, labels: &impl Labels) -> SortKey {
        let number = SortKey::Number;
        let text = |text: &Arc<str>| SortKey::Text(text.clone(), 0);
        match self {
            Self::Seq => number(resource.seq.get()),
            Self::Parent => resource.parent.map(|seq| number(seq.get())).into(),
            Self::Kind => text(&resource.kind),
            Self::Type => text(&resource.concrete_type),
            Self::Waiters => number(resource.waiters.len() as u64),
            Self::Holders => number(resource.holders.len() as u64),
            Self::Total => resource.total.into(),
            Self::Visibility => number(u64::from(resource.is_internal)),
            Self::Attributes => match resource.attributes.first() {
                Some(first) => SortKey::Text(first.to_string().into(), 0),
                None => SortKey::Missing,
            },
            Self::Site => labels.site(resource.site).map(|site| place(&site)).into(),
        }
    }
}
