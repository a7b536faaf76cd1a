//! What has changed between two answers of a target that tells no events.

use std::collections::HashMap;

use loiter_model::{
    Nanos, Task, TaskSeq,
    update::{LabelSet, TasksUpdate},
};

/// The tasks as they were last told.
#[derive(Debug, Default)]
pub(super) struct Changes {
    known: HashMap<TaskSeq, Task>,
    at: Nanos,
}

impl Changes {
    /// Leaves only those tasks that are not as one would expect, had nothing happened to them.
    pub(super) fn only(&mut self, mut update: TasksUpdate) -> TasksUpdate {
        let at = update.overview.at;
        let elapsed = at.saturating_sub(self.at);
        let known: HashMap<_, _> = update.tasks.iter().map(|task| (task.seq, *task)).collect();
        update.tasks.retain(|task| {
            let expected = self.known.get(&task.seq).map(|known| known.after(elapsed));
            expected != Some(*task)
        });
        update.labels = LabelSet::of(&update.tasks, &update.labels);
        self.known = known;
        self.at = at;
        update
    }
}

#[cfg(test)]
mod tests {
    use loiter_model::{
        SiteId,
        picture::{Picture, PictureLimits},
        query::{Filter, Query, Sort, TaskColumn, Window},
        update::{Event, EventKind, Overview},
    };

    use super::*;

    /// Three that have just been spawned.
    fn tasks() -> Vec<Task> {
        let mut picture = Picture::new(PictureLimits::default());
        for task in (1..=3).filter_map(TaskSeq::new) {
            let kind = EventKind::Spawn {
                site: SiteId(0),
                parent: None,
            };
            let at = Nanos(90);
            picture.apply(&Event { at, task, kind });
        }
        let everything = Query {
            filter: Filter::default(),
            sort: Sort::by(TaskColumn::Seq),
            window: Window {
                offset: 0,
                limit: 10,
            },
            thresholds: Default::default(),
        };
        picture.tasks(&everything).tasks
    }

    fn at(at: u64, tasks: Vec<Task>) -> TasksUpdate {
        TasksUpdate {
            overview: Overview {
                at: Nanos(at),
                ..Overview::default()
            },
            tasks,
            ..TasksUpdate::default()
        }
    }

    #[test]
    fn what_only_went_on_is_left_out() {
        let mut changes = Changes::default();
        let first = tasks();
        let told = changes.only(at(100, first.clone()));
        assert_eq!(told.tasks, first, "all is new");

        let later = |elapsed| -> Vec<Task> {
            first
                .iter()
                .map(|task| task.after(Nanos(elapsed)))
                .collect()
        };
        assert!(changes.only(at(150, later(50))).tasks.is_empty());
        let mut woken = later(60);
        woken[1].wakes += 1;
        let told = changes.only(at(160, woken.clone()));
        assert_eq!(told.tasks, [woken[1]]);
    }
}
