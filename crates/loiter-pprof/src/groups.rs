//! Equal tasks, counted.

use std::{collections::HashMap, sync::Arc};

use loiter_model::{Kind, NameId, Nanos, Site, SiteId, State, Task, Wait, WaitId, query::Labels};

use crate::Subject;

/// The tasks of one program at one instant, equal ones together.
#[derive(Clone, Debug)]
pub struct TaskProfile {
    pub(crate) subject: Subject,
    keys: HashMap<Key, usize>,
    groups: Vec<Group>,
}

/// What equal tasks have in common.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Key {
    kind: Kind,
    state: State,
    site: SiteId,
    wait: Option<WaitId>,
    scope: Option<NameId>,
}

/// Equal tasks.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// How they came to be.
    pub kind: Kind,
    /// What they are doing.
    pub state: State,
    /// Where they were spawned, where that is known still.
    pub site: Option<Arc<Site>>,
    /// What they wait on, where that was captured.
    pub wait: Option<Arc<Wait>>,
    /// The scope that they were spawned in.
    pub scope: Option<Arc<str>>,
    /// How many they are.
    pub count: u64,
    /// How long they have been idle, added up.
    pub idle: Nanos,
    /// The longest of them in this state.
    pub oldest: Nanos,
}

impl TaskProfile {
    /// Of no task.
    #[must_use]
    pub fn new(subject: Subject) -> Self {
        Self {
            subject,
            keys: HashMap::new(),
            groups: Vec::new(),
        }
    }

    /// Adds a task; an ended one is none any more and changes nothing.
    pub fn add(&mut self, task: &Task, labels: &impl Labels) {
        if task.state == State::Ended {
            return;
        }
        let key = Key {
            kind: task.kind,
            state: task.state,
            site: task.site,
            wait: task.wait,
            scope: task.scope,
        };
        let groups = &mut self.groups;
        let index = *self.keys.entry(key).or_insert_with(|| {
            groups.push(Group {
                kind: task.kind,
                state: task.state,
                site: labels.site(task.site),
                wait: task.wait.and_then(|id| labels.wait(id)),
                scope: task.scope.and_then(|id| labels.name(id)),
                count: 0,
                idle: Nanos::ZERO,
                oldest: Nanos::ZERO,
            });
            groups.len() - 1
        });
        let group = &mut groups[index];
        group.count += 1;
        group.idle = group
            .idle
            .saturating_add(task.idle().unwrap_or(Nanos::ZERO));
        group.oldest = group.oldest.max(task.in_state);
    }

    /// How many tasks it has.
    #[must_use]
    pub fn tasks(&self) -> u64 {
        self.groups.iter().map(|group| group.count).sum()
    }

    /// The largest group first; equal ones as they came.
    #[must_use]
    pub fn groups(&self) -> Vec<&Group> {
        let mut groups: Vec<_> = self.groups.iter().collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.count));
        groups
    }
}

impl Group {
    /// What a goroutine's header has in brackets: what it waits on, or its state.
    pub(crate) fn reason(&self) -> &'static str {
        match (&self.wait, self.state) {
            (Some(wait), State::Idle) => wait.kind.name(),
            (_, state) => state.name(),
        }
    }

    /// The labels of a sample.
    pub(crate) fn labels(&self) -> Vec<(&'static str, String)> {
        let mut labels = vec![
            ("kind", self.kind.name().to_owned()),
            ("state", self.state.name().to_owned()),
        ];
        if let Some(site) = &self.site {
            labels.push(("site", site.to_string()));
        }
        if let Some(wait) = &self.wait {
            labels.push(("wait", wait.kind.name().to_owned()));
        }
        if let Some(scope) = &self.scope {
            labels.push(("scope", scope.to_string()));
        }
        labels
    }
}
