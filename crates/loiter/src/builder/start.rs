//! Starts an agent that is set up.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::AcqRel},
};

use loiter_model::{Nanos, Tier};
use tracing_core::{Dispatch, dispatcher};

use super::{Builder, CaptureStacks, Config, ENV, InitError};
use crate::{
    agent::{Agent, Core},
    capture::LoiterSubscriber,
    clock::Clock,
    notice, publish, recording, resources,
    table::Table,
};

/// Tasks that a table can have at most: some index values stand for other things.
const MOST_TASKS: usize = 1 << 30;
/// Ended tasks that can be remembered at most: some 230 bytes each.
const MOST_REMEMBERED: usize = 1 << 20;

impl Builder {
    /// Starts the agent; what is wrong is said in a warning and the program runs on. It is said
    /// through the program's tracing subscriber, or on stderr when there is none.
    ///
    /// A bad environment variable is left out; an address beyond loopback is replaced by the
    /// default one. With a subscriber already installed, the agent runs and tells the UI why it
    /// sees nothing; the one given to [`with_subscriber`](Self::with_subscriber) is then unused.
    pub fn init(mut self) {
        let mut wrong = std::mem::take(&mut self.wrong);
        for variable in ENV {
            wrong.extend(variable.apply(&mut self.config).err());
        }
        if let Err(error) = self.config.check_listen() {
            wrong.push(error);
            self.config.listen = Config::default().listen;
        }
        wrong.extend(self.start(OnTaken::GoOn).err());
        // Said only now: the program's subscriber, if it gave one, is in place.
        for error in wrong {
            notice::warn(notice::somebody_listens(), &error.to_string());
        }
    }

    /// Starts the agent, or says why not.
    ///
    /// The port is not waited for: when it is busy, a warning is given and it is tried again.
    ///
    /// # Errors
    /// [`InitError`]: nothing has been started or installed then.
    pub fn try_init(mut self) -> Result<Agent, InitError> {
        if let Some(error) = self.wrong.drain(..).next() {
            return Err(error);
        }
        for variable in ENV {
            variable.apply(&mut self.config)?;
        }
        self.config.check_listen()?;
        self.start(OnTaken::Fail)
    }

    fn start(self, on_taken: OnTaken) -> Result<Agent, InitError> {
        static STARTED: AtomicBool = AtomicBool::new(false);

        let Self {
            mut config, inner, ..
        } = self;
        if !config.enabled {
            if let Some(inner) = inner {
                dispatcher::set_global_default(Dispatch::new(inner))
                    .map_err(|_| InitError::SubscriberTaken)?;
            }
            return Ok(Agent::disabled());
        }
        if STARTED.swap(true, AcqRel) {
            return Err(InitError::Twice);
        }
        let not_started = |error| {
            STARTED.store(false, std::sync::atomic::Ordering::Release);
            error
        };
        config.max_tasks = config.max_tasks.clamp(1, MOST_TASKS);
        config.ledger = config.ledger.min(MOST_REMEMBERED);
        config.publish_interval = config.publish_interval.max(Nanos::from_millis(50));

        let mut table = Table::new(Clock::start(), config.max_tasks as u32, config.ledger);
        if config.for_tests && config.capture_stacks == CaptureStacks::Blocked {
            table.sample_often();
        }
        if config.resources {
            table.track_resources(resources::MOST);
        }
        let table = Arc::new(table);
        let has_inner = inner.is_some();
        let subscriber = LoiterSubscriber::new(table.clone(), inner);
        let taken = dispatcher::set_global_default(Dispatch::new(subscriber)).is_err();
        if !taken && !has_inner {
            notice::nobody_listens();
        }
        let tier = match (taken, cfg!(tokio_unstable)) {
            (true, _) => Tier::SubscriberTaken,
            (false, false) => Tier::NotBuiltIn,
            (false, true) => Tier::EveryTask,
        };
        if taken && matches!(on_taken, OnTaken::Fail) {
            return Err(not_started(InitError::SubscriberTaken));
        }
        recording::start(table.clone(), tier == Tier::EveryTask);
        // Its other tasks, too, are counted as alive.
        table.saw_runtime();
        let core = Arc::new(Core::new(table, config, tier, has_inner || taken));
        if let Some(remedy) = tier.remedy().filter(|_| !core.config.for_tests) {
            notice::warn(core.through_tracing, remedy);
        }
        publish::start(core.clone()).map_err(|error| not_started(InitError::Thread(error)))?;
        Ok(Agent::new(core))
    }
}

/// What to do when another subscriber is installed already.
#[derive(Clone, Copy)]
enum OnTaken {
    /// Run all the same, so that the UI can say so.
    GoOn,
    Fail,
}
