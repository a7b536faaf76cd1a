//! One task's histograms.

use std::{future::pending, io::Cursor, time::Duration};

use console_api::{
    instrument::TaskDetailsRequest,
    tasks::{DurationHistogram, TaskDetails, task_details::PollTimesHistogram},
};
use hdrhistogram::{Histogram, serialization::Deserializer};
use tonic::{Code, Streaming};

use crate::{
    client::{Console, Screen, State, attach},
    support::{Program, listen, message},
    tasks::{often, spawn},
};

async fn details(console: &mut Console, screen: &Screen, name: &str) -> Streaming<TaskDetails> {
    let (task, _) = screen.named(name).expect("there");
    let request = TaskDetailsRequest { id: task.id };
    let stream = console.watch_task_details(request).await;
    stream.expect("it is known").into_inner()
}

/// Poll times and scheduled times.
fn histograms(details: &TaskDetails) -> (Histogram<u64>, Histogram<u64>) {
    let Some(PollTimesHistogram::Histogram(poll)) = &details.poll_times_histogram else {
        panic!("not the current form: {details:?}");
    };
    let scheduled = details.scheduled_times_histogram.as_ref();
    (read(poll), read(scheduled.expect("tokio-console shows it")))
}

fn read(histogram: &DurationHistogram) -> Histogram<u64> {
    // The client expects it if there are any.
    assert_eq!(
        histogram.high_outliers > 0,
        histogram.highest_outlier.is_some()
    );
    Deserializer::new()
        .deserialize(&mut Cursor::new(&histogram.raw_histogram))
        .expect("tokio-console shows nothing else")
}

#[tokio::test]
async fn histograms_grow_while_somebody_looks() {
    let mut program = Program::start(async |mut cues| {
        listen(often());
        let sleeps = async {
            loop {
                std::thread::sleep(Duration::from_millis(2));
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let sleeper = spawn("sleeper", sleeps);
        cues.next().await;
        sleeper.abort();
    });
    let (mut console, mut screen) = attach(&mut program).await;
    screen
        .until(|screen| screen.named("sleeper").map(drop))
        .await;
    let mut stream = details(&mut console, &screen, "sleeper").await;
    let mut shown;
    loop {
        let details = message(&mut stream).await.expect("no end yet");
        let (task, _) = screen.named("sleeper").expect("there");
        assert_eq!(details.task_id, task.id);
        assert!(details.now.is_some());
        shown = histograms(&details);
        if shown.0.len() >= 10 && shown.1.len() >= 10 {
            break;
        }
    }
    let (poll, _) = shown;
    // Right within a sixteenth, and each poll takes 2 ms at least.
    assert!(poll.min() >= 1_800_000, "{}", poll.min());

    program.cue("end it");
    while message(&mut stream).await.is_some() {}
    screen.until_is("sleeper", State::Done).await;
    program.finish();
}

#[tokio::test]
async fn the_only_poll_of_an_idle_task_is_shown() {
    let mut program = Program::start(async |_| {
        listen(often());
        let waits = async {
            std::thread::sleep(Duration::from_millis(3));
            pending::<()>().await;
        };
        spawn("waiter", waits);
    });
    let (mut console, mut screen) = attach(&mut program).await;
    screen.until_is("waiter", State::Idle).await;
    let mut stream = details(&mut console, &screen, "waiter").await;
    let details = message(&mut stream).await.expect("the first at once");
    let (poll, scheduled) = histograms(&details);
    assert_eq!((poll.len(), scheduled.len()), (1, 1));
    assert!(poll.max() >= 2_800_000, "{}", poll.max());
    program.finish();
}

#[tokio::test]
async fn a_task_that_is_not_there_has_no_details() {
    let mut program = Program::start(async |_| listen(often()));
    let (mut console, _) = attach(&mut program).await;
    for (id, code) in [
        (None, Code::InvalidArgument),
        (Some(0.into()), Code::InvalidArgument),
        (Some(u64::MAX.into()), Code::NotFound),
    ] {
        let request = TaskDetailsRequest { id };
        let error = console.watch_task_details(request).await;
        assert_eq!(error.expect_err("none").code(), code);
    }
}
