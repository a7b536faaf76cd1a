//! Names of functions, as symbols and debug info have them.

/// The names in a function's path, outermost first: without generics, closures, `{impl#0}` and
/// hashes, and with a method's type in place of its `impl`.
///
/// Reads what demangling either form of a symbol gives (`app::Pool::next::{{closure}}`,
/// `<app::Pool>::next::{closure#0}`) and what debug info has without symbols (`next<u8>`).
pub(crate) fn names(function: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for (index, part) in parts(without_hash(function)).into_iter().enumerate() {
        match part.trim_start().as_bytes().first() {
            // `<app::Pool as app::Jobs>::next`; elsewhere it is `Vec::<u8>::new`.
            Some(b'<') if index == 0 => names = names_of_type(part),
            None | Some(b'<' | b'{' | b'(') => {}
            // `app[0123456789abcdef]` is a crate with its hash.
            Some(_) => names.push(bare(part)),
        }
    }
    names
}

/// Splits at the `::` that are in no brackets.
pub(super) fn parts(path: &str) -> Vec<&str> {
    let bytes = path.as_bytes();
    let mut parts = Vec::new();
    let (mut start, mut depth, mut at) = (0, 0_usize, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'<' | b'(' | b'[' | b'{' => depth += 1,
            // The arrow of `fn() -> T` closes nothing.
            b'>' if at > 0 && bytes[at - 1] == b'-' => {}
            b'>' | b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b':' if depth == 0 && bytes[at..].starts_with(b"::") => {
                parts.push(&path[start..at]);
                at += 1;
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    parts.push(&path[start..]);
    parts
}

/// What stands in front of a method: `<Type>` or `<Type as Trait>`.
fn names_of_type(part: &str) -> Vec<&str> {
    let inner = part.strip_prefix('<').unwrap_or(part);
    let inner = inner.strip_suffix('>').unwrap_or(inner);
    let (own, of_trait) = match outer_as(inner) {
        Some(at) => (&inner[..at], Some(&inner[at + " as ".len()..])),
        None => (inner, None),
    };
    let own = names(bare_type(own));
    match of_trait {
        // A type parameter tells nothing: `<F as Future>`.
        Some(of_trait) if own.iter().all(|name| is_parameter(name)) => names(of_trait),
        _ => own,
    }
}

/// Where the ` as ` is that is in no brackets.
pub(super) fn outer_as(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '<' | '(' | '[' | '{' => depth += 1,
            '>' if text[..at].ends_with('-') => {}
            '>' | ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ' ' if depth == 0 && text[at..].starts_with(" as ") => return Some(at),
            _ => {}
        }
    }
    None
}

pub(super) fn bare_type(mut name: &str) -> &str {
    loop {
        let before = name;
        for prefix in ["&", "*const ", "*mut ", "mut ", "dyn ", "impl "] {
            name = name.strip_prefix(prefix).unwrap_or(name).trim();
        }
        if name == before {
            return name;
        }
    }
}

fn is_parameter(name: &str) -> bool {
    name.len() <= 2 && name.starts_with(|c: char| c.is_ascii_uppercase())
}

/// Older symbols end in `::h` and 16 digits.
fn without_hash(function: &str) -> &str {
    match function.rsplit_once("::h") {
        Some((path, hash))
            if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) =>
        {
            path
        }
        _ => function,
    }
}

/// Whether a name is only a function's own, as debug info without symbols has it: `next<u8>`,
/// `{async_fn#0}`.
pub(crate) fn is_own(function: &str) -> bool {
    !function.is_empty() && !function.starts_with('<') && parts(function).len() == 1
}

/// Whether a function with this own name may be the one with that full name.
///
/// Symbols call whatever has no name a closure, and the older ones do not number them.
pub(crate) fn is_own_of(own: &str, full: &str) -> bool {
    let parts = parts(without_hash(full));
    let is_name = |part: &&&str| !part.starts_with('<');
    let Some(last) = parts.iter().skip(1).rfind(is_name) else {
        return false;
    };
    if !is_own(own) {
        return false;
    }
    match (number(own), last.strip_prefix("{closure#")) {
        (Some(number), Some(rest)) => rest.split('}').next() == Some(number),
        (Some(_), None) => last.starts_with("{{closure}}"),
        (None, _) => !own.starts_with('{') && bare(own) == bare(last),
    }
}

