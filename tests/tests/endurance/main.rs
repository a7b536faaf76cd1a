//! What takes minutes in `cargo bench -p loiter-tests --bench abuse` and `--bench soak`, for some
//! seconds: what must hold however long it goes on.
#![cfg(target_os = "linux")]

mod abuse;
mod soak;
