//! Names and values of what tokio says of a task, a resource or an operation.

use std::{collections::HashMap, num::NonZeroU64};

use console_api::{
    Attribute as WireAttribute, Field, Location, Metadata, RegisterMetadata,
    field::{Name, Value},
};
use loiter_model::{Attribute, AttributeValue, Kind, Site};

/// Kinds of spans that are remembered: a program has some dozens.
const MOST: usize = 1 << 16;

/// What spans of a kind have in common.
#[derive(Debug, Default)]
pub(super) struct Metas(HashMap<u64, Metadata>);

impl Metas {
    pub(super) fn add(&mut self, new: RegisterMetadata) {
        for new in new.metadata {
            if let (Some(id), Some(metadata)) = (new.id, new.metadata)
                && (self.0.len() < MOST || self.0.contains_key(&id.id))
            {
                self.0.insert(id.id, metadata);
            }
        }
    }

    pub(super) fn get(&self, id: u64) -> Option<&Metadata> {
        self.0.get(&id)
    }

    /// A field's name: its own, or that in its span's list.
    fn name<'a>(&'a self, field: &'a Field, span: Option<&'a Metadata>) -> Option<&'a str> {
        match field.name.as_ref()? {
            Name::StrName(name) => Some(name),
            Name::NameIdx(index) => {
                let of_field = field.metadata_id.and_then(|id| self.get(id.id));
                let names = &of_field.or(span)?.field_names;
                Some(names.get(usize::try_from(*index).ok()?)?)
            }
        }
    }
}

/// What is known of a task from the start.
#[derive(Debug, Default, PartialEq)]
pub(super) struct About {
    pub(super) name: String,
    pub(super) tokio_id: Option<NonZeroU64>,
    pub(super) kind: Option<Kind>,
    pub(super) size: Option<u64>,
    pub(super) original_size: Option<u64>,
    pub(super) function: String,
    /// Where it was spawned, of older tokios: `src/main.rs:1:2`.
    location: String,
}

impl About {
    pub(super) fn of(fields: &[Field], metas: &Metas, span: Option<&Metadata>) -> Self {
        let mut about = Self::default();
        for field in fields {
            let (Some(name), Some(value)) = (metas.name(field, span), &field.value) else {
                continue;
            };
            match name {
                "task.name" => about.name = text(value),
                "task.id" => about.tokio_id = number(value).and_then(NonZeroU64::new),
                "kind" => {
                    let name = text(value);
                    about.kind = Kind::ALL.into_iter().find(|kind| kind.name() == name);
                }
                "size.bytes" => about.size = number(value),
                "original_size.bytes" => about.original_size = number(value),
                "fn" => about.function = text(value),
                "spawn.location" => about.location = text(value),
                _ => {}
            }
        }
        // One that tokio boxed has both, and other ones have one.
        about.original_size = about.original_size.filter(|size| about.size != Some(*size));
        about
    }

    /// Where it was spawned.
    pub(super) fn site(&self, location: Option<&Location>) -> Site {
        let place = place(location).or_else(|| place_of_text(&self.location));
        let site = place.unwrap_or_else(unknown);
        Site {
            function: self.function.as_str().into(),
            ..site
        }
    }
}

/// Where something was made.
pub(super) fn site(location: Option<&Location>) -> Site {
    place(location).unwrap_or_else(unknown)
}

fn unknown() -> Site {
    Site::new("(unknown place)", 0, 0)
}

fn place(location: Option<&Location>) -> Option<Site> {
    let location = location?;
    let line = location.line.unwrap_or_default();
    let column = location.column.unwrap_or_default();
    match (&location.file, &location.module_path) {
        (Some(file), _) if !file.is_empty() => Some(Site::new(file.as_str(), line, column)),
        (_, Some(module)) if !module.is_empty() => Some(Site::new(module.as_str(), 0, 0)),
        _ => None,
    }
}

/// `src/main.rs:1:2`.
fn place_of_text(text: &str) -> Option<Site> {
    let (rest, column) = text.rsplit_once(':')?;
    let (file, line) = rest.rsplit_once(':')?;
    let (line, column) = (line.parse().ok()?, column.parse().ok()?);
    (!file.is_empty()).then(|| Site::new(file, line, column))
}

