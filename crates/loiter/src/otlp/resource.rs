//! What process this is, in the words of OpenTelemetry.

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value},
    resource::v1::Resource,
};

use crate::agent::Core;

/// This process. What the environment says of it counts for more.
pub(super) fn of(core: &Core) -> Resource {
    let target = core.target();
    let otlp = &core.config.otlp;
    let mut attributes = Vec::new();
    let mut say = |key: &str, value: Value| {
        if !attributes.iter().any(|known: &KeyValue| known.key == key) {
            attributes.push(attribute(key, value));
        }
    };
    if let Some(name) = &otlp.service_name {
        say("service.name", text(name));
    }
    for (key, value) in &otlp.attributes {
        say(key, text(value));
    }
    say("service.name", text(&target.name));
    say(
        "service.instance.id",
        text(&format!("{:016x}", target.run_id)),
    );
    say("process.pid", Value::IntValue(target.pid.into()));
    if !target.host.is_empty() {
        say("host.name", text(&target.host));
    }
    Resource {
        attributes,
        ..Resource::default()
    }
}

/// Who tells.
pub(super) fn scope() -> InstrumentationScope {
    InstrumentationScope {
        name: "loiter".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    }
}

pub(super) fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

pub(super) fn text(text: &str) -> Value {
    Value::StringValue(text.to_owned())
}
