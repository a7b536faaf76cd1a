//! Long polls: who blocks in place holds no worker.

use std::{sync::mpsc, time::Duration};

use loiter::{Builder, task};
use loiter_model::finding::{Certainty, Doubt, FindingKind};

use crate::{
    support::{Program, listen, query, update_where},
    watch::{find, findings_where, rules},
};

#[track_caller]
fn spawn(name: &str, future: impl Future<Output = ()> + Send + 'static) {
    drop(task::Builder::new().name(name).spawn(future));
}

#[tokio::test]
async fn a_task_that_blocks_in_place_hogs_nothing() {
    let mut program = Program::start(async |mut cues| {
        listen(Builder::new().hogging_after(Duration::from_millis(50)));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(3)
            .build()
            .expect("a runtime");
        let (go_on, held) = mpsc::channel::<()>();
        let (and_on, waits) = mpsc::channel::<()>();
        runtime.spawn(async move {
            // First, so that it is the longer one of the two.
            spawn("in place", async move {
                tokio::task::block_in_place(|| held.recv().is_err());
            });
            spawn("blocking", async move {
                let _ = waits.recv();
            });
        });
        cues.next().await;
        drop((go_on, and_on));
        runtime.shutdown_background();
    });
    let client = &mut program.client().await;
    let found =
        |name: &'static str| move |update: &_| find(update, FindingKind::Hogging, name).is_some();
    if cfg!(tokio_unstable) {
        let update = findings_where(client, rules(&[]), found("blocking")).await;
        let hog = find(&update, FindingKind::Hogging, "blocking").expect("found");
        assert_eq!(
            (hog.certainty, hog.doubts.as_slice()),
            (Certainty::Proved, &[][..])
        );
        // Its poll began before, so the very next scan has it, too, if at all.
        let update = findings_where(client, rules(&[]), |update| update.scans > 2).await;
        assert_eq!(update.findings.len(), 1, "{update:?}");
        assert_eq!(find(&update, FindingKind::Hogging, "in place"), None);
        // What is counted, and what filters let through, are the same.
        let totals = &update.overview.totals;
        assert_eq!((totals.running, totals.hogging), (2, 1), "{totals:?}");
        for (filter, matched) in [("hogging", 1), ("warn:any", 1), ("state:running", 2)] {
            update_where(client, query(filter), |update| {
                let overview = update.overview.as_ref();
                let totals = overview.and_then(|overview| overview.totals.as_ref());
                update.matched == matched && totals.is_some_and(|totals| totals.hogging == 1)
            })
            .await;
        }
    } else {
        for name in ["in place", "blocking"] {
            let update = findings_where(client, rules(&[]), found(name)).await;
            let hog = find(&update, FindingKind::Hogging, name).expect("found");
            assert_eq!(
                (hog.certainty, hog.doubts.as_slice()),
                (Certainty::Suspected, &[Doubt::InPlace][..])
            );
        }
    }
    program.cue("stop");
    program.finish();
}

/// The next poll of the same task may hold its worker all the same.
#[cfg(tokio_unstable)]
#[tokio::test]
async fn it_is_about_one_poll() {
    let mut program = Program::start(async |mut cues| {
        listen(Builder::new().hogging_after(Duration::from_millis(50)));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .build()
            .expect("a runtime");
        let (go_on, waits) = mpsc::channel::<()>();
        runtime.spawn(async move {
            spawn("both", async move {
                tokio::task::block_in_place(|| {});
                tokio::task::yield_now().await;
                let _ = waits.recv();
            });
        });
        cues.next().await;
        drop(go_on);
        runtime.shutdown_background();
    });
    let client = &mut program.client().await;
    findings_where(client, rules(&[]), |update| {
        find(update, FindingKind::Hogging, "both").is_some()
    })
    .await;
    program.cue("stop");
    program.finish();
}
