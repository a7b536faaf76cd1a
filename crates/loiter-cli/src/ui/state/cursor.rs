//! Which row is selected and which one is at the top, by number: most rows are not here.

/// A place among rows of which only a window is known.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<K> {
    row: u64,
    top: u64,
    follow: Follow<K>,
}

/// Where the selection goes when the rows change places.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Follow<K> {
    /// It stays in the first row, whatever comes there.
    Top,
    /// It stays in the last row.
    Bottom,
    /// It goes with this row.
    Key(K),
    /// It goes to this row as soon as that is known.
    Wanted(K),
    /// It stays, and goes with the row that it then turns out to be on.
    Place,
}

impl<K> Default for Cursor<K> {
    fn default() -> Self {
        Self {
            row: 0,
            top: 0,
            follow: Follow::Top,
        }
    }
}

/// The rows that are known: the first of `keys` is row number `offset` of `total`.
pub(crate) struct Known<I> {
    pub(crate) offset: u64,
    pub(crate) keys: I,
    pub(crate) total: u64,
}

impl<K: Clone + Eq> Cursor<K> {
    /// The number of the selected row.
    pub(crate) fn row(&self) -> u64 {
        self.row
    }

    /// The number of the first row on the screen.
    pub(crate) fn top(&self) -> u64 {
        self.top
    }

    /// Selects row `row` of `total` and scrolls as little as it takes to see it.
    pub(crate) fn go_to(&mut self, row: u64, total: u64, height: u64) {
        self.row = row.min(total.saturating_sub(1));
        self.follow = Follow::Place;
        self.reveal(total, height);
    }

