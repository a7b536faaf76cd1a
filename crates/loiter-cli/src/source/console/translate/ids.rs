//! Numbers of our own for what the other side names by tracing's span ids, which it uses again.

use std::collections::{HashMap, VecDeque};

use console_api::Id;

use super::time::Instant;

/// Ended ones that are remembered, as they may be told of once more.
const ENDED: usize = 1 << 14;
/// Alive ones that are kept.
const MOST: usize = 1 << 22;

/// Something with a span.
#[derive(Debug)]
struct Known<T> {
    created: Option<Instant>,
    has_ended: bool,
    value: T,
}

/// What is known, by the ids of spans.
#[derive(Debug)]
pub(super) struct Ids<T> {
    known: HashMap<u64, Known<T>>,
    /// Those of the connection before, until the first message of this one was read.
    former: HashMap<u64, Known<T>>,
    /// Ids of those that have ended, the oldest first.
    ended: VecDeque<u64>,
}

impl<T> Default for Ids<T> {
    fn default() -> Self {
        Self {
            known: HashMap::new(),
            former: HashMap::new(),
            ended: VecDeque::new(),
        }
    }
}

/// What a span that is told as new is.
pub(super) enum Admitted<T> {
    /// New; and what had the id before, if that was not told to have ended.
    New { replaced: Option<T> },
    /// Told before.
    Known,
    /// There is no room for more.
    Full,
}

/// Something that is told as new.
#[derive(Clone, Copy, Debug)]
pub(super) struct Birth {
    pub(super) id: u64,
    /// When it was made, if that is told with it.
    pub(super) told: Option<Instant>,
    /// The same; of what is told without a time, when it was heard of.
    pub(super) at: Instant,
}

/// What is told as new, in the order in which it was made: it comes in none. What has no id is left
/// out, and what is told without a time was made `now`.
pub(super) fn by_birth<T>(
    new: &[T],
    id: impl Fn(&T) -> Option<Id>,
    created: impl Fn(u64) -> Option<Instant>,
    now: Instant,
) -> Vec<(Birth, &T)> {
    let mut births: Vec<_> = new
        .iter()
        .filter_map(|it| {
            let id = id(it)?.id;
            let told = created(id);
            let at = told.unwrap_or(now);
            Some((Birth { id, told, at }, it))
        })
        .collect();
    births.sort_by_key(|(birth, _)| (birth.at, birth.id));
    births
}

impl<T> Ids<T> {
    /// All that is known may be told anew.
    pub(super) fn begin_again(&mut self) {
        self.former = std::mem::take(&mut self.known);
        self.ended.clear();
    }

    /// Whether something that was known before the last [`begin_again`](Self::begin_again) is this
    /// one.
    pub(super) fn was_known(&self, id: u64, created: Option<Instant>) -> bool {
        let former = self.former.get(&id);
        former.is_some_and(|former| created.is_some() && former.created == created)
    }

    /// What is not told anew is gone.
    pub(super) fn forget_former(&mut self) {
        self.former = HashMap::new();
    }

    /// Takes what is told as new. `make` gets what it was on the former connection.
    pub(super) fn admit(
        &mut self,
        id: u64,
        created: Option<Instant>,
        make: impl FnOnce(Option<&T>) -> T,
    ) -> Admitted<T> {
        if let Some(known) = self.known.get(&id) {
            let is_same = match (known.created, created) {
                (Some(known), Some(created)) => known == created,
                _ => !known.has_ended,
            };
            if is_same {
                return Admitted::Known;
            }
        } else if self.known.len() >= MOST {
            return Admitted::Full;
        }
        let former = match self.was_known(id, created) {
            true => self.former.remove(&id).map(|former| former.value),
            false => None,
        };
        let new = Known {
            created,
            has_ended: false,
            value: make(former.as_ref()),
        };
        let replaced = self.known.insert(id, new);
        let replaced = replaced.filter(|it| !it.has_ended).map(|it| it.value);
        Admitted::New { replaced }
    }

    /// One that has not ended.
    pub(super) fn alive(&self, id: u64) -> Option<&T> {
        let known = self.known.get(&id)?;
        (!known.has_ended).then_some(&known.value)
    }

    /// The same, to be changed.
    pub(super) fn alive_mut(&mut self, id: u64) -> Option<&mut T> {
        let known = self.known.get_mut(&id)?;
        (!known.has_ended).then_some(&mut known.value)
    }

    /// When it was made, if that was told with it.
    pub(super) fn created(&self, id: u64) -> Option<Instant> {
        self.known.get(&id)?.created
    }

    /// Its id is free for another one.
    pub(super) fn end(&mut self, id: u64) {
        let Some(known) = self.known.get_mut(&id) else {
            return;
        };
        known.has_ended = true;
        self.ended.push_back(id);
        if self.ended.len() > ENDED
            && let Some(oldest) = self.ended.pop_front()
            && self.known.get(&oldest).is_some_and(|known| known.has_ended)
        {
            self.known.remove(&oldest);
        }
    }

    /// All that have not ended, with their ids.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        let known = self.known.iter().filter(|(_, known)| !known.has_ended);
        known.map(|(id, known)| (*id, &known.value))
    }
}

#[cfg(test)]
mod tests {
    use prost_types::Timestamp;

    use super::*;

    fn at(seconds: i64) -> Option<Instant> {
        Some(Instant::of(&Timestamp { seconds, nanos: 0 }))
    }

    fn is_new(ids: &mut Ids<u32>, id: u64, created: Option<Instant>, value: u32) -> bool {
        matches!(ids.admit(id, created, |_| value), Admitted::New { .. })
    }

    #[test]
    fn an_id_that_is_used_again_is_somebody_else() {
        let mut ids = Ids::default();
        assert!(is_new(&mut ids, 7, at(1), 10));
        assert!(!is_new(&mut ids, 7, at(1), 11), "told twice");
        assert!(
            !is_new(&mut ids, 7, None, 12),
            "nothing tells that it is another one"
        );
        match ids.admit(7, at(2), |_| 13) {
            Admitted::New { replaced } => assert_eq!(replaced, Some(10), "its end was not told"),
            _ => panic!("it is another one"),
        }
        ids.end(7);
        assert_eq!(ids.alive(7), None);
        assert!(
            !is_new(&mut ids, 7, at(2), 14),
            "told once more after its end"
        );
        assert!(is_new(&mut ids, 7, None, 15));
        assert_eq!(ids.alive(7), Some(&15));
    }

    #[test]
    fn the_same_ones_are_known_on_the_next_connection() {
        let mut ids = Ids::default();
        for id in 1..=3 {
            assert!(is_new(&mut ids, id, at(1), id as u32));
        }
        ids.begin_again();
        assert!(ids.was_known(1, at(1)) && !ids.was_known(2, at(2)) && !ids.was_known(3, None));
        let mut former = Vec::new();
        for (id, created) in [(1, at(1)), (2, at(2))] {
            ids.admit(id, created, |it| {
                former.push(it.copied());
                9
            });
        }
        assert_eq!(former, [Some(1), None]);
        ids.forget_former();
        assert!(!ids.was_known(3, at(1)));
    }

    #[test]
    fn not_all_that_ended_is_remembered() {
        let mut ids = Ids::default();
        for id in 0..2 * ENDED as u64 {
            is_new(&mut ids, id, at(1), 0);
            ids.end(id);
        }
        assert_eq!(ids.known.len(), ENDED);
    }
}
