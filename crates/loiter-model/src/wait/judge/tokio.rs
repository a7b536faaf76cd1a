//! The rules for tokio.

use super::{Call, Found, is_notified};
use crate::WaitKind;

impl Call<'_> {
    pub(super) fn judge_tokio(&self, found: Found) -> Found {
        let is_in = |module| self.code.is_in(module);
        if is_in("sync") {
            return self.judge_sync(found);
        }
        if is_in("task/coop") || is_in("runtime/context") {
            return self.judge_budget(found);
        }
        if is_in("task/yield_now") || is_in("runtime/scheduler/defer") {
            return Found::Yield;
        }
        if is_in("task/join_set") || is_in("runtime/task/join") {
            return Found::Kind(WaitKind::Join);
        }
        if is_in("task/local") && found == Found::Nothing {
            return Found::Other;
        }
        if is_in("time/timeout") && found == Found::Timer {
            return Found::Deadline;
        }
        if is_in("time/interval") {
            return Found::Kind(WaitKind::Sleep);
        }
        if (is_in("time/sleep") || is_in("runtime/time")) && found == Found::Nothing {
            return Found::Timer;
        }
        if is_in("signal") {
            return Found::Kind(WaitKind::Signal);
        }
        if is_in("process")
            && ["pidfd_reaper", "reap"]
                .iter()
                .any(|it| self.code.passes(it))
        {
            return Found::Kind(WaitKind::Process);
        }
        // Binding one may wait for a name to be resolved.
        if is_in("net") && self.code.passes("listener") && found != Found::Kind(WaitKind::Join) {
            return Found::Kind(WaitKind::Accept);
        }
        self.judge_io(found)
    }

    fn judge_sync(&self, found: Found) -> Found {
        let is_in = |module| self.code.is_in(module);
        match found {
            _ if is_in("sync/batch_semaphore") => Found::Permit,
            _ if is_in("sync/mutex") => Found::Kind(WaitKind::Mutex),
            _ if is_in("sync/semaphore") => Found::Kind(WaitKind::Semaphore),
            _ if is_in("sync/barrier") => Found::Kind(WaitKind::Barrier),
            _ if is_in("sync/rwlock") => self.judge_rwlock(found),
            _ if is_in("sync/watch") => self.judge_watch(found),
            // Without debug info the calls that were inlined are missing, and many primitives
            // are made of this one.
            Found::Nothing if is_in("sync/notify") && self.frame.file.is_empty() => Found::Notified,
            Found::Nothing if is_in("sync/notify") => Found::Kind(WaitKind::Notify),
            // Senders wait there until nobody listens any more.
            _ if is_notified(found) && (is_in("sync/mpsc") || is_in("sync/broadcast")) => {
                Found::Other
            }
            Found::Permit if is_in("sync/mpsc") => Found::Kind(WaitKind::MpscSend),
            Found::Nothing if is_in("sync/mpsc") && self.receives() => {
                Found::Kind(WaitKind::MpscRecv)
            }
            Found::Nothing if is_in("sync/broadcast") && self.receives() => {
                Found::Kind(WaitKind::BroadcastRecv)
            }
            Found::Nothing if is_in("sync/oneshot") => {
                if self.is_any(&["poll_closed", "closed"]) {
                    Found::Other
                } else if self.is_any(&["poll_recv", "poll"]) {
                    Found::Kind(WaitKind::OneshotRecv)
                } else {
                    found
                }
            }
            _ => found,
        }
    }

    /// Both ways to lock acquire permits of one semaphore.
    fn judge_rwlock(&self, found: Found) -> Found {
        if found != Found::Permit {
            return found;
        }
        if self.is_any(&["read", "read_owned"]) {
            return Found::Kind(WaitKind::RwLockRead);
        }
        if self.is_any(&["write", "write_owned"]) {
            return Found::Kind(WaitKind::RwLockWrite);
        }
        if !self.frame.function.starts_with("{async_") {
            return found;
        }
        // Without names the column of the `.await` tells `self.s.acquire(1)` from
        // `self.s.acquire(self.mr as usize)`, indented by two levels and by three.
        match self.frame.column {
            27 | 31 => Found::Kind(WaitKind::RwLockRead),
            42 | 46 => Found::Kind(WaitKind::RwLockWrite),
            _ => found,
        }
    }

    /// Receivers wait for a change, senders until nobody listens any more.
    fn judge_watch(&self, found: Found) -> Found {
        if !is_notified(found) && found != Found::Watched {
            return found;
        }
        if self.is_any(&["changed", "changed_impl", "wait_for", "wait_for_inner"]) {
            return Found::Kind(WaitKind::WatchChanged);
        }
        // Without names: only `closed` has an async block, only receivers an async function in
        // another.
        match found {
            _ if self.is_any(&["closed"]) => Found::Other,
            _ if self.frame.function.starts_with("{async_block") => Found::Other,
            Found::Watched if self.frame.function.starts_with("{async_fn") => {
                Found::Kind(WaitKind::WatchChanged)
            }
            _ => Found::Watched,
        }
    }

    /// Tokio wraps what counts against a task's budget, which has its name there. When the budget
    /// is spent, what it wraps is not even polled.
    fn judge_budget(&self, found: Found) -> Found {
        if self.mentions("poll_proceed") || self.is_any(&["register_waker"]) {
            return Found::Yield;
        }
        if found != Found::Watched || !self.mentions("tokio::sync::watch::") {
            return found;
        }
        if self.mentions("changed_impl") || self.mentions("wait_for_inner") {
            return Found::Kind(WaitKind::WatchChanged);
        }
        if self.mentions("::closed::") {
            return Found::Other;
        }
        found
    }

    /// The direction is in the name of the innermost call that has one: what is written may be
    /// part of a read further out, as in a TLS handshake.
    fn judge_io(&self, found: Found) -> Found {
        let is_in = |module| self.code.is_in(module);
        let is_io = ["io", "net", "process", "runtime/io", "fs/file"];
        if !is_io.iter().any(|module| is_in(module)) {
            return found;
        }
        match found {
            Found::Nothing => self.direction().unwrap_or(found),
            // Files and the standard streams are read and written on another thread.
            Found::Kind(WaitKind::Join) if is_in("fs/file") || is_in("io/blocking") => {
                self.direction().unwrap_or(found)
            }
            _ => found,
        }
    }

    fn direction(&self) -> Option<Found> {
        const READS: &[&str] = &[
            "peek",
            "peek_from",
            "peek_sender",
            "poll_fill_buf",
            "poll_peek",
            "poll_peek_from",
            "poll_peek_sender",
            "poll_read",
            "poll_read_deferred",
            "poll_read_internal",
            "poll_read_io",
            "poll_read_ready",
            "poll_recv",
            "poll_recv_from",
            "poll_recv_ready",
            "readable",
            "readable_mut",
            "recv",
            "recv_buf",
            "recv_buf_from",
            "recv_from",
        ];
        const WRITES: &[&str] = &[
            "connect_mio",
            "poll_flush",
            "poll_send",
            "poll_send_ready",
            "poll_send_to",
            "poll_shutdown",
            "poll_write",
            "poll_write_internal",
            "poll_write_io",
            "poll_write_ready",
            "poll_write_vectored",
            "send",
            "send_to",
            "writable",
            "writable_mut",
        ];
        // `async_io<usize, tokio::net::udp::{impl#0}::recv::{async_fn#0}::{closure_env#0}>`.
        let mentioned = |names: &[&str]| {
            self.code.is_in("runtime/io")
                && self.mentions("tokio::net::")
                && names.iter().any(|name| self.mentions_function(name))
        };
        let reads = self.is_any(READS) || mentioned(READS);
        let writes = self.is_any(WRITES) || mentioned(WRITES);
        match (reads, writes) {
            (true, false) => Some(Found::Kind(WaitKind::IoRead)),
            (false, true) => Some(Found::Kind(WaitKind::IoWrite)),
            _ => None,
        }
    }

    pub(super) fn judge_std(&self, found: Found) -> Found {
        let connects = found == Found::Nothing
            && self.code.is_in("future/poll_fn")
            && self.mentions("tokio::net::")
            && self.mentions_function("connect_mio");
        if connects {
            return Found::Kind(WaitKind::IoWrite);
        }
        found
    }

    /// Of a channel of many messages: other calls into it may be a sender's.
    fn receives(&self) -> bool {
        self.is_any(&[
            "Receiver",
            "Recv",
            "Rx",
            "UnboundedReceiver",
            "poll_recv",
            "poll_recv_many",
            "recv",
            "recv_many",
            "recv_ref",
        ])
    }
}
