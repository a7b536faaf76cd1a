//! Other users of this machine, at a socket that its permissions would let them use.
#![cfg(target_os = "linux")]

use std::{
    fs::{self, Permissions},
    io::Read,
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        net::UnixStream,
    },
    thread,
};

use loiter::Builder;
use tonic::transport::Endpoint;

use crate::{
    Files,
    client::ask_over,
    listen_aloud,
    support::{PATIENCE, Program, wait_until},
};

/// Nobody in particular.
const OTHER: u32 = 65_534;

/// Only root can act as another user. What is thought of whom the system tells of is tested beside
/// the code, whoever runs that.
#[tokio::test]
async fn another_user_is_turned_away() {
    let files = Files::new();
    let (socket, path) = (files.text("agent.sock"), files.path("agent.sock"));
    let folder = path.parent().expect("it is in one").to_owned();
    if fs::metadata(&folder).expect("it is there").uid() != 0 {
        eprintln!("not tried: only root can be another user");
        return;
    }
    let variables = [("LOITER_UNIX_SOCKET", &*socket)];
    let program = Program::start_with(&variables, async |_| {
        listen_aloud(Builder::new().name("mine"));
    });
    let endpoint = Endpoint::from_shared(format!("unix:{socket}")).expect("a path");
    let mine = wait_until("the socket", async || endpoint.connect().await.ok()).await;
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).expect("ours");
    fs::set_permissions(&path, Permissions::from_mode(0o666)).expect("ours");
    // Only this one thread becomes somebody else.
    let other = thread::spawn(move || {
        let other = rustix::thread::Uid::from_raw(OTHER);
        rustix::thread::set_thread_uid(other).expect("root may");
        let mut stream = UnixStream::connect(&path).expect("its permissions allow it");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        let mut said = Vec::new();
        // A reset is an end as well.
        let _ = stream.read_to_end(&mut said);
        said
    });
    let said = other.join().expect("no panic");
    assert!(said.is_empty(), "not a word: {said:?}");
    program
        .wait_for_stderr("refused: user 65534 (process ")
        .await;
    assert_eq!(ask_over(mine, None).await.expect("this user"), "mine");
}
