//! The stream of updates: all there is, then what changed.

use loiter_model::Nanos;
use loiter_wire::console::Update;
use tokio::{
    sync::mpsc::{self, Permit},
    time,
};
use tonic::Status;

use super::{
    super::{client, pace::Pace},
    figures::Figures,
    lost::Lost,
    message::Calendar,
    piece::Piece,
    resources::{ResourceNews, ToldResources},
    tempo::Tempo,
    told::{News, Told},
};
use crate::{
    agent::Core,
    publish::{self, Walk, timed},
    resources::Resources,
    table::Table,
};

/// Tells a client everything and then, at its pace, what is new, until it is gone. While somebody
/// wants a pause nothing is looked at: whatever happens then is told afterwards, as one change.
pub(super) async fn feed(
    core: &Core,
    tempo: &Tempo,
    pace: &Pace,
    updates: &mpsc::Sender<Result<Update, Status>>,
) {
    let mut told = Told::default();
    let mut lost = None;
    let mut resources = ToldResources::default();
    let calendar = Calendar {
        started_unix: core.table.clock().started_unix(),
    };
    let mut pieces = Pieces {
        table: &core.table,
        updates,
        room: None,
        piece: Piece::first(calendar),
    };
    loop {
        // Before it is looked at: a client that was slow gets the present.
        if pieces.open().await.is_none() {
            return;
        }
        let all = timed(async {
            tasks(&mut pieces, &mut told, &mut lost).await?;
            if let Some(table) = core.table.resources() {
                tell_resources(&mut pieces, table, &mut resources, calendar).await?;
            }
            Some(())
        });
        let (Some(()), spent) = all.await else {
            return;
        };
        // Even if it is empty: it says that time goes on.
        pieces.send();
        let next = async {
            time::sleep(pace.after(spent)).await;
            tempo.until_live().await;
        };
        if client::while_there(updates, next).await.is_none() {
            return;
        }
    }
}

/// Looks at every task once and tells what is new of it, in as many updates as it takes; the last
/// one is left open. `None` when the client is gone.
async fn tasks(pieces: &mut Pieces<'_>, told: &mut Told, lost: &mut Option<Lost>) -> Option<()> {
    let table = pieces.table;
    table.settle();
    let (mut newest, mut further) = (None, true);
    table.visit_ended(|task| {
        further = further && told.remembered(task, &mut newest);
    });
    told.remembered_all(newest);
    let (untracked, ended) = (table.untracked(), ended(table));
    let ends = told.overdue();
    let mut told_ends = ends.len();
    for news in ends {
        pieces.add(&news).await?;
    }
    let mut walk = Walk::over(table);
    let mut seen = Vec::new();
    while let Some(pages) = walk.next().await {
        table.visit_slots(pages, |index, alive| {
            let alive = alive.map(|(task, moments)| (task, Figures::alive(&task, moments)));
            seen.extend(told.see(index, alive));
        });
        for news in seen.drain(..) {
            pieces.add(&news).await?;
        }
    }
    let ends = told.gone(Nanos(table.now()));
    told_ends += ends.len();
    for news in ends {
        pieces.add(&news).await?;
    }
    match lost {
        Some(lost) => (pieces.piece).lost(lost.round(untracked, ended, told_ends as u64)),
        // What the ledger held so far ended before the client came.
        None => *lost = Some(Lost::new(untracked, ended)),
    }
    Some(())
}

/// The same for resources and the operations on them.
async fn tell_resources(
    pieces: &mut Pieces<'_>,
    resources: &Resources,
    told: &mut ToldResources,
    calendar: Calendar,
) -> Option<()> {
    if !told.begin(resources.changes()) {
        return Some(());
    }
    let table = pieces.table;
    let now = table.now();
    let reading = publish::read_resources(resources, now).await;
    for resource in reading.resources() {
        if let Some(news) = told.resource(resource, calendar, table) {
            pieces.add_resource(news).await?;
        }
        for op in reading.ops_of(resource.seq).iter() {
            if let Some(news) = told.op(op, calendar) {
                pieces.add_resource(news).await?;
            }
        }
    }
    for news in told.end(Nanos(now), calendar) {
        pieces.add_resource(news).await?;
    }
    let untracked = (resources.untracked(), resources.untracked_ops());
    (pieces.piece).lost_resources(told.lost(untracked));
    Some(())
}

/// Tasks that have ended so far.
fn ended(table: &Table) -> u64 {
    let sites = table.sites();
    (0..sites.count()).map(|id| sites.flow(id).1).sum()
}

/// The way to the client: one update is on its way, the next one is being filled.
struct Pieces<'a> {
    table: &'a Table,
    updates: &'a mpsc::Sender<Result<Update, Status>>,
    room: Option<Permit<'a, Result<Update, Status>>>,
    piece: Piece,
}

impl Pieces<'_> {
    /// Waits for room for the next update. `None` when the client is gone.
    async fn open(&mut self) -> Option<()> {
        if self.room.is_none() {
            self.room = Some(self.updates.reserve().await.ok()?);
        }
        Some(())
    }

    async fn add(&mut self, news: &News) -> Option<()> {
        self.open().await?;
        self.piece.add(news, self.table);
        if self.piece.is_full() {
            self.send();
        }
        Some(())
    }

    async fn add_resource(&mut self, news: ResourceNews) -> Option<()> {
        self.open().await?;
        self.piece.add_resource(news);
        if self.piece.is_full() {
            self.send();
        }
        Some(())
    }

    /// To be called with room for it; without, as after a full one, there is nothing to send.
    fn send(&mut self) {
        if let Some(room) = self.room.take() {
            room.send(Ok(self.piece.take(Nanos(self.table.now()))));
        }
    }
}
