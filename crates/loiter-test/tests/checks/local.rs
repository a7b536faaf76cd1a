//! Tasks that stay on their thread.

use std::{future::pending, rc::Rc};

use tokio::task::LocalSet;

use crate::{check, report_of};

#[tokio::test]
async fn a_local_task_is_left_over() {
    let local = LocalSet::new();
    let report = local
        .run_until(report_of(async {
            let value = Rc::new(1);
            loiter::spawn_local(async move {
                pending::<()>().await;
                drop(value);
            });
        }))
        .await;
    let leak = &report.groups()[0];
    assert_eq!((leak.kind, leak.count), ("local", 1), "{report}");
    assert!(report.to_string().contains("1 local task ["), "{report}");
}

#[tokio::test]
async fn tasks_end_with_their_local_set() {
    let inside = async {
        let local = LocalSet::new();
        let spawns = async { drop(loiter::spawn_local(pending::<()>())) };
        local.run_until(spawns).await;
    };
    let ((), found) = check().find_in(inside).await;
    found.expect("the set is gone, and its task with it");
}
