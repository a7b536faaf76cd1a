//! Everything the UI knows: a value that `update` changes and `view` reads.

mod asking;
mod asking_tasks;
mod connection;
mod cursor;
mod detail;
mod filter;
mod findings;
mod notice;
mod playback;
mod resource;
mod table;

use loiter_model::{
    Nanos, Resource, ResourceSeq, SiteStats, Target, Task, TaskSeq, Thresholds, WaitStats,
    query::{
        ResourceColumn, ResourceQuery, SiteColumn, SiteQuery, Sort, TaskColumn, TaskQuery,
        WaitColumn, WaitQuery,
    },
    update::Overview,
};

pub(crate) use asking::Asking;
pub(crate) use connection::{Connection, Link};
pub(crate) use detail::{Capture, Detail, Known};
pub(crate) use filter::{Editor, FilterState, only_finding, only_site, only_wait};
pub(crate) use findings::{Findings, Page, Shown};
pub(crate) use notice::{Note, Notice};
pub(crate) use playback::Playback;
pub(crate) use resource::{Item, ResourcePage};
pub(crate) use table::{Rows, Table};

use super::{
    UiOptions, View,
    columns::Row,
    keymap::Scope,
    layout,
    message::{Line, Question},
    theme::Theme,
};
use crate::limits::Limits;

/// The state of the UI.
pub struct State {
    pub(crate) theme: Theme,
    /// How the source is called.
    pub(crate) endpoint: String,
    /// Columns and lines of the terminal.
    pub(crate) size: (u16, u16),
    /// From the UI's start to the last message.
    pub(crate) now: Nanos,
    pub(crate) link: Link,
    pub(crate) target: Option<Target>,
    pub(crate) overview: Option<Overview>,
    pub(crate) place: Place,
    /// Where Esc leads, the last one first to go.
    pub(crate) back: Vec<Place>,
    pub(crate) tasks: Table<Task>,
    pub(crate) sites: Table<SiteStats>,
    pub(crate) waits: Table<WaitStats>,
    pub(crate) resources: Table<Resource>,
    /// Whether the source keeps track of resources, once it has said so.
    pub(crate) tracks_resources: Option<bool>,
    /// Resources for which it had no room.
    pub(crate) untracked_resources: u64,
    /// Why it cannot tell of any.
    pub(crate) resources_refusal: Option<String>,
    /// Why it does not ask tasks what they wait on, once it has refused to.
    pub(crate) asking_refusal: Option<String>,
    pub(crate) findings: Findings,
    pub(crate) filter: FilterState,
    /// The thresholds, as far as the user has decided.
    pub(crate) limits: Limits,
    pub(crate) popup: Option<Popup>,
    /// Whether the tasks that the filter lets through are being asked what they wait on.
    pub(crate) is_capturing: bool,
    /// Whether await stacks show the calls of the runtime and the standard library too.
    pub(crate) all_frames: bool,
    /// Since when the picture stands still, if the user wants it to.
    pub(crate) paused: Option<Nanos>,
    /// How one goes through a recording, if it is one.
    pub(crate) playback: Option<Playback>,
    /// Whether this is one of several targets, to which one may go back.
    pub(crate) fleet: Option<FromFleet>,
    /// Since when nothing is known of the target.
    pub(crate) lost: Option<Nanos>,
    pub(crate) notice: Option<Notice>,
    pub(crate) asking: Asking,
    /// When what ticks was last drawn.
    pub(crate) ticked: Nanos,
    /// The first half of a double stroke such as `gg`.
    pub(crate) halfway: Option<char>,
}

/// How one came here from several targets.
#[derive(Clone, Debug)]
pub(crate) struct FromFleet {
    /// The filter that one came with. It was not written here, so Esc leads back and does not drop
    /// it first.
    pub(crate) filter: String,
}

/// What is being looked at.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Findings,
    Finding(Box<Page>),
    Tasks,
    /// The tasks of the finding, site or wait that was selected there; the filter as it was before.
    TasksOfGroup {
        filter: String,
    },
    Sites,
    Waits,
    Resources,
    Task(Box<Detail>),
    Resource(Box<ResourcePage>),
}

/// What lies over it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Popup {
    Help {
        scrolled: u16,
    },
    /// The column that the cursor is on.
    Columns {
        selected: usize,
    },
}

