//! Finds out what tasks wait on: asks them, on demand and once for each long wait, and takes in
//! what they saw.

use std::{sync::Arc, time::Duration};

use loiter_model::{Thresholds, query::Filter, update::CaptureOutcome};
use tokio::{
    sync::Mutex,
    task,
    time::{self, Instant, Interval, MissedTickBehavior},
};

use super::{reading, walk::Walk};
use crate::{
    agent::Core,
    builder::CaptureStacks,
    recording,
    table::{Look, Table, Unconfirmed},
    upkeep::{self, Part},
};

/// Tasks that are asked at a time, by whoever asks. A look takes a worker some microseconds, and
/// what else it has to do waits for all of them.
const AT_ONCE: usize = 10;
/// From one round of asking to the next: so that a worker has 98 % of its time for itself.
const PAUSE: Duration = Duration::from_millis(1);
/// Stacks that are taken in without a break.
const STACKS_AT_ONCE: usize = 64;
/// Tasks that are asked by themselves, without a client, at most a second.
const UNASKED: usize = 256;
/// How long those may take to answer before others are asked.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often the budget for stacks of tasks that cannot be asked is opened anew.
const WINDOW: Duration = Duration::from_millis(100);

/// Asks and takes in.
pub(crate) struct Looks {
    core: Arc<Core>,
    /// Whose turn it is to ask: the pace holds for all who do.
    turn: Mutex<Interval>,
}

/// A task to ask.
struct Candidate {
    index: u32,
    seq: u64,
    /// When its wait began.
    since: u64,
}

impl From<Unconfirmed> for Candidate {
    fn from(wait: Unconfirmed) -> Self {
        let Unconfirmed { index, seq, since } = wait;
        Self { index, seq, since }
    }
}

/// What became of tasks that were asked.
#[derive(Default)]
struct Answered {
    captured: u64,
    /// They went on, so that there is no such wait any more.
    moved: u64,
    /// Nobody polled them in time.
    silent: u64,
}

