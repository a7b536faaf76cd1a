//! Which findings are new to the user.

use std::collections::HashMap;

use loiter_model::{
    finding::{Certainty, FindingKey, Headline},
    fleet::{Fleet, InstanceId, News},
};

use crate::{fleet, ui::text};

/// What the user may know already, by target.
#[derive(Default)]
pub(super) struct Told(HashMap<InstanceId, HashMap<FindingKey, Certainty>>);

impl Told {
    /// The worst of what is proved or suspected of a target now and was not before, in one line.
    /// What a target has when it is first heard of is seen and needs no telling.
    pub(super) fn news(&mut self, message: &fleet::Message, fleet: &Fleet) -> Option<String> {
        let fleet::Message::News { id, news, .. } = message else {
            return None;
        };
        match news {
            // Another process may be there, with other numbers for its sites.
            News::Target(_) => {
                self.0.remove(id);
                None
            }
            News::Findings(update) => {
                let is_first = !self.0.contains_key(id);
                let told = self.0.entry(*id).or_default();
                let sure = update.findings.iter();
                let sure = sure.filter(|finding| finding.certainty >= Certainty::Suspected);
                let new: Vec<_> = sure
                    .filter(|finding| {
                        let before = told.get(&finding.key()).copied();
                        let is_new = before < Some(finding.certainty);
                        if is_new {
                            told.insert(finding.key(), finding.certainty);
                        }
                        is_new
                    })
                    .collect();
                let first = new.first().filter(|_| !is_first)?;
                let headline = Headline {
                    finding: first,
                    labels: &update.labels,
                    at: update.overview.at,
                };
                let name = fleet.instance(*id).map_or("", |instance| instance.name());
                let more = match new.len() - 1 {
                    0 => String::new(),
                    more => format!(" (and {more} more)"),
                };
                let words = format!("{name}: {headline}{more}");
                Some(text::clean(&words).into_owned())
            }
            _ => None,
        }
    }
}
