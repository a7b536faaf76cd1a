//! The keys: one table that drives handling, help, status line and README.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Where a key means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The list of findings.
    Findings,
    /// The table of tasks.
    Tasks,
    /// The table of sites.
    Sites,
    /// The table of waits.
    Waits,
    /// The table of resources.
    Resources,
    /// One task.
    Task,
    /// One resource.
    Resource,
    /// One finding.
    Finding,
    /// The help.
    Help,
    /// The choice of columns.
    Columns,
    /// The filter's editor, where every other key is text.
    Filter,
    /// The table of targets.
    Targets,
    /// The table of the sites of all targets.
    FleetSites,
    /// The list of the findings of all targets.
    FleetFindings,
    /// The choice among the agents of this machine.
    Picker,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 15] = [
        Self::Findings,
        Self::Tasks,
        Self::Sites,
        Self::Waits,
        Self::Resources,
        Self::Task,
        Self::Resource,
        Self::Finding,
        Self::Help,
        Self::Columns,
        Self::Filter,
        Self::Targets,
        Self::FleetSites,
        Self::FleetFindings,
        Self::Picker,
    ];

    /// What help calls it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Findings => "findings",
            Self::Tasks => "tasks",
            Self::Sites => "sites",
            Self::Waits => "waits",
            Self::Resources => "resources",
            Self::Task => "one task",
            Self::Resource => "one resource",
            Self::Finding => "one finding",
            Self::Help => "help",
            Self::Columns => "columns",
            Self::Filter => "filter",
            Self::Targets => "targets",
            Self::FleetSites => "all sites",
            Self::FleetFindings => "all findings",
            Self::Picker => "picker",
        }
    }

    /// Whether it shows several targets.
    pub(crate) const fn is_of_fleet(self) -> bool {
        matches!(
            self,
            Self::Targets | Self::FleetSites | Self::FleetFindings | Self::Picker
        )
    }
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // Each is described where it is bound.
pub enum Action {
    Quit,
    Help,
    Close,
    Back,
    Open,
    Details,
    Copy,
    Apply,
    Cancel,
    ShowFindings,
    ShowTasks,
    ShowSites,
    ShowWaits,
    ShowResources,
    Capture,
    CaptureTask,
    ToggleFrames,
    Down,
    Up,
    PageDown,
    PageUp,
    HalfPageDown,
    HalfPageUp,
    Top,
    Bottom,
    SortLeft,
    SortRight,
    InvertSort,
    EditFilter,
    ToggleEnded,
    RaiseThreshold,
    LowerThreshold,
    ChooseColumns,
    ToggleColumn,
    Pause,
    StepBack,
    StepOn,
    LeapBack,
    LeapOn,
    Slower,
    Faster,
    PreviousFinding,
    NextFinding,
    Reconnect,
    GoToParent,
    GoToWaker,
    ShowFleet,
    ShowTargets,
    Mark,
    MarkAll,
}

/// What one presses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// One key.
    Key(KeyCode),
    /// A letter with the control key.
    Ctrl(char),
    /// A letter twice in a row.
    Twice(char),
}

impl Stroke {
    /// The name on the key, in ASCII.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Ctrl(letter) => format!("Ctrl-{letter}"),
            Self::Twice(letter) => format!("{letter}{letter}"),
            Self::Key(KeyCode::Char(' ')) => "Space".to_owned(),
            Self::Key(KeyCode::Char(letter)) => letter.to_string(),
            Self::Key(KeyCode::PageUp) => "PgUp".to_owned(),
            Self::Key(KeyCode::PageDown) => "PgDn".to_owned(),
            Self::Key(code) => format!("{code:?}"),
        }
    }
}

/// One line of the table.
#[derive(Debug)]
pub struct Binding {
    /// Any of these.
    pub strokes: &'static [Stroke],
    /// Does this.
    pub action: Action,
    /// Here.
    pub scopes: &'static [Scope],
    /// Which is described so.
    pub does: &'static str,
    /// In the status line, if it is worth a place there. Neighbours with the same one share it.
    pub hint: Option<&'static str>,
}

use KeyCode::{Char, Down, End, Enter, Esc, Home, Left, PageDown, PageUp, Right, Up};
use Scope::{
    Columns, Filter, Finding, Findings, FleetFindings, FleetSites, Help, Picker, Resource,
    Resources, Sites, Targets, Task, Tasks, Waits,
};
use Stroke::{Ctrl, Key, Twice};