/// Whether it is no name but where the code is: `app+0x1234`, `0x55d0c0de1234`.
pub(crate) fn is_address(function: &str) -> bool {
    let digits = match function.rsplit_once("+0x") {
        Some((_, digits)) => Some(digits),
        None => function.strip_prefix("0x"),
    };
    digits.is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// What counts a function without a name: `0` of `{async_fn#0}<u8>`.
fn number(own: &str) -> Option<&str> {
    let (mark, rest) = own.strip_prefix('{')?.split_once('#')?;
    let marks = ["async_block", "async_closure", "async_fn", "closure"];
    marks.contains(&mark).then(|| rest.split('}').next())?
}

/// Without type parameters and a crate's hash.
pub(super) fn bare(part: &str) -> &str {
    &part[..part.find(['<', '[']).unwrap_or(part.len())]
}

/// A function's own name, with its type's if it has one. Never empty.
pub(crate) fn short(function: &str) -> String {
    let names = names(function);
    match names.as_slice() {
        [.., of, name] if of.starts_with(char::is_uppercase) => format!("{of}::{name}"),
        [.., name] if !name.is_empty() => (*name).to_owned(),
        _ => nameless(function).to_owned(),
    }
}

/// Debug info without symbols has no more than `{async_fn#0}` for some functions.
fn nameless(function: &str) -> &str {
    for (mark, words) in [
        ("{async_fn", "async fn"),
        ("{async_block", "async block"),
        ("{async_closure", "async closure"),
        ("closure", "closure"),
    ] {
        if function.contains(mark) {
            return words;
        }
    }
    match function.trim() {
        "" => "?",
        function => function,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_function_is_named_briefly() {
        for (function, expected) in [
            ("app::pool::Pool::next_job::{{closure}}", "Pool::next_job"),
            (
                "app::pool::Pool::next_job::{{closure}}::h0123456789abcdef",
                "Pool::next_job",
            ),
            ("<app::pool::Pool>::next_job::{closure#0}", "Pool::next_job"),
            (
                "<app::pool::Pool<u8>>::next_job::<(), fn(u8) -> u8>::{closure#0}::{closure#1}",
                "Pool::next_job",
            ),
            (
                "<app[0123456789abcdef]::pool::Pool as app::Jobs>::next_job",
                "Pool::next_job",
            ),
            (
                "<app::pool::Pool as app::Jobs<app::A>>::next_job::{{closure}}",
                "Pool::next_job",
            ),
            ("app::pool::{impl#0}::next_job::{async_fn#0}", "next_job"),
            ("app::pool::next_job::<u8>::{closure#0}", "next_job"),
            ("app::main::{{closure}}::{{closure}}", "main"),
            ("next_job<alloc::string::String>", "next_job"),
            (
                "<alloc::boxed::Box<dyn core::ops::function::FnOnce()> as core::ops::function::FnOnce<()>>::call_once",
                "Box::call_once",
            ),
            (
                "<&mut F as core::future::future::Future>::poll",
                "Future::poll",
            ),
            ("<[u8] as app::Sum>::sum", "sum"),
            ("{async_fn#0}<u8>", "async fn"),
            ("{async_block_env#0}", "async block"),
            ("{closure#0}", "closure"),
            ("{{closure}}", "closure"),
            ("main", "main"),
            ("", "?"),
            ("::", "::"),
            (" ", "?"),
        ] {
            assert_eq!(short(function), expected, "{function}");
        }
    }

    #[test]
    fn a_path_names_the_type_of_a_method() {
        for (function, expected) in [
            (
                "<tokio::sync::mpsc::chan::Rx<u8, tokio::sync::mpsc::bounded::Semaphore>>::recv::{closure#0}",
                "tokio/sync/mpsc/chan/Rx/recv",
            ),
            (
                "<tokio::sync::oneshot::Receiver<T> as core::future::future::Future>::poll",
                "tokio/sync/oneshot/Receiver/poll",
            ),
            (
                "<core::pin::Pin<&mut F> as core::future::future::Future>::poll",
                "core/pin/Pin/poll",
            ),
            (
                "core::ops::function::impls::<impl core::ops::function::FnOnce<A> for &mut F>::call_once",
                "core/ops/function/impls/call_once",
            ),
        ] {
            assert_eq!(names(function).join("/"), expected);
        }
    }

    #[test]
    fn a_function_s_own_name_is_told_from_its_full_one() {
        for own in [
            "next",
            "next<u8>",
            "{async_fn#0}",
            "{closure#0}<app::A>",
            "poll<app::{impl#0}::A>",
        ] {
            assert!(is_own(own), "{own}");
        }
        for full in [
            "",
            "app::next",
            "<app::Pool>::next",
            "app::{impl#0}::next",
            "{impl#0}::next",
        ] {
            assert!(!is_own(full), "{full}");
        }
    }

    #[test]
    fn an_own_name_belongs_to_a_full_one() {
        for (own, full) in [
            ("next", "app::pool::next"),
            ("next<u8>", "app::pool::next::<u8>"),
            ("next", "<app::pool::Pool>::next"),
            ("next<u8>", "<app::Pool<u8> as app::Jobs>::next"),
            ("next", "app::pool::next::h0123456789abcdef"),
            ("next", "app[0123456789abcdef]::next"),
            ("{async_fn#0}", "app::pool::work::{closure#0}"),
            ("{async_fn#0}<u8>", "<app::Pool<u8>>::work::{closure#0}"),
            ("{async_block#1}", "app::main::{closure#0}::{closure#1}"),
            ("{closure#12}<u8>", "app::main::<u8>::{closure#12}"),
            ("{async_fn#0}", "app::work::{{closure}}"),
            ("{async_fn#0}", "app::work::{{closure}}::h0123456789abcdef"),
        ] {
            assert!(is_own_of(own, full), "{own} of {full}");
        }
    }

    #[test]
    fn what_was_inlined_into_another_function_does_not_get_its_name() {
        for (own, full) in [
            ("next", "app::pool::work"),
            ("next", "app::next::inner"),
            ("next", "next"),
            ("next", "app::next::{closure#0}"),
            ("{async_fn#0}", "app::work"),
            ("{async_fn#0}", "app::work::{closure#1}"),
            ("{async_fn#1}", "app::work::{closure#12}"),
            ("{async_fn#0}", "app::work::{closure#0}::{closure#1}"),
            ("{async_fn#0}", "app::work::{shim:vtable#0}"),
            ("{impl#0}", "app::{impl#0}"),
            ("{async_fn#0}", "{closure#0}"),
            ("next", "app+0x1234"),
            ("", "app::next"),
            ("app::next", "app::next"),
            ("<app::Pool>::next", "<app::Pool>::next"),
        ] {
            assert!(!is_own_of(own, full), "{own} of {full}");
        }
    }

    proptest! {
        #[test]
        fn any_names_are_compared(
            own in "(::|<|>|[(){}\\[\\]]|é|app|\\{closure#0\\}|\\{async_fn#|#|0|\\}){0,8}",
            full in "(::|<|>|[(){}\\[\\]]|é|app|\\{closure#|\\{\\{closure\\}\\}|0|\\}|h0123456789abcdef){0,8}"
        ) {
            prop_assert!(!is_own_of(&own, &full) || is_own(&own));
            prop_assert!(!is_own_of(&full, &full), "a full name is short for none");
        }

        #[test]
        fn no_name_is_empty_and_none_breaks_it(
            function in "(::|<|>| as |->|[(){}\\[\\]]|é|app|Pool|\\{closure#0\\}|&|mut |h0123456789abcdef){0,16}"
        ) {
            prop_assert!(!short(&function).is_empty());
        }
    }
}
