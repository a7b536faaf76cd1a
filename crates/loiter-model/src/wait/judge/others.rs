//! The rules for the futures packages, async-channel and flume.

use super::{Call, Found};
use crate::WaitKind;

impl Call<'_> {
    pub(super) fn judge_futures(&self, found: Found) -> Found {
        if found != Found::Nothing {
            return found;
        }
        if self.code.is_in("stream/futures_unordered") {
            // Its children are polled with wakers of its own.
            return Found::Kind(WaitKind::Select);
        }
        if self.code.is_in("lock/mutex") {
            return Found::Kind(WaitKind::Mutex);
        }
        if self.code.is_in("abortable") {
            // Its own waker is there for an abort.
            return Found::Aside;
        }
        found
    }

    pub(super) fn judge_futures_channel(&self, found: Found) -> Found {
        if found != Found::Nothing {
            return found;
        }
        if self.code.is_in("mpsc") {
            if self.is_any(&["poll_ready", "poll_unparked"]) {
                return Found::Kind(WaitKind::MpscSend);
            }
            if self.is_any(&["poll_next", "next_message"]) {
                return Found::Kind(WaitKind::MpscRecv);
            }
        }
        if self.code.is_in("oneshot") {
            if self.is_any(&["poll_canceled", "poll_cancellation"]) {
                return Found::Other;
            }
            if self.is_any(&["recv", "poll"]) {
                return Found::Kind(WaitKind::OneshotRecv);
            }
        }
        found
    }

    /// Channels whose futures have names of their own.
    pub(super) fn judge_channel(&self, found: Found) -> Found {
        if found != Found::Nothing {
            return found;
        }
        let mentions = |types: &[&str]| {
            let is_there = |name: &&str| self.is_any(&[name]) || self.mentions_type(name);
            types.iter().any(is_there)
        };
        let is_named =
            |name| self.code.package != "event-listener-strategy" && self.is_any(&[name]);
        let receives = mentions(&["RecvInner", "RecvFut"])
            || ["recv", "poll_inner", "poll_next"]
                .iter()
                .any(|name| is_named(name));
        let sends = mentions(&["SendInner", "SendFut"]) || is_named("send") || self.polls_a_send();
        match (receives, sends) {
            (true, false) => Found::Kind(WaitKind::MpscRecv),
            (false, true) => Found::Kind(WaitKind::MpscSend),
            _ => found,
        }
    }

    /// Whether it is async-channel's own wrapper of a send, whose future inside has no name.
    fn polls_a_send(&self) -> bool {
        self.names == ["async_channel", "Send", "poll"]
    }

    fn mentions_type(&self, name: &str) -> bool {
        ["async_channel::", "flume::async::"]
            .iter()
            .any(|module| self.mentions(&format!("{module}{name}")))
    }
}