const FILTERED: &[Scope] = &[
    Tasks,
    Sites,
    Waits,
    Resources,
    Targets,
    FleetSites,
    FleetFindings,
    Picker,
];
/// Findings come in the order of the rules.
const SORTED: &[Scope] = &[Tasks, Sites, Waits, Resources, Targets, FleetSites, Picker];
const LISTS: &[Scope] = &[
    Findings,
    Tasks,
    Sites,
    Waits,
    Resources,
    Targets,
    FleetSites,
    FleetFindings,
    Picker,
];
/// Their rows are tasks, or counts of them.
const OF_TASKS: &[Scope] = &[Tasks, Sites, Waits];
const STACKS: &[Scope] = &[Findings, Finding, Task, FleetFindings];
/// Of one target.
const VIEWS: &[Scope] = &[
    Findings, Tasks, Sites, Waits, Resources, Task, Resource, Finding,
];
/// Of several.
const FLEET: &[Scope] = &[Targets, FleetSites, FleetFindings];
/// Of one or of several.
const ALL_VIEWS: &[Scope] = &[
    Findings,
    Tasks,
    Sites,
    Waits,
    Resources,
    Task,
    Resource,
    Finding,
    Targets,
    FleetSites,
    FleetFindings,
];
const LEFT_BY_ESC: &[Scope] = &[
    Findings,
    Tasks,
    Sites,
    Waits,
    Resources,
    Task,
    Resource,
    Finding,
    Targets,
    FleetSites,
    FleetFindings,
    Picker,
];
const MOVING: &[Scope] = &[
    Findings,
    Tasks,
    Sites,
    Waits,
    Resources,
    Task,
    Resource,
    Finding,
    Help,
    Columns,
    Targets,
    FleetSites,
    FleetFindings,
    Picker,
];

const fn bind(
    strokes: &'static [Stroke],
    action: Action,
    scopes: &'static [Scope],
    does: &'static str,
    hint: Option<&'static str>,
) -> Binding {
    Binding {
        strokes,
        action,
        scopes,
        does,
        hint,
    }
}

