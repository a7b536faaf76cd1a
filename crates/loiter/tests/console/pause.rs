//! The pause, which holds for every client.

use std::time::Duration;

use console_api::instrument::{PauseRequest, ResumeRequest, State, StateRequest, Temporality};
use tonic::Streaming;

use crate::{
    client::{Console, attach, connect, watch},
    support::{Program, message, wait_until},
    tasks::often,
};

/// Many times the interval between two updates.
const LONG: Duration = Duration::from_millis(700);

async fn states(console: &mut Console) -> Streaming<State> {
    let states = console.watch_state(StateRequest {}).await;
    states.expect("tokio-console needs it").into_inner()
}

async fn next(states: &mut Streaming<State>) -> Temporality {
    let state = message(states).await.expect("no end");
    Temporality::try_from(state.temporality).expect("the client panics else")
}

#[tokio::test]
async fn a_pause_stops_every_clients_updates() {
    let mut program = Program::start(async |_| crate::support::listen(often()));
    let address = program.address();
    let mut console = connect(address).await;
    let mut screen = watch(&mut console).await;
    let mut told = states(&mut console).await;
    let mut other = connect(address).await;
    let mut others_screen = watch(&mut other).await;
    let mut others_told = states(&mut other).await;
    assert_eq!(next(&mut told).await, Temporality::Live);
    assert_eq!(next(&mut others_told).await, Temporality::Live);
    for screen in [&mut screen, &mut others_screen] {
        screen.update().await;
        screen.update().await;
    }

    console.pause(PauseRequest {}).await.expect("paused");
    assert_eq!(next(&mut told).await, Temporality::Paused);
    assert_eq!(next(&mut others_told).await, Temporality::Paused);
    for screen in [&mut screen, &mut others_screen] {
        // What was on its way still comes.
        let mut late = 0;
        while screen.moves_within(LONG).await {
            late += 1;
            assert!(late <= 3, "it goes on");
        }
    }
    // A client waits for the answer to its key, though nothing changes.
    other.pause(PauseRequest {}).await.expect("still paused");
    assert_eq!(next(&mut others_told).await, Temporality::Paused);

    other.resume(ResumeRequest {}).await.expect("resumed");
    assert_eq!(next(&mut others_told).await, Temporality::Live);
    screen.update().await;
    others_screen.update().await;
}

#[tokio::test]
async fn a_pause_is_over_with_the_last_client() {
    let mut program = Program::start(async |_| crate::support::listen(often()));
    let address = program.address();
    let mut console = connect(address).await;
    let mut screen = watch(&mut console).await;
    screen.update().await;
    console.pause(PauseRequest {}).await.expect("paused");
    let mut told = states(&mut console).await;
    assert_eq!(next(&mut told).await, Temporality::Paused);
    drop(screen);
    assert_eq!(next(&mut told).await, Temporality::Live);
}

#[tokio::test]
async fn clients_are_limited() {
    let mut program = Program::start(async |_| crate::support::listen(often()));
    let (mut console, first) = attach(&mut program).await;
    let mut screens = vec![first];
    for _ in 1..8 {
        screens.push(watch(&mut console).await);
    }
    let request = console_api::instrument::InstrumentRequest {};
    let error = console.watch_updates(request).await.expect_err("too many");
    assert_eq!(error.code(), tonic::Code::ResourceExhausted, "{error}");
    screens.pop();
    wait_until("a place", async || {
        console.watch_updates(request).await.ok()
    })
    .await;
}
