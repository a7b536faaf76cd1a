//! The command line of `loiter alerts`.

use clap::Args;
use loiter_model::Nanos;

/// When Prometheus is to call.
#[derive(Args, Clone, Debug)]
pub(crate) struct AlertsArgs {
    /// Tasks that one program may have alive
    #[arg(long, value_name = "NUMBER", default_value_t = 100_000)]
    pub(crate) max_alive: u64,

    /// By how many tasks one spawn location may grow within the window
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    pub(crate) growth: u64,

    /// The window in which growth is measured; the alert comes when it has gone on for half of
    /// that
    #[arg(long, value_name = "DURATION", default_value = "30m")]
    pub(crate) growth_window: Nanos,

    /// For how long tasks may be found stuck, or anything else that is wrong be found
    #[arg(long, value_name = "DURATION", default_value = "5m")]
    pub(crate) blocked_for: Nanos,

    /// For how long workers may be held, or woken tasks be left waiting for one
    #[arg(long, value_name = "DURATION", default_value = "1m")]
    pub(crate) hogging_for: Nanos,

    /// Which programs, in PromQL, such as `job="checkout"` [default: all]
    #[arg(
        long,
        value_name = "MATCHERS",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) only: String,
}
