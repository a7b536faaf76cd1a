//! The columns of the table of waits.

use loiter_model::{
    Nanos, SiteId, State, Thresholds, WaitId, WaitKind, WaitStats,
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
    Spec::figure(WaitColumn::Oldest, 7, 90, |stats, _| duration(stats.oldest)),
    Spec::figure(WaitColumn::Median, 7, 50, |stats, _| duration(stats.median)),
    Spec::figure(WaitColumn::Bytes, 7, 40, |stats, _| Cell::of(text::bytes(stats.bytes))),
    Spec::word(WaitColumn::Wait, 20, 30, 100, wait).growing(1),
];

fn duration(duration: Option<Nanos>) -> Cell {
    duration.map_or_else(Cell::none, |duration| Cell::of(duration.to_string()))
}

/// What they wait on; where that is not known, what they do and where they were spawned.
fn wait(stats: &WaitStats, context: &Context<'_>) -> Cell {
    if let Some(wait) = stats.wait.and_then(|id| context.labels.wait(id)) {
        let role = (wait.kind == WaitKind::Nothing).then_some(Role::Bad);
        return Cell::with(text::clean(&wait.to_string()).into_owned(), role);
    }
    let doing = match stats.state {
        State::Idle => "not captured",
        state => state.name(),
    };
    let Some(site) = context.labels.site(stats.site) else {
        return Cell::of(doing);
    };
    Cell::of(format!("{doing} · spawned at {}", text::clean(&site.to_string())))
}
