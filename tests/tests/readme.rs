//! The README's tables are what the program says. To renew them:
//! `LOITER_REGENERATE=1 cargo test -p loiter-tests --test readme`.

use std::{fmt::Write, fs};

use loiter_model::query::REFERENCE;

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");

#[test]
fn tables_are_current() {
    let readme = fs::read_to_string(README).expect("a README");
    let mut current = readme.clone();
    for (name, table) in [
        ("env", environment()),
        ("keys", loiter_cli::ui::keymap::markdown()),
        ("filter", filter()),
    ] {
        replace(&mut current, name, &table);
    }
    if std::env::var_os("LOITER_REGENERATE").is_some() {
        fs::write(README, &current).expect("the README can be written");
        return;
    }
    assert!(
        readme == current,
        "README.md is not what the program says; renew it with \
         `LOITER_REGENERATE=1 cargo test -p loiter-tests --test readme`"
    );
}

/// Puts a table between `<!-- name... -->` and `<!-- /name -->`.
fn replace(text: &mut String, name: &str, table: &str) {
    let start = text.find(&format!("<!-- {name}:")).expect("a beginning");
    let start = start + text[start..].find("-->").expect("its end") + "-->".len();
    let end = text.find(&format!("<!-- /{name} -->")).expect("an end");
    text.replace_range(start..end, &format!("\n{table}"));
}

fn environment() -> String {
    let mut table = String::from("| variable | value | default | |\n| --- | --- | --- | --- |\n");
    for variable in loiter::ENV {
        let _ = writeln!(
            table,
            "| `{}` | {} | {} | {} |",
            variable.name,
            escaped(variable.value),
            variable.default,
            escaped(variable.meaning)
        );
    }
    table
}

fn filter() -> String {
    let mut table = String::from("| write | for |\n| --- | --- |\n");
    for row in REFERENCE {
        let _ = writeln!(table, "| `{}` | {} |", row.syntax, escaped(row.meaning));
    }
    table
}

/// A `|` would end a cell.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}
