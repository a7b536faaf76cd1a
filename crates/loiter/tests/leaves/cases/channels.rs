//! tokio's channels, and the streams around them.
#![allow(
    clippy::redundant_async_block,
    reason = "the line of the await is what is tested"
)]

use loiter_model::WaitKind;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio_stream::{
    StreamExt as _,
    wrappers::{BroadcastStream, ReceiverStream, UnboundedReceiverStream, WatchStream},
};
use tokio_util::sync::PollSender;

use super::{Cases, keep};

pub(super) fn spawn(cases: &mut Cases) {
    mpsc_receivers(cases);
    mpsc_senders(cases);
    few_values(cases);
}

fn mpsc_receivers(cases: &mut Cases) {
    let (sender, mut receiver) = mpsc::channel::<()>(1);
    keep(sender);
    cases.add("mpsc recv", WaitKind::MpscRecv, async move {
        receiver.recv().await // @mpsc recv
    });
    let (sender, mut receiver) = mpsc::channel::<()>(1);
    keep(sender);
    cases.add("mpsc recv many", WaitKind::MpscRecv, async move {
        receiver.recv_many(&mut Vec::new(), 8).await // @mpsc recv many
    });
    let (sender, mut receiver) = mpsc::channel::<()>(1);
    keep(sender);
    cases.add("mpsc poll recv", WaitKind::MpscRecv, async move {
        std::future::poll_fn(|context| receiver.poll_recv(context)).await // @mpsc poll recv
    });
    let (sender, mut receiver) = mpsc::unbounded_channel::<()>();
    keep(sender);
    cases.add("unbounded recv", WaitKind::MpscRecv, async move {
        receiver.recv().await // @unbounded recv
    });
    let (sender, receiver) = mpsc::channel::<()>(1);
    keep(sender);
    cases.add("receiver stream", WaitKind::MpscRecv, async move {
        ReceiverStream::new(receiver).next().await // @receiver stream
    });
    let (sender, receiver) = mpsc::unbounded_channel::<()>();
    keep(sender);
    cases.add("unbounded stream", WaitKind::MpscRecv, async move {
        UnboundedReceiverStream::new(receiver).next().await // @unbounded stream
    });
}

fn mpsc_senders(cases: &mut Cases) {
    let (sender, receiver) = mpsc::channel(1);
    keep(receiver);
    cases.add("mpsc send", WaitKind::MpscSend, async move {
        sender.send(1).await.ok();
        sender.send(2).await // @mpsc send
    });
    let (sender, receiver) = mpsc::channel::<()>(1);
    keep(receiver);
    cases.add("mpsc reserve", WaitKind::MpscSend, async move {
        sender.reserve().await.expect("open").send(());
        sender.reserve().await.is_ok() // @mpsc reserve
    });
    let (sender, receiver) = mpsc::channel::<()>(1);
    keep(receiver);
    cases.add("mpsc reserve owned", WaitKind::MpscSend, async move {
        keep(sender.clone().reserve_owned().await);
        sender.reserve_owned().await.is_ok() // @mpsc reserve owned
    });
    let (sender, receiver) = mpsc::channel::<()>(1);
    keep(receiver);
    cases.add("mpsc poll sender", WaitKind::MpscSend, async move {
        keep(sender.clone().reserve_owned().await);
        let mut sender = PollSender::new(sender);
        std::future::poll_fn(|context| sender.poll_reserve(context)).await // @mpsc poll sender
    });
    // It waits for no room, but until nobody listens any more.
    let (sender, receiver) = mpsc::channel::<()>(1);
    keep(receiver);
    cases.add("mpsc closed", WaitKind::Unknown, async move {
        sender.closed().await // @mpsc closed
    });
}

fn few_values(cases: &mut Cases) {
    let (sender, receiver) = oneshot::channel::<()>();
    keep(sender);
    cases.add("oneshot", WaitKind::OneshotRecv, async move {
        receiver.await // @oneshot
    });
    let (mut sender, receiver) = oneshot::channel::<()>();
    keep(receiver);
    cases.add("oneshot closed", WaitKind::Unknown, async move {
        sender.closed().await // @oneshot closed
    });
    let (sender, mut receiver) = broadcast::channel::<()>(1);
    keep(sender);
    cases.add("broadcast", WaitKind::BroadcastRecv, async move {
        receiver.recv().await // @broadcast
    });
    let (sender, receiver) = broadcast::channel::<()>(1);
    keep(sender);
    cases.add("broadcast stream", WaitKind::BroadcastRecv, async move {
        BroadcastStream::new(receiver).next().await // @broadcast stream
    });
    let (sender, mut receiver) = watch::channel(());
    keep(sender);
    cases.add("watch", WaitKind::WatchChanged, async move {
        receiver.changed().await // @watch
    });
    let (sender, mut receiver) = watch::channel(0);
    keep(sender);
    cases.add("watch wait for", WaitKind::WatchChanged, async move {
        receiver.wait_for(|value| *value > 0).await.is_ok() // @watch wait for
    });
    let (sender, receiver) = watch::channel(());
    keep(sender);
    cases.add("watch stream", WaitKind::WatchChanged, async move {
        WatchStream::from_changes(receiver).next().await // @watch stream
    });
    let (sender, receiver) = watch::channel(());
    keep(receiver);
    cases.add("watch closed", WaitKind::Unknown, async move {
        sender.closed().await // @watch closed
    });
}