impl State {
    /// A UI that has just been started, in a terminal of this size. Nothing is known yet, and
    /// the connection is being made.
    #[must_use]
    pub fn new(options: &UiOptions, width: u16, height: u16) -> Self {
        let sort = options.sort.unwrap_or(Sort::by(TaskColumn::Idle));
        let site_sort = options.site_sort.unwrap_or(Sort::by(SiteColumn::Alive));
        let wait_sort = options.wait_sort.unwrap_or(Sort::by(WaitColumn::Count));
        let resource_sort = Sort::by(ResourceColumn::Waiters);
        let resource_sort = options.resource_sort.unwrap_or(resource_sort);
        Self {
            theme: Theme::of(options),
            endpoint: options.endpoint.clone(),
            size: (width, height),
            now: Nanos::ZERO,
            link: Link::default(),
            target: None,
            overview: None,
            place: match options.view {
                View::Findings => Place::Findings,
                View::Tasks => Place::Tasks,
                View::Sites => Place::Sites,
                View::Waits => Place::Waits,
                View::Resources => Place::Resources,
            },
            back: Vec::new(),
            tasks: Table::new(sort),
            sites: Table::new(site_sort),
            waits: Table::new(wait_sort),
            resources: Table::new(resource_sort),
            tracks_resources: None,
            untracked_resources: 0,
            resources_refusal: None,
            asking_refusal: None,
            findings: Findings::new(),
            filter: FilterState::new(&options.filter).retaining(options.retain_for),
            limits: options.limits,
            popup: None,
            is_capturing: false,
            all_frames: false,
            paused: None,
            playback: options.replay.clone().map(|replay| {
                Playback::new(replay.reel, replay.at, replay.speed, !replay.is_paused)
            }),
            fleet: None,
            lost: None,
            notice: None,
            asking: Asking::default(),
            ticked: Nanos::ZERO,
            halfway: None,
        }
    }

    /// The limits in force: the service's own, but for those that the user has set.
    pub(crate) fn thresholds(&self) -> Thresholds {
        let own = self.target.as_ref().map(|target| target.thresholds);
        self.limits.over(own.unwrap_or_default())
    }

    /// Where keys are going.
    pub(crate) fn scope(&self) -> Scope {
        match (&self.popup, &self.place) {
            (Some(Popup::Help { .. }), _) => Scope::Help,
            (Some(Popup::Columns { .. }), _) => Scope::Columns,
            (None, _) if self.filter.editor().is_some() => Scope::Filter,
            (None, Place::Findings) => Scope::Findings,
            (None, Place::Finding(_)) => Scope::Finding,
            (None, Place::Tasks | Place::TasksOfGroup { .. }) => Scope::Tasks,
            (None, Place::Sites) => Scope::Sites,
            (None, Place::Waits) => Scope::Waits,
            (None, Place::Resources) => Scope::Resources,
            (None, Place::Resource(_)) => Scope::Resource,
            (None, Place::Task(_)) => Scope::Task,
        }
    }

    /// The task that is looked at, if one is.
    pub(crate) fn detail(&self) -> Option<&Detail> {
        match &self.place {
            Place::Task(detail) => Some(detail),
            _ => None,
        }
    }

    /// The resource that is looked at, if one is.
    pub(crate) fn resource(&self) -> Option<&ResourcePage> {
        match &self.place {
            Place::Resource(page) => Some(page),
            _ => None,
        }
    }

    /// Why there are no rows of resources to be had: the source cannot tell, or the filter
    /// speaks of tasks.
    pub(crate) fn no_resources(&self) -> Option<String> {
        if !matches!(self.place, Place::Resources) {
            return None;
        }
        if let Some(refusal) = &self.resources_refusal {
            return Some(refusal.clone());
        }
        let refused = self.filter.of_resources().check_for_resources().err();
        refused.map(|refused| format!("in the filter: {refused}"))
    }

    /// The line on which what is looked at is asked for.
    pub(crate) fn line(&self) -> Line {
        match self.place {
            Place::Findings | Place::Finding(_) => Line::Findings,
            _ => Line::View,
        }
    }

    /// The question that is open on a line.
    pub(crate) fn asking(&self, line: Line) -> &Asking {
        match line {
            Line::View => &self.asking,
            Line::Findings => &self.findings.asking,
        }
    }

    pub(crate) fn asking_mut(&mut self, line: Line) -> &mut Asking {
        match line {
            Line::View => &mut self.asking,
            Line::Findings => &mut self.findings.asking,
        }
    }

