//! Names of functions that stand in the type parameters of their callers.
//!
//! `poll::<F>` polls an `F`. Where the compiler has put that into it, debug info of lines calls
//! the one `{async_fn#0}` and the other `poll<app::pool::work::{async_fn_env#0}>`.

use super::function::{bare, bare_type, is_own, is_own_of, names, outer_as, parts};

/// The full name of the function with this own name, `app::pool::work::{async_fn#0}`, when it is
/// a closure or an async block or function that exactly one type parameter of its caller stands
/// for, in itself or behind a pointer.
///
/// Debug info has the caller as `poll<app::pool::work::{async_fn_env#0}>`.
pub(crate) fn full_name(own: &str, caller: &str) -> Option<String> {
    if !is_own(own) {
        return None;
    }
    // With its own type parameters: of several with the same number, one fits.
    let (mark, rest) = own.strip_prefix('{')?.split_once('#')?;
    let state = format!("::{{{mark}_env#{rest}");
    let parameters = parameters(caller).into_iter().map(pointee);
    let path = only(parameters.filter_map(|parameter| parameter.strip_suffix(&*state)))?;
    is_path(path).then(|| format!("{path}::{own}"))
}

/// The same function's name in the symbol of its caller, which has the type of a method, too:
/// `poll::<<app::pool::Pool>::work::{closure#0}>`.
pub(crate) fn symbol_name<'a>(full: &str, symbol_of_caller: &'a str) -> Option<&'a str> {
    let own = parts(full).pop()?;
    let name = names(full).pop()?;
    let parameters = parameters(symbol_of_caller).into_iter().map(pointee);
    only(
        parameters.filter(|parameter| {
            is_own_of(own, parameter) && names(parameter).last() == Some(&name)
        }),
    )
}

/// The closure or async block or function that a function's only type parameter stands for.
pub(crate) fn only_closure(symbol: &str) -> Option<&str> {
    let closure = match parameters(symbol).as_slice() {
        [parameter] => pointee(parameter),
        _ => return None,
    };
    let parts = parts(closure);
    (parts.len() > 1 && parts.last()?.starts_with("{closure#")).then_some(closure)
}

/// What all are, if there is any.
fn only<'a>(mut all: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

/// What a function was made for: `u8` and `app::A` of `<app::Pool<u8>>::next::<app::A>`, and of
/// `next<u8, app::A>`.
fn parameters(function: &str) -> Vec<&str> {
    let mut parameters = Vec::new();
    for (index, part) in parts(function).into_iter().enumerate() {
        let Some((before, listed)) = split_list(part) else {
            continue;
        };
        if index > 0 || !before.is_empty() {
            parameters.extend(split_at_commas(listed));
            continue;
        }
        let own = outer_as(listed).map_or(listed, |at| &listed[..at]);
        for part in parts(bare_type(own)) {
            let listed = split_list(part).map(|(_, listed)| listed);
            parameters.extend(listed.into_iter().flat_map(split_at_commas));
        }
    }
    parameters
}

/// `Pool` and `u8, ()` of `Pool<u8, ()>`.
fn split_list(part: &str) -> Option<(&str, &str)> {
    part.strip_suffix('>')?.split_once('<')
}

