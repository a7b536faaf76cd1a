//! The stream behind one task's details.

use loiter_model::{Distribution, Nanos, State, Task};
use loiter_wire::console::{Id, TaskDetails, task_details::PollTimesHistogram};
use tokio::{sync::mpsc, time::Instant};
use tonic::Status;

use super::{
    super::{client, pace::Pace, watch_task::Watched},
    histogram,
    message::Calendar,
    tempo::Tempo,
};
use crate::agent::Core;

/// Shows the task at once and then at its pace, until its end or the client's. A pause keeps the
/// updates back; what happens is recorded all the same.
pub(super) async fn feed(
    mut watched: Watched,
    core: &Core,
    tempo: &Tempo,
    pace: &Pace,
    updates: &mpsc::Sender<Result<TaskDetails, Status>>,
) {
    let calendar = Calendar {
        started_unix: core.table.clock().started_unix(),
    };
    let before = Before::of(watched.task());
    loop {
        let Ok(room) = updates.reserve().await else {
            return;
        };
        if !tempo.is_paused() {
            let detail = watched.detail();
            let of_all = |known: &Distribution, watched: &Distribution| {
                let mut all = known.clone();
                all.merge(watched);
                histogram::encode(&all)
            };
            let poll = of_all(&before.poll, &detail.poll);
            room.send(Ok(TaskDetails {
                task_id: Some(Id {
                    id: detail.task.seq.get(),
                }),
                now: Some(calendar.timestamp(detail.at)),
                poll_times_histogram: Some(PollTimesHistogram::Histogram(poll)),
                scheduled_times_histogram: Some(of_all(&before.scheduled, &detail.scheduled)),
            }));
            if detail.task.state == State::Ended {
                return;
            }
        }
        let deadline = Instant::now() + pace.after(Nanos::ZERO);
        let taken = client::while_there(updates, watched.take_until(deadline)).await;
        if taken.is_none() {
            return;
        }
    }
}

/// Polls and waits of a task from before somebody looked: a slot keeps their sum and the longest
/// poll, from which the first two polls and the first wait can be told exactly. Most tasks that
/// stand around have had no more.
#[derive(Default)]
struct Before {
    poll: Distribution,
    scheduled: Distribution,
}

impl Before {
    fn of(task: &Task) -> Self {
        let mut before = Self::default();
        let under_way = u64::from(task.state == State::Running);
        let (polls, busy) = match task.state {
            State::Running => (task.polls - 1, task.busy.saturating_sub(task.in_state)),
            _ => (task.polls, task.busy),
        };
        match polls {
            1 => before.poll.record(busy),
            // The poll under way may be the longest.
            2 if under_way == 0 => {
                before.poll.record(task.longest_poll);
                before.poll.record(busy.saturating_sub(task.longest_poll));
            }
            _ => {}
        }
        if polls + under_way == 1 {
            let waited = match task.state {
                State::Scheduled => task.scheduled.saturating_sub(task.in_state),
                _ => task.scheduled,
            };
            before.scheduled.record(waited);
        }
        before
    }
}

#[cfg(test)]
mod tests {
    use super::{super::figures::tests, *};

    fn counts(task: &Task) -> (u64, u64) {
        let before = Before::of(task);
        (before.poll.count(), before.scheduled.count())
    }

    #[test]
    fn only_what_is_known_of_the_time_before_is_told() {
        let polled = |polls, state| Task {
            polls,
            ..tests::task(1, state, 10)
        };
        assert_eq!(counts(&polled(0, State::Scheduled)), (0, 0));
        assert_eq!(counts(&polled(1, State::Running)), (0, 1));
        assert_eq!(counts(&polled(1, State::Idle)), (1, 1));
        assert_eq!(counts(&polled(2, State::Running)), (1, 0));
        assert_eq!(counts(&polled(2, State::Idle)), (2, 0));
        assert_eq!(counts(&polled(3, State::Idle)), (0, 0));
    }
}
