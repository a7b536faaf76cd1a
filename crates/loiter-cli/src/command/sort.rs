//! From `--sort` and `--reverse` to an order.

use loiter_model::query::{Column, Sort};

use crate::error::Error;

/// The order by the named column, or by `default`; `reverse` turns it round.
///
/// `rows` is what the columns belong to, for the error.
///
/// # Errors
/// When these rows have no such column.
pub(crate) fn sort<C: Column>(
    name: Option<&str>,
    reverse: bool,
    default: C,
    rows: &str,
) -> Result<Sort<C>, Error> {
    let column = match name {
        None => default,
        Some(name) => C::from_name(name).ok_or_else(|| {
            let names: Vec<_> = C::ALL.iter().map(|column| column.name()).collect();
            let names = names.join(", ");
            Error::Usage(format!(
                "{rows} have no column `{name}` to sort by; use one of {names}"
            ))
        })?,
    };
    let mut sort = Sort::by(column);
    sort.descending ^= reverse;
    Ok(sort)
}

#[cfg(test)]
mod tests {
    use loiter_model::query::{SiteColumn, TaskColumn};

    use super::*;

    #[test]
    fn the_column_has_a_direction_and_reverse_turns_it() {
        let sort = |name, reverse| {
            let sort = sort(name, reverse, TaskColumn::Idle, "tasks").expect("a task column");
            (sort.column, sort.descending)
        };
        assert_eq!(sort(None, false), (TaskColumn::Idle, true));
        assert_eq!(sort(None, true), (TaskColumn::Idle, false));
        assert_eq!(sort(Some("name"), false), (TaskColumn::Name, false));
        assert_eq!(sort(Some("name"), true), (TaskColumn::Name, true));
    }

    #[test]
    fn the_columns_of_other_rows_are_refused_by_name() {
        let error =
            sort(Some("polls"), false, SiteColumn::Alive, "sites").expect_err("a task column");
        let message = error.to_string();
        assert!(message.contains("`polls`"), "{message}");
        assert!(message.contains("oldest-idle"), "{message}");
    }
}