fn split_at_commas(list: &str) -> Vec<&str> {
    let mut items = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    for (at, c) in list.char_indices() {
        match c {
            '<' | '(' | '[' | '{' => depth += 1,
            '>' if list[..at].ends_with('-') => {}
            '>' | ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                items.push(list[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    items.push(list[start..].trim());
    items
}

/// What the pointers of the standard library lead to, as far as their polls lead there, too.
fn pointee(mut parameter: &str) -> &str {
    const POINTERS: [&str; 2] = ["core::pin::Pin<", "alloc::boxed::Box<"];
    loop {
        if let Some(inner) = parameter.strip_prefix("&mut ") {
            parameter = inner;
            continue;
        }
        let inner = POINTERS.iter().find_map(|pointer| {
            // A box has an allocator.
            let list = parameter.strip_prefix(pointer)?.strip_suffix('>')?;
            split_at_commas(list).first().copied()
        });
        match inner {
            Some(inner) => parameter = inner,
            None => return parameter,
        }
    }
}

/// Whether it is no more than a path, without type parameters: in debug info, they are at the end.
fn is_path(text: &str) -> bool {
    !text.is_empty()
        && parts(text)
            .iter()
            .all(|part| !part.is_empty() && bare(part) == *part && !part.contains([' ', '&', '(']))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_caller_s_parameter_names_what_it_polls() {
        for (own, caller, expected) in [
            (
                "{async_fn#0}",
                "poll<app::pool::work::{async_fn_env#0}>",
                "app::pool::work::{async_fn#0}",
            ),
            (
                "{async_fn#0}",
                "poll<app::pool::{impl#2}::work::{async_fn_env#0}>",
                "app::pool::{impl#2}::work::{async_fn#0}",
            ),
            (
                "{async_block#1}",
                "{closure#0}<app::main::{async_fn#0}::{async_block_env#1}, alloc::sync::Arc<tokio::runtime::Handle>>",
                "app::main::{async_fn#0}::{async_block#1}",
            ),
            (
                "{async_fn#0}<u8, (u8, fn() -> u8)>",
                "poll<app::work::{async_fn_env#0}<u8, (u8, fn() -> u8)>>",
                "app::work::{async_fn#0}<u8, (u8, fn() -> u8)>",
            ),
            // The same function with other types, and another one.
            (
                "{async_fn#0}<u8>",
                "poll<app::work::{async_fn_env#0}<u16>, app::work::{async_fn_env#0}<u8>, app::rest::{async_fn_env#0}>",
                "app::work::{async_fn#0}<u8>",
            ),
            (
                "{async_fn#0}",
                "poll<alloc::boxed::Box<app::work::{async_fn_env#0}, alloc::alloc::Global>>",
                "app::work::{async_fn#0}",
            ),
            (
                "{async_fn#0}",
                "poll<core::pin::Pin<&mut app::work::{async_fn_env#0}>>",
                "app::work::{async_fn#0}",
            ),
            (
                "{closure#0}",
                "poll<(), app::work::{async_fn#0}::{closure_env#0}>",
                "app::work::{async_fn#0}::{closure#0}",
            ),
        ] {
            let found = full_name(own, caller);
            assert_eq!(found.as_deref(), Some(expected), "{own} in {caller}");
        }
    }

    #[test]
    fn what_a_caller_s_parameters_do_not_tell_has_no_name() {
        for (own, caller) in [
            // Another one.
            ("{async_fn#0}", "poll<app::work::{async_block_env#0}>"),
            ("{async_fn#0}", "poll<app::work::{async_fn_env#1}>"),
            ("{async_fn#0}", "poll<app::work::{async_fn_env#01}>"),
            ("{async_fn#0}", "poll<app::work::{async_fn_env#0}<u8>>"),
            ("{async_fn#0}<u8>", "poll<app::work::{async_fn_env#0}>"),
            ("{async_fn#0}<u8>", "poll<app::work::{async_fn_env#0}<u16>>"),
            // One of two.
            (
                "{async_fn#0}",
                "poll<app::work::{async_fn_env#0}, app::rest::{async_fn_env#0}>",
            ),
            // Inside a wrapper, which may poll something else.
            (
                "{async_fn#0}",
                "poll<tracing::instrument::Instrumented<app::work::{async_fn_env#0}>>",
            ),
            (
                "{async_fn#0}",
                "poll<app::Retry<app::work::{async_fn_env#0}, u8>>",
            ),
            (
                "{async_fn#0}",
                "poll<core::pin::Pin<alloc::boxed::Box<dyn core::future::Future<Output=app::work::{async_fn_env#0}>, alloc::alloc::Global>>>",
            ),
            // Held by another one.
            (
                "{async_fn#0}",
                "poll<app::retry::{async_fn_env#0}<app::work::{async_fn_env#0}>>",
            ),
            ("{async_fn#0}", "poll<fn() -> app::work::{async_fn_env#0}>"),
            ("{async_fn#0}", "poll<::{async_fn_env#0}>"),
            ("{async_fn#0}", "poll<{async_fn_env#0}>"),
            ("{async_fn#0}", "poll"),
            ("{async_fn#0}", ""),
            ("work", "poll<app::work>"),
            (
                "app::work::{async_fn#0}",
                "poll<app::work::{async_fn_env#0}>",
            ),
            ("", "poll<app::work::{async_fn_env#0}>"),
        ] {
            assert_eq!(full_name(own, caller), None, "{own} in {caller}");
        }
    }

    #[test]
    fn the_symbol_of_the_caller_names_the_type_of_a_method() {
        for (full, symbol, expected) in [
            (
                "app::pool::{impl#0}::work::{async_fn#0}",
                "loiter::task::look::poll::<<app::pool::Pool>::work::{closure#0}>",
                Some("<app::pool::Pool>::work::{closure#0}"),
            ),
            (
                "app::pool::{impl#0}::work::{async_fn#0}<u8>",
                "<loiter::task::watched::Watched<<app::pool::Pool<u8> as app::Jobs>::work::{closure#0}> as core::future::future::Future>::poll",
                Some("<app::pool::Pool<u8> as app::Jobs>::work::{closure#0}"),
            ),
            (
                "app::pool::work::{async_fn#0}",
                "<core::pin::Pin<&mut app::pool::work::{closure#0}> as core::future::future::Future>::poll",
                Some("app::pool::work::{closure#0}"),
            ),
            (
                "app::pool::work::{async_fn#0}",
                "<tokio::time::timeout::Timeout<app::pool::work::{closure#0}>>::poll",
                Some("app::pool::work::{closure#0}"),
            ),
            // Another one, several, a wrapper, and the older symbols, which have no parameters.
            (
                "app::pool::work::{async_fn#0}",
                "loiter::task::look::poll::<app::pool::rest::{closure#0}>",
                None,
            ),
            (
                "app::pool::work::{async_fn#0}",
                "loiter::task::look::poll::<app::pool::work::{closure#1}>",
                None,
            ),
            (
                "app::pool::{impl#0}::work::{async_fn#0}",
                "tokio::poll::<<app::Pool>::work::{closure#0}, <app::Jobs>::work::{closure#0}>",
                None,
            ),
            (
                "app::pool::work::{async_fn#0}",
                "loiter::task::look::poll::<app::Retry<app::pool::work::{closure#0}>>",
                None,
            ),
            (
                "app::pool::work::{async_fn#0}",
                "loiter::task::look::poll",
                None,
            ),
        ] {
            assert_eq!(symbol_name(full, symbol), expected, "{full} in {symbol}");
        }
    }

    #[test]
    fn a_poll_of_a_closure_is_told_from_one_of_a_wrapper() {
        for (symbol, expected) in [
            (
                "loiter::task::look::poll::<<app::Pool>::work::{closure#0}>",
                Some("<app::Pool>::work::{closure#0}"),
            ),
            (
                "loiter::task::look::poll<core::pin::Pin<alloc::boxed::Box<app::work<u8>::{closure#1}>>>",
                Some("app::work<u8>::{closure#1}"),
            ),
            (
                "loiter::task::look::poll::<app::Retry<app::work::{closure#0}>>",
                None,
            ),
            (
                "loiter::task::look::poll::<app::a::{closure#0}, app::b::{closure#0}>",
                None,
            ),
            ("loiter::task::look::poll::<app::work>", None),
            ("loiter::task::look::poll", None),
        ] {
            assert_eq!(only_closure(symbol), expected, "{symbol}");
        }
    }

    proptest! {
        #[test]
        fn any_caller_is_read(
            own in "(<|>|é|\\{closure#0\\}|\\{async_fn#|0|\\}|u8){0,5}",
            caller in "(::|<|>|, |->|&mut |[(){}\\[\\]]|é|app|poll|core::pin::Pin<|\\{closure_env#0\\}|\\{async_fn_env#0\\}){0,12}"
        ) {
            if let Some(full) = full_name(&own, &caller) {
                prop_assert!(full.ends_with(&own) && full.len() > own.len());
                prop_assert_eq!(symbol_name(&full, &caller), None, "it is no symbol");
            }
        }
    }
}
