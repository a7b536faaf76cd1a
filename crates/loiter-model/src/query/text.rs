//! Texts as filters compare them.

use crate::Site;

/// A text with upper and lower case made the same. Letter by letter, so that a part of a text
/// folds to a part of the folded text (`str::to_lowercase` looks at a sigma's neighbours).
pub(super) fn folded(text: &str) -> String {
    let mut folded = String::new();
    fold_into(&mut folded, text);
    folded
}

/// [`folded`], into a buffer that is used again.
pub(super) fn fold_into(folded: &mut String, text: &str) {
    folded.clear();
    if text.is_ascii() {
        folded.push_str(text);
        folded.make_ascii_lowercase();
    } else {
        folded.extend(text.chars().flat_map(char::to_lowercase));
    }
}

/// A site as it is displayed and with its full path, [`folded`].
pub(super) fn site_texts(site: &Site) -> [String; 2] {
    let full = if site.line == 0 {
        site.file.to_string()
    } else {
        format!("{}:{}:{}", site.file, site.line, site.column)
    };
    [folded(&site.to_string()), folded(&full)]
}
