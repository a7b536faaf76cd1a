//! A text as a configuration file: it is read or says where it is wrong.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loiter_cli::config::Config;

fuzz_target!(|text: &str| {
    match Config::of_text("loiter.toml".into(), text.to_owned()) {
        Ok(config) => {
            for (setting, value) in config.values() {
                let _ = value.refused(setting, "anything");
            }
        }
        Err(error) => assert!(error.to_string().starts_with("loiter.toml"), "{error}"),
    }
});
