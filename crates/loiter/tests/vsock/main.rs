//! The agent on a virtual machine's socket. Run with `--features vsock`.
#![cfg(all(feature = "vsock", target_os = "linux", not(loom)))]

#[path = "../agent/support/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "shared with the agent's other tests"
)]
mod support;

use std::task::{Context, Poll};

use hyper_util::rt::TokioIo;
use loiter::Builder;
use loiter_wire::v1::{GetTargetRequest, loiter_client::LoiterClient};
use tokio_vsock::{VMADDR_CID_LOCAL, VsockAddr, VsockListener, VsockStream};
use tonic::{
    codegen::{BoxFuture, Service},
    transport::{Endpoint, Uri},
};

use support::{Program, listen, wait_until};

const PORT: u32 = 66_690;

struct Dial;

impl Service<Uri> for Dial {
    type Response = TokioIo<VsockStream>;
    type Error = std::io::Error;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        Box::pin(async {
            let address = VsockAddr::new(VMADDR_CID_LOCAL, PORT);
            Ok(TokioIo::new(VsockStream::connect(address).await?))
        })
    }
}

/// Where the system has no such sockets, the program is told so and runs on.
#[tokio::test]
async fn it_listens_or_says_why_not() {
    let mut program = Program::start(async |_| {
        listen(
            Builder::new()
                .name("guest")
                .listen_vsock(VMADDR_CID_LOCAL, PORT),
        );
    });
    let mut client = program.client().await;
    client
        .get_target(GetTargetRequest {})
        .await
        .expect("through the port");
    // Another port, so that whether it can be had does not depend on the agent.
    if VsockListener::bind(VsockAddr::new(VMADDR_CID_LOCAL, PORT + 1)).is_err() {
        program
            .wait_for_stderr("loiter: cannot listen on vsock 1:66690: ")
            .await;
        return;
    }
    let endpoint = Endpoint::from_static("http://localhost");
    let channel = wait_until("a connection", async || {
        endpoint.connect_with_connector(Dial).await.ok()
    });
    let mut client = LoiterClient::new(channel.await);
    let target = client.get_target(GetTargetRequest {}).await;
    assert_eq!(target.expect("an answer").into_inner().name, "guest");
}
