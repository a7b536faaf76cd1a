//! What was told and is not written yet, because something earlier may still come: answers and
//! events reach a recorder on ways of their own.

use std::{collections::VecDeque, sync::Arc};

use loiter_model::{
    Nanos,
    update::{Description, Event, EventBatch},
};

use crate::{Entry, labels::Numbers};

/// An event and what was told beside it.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) event: Event,
    pub(crate) beside: Option<Box<Beside>>,
}

#[derive(Debug)]
pub(crate) struct Beside {
    pub(crate) description: Description,
    pub(crate) name: Option<Arc<str>>,
    pub(crate) scope: Option<Arc<str>>,
}

/// Events and everything else, each in the order of time.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    events: VecDeque<Told>,
    facts: VecDeque<Entry>,
}

/// What comes next.
pub(crate) enum Next {
    Event(Told),
    Fact(Box<Entry>),
}

impl Waiting {
    pub(crate) fn events(&mut self, batch: EventBatch, numbers: &mut Numbers) {
        let EventBatch {
            events,
            descriptions,
            labels,
            // Kept elsewhere, as are those that were lost.
            waits: _,
            lost: _,
        } = batch;
        let name = |id: Option<_>| id.and_then(|id| labels.names.get(&id)).cloned();
        let mut descriptions = descriptions.into_iter();
        self.events.extend(events.into_iter().map(|event| {
            let description = match event.kind.has_description() {
                true => descriptions.next(),
                false => None,
            };
            let beside = description.map(|mut description| {
                let (name, scope) = (name(description.name), name(description.scope));
                numbers.describe(&mut description, &labels);
                Box::new(Beside {
                    description,
                    name,
                    scope,
                })
            });
            Told { event, beside }
        }));
    }

    pub(crate) fn fact(&mut self, entry: Entry) {
        self.facts.push_back(entry);
    }

    /// Brings all of it into order, before [`next`](Self::next).
    pub(crate) fn sort(&mut self) {
        // Both come nearly in order, which makes this one look at each.
        let events = self.events.make_contiguous();
        if !events.is_sorted_by_key(|told| told.event.at) {
            events.sort_by_key(|told| told.event.at);
        }
        self.facts.make_contiguous().sort_by_key(Entry::at);
    }

    /// The first of all, if it was not after `until`. At one time, events come before the rest.
    pub(crate) fn next(&mut self, until: Nanos) -> Option<Next> {
        let event = self.events.front().map(|told| told.event.at);
        let fact = self.facts.front().map(Entry::at);
        match (event, fact) {
            (Some(event), fact) if event <= until && fact.is_none_or(|fact| event <= fact) => {
                self.events.pop_front().map(Next::Event)
            }
            (_, Some(fact)) if fact <= until => {
                self.facts.pop_front().map(Box::new).map(Next::Fact)
            }
            _ => None,
        }
    }
}
