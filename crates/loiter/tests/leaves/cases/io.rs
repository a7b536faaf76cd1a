//! Sockets, pipes, files, signals and child processes.
#![allow(
    clippy::redundant_async_block,
    reason = "the line of the await is what is tested"
)]

use std::path::Path;

use loiter_model::WaitKind;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UdpSocket},
};

use super::{Cases, keep};

pub(super) async fn spawn(cases: &mut Cases, folder: &Path) {
    tcp(cases).await;
    udp(cases).await;
    #[cfg(target_os = "linux")]
    connect(cases);
    #[cfg(unix)]
    unix::spawn(cases, folder);
}

/// A stream whose other end says nothing and reads nothing.
async fn silent_stream(listener: &TcpListener) -> TcpStream {
    let address = listener.local_addr().expect("bound");
    let stream = TcpStream::connect(address).await.expect("it listens");
    keep(listener.accept().await.expect("a connection"));
    stream
}

async fn tcp(cases: &mut Cases) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let mut silent = silent_stream(&listener).await;
    cases.add("tcp read", WaitKind::IoRead, async move {
        silent.read_u8().await // @tcp read
    });
    let silent = silent_stream(&listener).await;
    cases.add("tcp readable", WaitKind::IoRead, async move {
        silent.readable().await // @tcp readable
    });
    cases.may_be_unknown();
    let silent = silent_stream(&listener).await;
    cases.add("tcp peek", WaitKind::IoRead, async move {
        silent.peek(&mut [0]).await // @tcp peek
    });
    let silent = silent_stream(&listener).await;
    let (mut reads, _) = silent.into_split();
    cases.add("tcp owned half", WaitKind::IoRead, async move {
        reads.read_u8().await // @tcp owned half
    });
    let silent = silent_stream(&listener).await;
    let (mut reads, _) = tokio::io::split(silent);
    cases.add("tcp split", WaitKind::IoRead, async move {
        reads.read_u8().await // @tcp split
    });
    let mut deaf = silent_stream(&listener).await;
    cases.add("tcp write", WaitKind::IoWrite, async move {
        deaf.write_all(&vec![0; 64 << 20]).await // @tcp write
    });
    let deaf = silent_stream(&listener).await;
    cases.add("tcp writable", WaitKind::IoWrite, async move {
        while deaf.try_write(&[0; 1 << 16]).is_ok() {}
        deaf.writable().await // @tcp writable
    });
    cases.may_be_unknown();
    let mut silent = silent_stream(&listener).await;
    cases.add("copy", WaitKind::IoRead, async move {
        tokio::io::copy(&mut silent, &mut tokio::io::sink()).await // @copy
    });
    let mut deaf = silent_stream(&listener).await;
    cases.add("copy to a full one", WaitKind::IoWrite, async move {
        tokio::io::copy(&mut tokio::io::repeat(0), &mut deaf).await // @copy to a full one
    });
    cases.add("accept", WaitKind::Accept, async move {
        listener.accept().await // @accept
    });
}

/// Nobody takes the connections, so that they fill the queue and one waits.
#[cfg(target_os = "linux")]
fn connect(cases: &mut Cases) {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    let loopback = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    socket.bind(loopback).expect("loopback");
    let listener = socket.listen(1).expect("bound");
    let address = listener.local_addr().expect("bound");
    keep(listener);
    cases.add("tcp connect", WaitKind::IoWrite, async move {
        loop {
            keep(TcpStream::connect(address).await); // @tcp connect
        }
    });
}

async fn udp(cases: &mut Cases) {
    let socket = async || UdpSocket::bind("127.0.0.1:0").await.expect("loopback");
    let silent = socket().await;
    cases.add("udp recv", WaitKind::IoRead, async move {
        silent.recv(&mut [0]).await // @udp recv
    });
    let silent = socket().await;
    cases.add("udp recv from", WaitKind::IoRead, async move {
        silent.recv_from(&mut [0]).await // @udp recv from
    });
    let silent = socket().await;
    cases.add("udp readable", WaitKind::IoRead, async move {
        silent.readable().await // @udp readable
    });
    cases.may_be_unknown();
}

#[cfg(unix)]
mod unix {
    use std::{
        fs::File,
        io::{Read, Write, pipe},
        os::fd::OwnedFd,
        process::Stdio,
    };

    use tokio::{
        io::unix::AsyncFd,
        net::{UnixDatagram, UnixListener, UnixStream},
        process::Command,
        signal::unix::{SignalKind, signal},
    };

    use super::*;

    pub(super) fn spawn(cases: &mut Cases, folder: &Path) {
        sockets(cases, folder);
        descriptors(cases);
        files(cases, folder);
        processes(cases);
    }

