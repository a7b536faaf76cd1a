//! What a finding rests on, in numbers.

use std::{fmt, sync::Arc};

use crate::{Nanos, TaskSeq};

/// A fact that speaks for a finding. Its `Display` is a sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// It has been idle for this long; the longest of all tasks.
    Idle {
        /// The longest.
        longest: Nanos,
        /// The median.
        median: Nanos,
    },
    /// No waker of it exists.
    NoLiveWaker,
    /// It was polled once more and registered no waker.
    ConfirmedByLook,
    /// What waits at its site usually take, from those that have ended.
    SiteWaits {
        /// 99 of 100 ended sooner.
        p99: Nanos,
        /// How many have ended.
        count: u64,
    },
    /// How long tasks of its site usually live, from those that have ended.
    SiteLifetimes {
        /// 99 of 100 ended sooner.
        p99: Nanos,
        /// How many have ended.
        count: u64,
    },
    /// It was never woken since it was spawned.
    NeverWoken,
    /// The task that spawned it has ended.
    ParentEnded {
        /// The one of the first task.
        parent: TaskSeq,
    },
    /// Only this task, which has ended, ever woke it.
    WokenOnlyBy {
        /// The one of the first task.
        waker: TaskSeq,
        /// How often it did.
        wakes: u64,
    },
    /// It waits for the end of this task.
    WaitsForEndOf {
        /// The one of the first task.
        task: TaskSeq,
    },
    /// The tasks of the cycle, each waiting for the next one and the last one for the first.
    Cycle {
        /// In order.
        tasks: Vec<TaskSeq>,
    },
    /// A poll that no wake led to made it go on.
    WentOnUnwoken {
        /// How long it had been idle.
        idle: Nanos,
    },
    /// It has been inside one poll for this long.
    Polling {
        /// The longest of all tasks.
        longest: Nanos,
    },
    /// It was woken this long ago and has not run since.
    Scheduled {
        /// The longest of all tasks.
        longest: Nanos,
    },
    /// It wakes itself inside its own polls.
    SelfWakes {
        /// A second.
        per_second: u64,
        /// Of a hundred wakes.
        percent: u8,
    },
    /// So many were alive at the site then and are now.
    Alive {
        /// At the beginning of `over`.
        before: u64,
        /// At its end.
        now: u64,
        /// The time between.
        over: Nanos,
    },
    /// So many were spawned and ended at the site.
    Flow {
        /// Spawned.
        spawned: u64,
        /// Ended.
        ended: u64,
        /// In this time.
        over: Nanos,
    },
    /// More are alive than this limit.
    Limit {
        /// What was said to be right.
        most: u64,
    },
    /// As far as is known, what a task waits for is held by another one.
    Held {
        /// The task that waits: the first of the finding, or one of its cycle.
        waiter: TaskSeq,
        /// The task that took it and has not given it back.
        holder: TaskSeq,
        /// What it is: `Mutex made at src/pool.rs:12:5`.
        what: Arc<str>,
    },
}

/// What makes a finding unsure. Its `Display` is a sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The agent had no room for so many tasks, which may be the missing other ends.
    Untracked {
        /// How many.
        tasks: u64,
    },
    /// So many tasks are alive that the agent does not see.
    Unseen {
        /// How many.
        tasks: u64,
    },
    /// It could not be asked what it waits on: what is known comes from a sample.
    Sampled,
    /// There are few waits or lives to compare with.
    FewSamples {
        /// How many.
        count: u64,
    },
    /// Time inside `block_in_place` cannot be told from other time inside a poll.
    InPlace,
    /// It was told by console-subscriber, which knows neither what a task waits on nor whether
    /// all its wakers are counted.
    ByConsoleSubscriber,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Idle { longest, median } if longest == median => write!(f, "idle for {longest}"),
            Self::Idle { longest, median } => {
                write!(f, "idle for up to {longest}, the median {median}")
            }
            Self::NoLiveWaker => f.write_str("no waker of it exists"),
            Self::ConfirmedByLook => {
                f.write_str("polled once more, it registered no waker with anything")
            }
            Self::SiteWaits { p99, count } => write!(
                f,
                "99 of 100 waits of its site end within {p99} ({count} seen)"
            ),
            Self::SiteLifetimes { p99, count } => write!(
                f,
                "99 of 100 tasks of its site end within {p99} ({count} seen)"
            ),
            Self::NeverWoken => f.write_str("never woken since it was spawned"),
            Self::ParentEnded { parent } => {
                write!(f, "task {parent}, which spawned it, has ended")
            }
            Self::WokenOnlyBy { waker, wakes } => write!(
                f,
                "all of its {wakes} wakes came from task {waker}, which has ended"
            ),
            Self::WaitsForEndOf { task } => write!(f, "waits for the end of task {task}"),
            Self::Cycle { tasks } => {
                f.write_str("cycle: ")?;
                for task in tasks {
                    write!(f, "{task} → ")?;
                }
                tasks.first().map_or(Ok(()), |first| first.fmt(f))
            }
            Self::WentOnUnwoken { idle } => write!(
                f,
                "idle for {idle}, it went on when it was polled without a wake"
            ),
            Self::Polling { longest } => write!(f, "in one poll for {longest}"),
            Self::Scheduled { longest } => write!(f, "woken {longest} ago and not polled since"),
            Self::SelfWakes {
                per_second,
                percent,
            } => write!(
                f,
                "wakes itself {per_second} times a second, {percent} % of its wakes"
            ),
            Self::Alive { before, now, over } => {
                write!(f, "{before} alive {over} ago, {now} now")
            }
            Self::Flow {
                spawned,
                ended,
                over,
            } => write!(f, "{spawned} spawned and {ended} ended in {over}"),
            Self::Limit { most } => write!(f, "the limit is {most}"),
            Self::Held {
                waiter,
                holder,
                what,
            } => write!(
                f,
                "task {waiter} waits for the {what}, which task {holder} took and has not given back"
            ),
        }
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Untracked { tasks } => {
                write!(
                    f,
                    "{tasks} tasks are not tracked: the agent's table was full"
                )
            }
            Self::Unseen { tasks } => write!(f, "{tasks} tasks alive are not seen"),
            Self::Sampled => f.write_str("what it waits on comes from a sample"),
            Self::FewSamples { count: 0 } => f.write_str("there is nothing to compare with yet"),
            Self::FewSamples { count } => write!(f, "only {count} to compare with"),
            Self::ByConsoleSubscriber => f.write_str(
                "console-subscriber tells it, which does not know what tasks wait on and may \
                 miscount their wakers",
            ),
            Self::InPlace => f.write_str(
                "it may be inside `block_in_place`, where another thread does its worker's work",
            ),
        }
    }
}
