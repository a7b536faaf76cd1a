//! How the terminal UI starts.

use std::time::Duration;

use loiter_model::{
    Nanos,
    finding::Allow,
    query::{ResourceColumn, SiteColumn, Sort, TaskColumn, WaitColumn},
};

use crate::{limits::Limits, source::Reel};

/// What the caller decides before the UI starts; everything else is decided inside it.
#[derive(Clone, Debug, PartialEq)]
pub struct UiOptions {
    /// How the source is called in the header, such as `127.0.0.1:6669`.
    pub endpoint: String,
    /// Which characters the terminal can show.
    pub charset: Charset,
    /// Which colours the terminal can show.
    pub palette: Palette,
    /// The filter to start with, in the filter language; one that does not parse is opened in
    /// the editor with its error.
    pub filter: String,
    /// The order of tasks to start with; the longest idle first when `None`.
    pub sort: Option<Sort<TaskColumn>>,
    /// The order of sites to start with; those with most tasks alive first when `None`.
    pub site_sort: Option<Sort<SiteColumn>>,
    /// The order of waits to start with; those of most tasks first when `None`.
    pub wait_sort: Option<Sort<WaitColumn>>,
    /// The order of resources to start with; those that most tasks wait for first when `None`.
    pub resource_sort: Option<Sort<ResourceColumn>>,
    /// When tasks count as blocked, hogging or starved, as far as the user decides.
    pub limits: Limits,
    /// The view to start with.
    pub view: View,
    /// How often to ask for news; as the source likes it when `None`.
    pub interval: Option<Duration>,
    /// How to tell of a new finding.
    pub notify: Notify,
    /// How long ended tasks stay in the table of tasks; not at all when `None`.
    pub retain_for: Option<Nanos>,
    /// Digits behind the point of a duration, as far as there is room; three digits in all when
    /// `None`.
    pub decimals: Option<u8>,
    /// Whether each duration has the colour of its unit, where its row has none.
    pub duration_colours: bool,
    /// Whether ended tasks are dimmed, and how they ended has a colour.
    pub ended_colours: bool,
    /// What is no finding.
    pub allow: Vec<Allow>,
    /// How a recording begins, if the source is one.
    pub replay: Option<ReplayStart>,
}

/// How a recording begins.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplayStart {
    /// All of it.
    pub reel: Reel,
    /// Where it begins.
    pub at: Nanos,
    /// How fast it goes: 2 for twice as fast as it happened.
    pub speed: f64,
    /// Whether it stands still at first.
    pub is_paused: bool,
}

impl UiOptions {
    /// The usual start: every task alive, the longest idle first, in full colour.
    #[must_use]
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            charset: Charset::Unicode,
            palette: Palette::TrueColor,
            filter: String::new(),
            sort: None,
            site_sort: None,
            wait_sort: None,
            resource_sort: None,
            limits: Limits::default(),
            view: View::Tasks,
            interval: None,
            notify: Notify::Off,
            retain_for: None,
            decimals: None,
            duration_colours: false,
            ended_colours: true,
            allow: Vec::new(),
            replay: None,
        }
    }
}

/// Which characters the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// All that one cell or two can hold.
    Unicode,
    /// Only ASCII; anything else, from wherever it came, is replaced.
    Ascii,
}

/// Which colours the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Palette {
    /// 24 bits.
    TrueColor,
    /// The 256 of xterm.
    Ansi256,
    /// The 16 that the user's colour scheme defines.
    Ansi16,
    /// The first 8 of them.
    Ansi8,
    /// None, as `NO_COLOR` asks for: only bold, dim, underlined and reversed.
    None,
}

/// The view to start with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// A row a finding.
    Findings,
    /// A row a task.
    Tasks,
    /// A row a spawn location.
    Sites,
    /// A row for the tasks that wait alike.
    Waits,
    /// A row a lock, semaphore, timer and the like.
    Resources,
}

/// How the terminal is made to tell of a new finding that is proved or suspected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notify {
    /// Not at all.
    Off,
    /// By its bell.
    Bell,
    /// By a desktop notification, as iTerm2 has it (OSC 9).
    Osc9,
    /// By a desktop notification, as rxvt has it (OSC 777).
    Osc777,
}
