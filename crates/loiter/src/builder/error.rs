//! Why there is no agent.

use std::net::SocketAddr;

use loiter_model::query::FilterError;

/// What to do about an address that nothing guards.
const TLS: &str = "Set LOITER_TLS_CERT and LOITER_TLS_KEY (Builder::tls, features `tls-ring` or \
                   `tls-aws-lc`)";
const AUTHENTICATION: &str = "set LOITER_TOKEN_FILE, LOITER_READ_TOKEN_FILE or \
                              LOITER_TLS_CLIENT_CA (Builder::token_file, read_token_file, \
                              client_ca)";
const OR_ALLOW: &str = "or, where nobody else can reach it, allow it explicitly: \
                        LOITER_ALLOW_INSECURE=true (Builder::allow_insecure)";

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
        /// Its value, if it is none that may be a secret.
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
    /// The address can be reached from other machines, and nothing guards it.
    #[error(
        "will not listen on {0}: whoever reaches the port could look into the program. {TLS} and \
         {AUTHENTICATION}; or keep to a loopback address such as 127.0.0.1:6669 and forward the \
         port (`ssh -L 6669:127.0.0.1:6669 HOST`); {OR_ALLOW}"
    )]
    NotLoopback(SocketAddr),
    /// The address can be reached from other machines, and what clients show of themselves could be
    /// read on the way.
    #[error(
        "will not listen on {0} without TLS: a token, and all that clients are told, could be read \
         on the way. {TLS}; {OR_ALLOW}"
    )]
    NoTls(SocketAddr),
    /// The address can be reached from other machines, and nobody is asked who they are.
    #[error(
        "will not listen on {0} without authentication: TLS alone lets everybody in. \
         {AUTHENTICATION}; {OR_ALLOW}"
    )]
    NoAuthentication(SocketAddr),
    /// Of what guards the port a part is missing.
    #[error("{set} needs {missing} as well")]
    Incomplete {
        /// What is there.
        set: &'static str,
        /// What is not.
        missing: &'static str,
    },
    /// A token that nobody should use. It is not shown.
    #[error("the token given to Builder::token is no good: {0}")]
    Token(String),
    /// The address of the collector cannot be read.
    #[error("the OpenTelemetry collector `{endpoint}`: {reason}")]
    Otlp {
        /// The address, unless a password may be in it.
        endpoint: String,
        /// What is wrong and how to write it.
        reason: String,
    },
    /// The agent's thread could not be started.
    #[error("the agent's thread could not be started: {0}")]
    Thread(#[source] std::io::Error),
}
