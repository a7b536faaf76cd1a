//! The attribute macro of `loiter-test`, which documents it. Not to be used by itself: what it
//! writes refers to that crate.

mod expand;
mod function;
mod options;

use proc_macro::TokenStream;

/// A `#[tokio::test]` that fails when it leaves tasks behind: see `loiter_test::test`.
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::test(arguments.into(), item.into()).into()
}
