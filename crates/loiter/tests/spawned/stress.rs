//! Very many looks change no result and lose no wake.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use loiter::{Builder, CaptureStacks};
use loiter_wire::v1;
use tokio::{
    sync::{Mutex, Notify, Semaphore, broadcast, mpsc, oneshot, watch},
    task::LocalSet,
    time::{sleep, timeout},
};

use crate::support::{Program, listen};

/// Rounds of the whole workload; each task is looked at many times meanwhile.
const ROUNDS: u64 = 20;

/// A ring of tasks that hand a token on through every kind of channel; returns how far it got.
async fn ring(laps: u64) -> u64 {
    let (first, mut input) = mpsc::channel(1);
    let mut sender = first.clone();
    for link in 0..8 {
        let (next, mut received) = mpsc::channel::<u64>(1);
        let previous = std::mem::replace(&mut sender, next);
        if link == 0 {
            drop(previous);
        } else {
            loiter::spawn(async move { drop(previous) });
        }
        let out = first.clone();
        loiter::spawn(async move {
            while let Some(token) = received.recv().await {
                if out.send(token + 1).await.is_err() {
                    return;
                }
            }
        });
        sender.send(0).await.expect("received");
        for _ in 0..laps {
            let token = input.recv().await.expect("the link runs");
            sender.send(token).await.expect("the link runs");
        }
        input.recv().await.expect("the link runs");
    }
    8 * laps
}

/// Tasks that share a mutex, a semaphore, a watch, a broadcast, timers and `select!`.
async fn crowd(tasks: u64) -> u64 {
    let sum = Arc::new(Mutex::new(0));
    let permits = Arc::new(Semaphore::new(3));
    let (start, started) = watch::channel(false);
    let (news, _) = broadcast::channel(1024);
    let handles: Vec<_> = (0..tasks)
        .map(|number| {
            let (sum, permits) = (sum.clone(), permits.clone());
            let (mut started, mut told) = (started.clone(), news.subscribe());
            loiter::spawn(async move {
                started.wait_for(|started| *started).await.expect("told");
                let _permit = permits.acquire().await.expect("open");
                tokio::select! {
                    () = sleep(Duration::from_micros(number * 10)) => {}
                    () = sleep(Duration::from_secs(3600)) => unreachable!("an hour"),
                }
                *sum.lock().await += number;
                drop(_permit);
                told.recv().await.expect("told")
            })
        })
        .collect();
    start.send(true).expect("awaited");
    while *sum.lock().await < tasks * (tasks - 1) / 2 {
        sleep(Duration::from_millis(1)).await;
    }
    news.send(1).expect("awaited");
    let mut total = 0;
    for handle in handles {
        total += handle.await.expect("no panic");
    }
    total
}

/// Futures that are polled only when their own waker says so.
async fn unordered(futures: u64) -> u64 {
    let notify = Arc::new(Notify::new());
    let (senders, receivers): (Vec<_>, Vec<_>) =
        (0..futures).map(|_| oneshot::channel::<u64>()).unzip();
    let woken = notify.clone();
    let sum = loiter::spawn(async move {
        let mut receivers: FuturesUnordered<_> = receivers.into_iter().collect();
        let mut sum = 0;
        woken.notify_one();
        while let Some(value) = receivers.next().await {
            sum += value.expect("sent");
        }
        sum
    });
    notify.notified().await;
    for (value, sender) in (0..).zip(senders) {
        loiter::spawn(async move {
            sleep(Duration::from_micros(value * 7)).await;
            sender.send(value).expect("awaited");
        });
    }
    sum.await.expect("no panic")
}

/// Aborts tasks in the middle of whatever they do.
async fn aborts(tasks: u64) -> u64 {
    let mut ended = 0;
    for number in 0..tasks {
        let handle = loiter::spawn(async move {
            let mutex = Mutex::new(());
            let _guard = mutex.lock().await;
            timeout(Duration::from_secs(3600), mutex.lock())
                .await
                .is_ok()
        });
        sleep(Duration::from_micros(number * 13)).await;
        handle.abort();
        ended += u64::from(handle.await.expect_err("it was aborted").is_cancelled());
    }
    ended
}

async fn workload() {
    listen(Builder::new().capture_stacks(CaptureStacks::OnDemand));
    let local = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        LocalSet::new().block_on(&runtime, async {
            for round in 0..ROUNDS {
                let (sender, receiver) = oneshot::channel();
                let task = loiter::spawn_local(receiver);
                sleep(Duration::from_millis(3)).await;
                sender.send(round).expect("awaited");
                assert_eq!(task.await.expect("no panic").expect("sent"), round);
            }
        });
    });
    for _ in 0..ROUNDS {
        let (ring, crowd, unordered, aborts) =
            tokio::join!(ring(50), crowd(100), unordered(100), aborts(20));
        assert_eq!((ring, crowd, unordered, aborts), (400, 100, 4950, 20));
    }
    local.join().expect("no panic");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn very_many_looks_change_nothing() {
    let mut program = Program::start(async |mut cues| {
        timeout(Duration::from_secs(90), workload())
            .await
            .expect("no wake is lost");
        println!("the workload is done");
        cues.next().await;
    });
    let mut client = program.client().await;
    let looking = tokio::spawn(async move {
        let mut looks = 0;
        loop {
            let request = v1::CaptureStacksRequest {
                timeout_ms: 200,
                ..Default::default()
            };
            match client.capture_stacks(request).await {
                Ok(reply) => looks += reply.into_inner().captured,
                Err(_) => return looks,
            }
        }
    });
    let program = tokio::task::spawn_blocking(move || {
        program.told("the workload is done");
        program.cue("stop");
        program.finish()
    });
    program.await.expect("it succeeds");
    let looks = looking.await.expect("no panic");
    assert!(looks > 100, "{looks} looks are no stress");
}
