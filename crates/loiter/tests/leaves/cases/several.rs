//! Several things at once.
#![allow(
    clippy::redundant_async_block,
    reason = "the line of the await is what is tested"
)]

use std::sync::Arc;

use futures_util::{
    StreamExt as _,
    future::{join_all, select_all},
    stream::FuturesUnordered,
};
use loiter_model::WaitKind;
use tokio::{
    sync::{Notify, mpsc},
    time::sleep,
};

use super::{AGES, Cases, keep};

pub(super) fn spawn(cases: &mut Cases) {
    let (sender, mut receiver) = mpsc::channel::<()>(1);
    keep(sender);
    cases.add("select", WaitKind::Select, async move {
        tokio::select! {
            _ = receiver.recv() => {}
            () = sleep(AGES) => {}
        }
    });
    let (one, other) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    cases.add("join", WaitKind::Select, async move {
        tokio::join!(async { one.notified().await }, async {
            other.notified().await
        },)
    });
    cases.add("futures unordered", WaitKind::Select, async move {
        let mut futures: FuturesUnordered<_> = [sleep(AGES), sleep(AGES)].into_iter().collect();
        futures.next().await // @futures unordered
    });
    // One kind of thing at one place counts as that kind.
    cases.add("select all", WaitKind::Sleep, async move {
        let futures = [Box::pin(sleep(AGES)), Box::pin(sleep(2 * AGES))];
        select_all(futures).await.0 // @select all
    });
    cases.add("join all", WaitKind::Select, async move {
        join_all((0..50).map(|_| sleep(AGES))).await // @join all
    });
}
