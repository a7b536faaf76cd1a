//! Reads the fields of tokio's task spans and waker events.

use std::fmt::{self, Write};

use loiter_model::Kind;
use tracing_core::{
    Event,
    field::{Field, Visit},
    span::Attributes,
};

use super::span::Span;
use crate::{
    table::{Marks, Spawn, TaskRef},
    text::cut,
};

/// Bytes of a path that are kept; of a longer one, the first ones.
const PATH: usize = 512;
/// Bytes of a name or of a function's type that are kept.
const TEXT: usize = 512;

/// Reads the fields of a task's span and hands them on. Allocates for a name and for a blocking
/// task's function, for nothing else.
pub(crate) fn read_spawn<T>(attributes: &Attributes<'_>, then: impl FnOnce(&Spawn<'_>) -> T) -> T {
    let mut fields = SpawnFields {
        kind: Kind::Task,
        tokio_id: 0,
        name: Bounded::default(),
        function: Bounded::default(),
        file: Stack::new(),
        file_address: 0,
        line: 0,
        column: 0,
        size: 0,
        original_size: 0,
    };
    attributes.record(&mut fields);
    then(&Spawn {
        kind: fields.kind,
        tokio_id: fields.tokio_id,
        name: &fields.name.0,
        scope: "",
        marks: Marks::default(),
        file: fields.file.as_str(),
        file_address: fields.file_address,
        file_stays: false,
        line: fields.line,
        column: fields.column,
        function: &fields.function.0,
        size: fields.size,
        original_size: fields.original_size,
    })
}

struct SpawnFields {
    kind: Kind,
    tokio_id: u64,
    name: Bounded,
    function: Bounded,
    file: Stack<PATH>,
    file_address: usize,
    line: u32,
    column: u32,
    size: u64,
    original_size: u64,
}

impl Visit for SpawnFields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "task.id" => self.tokio_id = value,
            "size.bytes" => self.size = value,
            "original_size.bytes" => self.original_size = value,
            "loc.line" => self.line = u32::try_from(value).unwrap_or(0),
            "loc.col" => self.column = u32::try_from(value).unwrap_or(0),
            _ => {}
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "loc.file" {
            self.file.push(value);
            self.file_address = value.as_ptr() as usize;
        } else {
            self.record_debug(field, &format_args!("{value}"));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing into these never fails: what does not fit is left out.
        match field.name() {
            "kind" => {
                let mut kind = Stack::<16>::new();
                let _ = write!(kind, "{value:?}");
                let known = Kind::ALL.iter().find(|known| known.name() == kind.as_str());
                self.kind = known.copied().unwrap_or(Kind::Task);
            }
            "task.name" => {
                let _ = write!(self.name, "{value:?}");
            }
            "fn" => {
                let _ = write!(self.function, "{value:?}");
            }
            _ => {}
        }
    }
}

/// What a waker event says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WakerOp {
    Clone,
    Drop,
    Wake,
    WakeByRef,
}

/// Reads a waker event: what was done, and with which task's waker.
pub(crate) fn read_waker(event: &Event<'_>) -> Option<(WakerOp, TaskRef)> {
    let mut fields = WakerFields {
        op: None,
        task: None,
    };
    event.record(&mut fields);
    Some((fields.op?, fields.task?))
}

struct WakerFields {
    op: Option<WakerOp>,
    task: Option<TaskRef>,
}

impl Visit for WakerFields {
    /// The only number is `task.id`, which here is the span's id, not tokio's.
    fn record_u64(&mut self, _: &Field, value: u64) {
        if let Span::Task(task) = Span::of_bits(value) {
            self.task = Some(task);
        }
    }

    /// The only text is `op`.
    fn record_str(&mut self, _: &Field, value: &str) {
        self.op = match value {
            "waker.clone" => Some(WakerOp::Clone),
            "waker.drop" => Some(WakerOp::Drop),
            "waker.wake" => Some(WakerOp::Wake),
            "waker.wake_by_ref" => Some(WakerOp::WakeByRef),
            _ => None,
        };
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

/// A text on the stack; what does not fit is left out.
pub(super) struct Stack<const SIZE: usize> {
    bytes: [u8; SIZE],
    len: usize,
}

impl<const SIZE: usize> Stack<SIZE> {
    pub(super) const fn new() -> Self {
        Self {
            bytes: [0; SIZE],
            len: 0,
        }
    }

    pub(super) fn push(&mut self, text: &str) {
        let text = cut(text, SIZE - self.len);
        self.bytes[self.len..][..text.len()].copy_from_slice(text.as_bytes());
        self.len += text.len();
    }

    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }
}

impl<const SIZE: usize> Write for Stack<SIZE> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text);
        Ok(())
    }
}

/// A text that allocates only when it is not empty, and is cut when it is overlong.
#[derive(Default)]
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = TEXT.saturating_sub(self.0.len());
        self.0.push_str(cut(text, room));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlong_texts_are_cut_at_a_character() {
        let mut stack = Stack::<4>::new();
        stack.push("abc");
        stack.push("äbc");
        assert_eq!(stack.as_str(), "abc");
        stack.push("d");
        stack.push("e");
        assert_eq!(stack.as_str(), "abcd");

        let mut bounded = Bounded::default();
        let _ = write!(bounded, "x{}", "ä".repeat(TEXT));
        assert_eq!(bounded.0.len(), TEXT - 1);
    }
}
