//! How the terminal UI starts.

use std::time::Duration;

use loiter_model::{
    Nanos,
    query::{Sort, TaskColumn},
};

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
    /// The order to start with; the longest idle first when `None`.
    pub sort: Option<Sort<TaskColumn>>,
    /// When an idle task counts as blocked; as the service has it when `None`.
    pub blocked_after: Option<Nanos>,
    /// The view to start with.
    pub view: View,
    /// How often to ask for news; as the source likes it when `None`.
    pub interval: Option<Duration>,
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
            blocked_after: None,
            view: View::Tasks,
            interval: None,
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
    /// None, as `NO_COLOR` asks for: only bold, dim, underlined and reversed.
    None,
}

/// The view to start with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// A row a task.
    Tasks,
    /// A row a spawn location.
    Sites,
}