/// The state of a resource or an operation, in an order that stays: theirs is that of a hash
/// table.
pub(super) fn attributes(attributes: &[WireAttribute], metas: &Metas) -> Vec<Attribute> {
    let mut known: Vec<Attribute> = attributes
        .iter()
        .filter_map(|attribute| {
            let field = attribute.field.as_ref()?;
            let value = match field.value.as_ref()? {
                Value::DebugVal(text) | Value::StrVal(text) => {
                    AttributeValue::Text(text.as_str().into())
                }
                Value::U64Val(number) => AttributeValue::Number(*number),
                Value::I64Val(number) => AttributeValue::Signed(*number),
                Value::BoolVal(flag) => AttributeValue::Flag(*flag),
            };
            Some(Attribute {
                name: metas.name(field, None)?.into(),
                value,
                unit: attribute
                    .unit
                    .as_deref()
                    .filter(|unit| !unit.is_empty())
                    .map(Into::into),
            })
        })
        .collect();
    known.sort_by(|a, b| a.name.cmp(&b.name));
    known
}

fn text(value: &Value) -> String {
    match value {
        Value::DebugVal(text) | Value::StrVal(text) => text.trim_matches('"').to_owned(),
        value => value.to_string(),
    }
}

fn number(value: &Value) -> Option<u64> {
    match value {
        Value::U64Val(number) => Some(*number),
        Value::I64Val(number) => u64::try_from(*number).ok(),
        Value::DebugVal(text) | Value::StrVal(text) => text.parse().ok(),
        Value::BoolVal(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use console_api::{MetaId, register_metadata::NewMetadata};

    use super::*;

    fn field(name: Name, value: Value) -> Field {
        Field {
            metadata_id: None,
            name: Some(name),
            value: Some(value),
        }
    }

    fn named(name: &str, value: Value) -> Field {
        field(Name::StrName(name.to_owned()), value)
    }

    #[test]
    fn a_task_is_described_by_its_fields() {
        let mut metas = Metas::default();
        metas.add(RegisterMetadata {
            metadata: vec![NewMetadata {
                id: Some(MetaId { id: 5 }),
                metadata: Some(Metadata {
                    field_names: vec!["kind".to_owned(), "task.id".to_owned()],
                    ..Metadata::default()
                }),
            }],
        });
        let by_index = |index, value| Field {
            metadata_id: Some(MetaId { id: 5 }),
            ..field(Name::NameIdx(index), value)
        };
        let about = About::of(
            &[
                by_index(0, Value::DebugVal("blocking".to_owned())),
                by_index(1, Value::U64Val(7)),
                by_index(2, Value::U64Val(8)),
                named("task.name", Value::StrVal("worker".to_owned())),
                named("size.bytes", Value::U64Val(16)),
                named("original_size.bytes", Value::I64Val(4096)),
                named("fn", Value::DebugVal("app::resolve".to_owned())),
                named("spawn.location", Value::StrVal("src/old.rs:3:9".to_owned())),
                Field::default(),
            ],
            &metas,
            None,
        );
        assert_eq!(about.kind, Some(Kind::Blocking));
        assert_eq!(about.tokio_id, NonZeroU64::new(7));
        assert_eq!(about.name, "worker");
        assert_eq!((about.size, about.original_size), (Some(16), Some(4096)));
        let site = about.site(None);
        assert_eq!((&*site.file, site.line, site.column), ("src/old.rs", 3, 9));
        assert_eq!(&*site.function, "app::resolve");
    }

    #[test]
    fn a_place_is_what_is_known_of_it() {
        let location = |file: Option<&str>, module: Option<&str>| Location {
            file: file.map(str::to_owned),
            module_path: module.map(str::to_owned),
            line: Some(7),
            column: None,
        };
        let text = |location: Option<&Location>| site(location).to_string();
        assert_eq!(
            text(Some(&location(Some("src/a.rs"), Some("a")))),
            "src/a.rs:7:0"
        );
        assert_eq!(text(Some(&location(None, Some("app::a")))), "app::a");
        assert_eq!(text(Some(&location(Some(""), None))), "(unknown place)");
        assert_eq!(text(None), "(unknown place)");
        assert_eq!(place_of_text("src/a.rs"), None);
        assert_eq!(place_of_text(":1:2"), None);
    }
}
