//! `/debug/pprof/`. What is in a profile, `loiter-pprof` tests, and `go tool pprof` end to end.

use std::{future::pending, time::Duration};

use loiter::{Builder, task};
use tokio::sync::mpsc;

use crate::{
    http::get,
    support::{Program, listen, wait_until},
};

#[tokio::test]
async fn every_task_is_in_the_profile_and_only_leaked_ones_in_that_of_leaks() {
    let mut program = Program::start(async |_| {
        listen(Builder::new().blocked_after(Duration::from_millis(50)));
        for _ in 0..5 {
            loiter::spawn(pending::<()>());
        }
        let (sender, mut messages) = mpsc::channel::<()>(1);
        let by_design = task::Builder::new().expect_idle();
        drop(by_design.spawn(async move { messages.recv().await }));
        // As long as the program runs.
        std::mem::forget(sender);
    });
    let address = program.address();
    let leaks = "/debug/pprof/goroutineleak?debug=1";
    let leaked = wait_until("the leak", async || {
        let text = get(address, leaks, "").await.text().to_owned();
        text.starts_with("goroutineleak profile: total 5\n5 @\n")
            .then_some(text)
    })
    .await;
    assert!(leaked.contains(r#""state":"idle""#), "{leaked}");
    assert!(leaked.contains(r#""wait":"nothing""#), "{leaked}");
    assert!(leaked.contains("plain/pprof.rs:"), "{leaked}");
    assert!(!leaked.contains("mpsc recv"), "{leaked}");

    let all = get(address, "/debug/pprof/goroutine?debug=1", "").await;
    assert!(all.text().contains("5 @\n"), "{}", all.text());
    assert!(
        all.text().contains(r#""wait":"mpsc recv""#),
        "{}",
        all.text()
    );
    assert_eq!(all.header("content-type"), "text/plain; charset=utf-8");
    let dump = get(address, "/debug/pprof/goroutine?debug=2", "").await;
    assert!(
        dump.text().contains("goroutine 1 [nothing, 5 tasks]:\n"),
        "{}",
        dump.text()
    );
}

#[tokio::test]
async fn the_message_is_in_gzip() {
    let mut program = Program::start(async |_| listen(Builder::new()));
    let address = program.address();
    for name in ["goroutine", "goroutineleak"] {
        let answer = get(address, &format!("/debug/pprof/{name}"), "").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), "application/octet-stream");
        assert_eq!(
            answer.header("content-disposition"),
            format!("attachment; filename=\"{name}\"")
        );
        assert_eq!(answer.body[..2], [0x1f, 0x8b]);
    }
    let over_time = get(address, "/debug/pprof/goroutine?seconds=30", "").await;
    assert_eq!(over_time.status, 400);
}
