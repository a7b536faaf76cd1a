//! The options of the terminal UI.

use std::str::FromStr;

use clap::{Args, ValueEnum};
use loiter_model::Nanos;

use super::columns;

/// How the terminal UI starts.
#[derive(Args, Debug)]
pub(crate) struct ViewArgs {
    /// Sort by this column of tasks or, with `--view sites`, `--view waits` or `--view resources`,
    /// of those [default: idle; of sites: alive; of waits: count; of resources: waiters]
    #[arg(long, short, value_name = "COLUMN", value_parser = columns::of_views())]
    pub(crate) sort: Option<String>,

    /// The view to start with
    #[arg(long, value_name = "VIEW", default_value = "tasks")]
    pub(crate) view: ViewArg,

    /// How often to ask for news [default: as the program has it]
    #[arg(long, value_name = "DURATION")]
    pub(crate) interval: Option<Nanos>,

    /// How the terminal is to tell of a new finding that is proved or suspected
    #[arg(long, value_name = "HOW", default_value = "off")]
    pub(crate) notify: NotifyArg,

    /// How long ended tasks stay in the table of tasks, dimmed, or `none`
    #[arg(long, value_name = "DURATION", default_value = "none")]
    pub(crate) retain_for: RetentionArg,

    /// Draw with ASCII characters only, or with `=false` never so [default: as the locale has it]
    #[arg(
        long,
        value_name = "YES",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub(crate) ascii: Option<bool>,

    /// Digits behind the point of a duration, as far as there is room
    /// [default: three digits in all]
    #[arg(long, value_name = "DIGITS", value_parser = clap::value_parser!(u8).range(0..=9))]
    pub(crate) precision: Option<u8>,

    /// The colours that the terminal can show
    #[arg(long, value_name = "PALETTE", default_value = "auto")]
    pub(crate) palette: PaletteArg,

    /// No colours, as with a non-empty NO_COLOR in the environment: short for `--palette none`
    #[arg(long, conflicts_with = "palette")]
    pub(crate) no_color: bool,

    /// Show each duration in the colour of its unit, where its row has none
    #[arg(
        long,
        value_name = "YES",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    duration_colors: Option<bool>,

    /// Show ended tasks dimmed, and how they ended in a colour [default: true]
    #[arg(
        long,
        value_name = "YES",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    ended_colors: Option<bool>,
}

impl ViewArgs {
    /// Whether durations are coloured by their unit.
    pub(crate) fn duration_colors(&self) -> bool {
        self.duration_colors.unwrap_or(false)
    }

    /// Whether ended tasks look different.
    pub(crate) fn ended_colors(&self) -> bool {
        self.ended_colors.unwrap_or(true)
    }
}

/// A view of the UI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ViewArg {
    /// A row a finding: what is wrong, why, and what to do about it
    Findings,
    /// A row a task
    Tasks,
    /// A row a spawn location
    Sites,
    /// A row for the tasks that wait alike
    Waits,
    /// A row a lock, semaphore, timer and the like
    Resources,
}

/// How a terminal tells of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum NotifyArg {
    /// Not at all
    Off,
    /// By its bell
    Bell,
    /// By a desktop notification, as iTerm2 has it (OSC 9)
    Osc9,
    /// By a desktop notification, as rxvt has it (OSC 777)
    Osc777,
}

/// How long ended tasks stay in sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RetentionArg(pub(crate) Option<Nanos>);

impl FromStr for RetentionArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self(None)),
            time => match time.parse() {
                Ok(time) => Ok(Self(Some(time))),
                Err(error) => Err(format!("{error}; or `none`")),
            },
        }
    }
}

/// Colours of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PaletteArg {
    /// What the environment tells of the terminal
    Auto,
    /// 24 bits
    #[value(name = "truecolor", alias = "true-color")]
    TrueColor,
    /// The 256 of xterm
    #[value(name = "256")]
    Ansi256,
    /// The 16 of the terminal's colour scheme
    #[value(name = "16")]
    Ansi16,
    /// The first 8 of them, by the codes that every colour terminal knows
    #[value(name = "8")]
    Ansi8,
    /// No colours, only bold, dim, underlined and reversed
    None,
}