/// Every key. Names and keys are tokio-console's where it has them, but for Ctrl-d: there it
/// quits, here it is the other half of Ctrl-u.
#[rustfmt::skip]
pub static BINDINGS: &[Binding] = &[
    bind(&[Key(Char('T'))], Action::ShowFleet, VIEWS, "of one of several targets: back to all of them", Some("all targets")),
    bind(&[Key(Char('R'))], Action::Reconnect, VIEWS, "connect again now", Some("reconnect now")),
    bind(&[Key(Enter)], Action::Open, &[Targets], "open the selected target", Some("open")),
    bind(&[Key(Enter)], Action::Open, &[FleetSites], "open the target that has most of it, at its tasks", Some("open the worst")),
    bind(&[Key(Enter)], Action::Open, &[FleetFindings], "open the target where it is worst, at the finding", Some("open the worst")),
    bind(&[Key(Char(' '))], Action::Mark, &[Picker], "mark the agent, or not", Some("mark")),
    bind(&[Key(Char('a'))], Action::MarkAll, &[Picker], "mark all agents, or none", Some("all")),
    bind(&[Key(Enter)], Action::Open, &[Picker], "watch the marked agents, or the selected one", Some("watch")),
    bind(&[Key(Enter)], Action::Open, &[Findings, Finding], "list the tasks of the finding", Some("its tasks")),
    bind(&[Key(Char('d'))], Action::Details, &[Findings], "read all of the selected finding", Some("details")),
    bind(&[Key(Char('y'))], Action::Copy, &[Findings, Finding, FleetFindings], "copy it as Markdown, through the terminal (OSC 52; tmux: set-clipboard on)", Some("copy")),
    bind(&[Key(Enter)], Action::Open, &[Tasks], "look at the selected task closely", Some("details")),
    bind(&[Key(Enter)], Action::Open, &[Sites], "list the tasks of the selected site", Some("its tasks")),
    bind(&[Key(Enter)], Action::Open, &[Waits], "list the tasks that wait so", Some("its tasks")),
    bind(&[Key(Enter)], Action::Open, &[Resources], "look at the selected resource closely", Some("details")),
    bind(&[Key(Enter)], Action::Open, &[Resource], "go to the task of the selected line", Some("its task")),
    bind(&[Key(Enter)], Action::CaptureTask, &[Task], "ask it what it waits on", Some("ask")),
    bind(&[Key(Char('a'))], Action::ToggleFrames, STACKS, "show the calls of tokio and std too, or not", Some("all calls")),
    bind(&[Key(Char('/'))], Action::EditFilter, FILTERED, "filter; see the filter's reference below", Some("filter")),
    bind(&[Key(Char('+')), Key(Char('='))], Action::RaiseThreshold, VIEWS, "longer idle times count as blocked", Some("blocked after")),
    bind(&[Key(Char('-')), Key(Char('_'))], Action::LowerThreshold, VIEWS, "shorter idle times count as blocked", Some("blocked after")),
    bind(&[Key(Char('p'))], Action::Capture, &[Tasks, Waits], "ask the tasks that the filter lets through what they wait on", Some("ask waits")),
    bind(&[Key(Char('p'))], Action::GoToParent, &[Task], "go to the task that spawned it", Some("parent")),
    bind(&[Key(Char('w'))], Action::GoToWaker, &[Task], "go to the task that woke it last", Some("waker")),
    bind(&[Key(Esc)], Action::Back, LEFT_BY_ESC, "back; with nowhere to go back to, drop the filter", Some("back")),
    bind(&[Key(Char('t')), Key(Char('T'))], Action::ShowTargets, FLEET, "show targets", Some("views")),
    bind(&[Key(Char('f'))], Action::ShowFindings, ALL_VIEWS, "show findings: what is wrong, why, and what to do about it", Some("views")),
    bind(&[Key(Char('t'))], Action::ShowTasks, VIEWS, "show tasks", Some("views")),
    bind(&[Key(Char('s'))], Action::ShowSites, ALL_VIEWS, "show sites: tasks by where they were spawned", Some("views")),
    bind(&[Key(Char('w'))], Action::ShowWaits, &[Findings, Tasks, Sites, Waits, Resources, Resource, Finding], "show waits: tasks by what they wait on", Some("views")),
    bind(&[Key(Char('r'))], Action::ShowResources, VIEWS, "show resources: locks, semaphores, timers, who holds them and who waits", Some("views")),
    bind(&[Key(Left), Key(Char('h'))], Action::SortLeft, SORTED, "sort by the column to the left", Some("sort")),
    bind(&[Key(Right), Key(Char('l'))], Action::SortRight, SORTED, "sort by the column to the right", Some("sort")),
    bind(&[Key(Char('i'))], Action::InvertSort, SORTED, "invert the order", Some("invert")),
    bind(&[Key(Char('e'))], Action::ToggleEnded, OF_TASKS, "show ended tasks too, or not", Some("ended")),
    bind(&[Key(Char('c'))], Action::ChooseColumns, LISTS, "choose columns", Some("columns")),
    bind(&[Key(Char('R'))], Action::Reconnect, FLEET, "try at once what was lost", Some("retry")),
    bind(&[Key(Char(' '))], Action::Pause, ALL_VIEWS, "pause, resume", Some("pause")),
    bind(&[Key(Char(','))], Action::StepBack, VIEWS, "in a recording: back to the event before", Some("step")),
    bind(&[Key(Char('.'))], Action::StepOn, VIEWS, "in a recording: on to the next event", Some("step")),
    bind(&[Key(Char('['))], Action::LeapBack, VIEWS, "in a recording: ten seconds back", Some("10s")),
    bind(&[Key(Char(']'))], Action::LeapOn, VIEWS, "in a recording: ten seconds on", Some("10s")),
    bind(&[Key(Char('<'))], Action::Slower, VIEWS, "in a recording: slower", Some("speed")),
    bind(&[Key(Char('>'))], Action::Faster, VIEWS, "in a recording: faster", Some("speed")),
    bind(&[Key(Char('N'))], Action::PreviousFinding, VIEWS, "in a recording: to the last time at which something new was wrong", Some("findings")),
    bind(&[Key(Char('n'))], Action::NextFinding, VIEWS, "in a recording: to the next time at which something new is wrong", Some("findings")),
    bind(&[Key(Down), Key(Char('j'))], Action::Down, MOVING, "down", None),
    bind(&[Key(Up), Key(Char('k'))], Action::Up, MOVING, "up", None),
    bind(&[Key(PageDown)], Action::PageDown, MOVING, "a page down", None),
    bind(&[Key(PageUp)], Action::PageUp, MOVING, "a page up", None),
    bind(&[Ctrl('d')], Action::HalfPageDown, MOVING, "half a page down", None),
    bind(&[Ctrl('u')], Action::HalfPageUp, MOVING, "half a page up", None),
    bind(&[Twice('g'), Key(Home)], Action::Top, MOVING, "to the top, and stay there", None),
    bind(&[Key(Char('G')), Key(End)], Action::Bottom, MOVING, "to the bottom, and stay there", None),
    bind(&[Key(Char(' ')), Key(Enter)], Action::ToggleColumn, &[Columns], "show the column, or not", Some("show or hide")),
    bind(&[Key(Esc), Key(Char('c')), Key(Char('q'))], Action::Close, &[Columns], "close", Some("close")),
    bind(&[Key(Esc), Key(Char('?')), Key(Char('q')), Key(Enter)], Action::Close, &[Help], "close", Some("close")),
    bind(&[Key(Enter)], Action::Apply, &[Filter], "apply the filter", Some("apply")),
    bind(&[Key(Esc)], Action::Cancel, &[Filter], "keep the filter as it was", Some("cancel")),
    bind(&[Key(Char('?'))], Action::Help, LEFT_BY_ESC, "help", Some("help")),
    bind(&[Key(Char('q'))], Action::Quit, LEFT_BY_ESC, "quit", Some("quit")),
    bind(&[Ctrl('c')], Action::Quit, &Scope::ALL, "quit, wherever one is", None),
];

