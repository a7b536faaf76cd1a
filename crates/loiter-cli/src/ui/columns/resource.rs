//! The columns of the table of resources.

use loiter_model::{
    Nanos, Resource, ResourceSeq, Thresholds,
    query::{Labels, ResourceColumn},
};

use super::{Cell, ColumnSpec, Context, Row};
use crate::ui::{
    text::{self, Elide},
    theme::Role,
};

impl Row for Resource {
    type Key = ResourceSeq;
    type Column = ResourceColumn;
    const COLUMNS: &'static [ColumnSpec<Self>] = &COLUMNS;

    fn key(&self) -> Self::Key {
        self.seq
    }

    fn later(&self, elapsed: Nanos, _: &Thresholds) -> Self {
        let mut resource = self.clone();
        if !self.has_ended {
            resource.total = self.total.saturating_add(elapsed);
        }
        resource
    }

    fn role(&self, _: &Thresholds) -> Option<Role> {
        match (self.has_ended, self.is_internal) {
            (true, _) => Some(Role::Ended),
            (false, true) => Some(Role::Faint),
            (false, false) => None,
        }
    }
}

type Spec = ColumnSpec<Resource>;

#[rustfmt::skip]
static COLUMNS: [Spec; 10] = [
    Spec::id(ResourceColumn::Seq, 5, 85, |resource, _| Cell::of(resource.seq.to_string())),
    Spec::id(ResourceColumn::Parent, 6, 30, parent),
    Spec::word(ResourceColumn::Kind, 5, 5, 40, |resource, _| Cell::clean(Some(&resource.kind))),
    Spec::word(ResourceColumn::Type, 9, 15, 98, |resource, _| Cell::clean(Some(&resource.concrete_type))),
    Spec::figure(ResourceColumn::Waiters, 7, 95, |resource, _| count(resource.waiters.len())),
    Spec::figure(ResourceColumn::Holders, 7, 90, |resource, _| count(resource.holders.len())),
    Spec::figure(ResourceColumn::Total, 7, 50, |resource, context| Cell::duration(Some(resource.total), context)),
    Spec::word(ResourceColumn::Visibility, 3, 3, 20, |resource, _| Cell::of(visibility(resource))),
    Spec::word(ResourceColumn::Attributes, 10, 24, 80, |resource, _| Cell::clean(attributes(resource))).growing(1),
    Spec { elide: Elide::Start, ..Spec::word(ResourceColumn::Site, 12, 28, 100, site).growing(2) },
];

fn count(tasks: usize) -> Cell {
    match tasks {
        0 => Cell::none(),
        tasks => Cell::of(text::count(tasks as u64)),
    }
}

fn parent(resource: &Resource, _: &Context<'_>) -> Cell {
    match resource.parent {
        Some(parent) => Cell::of(parent.to_string()),
        None => Cell::none(),
    }
}

/// As tokio-console has it.
fn visibility(resource: &Resource) -> &'static str {
    match resource.is_internal {
        true => "int",
        false => "pub",
    }
}

fn attributes(resource: &Resource) -> Option<String> {
    let attributes = resource.attributes.iter().map(ToString::to_string);
    let attributes: Vec<_> = attributes.collect();
    (!attributes.is_empty()).then(|| attributes.join(" "))
}

fn site(resource: &Resource, context: &Context<'_>) -> Cell {
    let site = context.labels.site(resource.site);
    // tokio gives no place for those inside of others.
    Cell::clean(site.filter(|site| !site.file.is_empty()))
}
