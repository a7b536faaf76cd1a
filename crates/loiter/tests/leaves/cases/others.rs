//! Channels and locks of other packages.
#![allow(
    clippy::redundant_async_block,
    reason = "the line of the await is what is tested"
)]

use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use loiter_model::WaitKind;

use super::{Cases, keep};

pub(super) fn spawn(cases: &mut Cases) {
    let (sender, receiver) = futures_channel::oneshot::channel::<()>();
    keep(sender);
    cases.add("futures oneshot", WaitKind::OneshotRecv, async move {
        receiver.await // @futures oneshot
    });
    let (sender, mut receiver) = futures_channel::mpsc::channel::<()>(1);
    keep(sender);
    cases.add("futures mpsc recv", WaitKind::MpscRecv, async move {
        receiver.next().await // @futures mpsc recv
    });
    let (mut sender, receiver) = futures_channel::mpsc::channel::<()>(0);
    keep(receiver);
    cases.add("futures mpsc send", WaitKind::MpscSend, async move {
        sender.send(()).await // @futures mpsc send
    });
    let mutex = Arc::new(futures_util::lock::Mutex::new(()));
    keep(mutex.clone().try_lock_owned());
    cases.add("futures mutex", WaitKind::Mutex, async move {
        let _guard = mutex.lock().await; // @futures mutex
    });
    let (sender, receiver) = async_channel::bounded(1);
    keep(sender.clone());
    keep(receiver.clone());
    cases.add("async-channel send", WaitKind::MpscSend, async move {
        sender.send(()).await.ok();
        sender.send(()).await // @async-channel send
    });
    let (sender, receiver) = async_channel::bounded::<()>(1);
    keep(sender);
    cases.add("async-channel recv", WaitKind::MpscRecv, async move {
        receiver.recv().await // @async-channel recv
    });
    let (sender, receiver) = flume::bounded::<()>(1);
    keep(sender);
    cases.add("flume recv", WaitKind::MpscRecv, async move {
        receiver.recv_async().await // @flume recv
    });
    let (sender, receiver) = flume::bounded(0);
    keep(receiver);
    cases.add("flume send", WaitKind::MpscSend, async move {
        sender.send_async(()).await // @flume send
    });
}
