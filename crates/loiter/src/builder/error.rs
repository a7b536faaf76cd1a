//! Why there is no agent.

use std::net::SocketAddr;

use loiter_model::query::FilterError;

/// Why an agent could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InitError {
    /// The program has an agent already.
    #[error("this process has a loiter agent already: call init once")]
    Twice,
    /// A global tracing subscriber is installed.
    #[error(
        "a tracing subscriber was installed before loiter, so tokio's tasks cannot be seen: \
         hand it to loiter::Builder::with_subscriber instead of installing it"
    )]
    SubscriberTaken,
    /// An environment variable does not say what it should.
    #[error("the environment variable {name} is `{value}`: {reason}")]
    Env {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
        /// What is wrong and how to write it.
        reason: String,
    },
    /// A filter of the allow list does not parse.
    #[error("in the filter `{filter}` of the allow list: {error}")]
    Allow {
        /// The filter.
        filter: String,
        /// What is wrong with it.
        #[source]
        error: FilterError,
    },
    /// The address can be reached from other machines.
    #[error(
        "will not listen on {0}: whoever reaches the port can look into the program, so it must \
         be a loopback address such as 127.0.0.1:6669; forward the port to look from elsewhere \
         (`ssh -L 6669:127.0.0.1:6669 HOST`)"
    )]
    NotLoopback(SocketAddr),
    /// The agent's thread could not be started.
    #[error("the agent's thread could not be started: {0}")]
    Thread(#[source] std::io::Error),
}
