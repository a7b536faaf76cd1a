//! Starts an agent that is set up.

use tracing_core::{Dispatch, dispatcher};

#[cfg(feature = "agent")]
use super::launch;
use super::{Builder, InitError};
use crate::agent::Agent;
#[cfg(not(feature = "agent"))]
use crate::off as launch;

impl Builder {
    /// Starts the agent; what is wrong is said in a warning and the program runs on. It is said
    /// through the program's tracing subscriber, or on stderr when there is none.
    ///
    /// A bad environment variable is left out; an address beyond loopback that is not guarded as it
    /// should is replaced by the default one. If what is wrong is one of the settings that say who
    /// may look, or what nobody is told, then no port is opened: only the Unix socket, for this
    /// user; and what nobody is told is then all that can be kept back. With a subscriber already
    /// installed, the agent runs and tells the UI why it sees nothing; the one given to
    /// [`with_subscriber`](Self::with_subscriber) is then unused.
    pub fn init(self) {
        launch::init(self);
    }

    /// Starts the agent, or says why not.
    ///
    /// The port is not waited for: when it is busy, a warning is given and it is tried again.
    ///
    /// # Errors
    /// [`InitError`]: nothing has been started or installed then.
    pub fn try_init(self) -> Result<Agent, InitError> {
        launch::try_init(self)
    }

    /// Installs the program's own subscriber as it is.
    pub(crate) fn without_agent(self) -> Result<Agent, InitError> {
        if let Some(inner) = self.inner {
            dispatcher::set_global_default(Dispatch::new(inner))
                .map_err(|_| InitError::SubscriberTaken)?;
        }
        Ok(Agent::disabled())
    }
}
