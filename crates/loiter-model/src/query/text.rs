//! Texts as filters compare them.

use crate::{Site, Wait};

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

/// What a task waits on: as it is displayed, the kind alone, and with the place's full path and
/// function, [`folded`].
pub(super) fn wait_texts(wait: &Wait) -> [String; 3] {
    let kind = wait.kind.name();
    let full = match &wait.place {
        Some(place) if place.file.is_empty() => format!("{kind} · {}", place.function),
        Some(place) => format!(
            "{kind} · {}:{}:{} {}",
            place.file, place.line, place.column, place.function
        ),
        None => kind.to_owned(),
    };
    [folded(&wait.to_string()), kind.to_owned(), folded(&full)]
}
