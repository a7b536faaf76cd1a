//! A text as a filter: it parses or says why not, and what it prints parses to the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loiter_model::query::{Filter, completions};

fuzz_target!(|text: &str| {
    let _ = completions(text);
    match text.parse::<Filter>() {
        Ok(filter) => {
            let printed = filter.to_string();
            let again = printed
                .parse::<Filter>()
                .expect("what a filter prints is one");
            assert_eq!(again, filter, "{printed}");
        }
        Err(error) => {
            assert!(
                text.get(error.span.clone()).is_some(),
                "{error}: {:?}",
                error.span
            );
        }
    }
});