/// What a key comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pressed {
    /// This.
    Action(Action),
    /// Nothing yet: the first of [`Stroke::Twice`].
    Halfway(char),
    /// Nothing.
    Nothing,
}

/// Looks a key up. `before` is the letter of the [`Pressed::Halfway`] right before it.
pub(crate) fn pressed(scope: Scope, before: Option<char>, key: KeyEvent) -> Pressed {
    let mut result = Pressed::Nothing;
    for binding in BINDINGS.iter().filter(|b| b.scopes.contains(&scope)) {
        for stroke in binding.strokes {
            if matches(*stroke, before, key) {
                return Pressed::Action(binding.action);
            }
            if let Twice(letter) = *stroke
                && matches(Key(Char(letter)), None, key)
            {
                result = Pressed::Halfway(letter);
            }
        }
    }
    result
}

fn matches(stroke: Stroke, before: Option<char>, key: KeyEvent) -> bool {
    // Shift is part of the letter; terminals differ in whether they report it as well.
    let held = key.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SUPER);
    match stroke {
        Key(code) => key.code == code && held.is_empty(),
        Ctrl(letter) => key.code == Char(letter) && held == KeyModifiers::CONTROL,
        Twice(letter) => before == Some(letter) && key.code == Char(letter) && held.is_empty(),
    }
}

/// The names of a binding's keys: `gg, Home`.
pub(crate) fn names(binding: &Binding) -> String {
    let names: Vec<String> = binding.strokes.iter().map(|stroke| stroke.name()).collect();
    names.join(", ")
}

/// The whole table as Markdown, for the README.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from("| key | does | in |\n| --- | --- | --- |\n");
    for binding in BINDINGS {
        let keys: Vec<String> = binding
            .strokes
            .iter()
            .map(|stroke| format!("`{}`", stroke.name()))
            .collect();
        let scopes: Vec<&str> = binding.scopes.iter().map(|scope| scope.title()).collect();
        text.push_str(&format!(
            "| {} | {} | {} |\n",
            keys.join(" "),
            binding.does,
            scopes.join(", ")
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_place() {
        for scope in Scope::ALL {
            let mut seen = Vec::new();
            for binding in BINDINGS.iter().filter(|b| b.scopes.contains(&scope)) {
                for stroke in binding.strokes {
                    assert!(!seen.contains(stroke), "{stroke:?} twice in {scope:?}");
                    seen.push(*stroke);
                }
            }
        }
    }

    #[test]
    fn every_stroke_is_found() {
        for binding in BINDINGS {
            for scope in binding.scopes {
                for stroke in binding.strokes {
                    let (before, key) = match *stroke {
                        Key(code) => (None, KeyEvent::new(code, KeyModifiers::NONE)),
                        Ctrl(c) => (None, KeyEvent::new(Char(c), KeyModifiers::CONTROL)),
                        Twice(c) => (Some(c), KeyEvent::new(Char(c), KeyModifiers::NONE)),
                    };
                    assert_eq!(
                        pressed(*scope, before, key),
                        Pressed::Action(binding.action)
                    );
                }
            }
        }
    }

    #[test]
    fn a_capital_is_a_capital_with_or_without_shift() {
        for modifiers in [KeyModifiers::NONE, KeyModifiers::SHIFT] {
            let key = KeyEvent::new(Char('G'), modifiers);
            assert_eq!(pressed(Tasks, None, key), Pressed::Action(Action::Bottom));
        }
        let key = KeyEvent::new(Char('q'), KeyModifiers::ALT);
        assert_eq!(pressed(Tasks, None, key), Pressed::Nothing);
    }

    #[test]
    fn half_of_gg_waits_for_the_other() {
        let g = KeyEvent::new(Char('g'), KeyModifiers::NONE);
        assert_eq!(pressed(Tasks, None, g), Pressed::Halfway('g'));
        assert_eq!(pressed(Tasks, Some('g'), g), Pressed::Action(Action::Top));
        assert_eq!(pressed(Filter, None, g), Pressed::Nothing);
    }

    #[test]
    fn the_readme_lists_every_binding() {
        let text = markdown();
        assert_eq!(text.lines().count(), BINDINGS.len() + 2);
        assert!(text.contains("| `gg` `Home` | to the top"));
    }
}
