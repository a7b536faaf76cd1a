//! The command line of the lints.

use clap::Args;
use loiter_cli::limits::LintChoice;
use loiter_model::{Lints, Nanos};

/// Which hints on tasks are wanted.
#[derive(Args, Debug)]
pub(crate) struct LintArgs {
    /// Lints that stay silent: self-wakes, lost-waker, never-yielded, auto-boxed-future,
    /// large-future or all [default: as the program has it]
    #[arg(long, short = 'A', visible_alias = "allow", value_name = "LINT,…")]
    allow_lints: Vec<Lints>,

    /// Lints that do not, though the program or --allow-lints says so: `-A all -W lost-waker`
    /// leaves one
    #[arg(long, short = 'W', visible_alias = "warn", value_name = "LINT,…")]
    warn_lints: Vec<Lints>,

    /// The share of a task's wakes beyond which there is a hint when they are its own
    /// [default: as the program has it]
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    self_wakes_percent: Option<u8>,

    /// The length of a task's first poll from which on there is a hint
    /// [default: as the program has it]
    #[arg(long, value_name = "DURATION")]
    never_yielded_after: Option<Nanos>,

    /// The size of a future from which on there is a hint [default: as the program has it]
    #[arg(long, value_name = "BYTES")]
    large_future_bytes: Option<u64>,
}

impl LintArgs {
    /// The same as a value.
    pub(super) fn choice(&self) -> LintChoice {
        let all = |lists: &[Lints]| lists.iter().fold(Lints::NONE, |all, list| all.and(*list));
        LintChoice {
            allow: all(&self.allow_lints),
            warn: all(&self.warn_lints),
            self_wakes_percent: self.self_wakes_percent,
            never_yielded_after: self.never_yielded_after,
            large_future_bytes: self.large_future_bytes,
        }
    }
}
