//! Brings up an agent that is set up: the environment, the subscriber, the table, the thread.

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

/// As [`Builder::init`] says.
pub(super) fn init(mut builder: Builder) {
    let mut wrong = std::mem::take(&mut builder.wrong);
    let mut is_open = !wrong
        .iter()
        .any(|error| matches!(error, InitError::Token(_)));
    for variable in ENV {
        if let Err(error) = variable.apply(&mut builder.config) {
            wrong.push(error);
            is_open &= !variable.guards();
        }
    }
    if let Err(error) = builder.config.access.check() {
        wrong.push(error);
        is_open = false;
    }
    if !is_open {
        builder.config.close_port();
    }
    if let Err(error) = builder.config.access.check_listen(builder.config.listen) {
        wrong.push(error);
        builder.config.listen = Config::default().listen;
    }
    wrong.extend(start(builder, OnTaken::GoOn).err());
    // Said only now: the program's subscriber, if it gave one, is in place.
    for error in wrong {
        notice::at_once(notice::somebody_listens(), &error.to_string());
    }
    if !is_open {
        let message = "no port was opened, as it cannot be said who may look: mend what is \
                       wrong above; this user can attach over the Unix socket";
        notice::at_once(notice::somebody_listens(), message);
    }
}

/// As [`Builder::try_init`] says.
pub(super) fn try_init(mut builder: Builder) -> Result<Agent, InitError> {
    if let Some(error) = builder.wrong.drain(..).next() {
        return Err(error);
    }
    let mut wrong = Vec::new();
    for variable in ENV {
        match variable.apply(&mut builder.config) {
            Err(error) if variable.is_of_others() => wrong.push(error),
            applied => applied?,
        }
    }
    builder.config.access.check()?;
    builder.config.access.check_listen(builder.config.listen)?;
    let agent = start(builder, OnTaken::Fail)?;
    for error in wrong {
        notice::at_once(notice::somebody_listens(), &error.to_string());
    }
    Ok(agent)
}

fn start(builder: Builder, on_taken: OnTaken) -> Result<Agent, InitError> {
    static STARTED: AtomicBool = AtomicBool::new(false);

    if !builder.config.enabled {
        return builder.without_agent();
    }
    let Builder {
        mut config, inner, ..
    } = builder;
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
    table.redact(config.redacted);
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
    if let Some(warning) = core.config.access.warning(core.config.listen) {
        notice::at_once(core.through_tracing, &warning);
    }
    #[cfg(feature = "vsock")]
    if let Some(warning) = core.config.access.vsock_warning()
        && !core.config.vsock.is_empty()
    {
        notice::at_once(core.through_tracing, warning);
    }
    if let Some(remedy) = tier.remedy().filter(|_| !core.config.for_tests) {
        notice::at_once(core.through_tracing, remedy);
    }
    publish::start(core.clone()).map_err(|error| not_started(InitError::Thread(error)))?;
    Ok(Agent::new(core))
}

/// What to do when another subscriber is installed already.
#[derive(Clone, Copy)]
enum OnTaken {
    /// Run all the same, so that the UI can say so.
    GoOn,
    Fail,
}
