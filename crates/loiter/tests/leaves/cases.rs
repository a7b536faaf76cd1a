//! One task for each thing that can be waited on.
#![allow(
    clippy::redundant_async_block,
    reason = "the line of the await is what is tested"
)]

use std::{
    future::{Future, pending},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use futures_util::{
    SinkExt as _, StreamExt as _,
    future::{join_all, select_all},
    stream::FuturesUnordered,
};
use loiter_model::WaitKind;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UdpSocket},
    sync::{Barrier, Mutex, Notify, OnceCell, RwLock, Semaphore, broadcast, mpsc, oneshot, watch},
    time::{interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::Case;

const AGES: Duration = Duration::from_secs(86_400);

/// Keeps a value for ever.
fn keep<T>(value: T) {
    std::mem::forget(value);
}

struct Cases(Vec<Case>);

impl Cases {
    /// The last one's kind cannot be told without full names.
    fn may_be_unknown(&mut self) {
        if let Some(case) = self.0.last_mut() {
            case.may_be_unknown = true;
        }
    }

    fn add<F>(&mut self, name: &'static str, kind: WaitKind, future: F)
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.0.push(Case {
            name,
            kind,
            may_be_unknown: false,
        });
        let name = format!("@{name}");
        let task = loiter::task::Builder::new().name(&name).spawn(future);
        keep(task.expect("a runtime"));
    }
}

/// Spawns them all.
pub(crate) async fn spawn() -> Vec<Case> {
    let mut cases = Cases(Vec::new());
    channels(&mut cases);
    sync(&mut cases).await;
    time(&mut cases);
    io(&mut cases).await;
    tasks(&mut cases);
    several(&mut cases);
    others(&mut cases);
    cases.0
}

fn channels(cases: &mut Cases) {
    let (sender, mut receiver) = mpsc::channel::<()>(1);
    keep(sender);
    cases.add("mpsc recv", WaitKind::MpscRecv, async move {
        receiver.recv().await // @mpsc recv
    });
    let (sender, mut receiver) = mpsc::unbounded_channel::<()>();
    keep(sender);
    cases.add("unbounded recv", WaitKind::MpscRecv, async move {
        receiver.recv().await // @unbounded recv
    });
    let (sender, receiver) = mpsc::channel(1);
    keep(receiver);
    cases.add("mpsc send", WaitKind::MpscSend, async move {
        sender.send(1).await.ok();
        sender.send(2).await // @mpsc send
    });
    let (sender, receiver) = oneshot::channel::<()>();
    keep(sender);
    cases.add("oneshot", WaitKind::OneshotRecv, async move {
        receiver.await // @oneshot
    });
    let (sender, mut receiver) = broadcast::channel::<()>(1);
    keep(sender);
    cases.add("broadcast", WaitKind::BroadcastRecv, async move {
        receiver.recv().await // @broadcast
    });
    let (sender, mut receiver) = watch::channel(());
    keep(sender);
    cases.add("watch", WaitKind::WatchChanged, async move {
        receiver.changed().await // @watch
    });
}

async fn sync(cases: &mut Cases) {
    let notify = Arc::new(Notify::new());
    keep(notify.clone());
    cases.add("notify", WaitKind::Notify, async move {
        notify.notified().await; // @notify
    });
    let token = CancellationToken::new();
    keep(token.clone());
    cases.add("cancellation token", WaitKind::Notify, async move {
        token.cancelled().await; // @cancellation token
    });
    let mutex = Arc::new(Mutex::new(()));
    keep(mutex.clone().lock_owned().await);
    cases.add("mutex", WaitKind::Mutex, async move {
        let _guard = mutex.lock().await; // @mutex
    });
    let lock = Arc::new(RwLock::new(()));
    keep(lock.clone().write_owned().await);
    let reader = lock.clone();
    cases.add("rwlock read", WaitKind::RwLockRead, async move {
        let _guard = reader.read().await; // @rwlock read
    });
    cases.add("rwlock write", WaitKind::RwLockWrite, async move {
        let _guard = lock.write().await; // @rwlock write
    });
    let semaphore = Arc::new(Semaphore::new(0));
    cases.add("semaphore", WaitKind::Semaphore, async move {
        let _permit = semaphore.acquire().await; // @semaphore
    });
    let barrier = Arc::new(Barrier::new(2));
    cases.add("barrier", WaitKind::Barrier, async move {
        barrier.wait().await; // @barrier
    });
    let cell = Arc::new(OnceCell::new());
    let other = cell.clone();
    let (taken, is_taken) = oneshot::channel();
    let never = async {
        taken.send(()).expect("awaited");
        pending::<()>().await;
    };
    keep(tokio::spawn(async move {
        other.get_or_init(|| never).await;
    }));
    is_taken.await.expect("polled");
    cases.add("once cell", WaitKind::Semaphore, async move {
        cell.get_or_init(pending::<()>).await; // @once cell
    });
}

fn time(cases: &mut Cases) {
    cases.add("sleep", WaitKind::Sleep, async {
        sleep(AGES).await; // @sleep
    });
    cases.add("interval", WaitKind::Sleep, async {
        let mut interval = interval(AGES);
        interval.tick().await;
        interval.tick().await // @interval
    });
    let (sender, mut receiver) = mpsc::channel::<()>(1);
    keep(sender);
    cases.add("timeout", WaitKind::MpscRecv, async move {
        timeout(AGES, receiver.recv()).await // @timeout
    });
}

async fn io(cases: &mut Cases) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let address = listener.local_addr().expect("bound");
    let mut silent = TcpStream::connect(address).await.expect("it listens");
    let mut deaf = TcpStream::connect(address).await.expect("it listens");
    keep(listener.accept().await.expect("a connection"));
    keep(listener.accept().await.expect("a connection"));
    cases.add("accept", WaitKind::Accept, async move {
        listener.accept().await // @accept
    });
    cases.add("tcp read", WaitKind::IoRead, async move {
        silent.read_u8().await // @tcp read
    });
    cases.add("tcp write", WaitKind::IoWrite, async move {
        let zeros = vec![0; 64 << 20];
        deaf.write_all(&zeros).await // @tcp write
    });
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("loopback");
    cases.add("udp recv", WaitKind::IoRead, async move {
        let mut buffer = [0];
        socket.recv(&mut buffer).await // @udp recv
    });
    #[cfg(unix)]
    {
        use tokio::{
            net::{UnixListener, UnixStream},
            process::Command,
            signal::unix::{SignalKind, signal},
        };
        let (mut stream, other) = UnixStream::pair().expect("a pair");
        keep(other);
        cases.add("unix read", WaitKind::IoRead, async move {
            stream.read_u8().await // @unix read
        });
        let folder = tempfile::tempdir().expect("a folder");
        let listener = UnixListener::bind(folder.path().join("socket")).expect("free");
        cases.add("unix accept", WaitKind::Accept, async move {
            listener.accept().await.map(|_| ()) // @unix accept
        });
        let mut signal = signal(SignalKind::user_defined2()).expect("it may be caught");
        cases.add("signal", WaitKind::Signal, async move {
            signal.recv().await // @signal
        });
        // It ends when this process does, and holds nothing of it open.
        let mut child = Command::new("cat")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("there is `cat`");
        keep(child.stdin.take());
        cases.add("process", WaitKind::Process, async move {
            child.wait().await // @process
        });
    }
}

fn tasks(cases: &mut Cases) {
    let handle = tokio::spawn(pending::<()>());
    cases.add("join handle", WaitKind::Join, async move {
        handle.await // @join handle
    });
    let mut set = tokio::task::JoinSet::new();
    set.spawn(pending::<()>());
    cases.add("join set", WaitKind::Join, async move {
        set.join_next().await // @join set
    });
    cases.add("pending", WaitKind::Nothing, async move {
        pending::<()>().await;
    });
}

fn several(cases: &mut Cases) {
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

fn others(cases: &mut Cases) {
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
    // Short names, as line tables have them, do not tell its `SendFut` from its `RecvFut`.
    cases.may_be_unknown();
}
