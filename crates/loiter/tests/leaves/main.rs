//! Whatever a task waits on, a look at it names the kind and the program's own line.
//!
//! Each case is a task that waits for ever on one thing; its name is what follows `@` at the
//! line that must be found.
#![cfg(feature = "agent")]

mod cases;

use std::{collections::HashMap, net::SocketAddr, time::Duration};

use cases::Case;
use loiter_model::{Wait, WaitKind, update::TasksUpdate};
use loiter_wire::v1::{self, loiter_client::LoiterClient};
use tonic::transport::Channel;

#[test]
fn every_leaf_is_named_with_its_line() {
    let agent = loiter::Builder::new()
        .listen(([127, 0, 0, 1], 0))
        .capture_stacks(loiter::CaptureStacks::OnDemand)
        .try_init()
        .expect("the agent starts");
    let address = agent
        .wait_listening(Duration::from_secs(60))
        .expect("it listens");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let wrong = runtime.block_on(async {
        let cases = cases::spawn(folder.path()).await;
        let mut client = connect(address).await;
        wrong(&mut client, &cases).await
    });
    // Some threads wait for good.
    runtime.shutdown_background();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn connect(address: SocketAddr) -> LoiterClient<Channel> {
    let endpoint = Channel::from_shared(format!("http://{address}")).expect("a URL");
    LoiterClient::new(endpoint.connect().await.expect("it listens"))
}

/// What is not as it should be, when all have been asked.
async fn wrong(client: &mut LoiterClient<Channel>, cases: &[Case]) -> Vec<String> {
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    loop {
        let reply = client
            .capture_stacks(v1::CaptureStacksRequest {
                filter: "name:@".to_owned(),
                timeout_ms: 10_000,
                ..Default::default()
            })
            .await
            .expect("an answer")
            .into_inner();
        let update = tasks(client).await;
        let wrong: Vec<String> = cases
            .iter()
            .filter_map(|case| judge(case, &update).err())
            .collect();
        if wrong.is_empty() || std::time::Instant::now() > deadline {
            let all = wrong.iter().map(|text| format!("{text}\n{reply:?}"));
            return all.collect();
        }
        // Some may not have got to where they wait.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn tasks(client: &mut LoiterClient<Channel>) -> TasksUpdate {
    let query = v1::Query {
        filter: "name:@".to_owned(),
        limit: 1000,
        ..Default::default()
    };
    let request = v1::WatchTasksRequest {
        query: Some(query),
        interval_ms: 0,
    };
    let mut updates = client
        .watch_tasks(request)
        .await
        .expect("a stream")
        .into_inner();
    let update = updates.message().await.expect("an update");
    update.expect("an update").try_into().expect("well-formed")
}

fn judge(case: &Case, update: &TasksUpdate) -> Result<(), String> {
    let name = format!("@{}", case.name);
    let task = update.tasks.iter().find(|task| {
        let id = task.name.expect("only named ones");
        *update.labels.names[&id] == *name
    });
    let task = task.ok_or_else(|| format!("{name}: no such task"))?;
    let wait = task.wait.map(|id| update.labels.waits[&id].clone());
    let Some(wait) = wait else {
        return Err(format!("{name}: not captured, {:?}", task.state));
    };
    let line = lines().get(name.as_str()).copied();
    let place = wait.place.as_ref();
    let right_place = match line {
        None => true,
        Some((file, line)) => {
            place.is_some_and(|place| place.file.ends_with(file) && place.line == line)
        }
    };
    let right_kind =
        wait.kind == case.kind || (case.may_be_unknown && wait.kind == WaitKind::Unknown);
    if right_kind && right_place {
        return Ok(());
    }
    Err(format!(
        "{name}: {} instead of {} at {line:?}\n{}",
        wait,
        case.kind.name(),
        frames(&wait)
    ))
}

fn frames(wait: &Wait) -> String {
    let branches = wait.stack.branches.iter().map(|branch| {
        let frames = branch
            .frames
            .iter()
            .map(|frame| format!("      {} {}:{}\n", frame.function, frame.file, frame.line));
        format!("   -\n{}", frames.collect::<String>())
    });
    branches.collect()
}

/// The file and the line of each name.
fn lines() -> HashMap<&'static str, (&'static str, u32)> {
    let of_file = |&(file, text): &(&'static str, &'static str)| {
        (1..).zip(text.lines()).filter_map(move |(number, line)| {
            let name = &line[line.find("// @")? + 3..];
            Some((name, (file, number)))
        })
    };
    cases::FILES.iter().flat_map(of_file).collect()
}