    pub(crate) fn go_to_top(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn go_to_bottom(&mut self, total: u64, height: u64) {
        self.row = total.saturating_sub(1);
        self.follow = Follow::Bottom;
        self.reveal(total, height);
    }

    /// Moves the rows under the selection, which moves along only to stay on the screen.
    pub(crate) fn scroll_to(&mut self, top: u64, total: u64, height: u64) {
        let height = height.max(1);
        self.top = top.min(total.saturating_sub(height));
        let last = (self.top + height - 1).min(total.saturating_sub(1));
        let row = self.row.clamp(self.top.min(last), last);
        if row != self.row {
            self.row = row;
            self.follow = Follow::Place;
        }
    }

    /// Takes note that the row selected by its place is this one.
    pub(crate) fn adopt(&mut self, key: Option<K>) {
        if let (Follow::Place, Some(key)) = (&self.follow, key) {
            self.follow = Follow::Key(key);
        }
    }

    /// Selects the row of this key, now or when it comes.
    pub(crate) fn want(&mut self, key: K) {
        self.follow = Follow::Wanted(key);
    }

    /// Goes where the selection belongs now that the rows have changed.
    pub(crate) fn rows_changed<I>(&mut self, mut known: Known<I>, height: u64)
    where
        I: Iterator<Item = K>,
    {
        let total = known.total;
        match &self.follow {
            Follow::Top => *self = Self::default(),
            Follow::Bottom => self.row = total.saturating_sub(1),
            Follow::Key(key) => match known.keys.position(|other| other == *key) {
                Some(index) => self.row = known.offset + index as u64,
                // Ended, filtered out, or too far away to be known: stay with the place.
                None => self.follow = Follow::Place,
            },
            Follow::Wanted(key) => {
                if let Some(index) = known.keys.position(|other| other == *key) {
                    self.row = known.offset + index as u64;
                    self.follow = Follow::Key(key.clone());
                }
            }
            Follow::Place => {}
        }
        self.row = self.row.min(total.saturating_sub(1));
        self.reveal(total, height);
    }

    /// Scrolls so that the selection is on the screen and the screen is full.
    pub(crate) fn reveal(&mut self, total: u64, height: u64) {
        let height = height.max(1);
        let lowest = (self.row + 1).saturating_sub(height);
        self.top = self.top.clamp(lowest, self.row);
        self.top = self.top.min(total.saturating_sub(height));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn change(cursor: &mut Cursor<u32>, offset: u64, keys: &[u32], total: u64) {
        let keys = keys.iter().copied();
        cursor.rows_changed(
            Known {
                offset,
                keys,
                total,
            },
            10,
        );
    }

    #[test]
    fn at_first_the_selection_stays_at_the_top() {
        let mut cursor = Cursor::default();
        change(&mut cursor, 0, &[1, 2, 3], 3);
        change(&mut cursor, 0, &[3, 1, 2], 3);
        assert_eq!(cursor.row(), 0);
    }

    #[test]
    fn a_selected_row_is_followed_and_stays_on_the_screen() {
        let mut cursor = Cursor::default();
        cursor.go_to(1, 1000, 10);
        cursor.adopt(Some(2));
        change(&mut cursor, 0, &[9, 8, 7, 1, 2], 1000);
        assert_eq!((cursor.row(), cursor.top()), (4, 0));
        change(&mut cursor, 20, &[1, 2], 1000);
        assert_eq!((cursor.row(), cursor.top()), (21, 12));
    }

    #[test]
    fn a_row_that_is_wanted_is_selected_when_it_comes() {
        let mut cursor = Cursor::default();
        cursor.want(7);
        change(&mut cursor, 0, &[1, 2, 3], 3);
        assert_eq!(cursor.row(), 0);
        change(&mut cursor, 0, &[1, 7, 2, 3], 4);
        assert_eq!(cursor.row(), 1);
        change(&mut cursor, 0, &[7, 1, 2, 3], 4);
        assert_eq!(cursor.row(), 0);
        // Whoever moves meanwhile wants something else.
        cursor.want(8);
        cursor.go_to(3, 4, 10);
        cursor.adopt(Some(3));
        change(&mut cursor, 0, &[8, 1, 2, 3], 4);
        assert_eq!(cursor.row(), 3);
    }

    #[test]
    fn a_row_that_is_gone_leaves_the_selection_in_its_place() {
        let mut cursor = Cursor::default();
        cursor.go_to(2, 5, 10);
        cursor.adopt(Some(3));
        change(&mut cursor, 0, &[1, 2, 4, 5], 4);
        assert_eq!(cursor.row(), 2);
        cursor.adopt(Some(4));
        change(&mut cursor, 0, &[4, 1, 2, 5], 4);
        assert_eq!(cursor.row(), 0);
    }

    #[test]
    fn the_bottom_stays_the_bottom() {
        let mut cursor = Cursor::<u32>::default();
        cursor.go_to_bottom(1_000_000, 10);
        assert_eq!((cursor.row(), cursor.top()), (999_999, 999_990));
        change(&mut cursor, 0, &[], 20);
        assert_eq!((cursor.row(), cursor.top()), (19, 10));
    }

    #[test]
    fn scrolling_takes_the_selection_along_only_at_the_edge() {
        let mut cursor = Cursor::<u32>::default();
        cursor.go_to(5, 100, 10);
        cursor.scroll_to(3, 100, 10);
        assert_eq!(cursor.row(), 5);
        cursor.scroll_to(50, 100, 10);
        assert_eq!(cursor.row(), 50);
        cursor.scroll_to(1000, 100, 10);
        assert_eq!(cursor.top(), 90);
    }

    proptest! {
        #[test]
        fn the_selection_is_on_the_screen(
            moves in proptest::collection::vec((0u8..5, 0u64..200, 0u64..100, 0u64..30), 0..20)
        ) {
            let mut cursor = Cursor::<u32>::default();
            for (kind, to, total, height) in moves {
                match kind {
                    0 => cursor.go_to(to, total, height),
                    1 => cursor.go_to_top(),
                    2 => cursor.go_to_bottom(total, height),
                    3 => cursor.scroll_to(to, total, height),
                    _ => {
                        let keys = std::iter::empty();
                        cursor.rows_changed(Known { offset: 0, keys, total }, height);
                    }
                }
                prop_assert!(cursor.top() <= cursor.row());
                prop_assert!(cursor.row() < cursor.top() + height.max(1));
                prop_assert!(total == 0 || cursor.row() < total || kind == 1);
            }
        }
    }
}