    /// The finding to read: the selected one beside the list, or the one that has the page.
    pub(crate) fn finding(&self) -> Option<Shown<'_>> {
        match &self.place {
            Place::Finding(page) => Some(page.shown()),
            Place::Findings => self.findings.selected(),
            _ => None,
        }
    }

    /// Whether an await stack is shown that has calls.
    pub(crate) fn has_calls(&self) -> bool {
        let of_finding = self.finding().and_then(|shown| shown.wait());
        of_finding.is_some_and(|wait| !wait.stack.branches.is_empty())
            || self.detail().is_some_and(Detail::has_calls)
    }

    /// Whether what is looked at has been answered at least once.
    pub(crate) fn has_data(&self) -> bool {
        match &self.place {
            Place::Findings => self.findings.table.rows().is_some(),
            Place::Finding(_) => true,
            Place::Tasks | Place::TasksOfGroup { .. } => self.tasks.rows().is_some(),
            Place::Sites => self.sites.rows().is_some(),
            Place::Waits => self.waits.rows().is_some(),
            Place::Resources => self.resources.rows().is_some(),
            Place::Task(detail) => detail.known.is_some(),
            Place::Resource(page) => page.known.is_some(),
        }
    }

    /// Whether there are rows, or a task, to be seen.
    pub(crate) fn has_something_to_show(&self) -> bool {
        match &self.place {
            Place::Findings => self.findings.table.matched() > 0,
            Place::Finding(_) => true,
            Place::Tasks | Place::TasksOfGroup { .. } => self.tasks.matched() > 0,
            Place::Sites => self.sites.matched() > 0,
            Place::Waits => self.waits.matched() > 0,
            Place::Resources => self.resources.matched() > 0,
            Place::Task(detail) => detail.known.is_some(),
            Place::Resource(page) => page.known.is_some(),
        }
    }

    /// How much later than `at` the picture is, if nothing happened meanwhile.
    pub(crate) fn elapsed_since(&self, at: Nanos) -> Nanos {
        // Its time is another one, and each answer is of the moment.
        if self.playback.is_some() {
            return Nanos::ZERO;
        }
        let frozen = self.paused.into_iter().chain(self.lost).min();
        frozen.unwrap_or(self.now).saturating_sub(at)
    }

    /// Lines that a table has for rows.
    pub(crate) fn rows_height(&self) -> u64 {
        u64::from(layout::Layout::of(self).rows.height)
    }

    /// What the source should be asked for the rows that are shown; `None` of findings, which
    /// have a line of their own.
    pub(crate) fn question(&mut self) -> Option<Question> {
        if self.no_resources().is_some() {
            return None;
        }
        let thresholds = self.thresholds();
        let height = self.rows_height();
        let question = match &self.place {
            Place::Findings | Place::Finding(_) => return None,
            Place::Tasks | Place::TasksOfGroup { .. } => Question::Tasks(TaskQuery {
                filter: self.filter.of_tasks(),
                sort: self.tasks.sort,
                window: self.tasks.window(height),
                thresholds,
            }),
            Place::Sites => Question::Sites(SiteQuery {
                filter: self.filter.effective(),
                sort: self.sites.sort,
                window: self.sites.window(height),
                thresholds,
            }),
            Place::Waits => Question::Waits(WaitQuery {
                filter: self.filter.effective(),
                sort: self.waits.sort,
                window: self.waits.window(height),
                thresholds,
            }),
            Place::Resources => Question::Resources(ResourceQuery {
                filter: self.filter.of_resources().clone(),
                sort: self.resources.sort,
                window: self.resources.window(height),
                thresholds,
            }),
            Place::Resource(page) => Question::Resource(page.seq),
            Place::Task(detail) => Question::Task {
                seq: detail.seq,
                thresholds: detail.thresholds,
            },
        };
        Some(question)
    }

    /// Goes to a task from wherever one is; Esc leads back.
    pub(crate) fn visit(&mut self, seq: TaskSeq) {
        let detail = Detail::new(seq, self.thresholds());
        let before = std::mem::replace(&mut self.place, Place::Task(Box::new(detail)));
        self.back.push(before);
    }

    /// Goes to a resource; Esc leads back.
    pub(crate) fn visit_resource(&mut self, seq: ResourceSeq) {
        let page = Place::Resource(Box::new(ResourcePage::new(seq)));
        let before = std::mem::replace(&mut self.place, page);
        self.back.push(before);
    }

    /// Whether something on the screen changes just because time passes.
    pub(crate) fn is_ticking(&self) -> bool {
        if self.link.due().is_some() {
            return true;
        }
        if let Some(playback) = &self.playback {
            return playback.is_playing;
        }
        if self.paused.is_some() || self.lost.is_some() {
            return false;
        }
        match &self.place {
            Place::Findings | Place::Finding(_) => false,
            Place::Tasks | Place::TasksOfGroup { .. } => has_rows(&self.tasks),
            Place::Sites => has_rows(&self.sites),
            Place::Waits => has_rows(&self.waits),
            Place::Resources => has_rows(&self.resources),
            Place::Resource(page) => page.known.is_some() && !page.has_ended(),
            Place::Task(detail) => detail.known.is_some() && !detail.has_ended(),
        }
    }
}

fn has_rows<R: Row>(table: &Table<R>) -> bool {
    table.rows().is_some_and(|rows| !rows.rows.is_empty())
}
