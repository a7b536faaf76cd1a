//! Scopes reach every task that is spawned inside them, and no other.

use std::future::pending;

use loiter::{Builder, FutureExt as _, task};
use loiter_model::NameId;
use tokio::sync::oneshot;

use crate::{
    named,
    support::{Program, listen},
    when,
};

fn spawn(name: &str, future: impl Future<Output = ()> + Send + 'static) {
    drop(task::Builder::new().name(name).spawn(future));
}

/// Spawns tasks in and out of scopes; none of them ends.
async fn in_and_out() {
    listen(Builder::new());
    spawn("before", pending());
    loiter::scope("test", async {
        // Suspended once: the scope is that of the future, not of the thread.
        tokio::task::yield_now().await;
        spawn("inside", async {
            spawn("deep", async {
                spawn("deeper", pending());
                pending().await
            });
            pending().await
        });
        loiter::scope("request", async { spawn("nested", pending()) }).await;
        let further = task::Builder::new().name("further").scope("component");
        drop(further.spawn(async {
            spawn("of-further", pending());
            pending::<()>().await
        }));
        let blocking = task::Builder::new().name("blocking");
        drop(blocking.spawn_blocking(std::thread::park));
        tokio::spawn(pending::<()>().watched("watched"));
        let by_design = task::Builder::new().name("by-design").expect_idle();
        drop(by_design.spawn(pending::<()>()));
    })
    .await;
    spawn("after", pending());
    // A task that stands outside spawns while another one's scope is suspended.
    let (go, gone) = oneshot::channel();
    spawn("outside", async {
        let _ = gone.await;
        spawn("of-outside", pending());
        pending().await
    });
    loiter::scope("other", async {
        let _ = go.send(());
        tokio::task::yield_now().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_spawned_inside_has_the_label() {
    let mut program = Program::start(async |_| in_and_out().await);
    let client = &mut program.client().await;
    let expected = [
        ("before", None),
        ("inside", Some("test")),
        ("deep", Some("test")),
        ("deeper", Some("test")),
        ("nested", Some("test/request")),
        ("further", Some("test/component")),
        ("of-further", Some("test/component")),
        ("watched", Some("test")),
        ("by-design", Some("test")),
        ("after", None),
        ("outside", None),
        ("of-outside", None),
    ];
    let update = when(client, "", |update| {
        expected
            .iter()
            .all(|(name, _)| named(update, name).is_some_and(|task| task.polls > 0))
    })
    .await;
    for (name, scope) in expected {
        let task = named(&update, name).expect("waited for");
        let label = task.scope.map(|id| &*update.labels.names[&id]);
        assert_eq!(label, scope, "{name}");
        assert_eq!(task.expect_idle, name == "by-design", "{name}");
    }
    // Under flags, tokio alone tells of functions on threads, and not by our name.
    let blocking = when(client, "kind:blocking scope=test", |update| {
        !update.tasks.is_empty()
    });
    assert_eq!(blocking.await.tasks.len(), 1);
    let inside = when(client, "scope:test/", |update| update.tasks.len() >= 3).await;
    assert_eq!(inside.tasks.len(), 3);
    program.finish();
}

/// Ended tasks that are remembered.
const LEDGER: usize = 10;

/// Far more than what may wait for the ledger.
const SCOPES: u32 = 5000;

/// Spawns many tasks in scopes whose names are all different; all of them end but the last.
async fn many() {
    listen(Builder::new().ledger(LEDGER));
    for number in 0..SCOPES {
        let mut set = loiter::JoinSet::new();
        loiter::scope(format!("request {number}"), async {
            set.spawn(async {});
        })
        .await;
        set.join_next().await;
    }
    loiter::scope("last", async { spawn("done", pending()) }).await;
}

#[tokio::test]
async fn the_name_of_a_scope_is_forgotten_with_its_tasks() {
    let mut program = Program::start(async |_| many().await);
    let client = &mut program.client().await;
    let update = when(client, "", |update| named(update, "done").is_some()).await;
    let NameId(last) = named(&update, "done")
        .and_then(|task| task.scope)
        .expect("it is in one");
    assert!(
        last < SCOPES / 2,
        "the number of a name is used again: {last}"
    );
    // The ledger's tasks keep theirs.
    let ended = when(client, "ended scope:request", |update| {
        !update.tasks.is_empty()
    })
    .await;
    assert!(ended.matched <= LEDGER as u64, "{}", ended.matched);
    assert!(ended.tasks.iter().all(|task| task.scope.is_some()));
    program.finish();
}