/// The rounds of asking. A sleep between them would take up to twice as long.
fn pace() -> Interval {
    let mut pace = time::interval(PAUSE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pace
}

impl Looks {
    /// On the agent's runtime.
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self {
            core,
            turn: Mutex::new(pace()),
        }
    }

    /// Asks those that become blocked, for ever: each once a wait, and once more if it went on.
    pub(crate) async fn run(self: Arc<Self>) {
        if self.core.config.capture_stacks != CaptureStacks::Blocked {
            return;
        }
        let blocked: Filter = "blocked".parse().expect("a word of the language");
        let limits = self.core.config.rules.thresholds;
        loop {
            upkeep::may_panic(Part::Looks);
            let started = Instant::now();
            let unasked = |look| look == Look::Possible;
            let (_, blocked) = self.pick(&blocked, &limits, UNASKED, unasked).await;
            let scan = started.elapsed();
            self.ask(blocked, Instant::now() + PATIENCE).await;
            // Few, if any.
            let unconfirmed = self.table().unconfirmed().into_iter();
            let unconfirmed = unconfirmed.map(Candidate::from).collect();
            self.ask(unconfirmed, Instant::now() + PATIENCE).await;
            // Looking at every task takes one percent of this thread's time at most.
            time::sleep((100 * scan).max(Duration::from_secs(1))).await;
        }
    }

    /// Asks the tasks that a filter lets through, `most` at most, and waits until they have
    /// answered or the time is up.
    pub(crate) async fn capture(
        &self,
        filter: &Filter,
        limits: &Thresholds,
        most: u64,
        timeout: Duration,
    ) -> CaptureOutcome {
        let deadline = Instant::now() + timeout;
        // The filter may ask for it.
        reading::waits(&self.core.table).await;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let mut outcome = CaptureOutcome::default();
        let mut possible = 0;
        let (matched, tasks) = self
            .pick(filter, limits, most, |look| {
                match look {
                    Look::NotIdle => outcome.not_idle += 1,
                    Look::Unwatched => outcome.not_watched += 1,
                    Look::Known => outcome.captured += 1,
                    Look::Possible | Look::Asked => {
                        possible += 1;
                        return true;
                    }
                }
                false
            })
            .await;
        outcome.matched = matched;
        outcome.over_limit = possible - tasks.len() as u64;
        let answered = self.ask(tasks, deadline).await;
        outcome.captured += answered.captured;
        outcome.not_idle += answered.moved;
        outcome.timed_out = answered.silent;
        outcome
    }

    /// How many tasks the filter lets through, and those of them that `wanted` picks, `most` at
    /// most.
    async fn pick(
        &self,
        filter: &Filter,
        limits: &Thresholds,
        most: usize,
        mut wanted: impl FnMut(Look) -> bool,
    ) -> (u64, Vec<Candidate>) {
        let table = self.table();
        let mut matched = 0;
        let mut picked = Vec::new();
        let mut walk = Walk::over(table);
        while let Some(pages) = walk.next().await {
            table.visit_indexed(pages, |index, task| {
                if !filter.matches(task, limits, table) {
                    return;
                }
                matched += 1;
                let seq = task.seq.get();
                let standing = table.standing(index, seq);
                if wanted(standing.look) && picked.len() < most {
                    picked.push(Candidate {
                        index,
                        seq,
                        since: standing.since,
                    });
                }
            });
        }
        (matched, picked)
    }

    /// Takes in what nobody waits for, for ever: what the clones of wakers tell of tasks that
    /// cannot be asked.
    pub(crate) async fn take_samples(self: Arc<Self>) {
        let samples =
            recording::is_traced() && self.core.config.capture_stacks == CaptureStacks::Blocked;
        loop {
            upkeep::may_panic(Part::Samples);
            if samples {
                self.table().next_window();
            }
            time::sleep(if samples { WINDOW } else { 10 * WINDOW }).await;
            self.take_all_in().await;
            self.table().settle_lost_wakeups();
            self.table().waits().unload_unused();
        }
    }

    /// Asks tasks, a few at a time, until all have answered or the time is up.
    async fn ask(&self, tasks: Vec<Candidate>, deadline: Instant) -> Answered {
        let mut answered = Answered::default();
        let mut tasks = tasks.into_iter();
        let mut asked: Vec<Candidate> = Vec::new();
        loop {
            if tasks.len() > 0 {
                self.turn.lock().await.tick().await;
                for task in tasks.by_ref().take(AT_ONCE) {
                    self.table().ask(task.index, task.seq);
                    asked.push(task);
                }
            }
            self.take_all_in().await;
            asked.retain(|task| !self.has_answered(task, &mut answered));
            if asked.is_empty() && tasks.len() == 0 {
                return answered;
            }
            if Instant::now() >= deadline {
                answered.silent = (asked.len() + tasks.len()) as u64;
                return answered;
            }
            if tasks.len() == 0 {
                time::sleep(PAUSE).await;
            }
        }
    }

    fn has_answered(&self, task: &Candidate, answered: &mut Answered) -> bool {
        let standing = self.table().standing(task.index, task.seq);
        match standing.look {
            Look::Known => answered.captured += 1,
            // It may be looking right now.
            Look::NotIdle if standing.running => return false,
            Look::Possible | Look::Asked if standing.since == task.since => return false,
            _ => answered.moved += 1,
        }
        true
    }

    /// Takes in all that tasks saw so far.
    async fn take_all_in(&self) {
        while self.take_in() {
            task::yield_now().await;
        }
    }

    /// Takes in what tasks saw; `false` when there is no more.
    fn take_in(&self) -> bool {
        (0..STACKS_AT_ONCE).all(|_| self.table().take_in())
    }

    fn table(&self) -> &Table {
        &self.core.table
    }
}
