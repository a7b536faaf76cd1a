//! Every way to run a task, in one program.

use std::{future, io, thread, time::Duration};

use tokio::{runtime, task, time};

/// Longer than any test.
const LONG: Duration = Duration::from_secs(3600);

fn main() -> io::Result<()> {
    let agent = loiter::Builder::new()
        .listen(([127, 0, 0, 1], 0))
        .name("every-runtime")
        .try_init()
        .map_err(io::Error::other)?;
    thread::spawn(tokio_main);
    thread::spawn(tokio_main_current_thread);
    thread::spawn(runtime_of_its_own);
    thread::spawn(local_set);
    let address = agent.wait_listening(LONG);
    let address = address.ok_or_else(|| io::Error::other("the agent is switched off"))?;
    // The line that the tests wait for.
    io::Write::write_all(
        &mut io::stdout(),
        format!("listening on {address}\n").as_bytes(),
    )?;
    thread::sleep(LONG);
    Ok(())
}

#[tokio::main]
async fn tokio_main() {
    spawn("in-tokio-main");
    task::spawn_blocking(|| thread::sleep(LONG));
    time::sleep(LONG).await;
}

#[tokio::main(flavor = "current_thread")]
async fn tokio_main_current_thread() {
    spawn("in-current-thread");
    time::sleep(LONG).await;
}

fn runtime_of_its_own() -> io::Result<()> {
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_time()
        .build()?;
    let _inside = runtime.enter();
    spawn("in-a-runtime-of-its-own");
    runtime.block_on(time::sleep(LONG));
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn local_set() {
    let set = task::LocalSet::new();
    set.run_until(async {
        let local = task::spawn_local(future::pending::<()>());
        spawn("beside-a-local-set");
        let _ = local.await;
    })
    .await;
}

#[track_caller]
fn spawn(name: &str) {
    #[cfg(tokio_unstable)]
    let task = task::Builder::new()
        .name(name)
        .spawn(future::pending::<()>());
    #[cfg(not(tokio_unstable))]
    let task = (name, task::spawn(future::pending::<()>()));
    drop(task);
}
