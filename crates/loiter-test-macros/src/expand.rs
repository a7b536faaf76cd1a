//! What the attribute writes.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, Result};

use crate::{
    function::Function,
    options::{By, Ignored, Options},
};

pub(crate) fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    match try_test(arguments, item.clone()) {
        Ok(test) => test,
        Err(error) => {
            // The function stays, so that nothing else is said of what is missing then.
            let error = error.into_compile_error();
            quote! { #error #item }
        }
    }
}

fn try_test(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let function: Function = syn::parse2(item)?;
    let options = Options::read(arguments)?;
    if let Some(attribute) = function
        .attributes
        .iter()
        .find(|attribute| attribute.path().is_ident("test"))
    {
        let message = "`#[loiter_test::test]` makes a test of it by itself";
        return Err(Error::new_spanned(attribute, message));
    }
    Ok(write(&function, &options))
}

/// The body becomes a function of the same name inside: its own `?`, `return` and type stay
/// what they are, and its frames are named after the test.
fn write(function: &Function, options: &Options) -> TokenStream {
    let Function {
        attributes,
        visibility,
        signature,
        body,
    } = function;
    let name = &signature.ident;
    let settings = settings(options);
    let any_panic = function.may_panic_anyhow();
    let tokio = &options.tokio;
    let subscriber = options
        .subscriber
        .as_ref()
        .map(|value| quote! { ::loiter_test::__private::subscribe(|| #value); });
    let own_tokio =
        (!options.names_tokio).then(|| quote! { crate = "::loiter_test::__private::tokio", });
    quote! {
        #[::loiter_test::__private::tokio::test(#own_tokio #(#tokio),*)]
        #(#attributes)*
        #visibility #signature {
            #signature #body

            #subscriber
            ::loiter_test::__private::run(
                ::loiter_test::__private::check(
                    ::core::module_path!(),
                    ::core::stringify!(#name),
                ) #settings,
                #any_panic,
                #name(),
                |output| {
                    #[allow(unused_imports)]
                    use ::loiter_test::__private::Otherwise as _;
                    ::loiter_test::__private::Output(output).is_failure()
                },
            )
            .await
        }
    }
}

/// The options as calls of the builder's methods.
fn settings(options: &Options) -> TokenStream {
    let timeout = options.timeout.map(|timeout| {
        let (secs, nanos) = (timeout.as_secs(), timeout.subsec_nanos());
        quote! { .timeout(::core::time::Duration::new(#secs, #nanos)) }
    });
    let ignored = options.ignored.iter().map(|Ignored { by, text }| match by {
        By::Site => quote! { .ignore_site(#text) },
        By::Await => quote! { .ignore_await(#text) },
        By::AwaitTop => quote! { .ignore_await_top(#text) },
        By::Spawner => quote! { .ignore_spawned_by(#text) },
        By::Name => quote! { .ignore_named(#text) },
    });
    let unseen = options.ignore_unseen.then(|| quote! { .ignore_unseen() });
    let failure = options
        .check_on_failure
        .then(|| quote! { .check_on_failure() });
    quote! { #timeout #(#ignored)* #unseen #failure }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(arguments: &str, item: &str) -> String {
        let [arguments, item] = [arguments, item].map(|text| text.parse().expect("tokens"));
        let text = test(arguments, item).to_string();
        text.split_whitespace().collect()
    }

    #[test]
    fn attributes_types_and_tokios_arguments_are_kept() {
        let text = expanded(
            "start_paused = true, timeout = \"1ms\", ignore_await = \"next\"",
            "#[ignore = \"slow\"] pub async fn drains() -> Result<(), u8> { work().await?; Ok(()) }",
        );
        for expected in [
            "tokio::test(crate=\"::loiter_test::__private::tokio\",start_paused=true)]",
            "#[ignore=\"slow\"]pubasyncfndrains()->Result<(),u8>{asyncfndrains()->Result<(),u8>{work().await?;Ok(())}",
            ".timeout(::core::time::Duration::new(0u64,1000000u32)).ignore_await(\"next\"),false,drains(),",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
    }

    #[test]
    fn another_tokio_may_be_named() {
        let text = expanded("crate = \"mine\"", "async fn test() {}");
        assert!(text.contains("tokio::test(crate=\"mine\")]"), "{text}");
    }

    #[test]
    fn a_mistake_leaves_the_function_in_place() {
        let text = expanded("timeout", "async fn test() {}");
        assert!(text.contains("compile_error!"), "{text}");
        assert!(text.ends_with("asyncfntest(){}"), "{text}");
        let text = expanded("", "#[test] async fn test() {}");
        assert!(text.contains("makesatestofitbyitself"), "{text}");
    }
}
