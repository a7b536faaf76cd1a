//! A port that is taken.

use std::{net::TcpListener, time::Duration};

use loiter::Builder;

use crate::{
    options::target,
    support::{PATIENCE, Program, connect},
};

#[tokio::test]
async fn a_busy_port_is_waited_for() {
    let mut program = Program::start(async |mut cues| {
        let other = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = other.local_addr().expect("a bound socket has an address");
        println!("busy {address}");
        let agent = Builder::new()
            .listen(address)
            .name("patient")
            .try_init()
            .expect("a busy port is no error");
        assert_eq!(agent.wait_listening(Duration::from_millis(50)), None);
        assert_eq!(agent.local_addr(), None);
        // The program runs on.
        tokio::spawn(async {}).await.expect("no panic");
        cues.next().await;
        drop(other);
        assert_eq!(agent.wait_listening(PATIENCE), Some(address));
        println!("taken ");
    });
    let address = program.told("busy ");
    program
        .wait_for_stderr(&format!("loiter: cannot listen on {address}"))
        .await;
    program.cue("free it");
    program.told("taken ");
    let mut client = connect(address.parse().expect("an address")).await;
    assert_eq!(target(&mut client).await.name, "patient");
    let said = program.finish();
    assert_eq!(said.matches("cannot listen").count(), 1, "{said}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_busy_port_is_waited_for_when_nobody_can_be_warned() {
    let other = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = other.local_addr().expect("a bound socket has an address");
    let text = address.to_string();
    let mut program = Program::start_unheard(&[("LOITER_LISTEN", &text)], async |mut cues| {
        let agent = Builder::new()
            .name("patient")
            .try_init()
            .expect("a busy port is no error");
        // The warning comes before this is over.
        assert_eq!(agent.wait_listening(Duration::from_millis(200)), None);
        println!("waiting ");
        cues.next().await;
        assert!(agent.wait_listening(PATIENCE).is_some());
    });
    program.told("waiting ");
    drop(other);
    program.cue("it is free");
    let mut client = connect(address).await;
    assert_eq!(target(&mut client).await.name, "patient");
    program.finish();
}