    fn sockets(cases: &mut Cases, folder: &Path) {
        let (mut stream, other) = UnixStream::pair().expect("a pair");
        keep(other);
        cases.add("unix read", WaitKind::IoRead, async move {
            stream.read_u8().await // @unix read
        });
        let (mut stream, other) = UnixStream::pair().expect("a pair");
        keep(other);
        cases.add("unix write", WaitKind::IoWrite, async move {
            stream.write_all(&vec![0; 64 << 20]).await // @unix write
        });
        let listener = UnixListener::bind(folder.join("socket")).expect("free");
        cases.add("unix accept", WaitKind::Accept, async move {
            listener.accept().await.map(|_| ()) // @unix accept
        });
        let (socket, other) = UnixDatagram::pair().expect("a pair");
        keep(other);
        cases.add("datagram recv", WaitKind::IoRead, async move {
            socket.recv(&mut [0]).await // @datagram recv
        });
        let (socket, other) = UnixDatagram::pair().expect("a pair");
        keep(other);
        cases.add("datagram send", WaitKind::IoWrite, async move {
            while socket.try_send(&[0]).is_ok() {}
            socket.send(&[0]).await // @datagram send
        });
    }

    fn descriptors(cases: &mut Cases) {
        let ready = |fd: OwnedFd| {
            rustix::io::ioctl_fionbio(&fd, true).expect("a pipe can do that");
            // SAFETY: a `File` names the same open descriptor throughout its life.
            let ready = unsafe { AsyncFd::register(File::from(fd)) };
            ready.expect("a runtime with a driver")
        };
        let (reads, writes) = pipe().expect("a pipe");
        keep(writes);
        let reads = ready(reads.into());
        cases.add("descriptor readable", WaitKind::IoRead, async move {
            reads.readable().await.is_ok() // @descriptor readable
        });
        cases.may_be_unknown();
        let (reads, writes) = pipe().expect("a pipe");
        keep(reads);
        let writes = ready(writes.into());
        cases.add("descriptor writable", WaitKind::IoWrite, async move {
            while writes.get_ref().write(&[0; 1 << 12]).is_ok() {}
            loop {
                let ready = writes.writable().await; // @descriptor writable
                ready.expect("open").clear_ready();
            }
        });
        cases.may_be_unknown();
        let (reads, writes) = pipe().expect("a pipe");
        keep(writes);
        let reads = ready(reads.into());
        let read = |mut file: &File| file.read(&mut [0]);
        // What it waits for is a value, which no name tells.
        cases.add("descriptor async io", WaitKind::Unknown, async move {
            reads.async_io(tokio::io::Interest::READABLE, read).await // @descriptor async io
        });
    }

    /// Read and written on another thread, which waits in the operating system.
    fn files(cases: &mut Cases, folder: &Path) {
        let (reads, writes) = pipe().expect("a pipe");
        keep(writes);
        let mut file = tokio::fs::File::from_std(OwnedFd::from(reads).into());
        cases.add("file read", WaitKind::IoRead, async move {
            file.read_u8().await // @file read
        });
        let (reads, writes) = pipe().expect("a pipe");
        keep(reads);
        let mut file = tokio::fs::File::from_std(OwnedFd::from(writes).into());
        cases.add("file write", WaitKind::IoWrite, async move {
            file.write_all(&vec![0; 8 << 20]).await // @file write
        });
        // The open itself waits until somebody writes: all that tokio does is to wait for the
        // thread.
        let path = folder.join("fifo");
        make_fifo(&path);
        cases.add("file open", WaitKind::Join, async move {
            tokio::fs::File::open(path).await // @file open
        });
        let (reads, writes) = pipe().expect("a pipe");
        keep(writes);
        rustix::stdio::dup2_stdin(reads).expect("two descriptors");
        cases.add("stdin", WaitKind::IoRead, async move {
            tokio::io::stdin().read_u8().await // @stdin
        });
    }

    fn make_fifo(path: &Path) {
        let made = std::process::Command::new("mkfifo").arg(path).status();
        assert!(made.expect("there is `mkfifo`").success());
    }

    fn processes(cases: &mut Cases) {
        let mut signal = signal(SignalKind::user_defined2()).expect("it may be caught");
        cases.add("signal", WaitKind::Signal, async move {
            signal.recv().await // @signal
        });
        // It ends when this process does, and holds nothing of it open.
        let cat = || {
            let mut child = Command::new("cat")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .expect("there is `cat`");
            keep(child.stdin.take());
            child
        };
        let mut child = cat();
        keep(child.stdout.take());
        cases.add("process", WaitKind::Process, async move {
            child.wait().await // @process
        });
        let mut child = cat();
        let mut output = child.stdout.take().expect("a pipe");
        keep(child);
        cases.add("process output", WaitKind::IoRead, async move {
            output.read_u8().await // @process output
        });
    }
}
