//! Locks and the like, where the program has them tracked.

use std::sync::Arc;

use console_api::resources::resource::kind::Kind;
use tokio::sync::Mutex;

use crate::{
    client::{attach, file},
    support::{Program, listen},
    tasks::{often, spawn},
};

#[tokio::test]
async fn a_lock_and_who_waits_for_it_are_told() {
    let mut program = Program::start(async |mut cues| {
        listen(often().resources(true));
        let lock = Arc::new(Mutex::new(()));
        let guard = lock.lock().await;
        let waits = lock.clone();
        let waiter = spawn("waiter", async move {
            let _ = waits.lock().await;
        });
        cues.next().await;
        drop(guard);
        waiter.await.expect("no panic");
        drop(lock);
    });
    let (_, mut screen) = attach(&mut program).await;
    let (lock, op) = screen
        .until(|screen| {
            let (waiter, _) = screen.named("waiter")?;
            let waiting = (screen.ops.iter()).find(|(_, (_, stats))| stats.task_id == waiter.id)?;
            let (lock, _) = (screen.resources.iter())
                .find(|(_, (resource, _))| resource.concrete_type == "Mutex")?;
            Some((*lock, *waiting.0))
        })
        .await;
    let (mutex, stats) = &screen.resources[&lock];
    assert!(file(mutex.location.as_ref()).ends_with("tests/console/resources.rs"));
    assert!(!mutex.is_internal && stats.dropped_at.is_none());
    let kind = mutex.kind.as_ref().and_then(|kind| kind.kind.clone());
    assert_eq!(kind, Some(Kind::Other("Sync".to_owned())));
    let is_part = |resource: &console_api::resources::Resource| {
        resource.parent_resource_id == mutex.id && resource.concrete_type == "Semaphore"
    };
    let parts = screen.resources.values();
    assert_eq!(parts.filter(|(resource, _)| is_part(resource)).count(), 1);
    let locked = |stats: &console_api::resources::Stats| {
        let mut attributes = stats.attributes.iter();
        attributes.any(|attribute| {
            let field = attribute.field.as_ref();
            field.is_some_and(|field| field.to_string() == "locked=true")
        })
    };
    assert!(locked(stats), "{stats:?}");

    program.cue("let go");
    screen
        .until(|screen| {
            let ended = screen.resources[&lock].1.dropped_at.is_some()
                && screen.ops[&op].1.dropped_at.is_some();
            ended.then_some(())
        })
        .await;
    program.finish();
}
