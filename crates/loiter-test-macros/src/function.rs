//! The function that the attribute stands on.

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Attribute, Error, Meta, Result, Signature, Visibility,
    parse::{Parse, ParseStream},
};

/// A test's function. Its body is kept as it is: what is wrong in there, the compiler says best.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    pub(crate) body: TokenTree,
}

impl Function {
    /// Whether any panic is the one that its author expects.
    pub(crate) fn may_panic_anyhow(&self) -> bool {
        self.attributes
            .iter()
            .any(|attribute| match &attribute.meta {
                Meta::Path(path) => path.is_ident("should_panic"),
                _ => false,
            })
    }
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let function = Self {
            attributes: input.call(Attribute::parse_outer)?,
            visibility: input.parse()?,
            signature: input.parse()?,
            body: input.parse()?,
        };
        if !input.is_empty() {
            let rest: TokenStream = input.parse()?;
            return Err(Error::new_spanned(rest, "expected the end of a function"));
        }
        function.check()?;
        Ok(function)
    }
}

impl Function {
    fn check(&self) -> Result<()> {
        let signature = &self.signature;
        if signature.asyncness.is_none() {
            let message = "the `async` keyword is missing from the function declaration";
            return Err(Error::new_spanned(signature.fn_token, message));
        }
        if !signature.inputs.is_empty() {
            let message = "the test function cannot accept arguments";
            return Err(Error::new_spanned(&signature.inputs, message));
        }
        if !signature.generics.params.is_empty() {
            let message = "the test function cannot be generic";
            return Err(Error::new_spanned(&signature.generics, message));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(function: &str) -> String {
        match syn::parse_str::<Function>(function) {
            Ok(_) => panic!("`{function}` is taken"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_test_is_an_async_function_without_arguments() {
        for (function, expected) in [
            ("fn test() {}", "`async` keyword is missing"),
            ("async fn test(x: u8) {}", "cannot accept arguments"),
            ("async fn test<T>() {}", "cannot be generic"),
            ("async fn test() {} async", "expected the end"),
            ("struct Test;", "expected"),
        ] {
            let message = refused(function);
            assert!(message.contains(expected), "{function}: {message}");
        }
    }

    #[test]
    fn a_panic_with_a_message_is_told_from_others() {
        for (attribute, anyhow) in [
            ("#[should_panic]", true),
            ("#[should_panic(expected = \"no\")]", false),
            ("#[should_panic = \"no\"]", false),
            ("#[ignore]", false),
        ] {
            let function = format!("{attribute} async fn test() {{}}");
            let function: Function = syn::parse_str(&function).expect("a test");
            assert_eq!(function.may_panic_anyhow(), anyhow, "{attribute}");
        }
    }
}
