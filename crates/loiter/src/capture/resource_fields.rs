//! Reads the fields of tokio's spans and events about resources.

use std::fmt::{self, Write};

use tracing_core::{
    Event,
    field::{Field, Visit},
    span::Attributes,
};

use super::fields::Stack;
use crate::resources::{Change, UnitText, Update, Value};

/// Bytes of a path, a type or a function that are kept.
const TEXT: usize = 256;

/// What the span of a resource or an operation tells.
pub(super) struct MadeFields {
    pub(super) concrete_type: Stack<TEXT>,
    pub(super) kind: Stack<TEXT>,
    pub(super) source: Stack<TEXT>,
    pub(super) is_internal: bool,
    pub(super) inherits_child_attributes: bool,
    pub(super) file: Stack<TEXT>,
    pub(super) file_address: usize,
    pub(super) line: u32,
    pub(super) column: u32,
}

impl MadeFields {
    pub(super) fn read(attributes: &Attributes<'_>) -> Self {
        let mut fields = Self {
            concrete_type: Stack::new(),
            kind: Stack::new(),
            source: Stack::new(),
            is_internal: false,
            inherits_child_attributes: false,
            file: Stack::new(),
            file_address: 0,
            line: 0,
            column: 0,
        };
        attributes.record(&mut fields);
        fields
    }
}

impl Visit for MadeFields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "loc.line" => self.line = u32::try_from(value).unwrap_or(0),
            "loc.col" => self.column = u32::try_from(value).unwrap_or(0),
            _ => {}
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        match field.name() {
            "is_internal" => self.is_internal = value,
            "inherits_child_attrs" => self.inherits_child_attributes = value,
            _ => {}
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "concrete_type" => self.concrete_type.push(value),
            "kind" => self.kind.push(value),
            "source" => self.source.push(value),
            "loc.file" => {
                self.file.push(value);
                self.file_address = value.as_ptr() as usize;
            }
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

/// Whether a poll of an operation came to an end, as tokio's event says.
pub(super) fn read_poll(event: &Event<'_>) -> Option<bool> {
    struct Ready(Option<bool>);
    impl Visit for Ready {
        fn record_bool(&mut self, field: &Field, value: bool) {
            if field.name() == "is_ready" {
                self.0 = Some(value);
            }
        }
        fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
    }
    let mut ready = Ready(None);
    event.record(&mut ready);
    ready.0
}

/// What an event tells of an attribute: `permits = 1, permits.op = "sub"`.
pub(super) fn read_update(event: &Event<'_>) -> Option<Update> {
    let mut fields = UpdateFields {
        told: None,
        change: Change::Override,
        unit: UnitText::default(),
    };
    event.record(&mut fields);
    let (name, value) = fields.told?;
    Some(Update {
        name,
        value,
        change: fields.change,
        unit: fields.unit,
    })
}

struct UpdateFields {
    told: Option<(&'static str, Value)>,
    change: Change,
    unit: UnitText,
}

impl UpdateFields {
    fn tell(&mut self, field: &Field, value: Value) {
        self.told.get_or_insert((field.name(), value));
    }
}

impl Visit for UpdateFields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.tell(field, Value::Number(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.tell(field, Value::Signed(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.tell(field, Value::Flag(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        // tokio names the change of `permits_obtained`, too, `permits.op`.
        if field.name().ends_with(".op") {
            self.change = match value {
                "add" => Change::Add,
                "sub" => Change::Sub,
                _ => Change::Override,
            };
        } else if field.name().ends_with(".unit") {
            self.unit = UnitText::new(value);
        } else {
            self.record_debug(field, &format_args!("{value}"));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut text = Stack::<TEXT>::new();
        // What does not fit is left out.
        let _ = write!(text, "{value:?}");
        self.tell(field, Value::Text(text.as_str().into()));
    }
}
