//! The columns of the tables over many targets.

mod finding;
mod site;
mod target;

pub(super) use finding::FindingRow;
pub(super) use site::SiteRow;
pub(super) use target::{Health, TargetRow, whole_seconds, worst};

use crate::ui::{
    columns::{Cell, Context},
    text::{self, Elide},
    theme::Role,
};

/// A count, in a colour where its being there is the news.
fn count(count: u64, role: Option<Role>) -> Cell {
    match count {
        0 => Cell::with("0", Some(Role::Faint)),
        count => Cell::with(text::count(count), role),
    }
}

/// Most tasks in one target, and in which: of its name the end says most.
fn most(count: u64, target: &str, context: &Context<'_>) -> Cell {
    let count = format!("{:>6} ", text::count(count));
    let room = context.width.saturating_sub(text::width(&count));
    let ellipsis = context.theme.glyphs().ellipsis;
    let target = text::clean(target);
    let target = text::fit(&target, room, Elide::Start, ellipsis);
    Cell::of(count + &target)
}

#[cfg(test)]
mod tests {
    use loiter_model::query::Column;

    use super::*;
    use crate::ui::columns::Row;

    fn fits_the_model<R: Row>() {
        let here: Vec<_> = R::COLUMNS.iter().map(|spec| spec.column).collect();
        assert_eq!(here, R::Column::ALL);
        for spec in R::COLUMNS {
            let title = spec.column.title();
            assert!(
                text::width(title) <= spec.min,
                "{title} is wider than its column"
            );
            assert!(spec.min <= spec.ideal, "{title}");
        }
    }

    #[test]
    fn the_tables_agree_with_the_model() {
        fits_the_model::<TargetRow>();
        fits_the_model::<SiteRow>();
        fits_the_model::<FindingRow>();
    }
}
