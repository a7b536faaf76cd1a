//! Several checks at a time.

use std::{future::pending, thread};

use loiter_test::LeakCheck;
use tokio::sync::oneshot;

use crate::{check, report_of};

#[tokio::test]
async fn siblings_are_not_blamed_nor_harmed() {
    let (sender, receiver) = oneshot::channel();
    let mut task = None;
    let leaky = report_of(async { task = Some(loiter::spawn(receiver)) });
    let clean = LeakCheck::new().run(async { loiter::spawn(async {}).await });
    let (report, clean) = tokio::join!(leaky, clean);
    clean.expect("no panic");
    assert_eq!(report.tasks(), 1);
    // The task that was reported goes on.
    sender.send(7).expect("it listens still");
    let received = task.expect("it was run").await.expect("it was not aborted");
    assert_eq!(received, Ok(7));
}

#[test]
fn each_of_many_threads_has_its_own() {
    let threads: Vec<_> = (0..8)
        .map(|leaks| {
            thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build();
                runtime.expect("a runtime").block_on(async {
                    let spawns = async {
                        for _ in 0..leaks {
                            loiter::spawn(pending::<()>());
                        }
                    };
                    let ((), found) = check().find_in(spawns).await;
                    found.map_or_else(|report| report.tasks(), |()| 0)
                })
            })
        })
        .collect();
    for (leaks, thread) in threads.into_iter().enumerate() {
        assert_eq!(thread.join().expect("no panic"), leaks as u64);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tasks_of_tasks_belong_to_the_check_wherever_they_run() {
    let report = report_of(async {
        let outer = loiter::spawn(async {
            let inner = loiter::spawn(async { drop(loiter::spawn(pending::<()>())) });
            inner.await.expect("no panic");
        });
        outer.await.expect("no panic");
    })
    .await;
    assert_eq!((report.tasks(), report.unseen()), (1, 0), "{report}");
}

#[tokio::test]
async fn a_check_inside_a_check_is_part_of_both() {
    let mut inner = None;
    let outer = report_of(async {
        inner = Some(report_of(async { drop(loiter::spawn(pending::<()>())) }).await);
    })
    .await;
    assert_eq!(inner.expect("it was run").tasks(), 1);
    assert_eq!(outer.tasks(), 1);
}
