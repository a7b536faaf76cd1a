//! How wide columns are: depends on the terminal and the choice of columns, never on the rows,
//! so that nothing jumps and a click can be traced back to its column.

use super::{ColumnSpec, Row};

/// Cells between two columns.
const GAP: u16 = 1;

/// A column with its place in the table.
pub(crate) struct Placed<R: Row> {
    pub(crate) spec: &'static ColumnSpec<R>,
    /// From the table's left edge.
    pub(crate) x: u16,
    pub(crate) width: u16,
}

/// Places the columns to show in `width` cells. Where they do not fit, those go first that
/// matter least, and the one that rows are sorted by last.
pub(crate) fn place<R: Row>(shown: &[R::Column], sort: R::Column, width: u16) -> Vec<Placed<R>> {
    let mut specs: Vec<&'static ColumnSpec<R>> = R::COLUMNS
        .iter()
        .filter(|spec| shown.contains(&spec.column))
        .collect();
    drop_what_does_not_fit(&mut specs, sort, width);
    let widths = share_out(&specs, width);
    let mut x = 0;
    let mut placed = Vec::with_capacity(specs.len());
    for (spec, width) in specs.into_iter().zip(widths) {
        placed.push(Placed { spec, x, width });
        x += width + GAP;
    }
    placed
}

fn gaps(columns: usize) -> u16 {
    u16::try_from(columns.saturating_sub(1)).unwrap_or(u16::MAX) * GAP
}

fn drop_what_does_not_fit<R: Row>(
    specs: &mut Vec<&'static ColumnSpec<R>>,
    sort: R::Column,
    width: u16,
) {
    loop {
        let needed = gaps(specs.len()) + specs.iter().map(|spec| spec.min).sum::<u16>();
        if needed <= width || specs.len() <= 1 {
            return;
        }
        let least = specs
            .iter()
            .enumerate()
            .filter(|(_, spec)| spec.column != sort)
            .min_by_key(|(_, spec)| spec.keep);
        let Some((index, _)) = least else { return };
        specs.remove(index);
    }
}

/// Gives every column its least width, then its ideal one, those first that matter most, then
/// its share of the rest.
fn share_out<R: Row>(specs: &[&'static ColumnSpec<R>], width: u16) -> Vec<u16> {
    let mut left = width.saturating_sub(gaps(specs.len()));
    let mut widths: Vec<u16> = Vec::with_capacity(specs.len());
    for spec in specs {
        let cells = spec.min.min(left);
        left -= cells;
        widths.push(cells);
    }
    let mut by_weight: Vec<_> = specs.iter().zip(&mut widths).collect();
    by_weight.sort_by_key(|(spec, _)| std::cmp::Reverse(spec.keep));
    for (spec, width) in by_weight {
        let more = spec.ideal.saturating_sub(*width).min(left);
        *width += more;
        left -= more;
    }
    let shares: u16 = specs.iter().map(|spec| spec.slack).sum();
    if shares == 0 {
        return widths;
    }
    let rest = left;
    for (spec, width) in specs.iter().zip(&mut widths) {
        let more = u32::from(rest) * u32::from(spec.slack) / u32::from(shares);
        let more = u16::try_from(more).unwrap_or(0);
        *width += more;
        left -= more;
    }
    // What rounding left over.
    if let Some(last) = specs.iter().rposition(|spec| spec.slack > 0) {
        widths[last] += left;
    }
    widths
}

#[cfg(test)]
mod tests {
    use loiter_model::{
        Task,
        query::{Column, TaskColumn},
    };
    use proptest::prelude::*;

    use super::{super::shown_at_first, *};

    fn names(placed: &[Placed<Task>]) -> Vec<&'static str> {
        placed.iter().map(|p| p.spec.column.name()).collect()
    }

    #[test]
    fn a_usual_terminal_shows_what_matters() {
        let placed = place::<Task>(&shown_at_first::<Task>(), TaskColumn::Idle, 80);
        for name in [
            "warn", "seq", "name", "state", "idle", "busy", "total", "site",
        ] {
            assert!(
                names(&placed).contains(&name),
                "{name} of {:?}",
                names(&placed)
            );
        }
    }

    #[test]
    fn a_wide_terminal_shows_all_and_gives_the_rest_to_words() {
        let shown = shown_at_first::<Task>();
        let placed = place::<Task>(&shown, TaskColumn::Idle, 200);
        assert_eq!(placed.len(), shown.len());
        let last = placed.last().expect("there are columns");
        assert_eq!(last.x + last.width, 200);
    }

    #[test]
    fn the_sort_column_goes_last() {
        let placed = place::<Task>(TaskColumn::ALL, TaskColumn::Fields, 8);
        assert_eq!(names(&placed), ["fields"]);
    }

    proptest! {
        #[test]
        fn columns_never_leave_the_table(width in 0u16..400, sort in 0..TaskColumn::ALL.len()) {
            let placed = place::<Task>(TaskColumn::ALL, TaskColumn::ALL[sort], width);
            for column in &placed {
                prop_assert!(column.x + column.width <= width);
            }
        }
    }
}
