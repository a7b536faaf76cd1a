//! The columns of the table of waits.

use loiter_model::{
    Nanos, Site, SiteId, State, Thresholds, WaitId, WaitKind, WaitStats,
    query::{Labels, WaitColumn},
};

use super::{Cell, ColumnSpec, Context, Row};
use crate::ui::{text, theme::Role};

impl Row for WaitStats {
    type Key = (Option<WaitId>, State, SiteId);
    type Column = WaitColumn;
    const COLUMNS: &'static [ColumnSpec<Self>] = &COLUMNS;

    /// A group with a wait is its wait's, whichever site its oldest task is of.
    fn key(&self) -> Self::Key {
        let site = match self.wait {
            Some(_) => SiteId::default(),
            None => self.site,
        };
        (self.wait, self.state, site)
    }

    /// As for a task: a wait is taken to last as long again as it has lasted.
    fn later(&self, elapsed: Nanos, _: &Thresholds) -> Self {
        let mut stats = self.clone();
        for time in [&mut stats.oldest, &mut stats.median] {
            *time = time.map(|time| time.saturating_add(elapsed.min(time)));
        }
        stats
    }

    fn role(&self, thresholds: &Thresholds) -> Option<Role> {
        let is_blocked = self.oldest >= Some(thresholds.blocked_after);
        match (self.wait, self.state) {
            (Some(_), _) if is_blocked => Some(Role::Blocked),
            (Some(_), _) => None,
            (None, _) => Some(Role::Faint),
        }
    }
}

type Spec = ColumnSpec<WaitStats>;

#[rustfmt::skip]
static COLUMNS: [Spec; 5] = [
    Spec::figure(WaitColumn::Count, 7, 95, |stats, _| Cell::of(text::count(stats.count))),
    Spec::figure(WaitColumn::Oldest, 7, 90, |stats, context| Cell::duration(stats.oldest, context)),
    Spec::figure(WaitColumn::Median, 7, 50, |stats, context| Cell::duration(stats.median, context)),
    Spec::figure(WaitColumn::Bytes, 7, 40, |stats, _| Cell::of(text::bytes(stats.bytes))),
    Spec::word(WaitColumn::Wait, 20, 30, 100, wait).growing(1),
];

/// What they wait on; where that is not known, what they do and where they were spawned.
fn wait(stats: &WaitStats, context: &Context<'_>) -> Cell {
    let wait = stats.wait.and_then(|id| context.labels.wait(id));
    let role = wait
        .as_ref()
        .and_then(|wait| (wait.kind == WaitKind::Nothing).then_some(Role::Bad));
    let what = match (&wait, stats.state) {
        (Some(wait), _) => wait.to_string(),
        (None, State::Idle) => "not captured".to_owned(),
        (None, state) => state.name().to_owned(),
    };
    let has_place = wait.as_ref().is_some_and(|wait| wait.place.is_some());
    let site = context.labels.site(stats.site).filter(|_| !has_place);
    let text = match site {
        None => what,
        // Those without a place may be of several sites, those without a wait are of one.
        Some(site) if stats.count > 1 && wait.is_some() => {
            format!("{what} · oldest spawned at {}", brief(&site))
        }
        Some(site) => format!("{what} · spawned at {}", brief(&site)),
    };
    Cell::with(text::clean(&text).into_owned(), role)
}

/// The file in its folder, and the line.
fn brief(site: &Site) -> String {
    let file = site.short_file();
    let mut slashes = file.rmatch_indices(['/', '\\']).map(|(at, _)| at + 1);
    let start = slashes.nth(1).unwrap_or(0);
    format!("{}:{}", &file[start..], site.line)
}
