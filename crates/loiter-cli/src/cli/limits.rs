//! The command line of the limits.

use clap::Args;
use loiter_cli::limits::Limits;
use loiter_model::Nanos;

/// What is too long.
#[derive(Args, Debug)]
pub(crate) struct LimitArgs {
    /// The idle time from which a task counts as blocked [default: as the program has it]
    #[arg(long, value_name = "DURATION")]
    pub(crate) blocked_after: Option<Nanos>,

    /// The length of one poll from which a task counts as hogging its worker
    /// [default: as the program has it]
    #[arg(long, value_name = "DURATION")]
    pub(crate) hogging_after: Option<Nanos>,

    /// The wait for a worker from which a woken task counts as starved
    /// [default: as the program has it]
    #[arg(long, value_name = "DURATION")]
    pub(crate) starved_after: Option<Nanos>,
}

impl LimitArgs {
    /// The same as a value.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            blocked_after: self.blocked_after,
            hogging_after: self.hogging_after,
            starved_after: self.starved_after,
            ..Limits::default()
        }
    }
}
