//! The README, of which tests write some parts.

use std::ops::Range;

/// Where it is.
pub const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");

/// Where a part of it is: between the lines `<!-- NAME: ... -->` and `<!-- /NAME -->`.
///
/// # Panics
/// When there is no such part.
#[must_use]
pub fn part(readme: &str, name: &str) -> Range<usize> {
    let mark = readme
        .find(&format!("<!-- {name}:"))
        .unwrap_or_else(|| panic!("no beginning of {name}"));
    let start = mark + readme[mark..].find("-->\n").expect("the mark's end") + "-->\n".len();
    let length = readme[start..]
        .find(&format!("<!-- /{name} -->"))
        .unwrap_or_else(|| panic!("no end of {name}"));
    start..start + length
}
