//! Who is in which place. Pure: what happens is told in the order in which it does.

use std::collections::{BTreeMap, BTreeSet};

use super::Limits;

/// Which connection, in the order in which they came.
pub(super) type Number = u64;

/// Every connection, and who leaves first.
#[derive(Debug)]
pub(super) struct Book {
    limits: Limits,
    /// How much has happened: what happened earlier has the smaller number.
    happened: u64,
    /// Those who have not said a word yet.
    silent: BTreeSet<Number>,
    /// Those who have said something, but have asked for nothing yet.
    greeting: BTreeSet<Number>,
    /// What is under way for those who have asked: at what time the last of it ended, if nothing
    /// is.
    guests: BTreeMap<Number, Standing>,
    /// Those for whom nothing is under way, by when that began.
    idle: BTreeSet<(u64, Number)>,
}

#[derive(Clone, Copy, Debug)]
enum Standing {
    UnderWay(u32),
    Idle { since: u64 },
}

/// There is no room for one more who asks for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Full {
    pub(super) guests: usize,
}

impl Book {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            happened: 0,
            silent: BTreeSet::new(),
            greeting: BTreeSet::new(),
            guests: BTreeMap::new(),
            idle: BTreeSet::new(),
        }
    }

    /// Somebody comes: the number, and who has to leave for it.
    pub(super) fn enter(&mut self) -> (Number, Option<Number>) {
        let strangers = self.silent.len() + self.greeting.len();
        let is_full = strangers + self.guests.len() >= self.limits.strangers + self.limits.guests;
        let leaves = is_full
            .then(|| {
                self.silent
                    .pop_first()
                    .or_else(|| self.greeting.pop_first())
            })
            .flatten();
        let number = self.now();
        self.silent.insert(number);
        (number, leaves)
    }

    /// It has said something.
    pub(super) fn speak(&mut self, number: Number) {
        if self.silent.remove(&number) {
            self.greeting.insert(number);
        }
    }

    /// It asks for something: who has to leave for that.
    pub(super) fn ask(&mut self, number: Number) -> Result<Option<Number>, Full> {
        match self.guests.get_mut(&number) {
            Some(Standing::UnderWay(count)) => {
                *count += 1;
                return Ok(None);
            }
            Some(standing @ Standing::Idle { .. }) => {
                if let Standing::Idle { since } = *standing {
                    self.idle.remove(&(since, number));
                }
                *standing = Standing::UnderWay(1);
                return Ok(None);
            }
            None => {}
        }
        // It may have been told to leave a moment ago.
        if !self.is_stranger(number) {
            return Err(self.full());
        }
        let mut leaves = None;
        if self.guests.len() >= self.limits.guests {
            let (_, idle) = self.idle.pop_first().ok_or(self.full())?;
            self.guests.remove(&idle);
            leaves = Some(idle);
        }
        self.silent.remove(&number);
        self.greeting.remove(&number);
        self.guests.insert(number, Standing::UnderWay(1));
        Ok(leaves)
    }

    /// Something that it [asked](Self::ask) for is over.
    pub(super) fn answered(&mut self, number: Number) {
        let now = self.now();
        match self.guests.get_mut(&number) {
            Some(standing @ Standing::UnderWay(1)) => {
                *standing = Standing::Idle { since: now };
                self.idle.insert((now, number));
            }
            Some(Standing::UnderWay(count)) => *count -= 1,
            Some(Standing::Idle { .. }) | None => {}
        }
    }

    /// It is gone.
    pub(super) fn leave(&mut self, number: Number) {
        self.silent.remove(&number);
        self.greeting.remove(&number);
        if let Some(Standing::Idle { since }) = self.guests.remove(&number) {
            self.idle.remove(&(since, number));
        }
    }

    fn is_stranger(&self, number: Number) -> bool {
        self.silent.contains(&number) || self.greeting.contains(&number)
    }

    fn full(&self) -> Full {
        Full {
            guests: self.limits.guests,
        }
    }

    fn now(&mut self) -> u64 {
        self.happened += 1;
        self.happened
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn book(strangers: usize, guests: usize) -> Book {
        Book::new(Limits { strangers, guests })
    }

    fn enter(book: &mut Book) -> Number {
        let (number, leaves) = book.enter();
        assert_eq!(leaves, None);
        number
    }

    #[test]
    fn a_flood_of_connections_pushes_out_itself() {
        let mut book = book(2, 2);
        let watching = enter(&mut book);
        assert_eq!(book.ask(watching), Ok(None));
        let greeting = enter(&mut book);
        book.speak(greeting);
        let mut last = enter(&mut book);
        assert_eq!(book.enter().1, None, "one is left");
        assert_eq!(book.enter().1, Some(last));
        last += 1;
        for _ in 0..100 {
            assert_eq!(book.enter().1, Some(last));
            last += 1;
        }
        assert_eq!(book.ask(greeting), Ok(None));
        // Whoever was told to leave has no place to ask from.
        assert_eq!(book.ask(last - 1), Err(Full { guests: 2 }));
    }

    #[test]
    fn whoever_greets_leaves_before_whoever_asked() {
        let mut book = book(1, 1);
        let watching = enter(&mut book);
        assert_eq!(book.ask(watching), Ok(None));
        let greeting = enter(&mut book);
        book.speak(greeting);
        assert_eq!(book.enter().1, Some(greeting));
    }

    #[test]
    fn only_who_has_nothing_under_way_leaves_for_who_asks() {
        let mut book = book(8, 2);
        let [first, second, third] = [(); 3].map(|()| enter(&mut book));
        assert_eq!(book.ask(first), Ok(None));
        assert_eq!(book.ask(first), Ok(None));
        assert_eq!(book.ask(second), Ok(None));
        book.answered(first);
        assert_eq!(book.ask(third), Err(Full { guests: 2 }));
        book.answered(second);
        book.answered(first);
        assert_eq!(book.ask(third), Ok(Some(second)), "idle for longest");
        assert_eq!(book.ask(first), Ok(None), "it is there still");
        let fourth = enter(&mut book);
        assert_eq!(book.ask(fourth), Err(Full { guests: 2 }));
        book.leave(third);
        assert_eq!(book.ask(fourth), Ok(None));
    }

    proptest! {
        /// Whatever happens in whatever order, the limits hold and nobody leaves who has something
        /// under way.
        #[test]
        fn the_limits_hold(acts in prop::collection::vec((0..5_u8, 0..12_u64), 0..300)) {
            let mut book = book(3, 4);
            let mut under_way = BTreeMap::<Number, u32>::new();
            for (act, number) in acts {
                let mut leaves = None;
                match act {
                    0 => leaves = book.enter().1,
                    1 => book.speak(number),
                    2 => if let Ok(left) = book.ask(number) {
                        leaves = left;
                        *under_way.entry(number).or_default() += 1;
                    },
                    3 => {
                        book.answered(number);
                        if let Some(count) = under_way.get_mut(&number) {
                            *count = count.saturating_sub(1);
                        }
                    }
                    _ => {
                        book.leave(number);
                        under_way.remove(&number);
                    }
                }
                if let Some(left) = leaves {
                    prop_assert_eq!(under_way.remove(&left).unwrap_or(0), 0);
                }
                let strangers = book.silent.len() + book.greeting.len();
                prop_assert!(strangers + book.guests.len() <= 7);
                prop_assert!(book.guests.len() <= 4);
                let idle = book.guests.values();
                let idle = idle.filter(|standing| matches!(standing, Standing::Idle { .. }));
                prop_assert_eq!(idle.count(), book.idle.len());
            }
        }
    }
}
