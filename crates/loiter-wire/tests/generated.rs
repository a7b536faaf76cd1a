//! The checked-in bindings are what the `.proto` files say. To renew them:
//! `LOITER_REGENERATE=1 cargo test -p loiter-wire --test generated`.

use std::{fs, path::Path};

const PROTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../proto");
const CHECKED_IN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/generated/loiter.v1.rs");

#[test]
fn bindings_are_current() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let descriptors = protox::compile(["loiter/v1/loiter.proto"], [PROTO])
        .unwrap_or_else(|error| panic!("the .proto files compile: {error:?}"));
    tonic_prost_build::configure()
        .out_dir(folder.path())
        .build_transport(false)
        .btree_map(".")
        .compile_fds(descriptors)
        .expect("bindings can be generated");
    let fresh = fs::read_to_string(folder.path().join("loiter.v1.rs")).expect("one package");

    if std::env::var_os("LOITER_REGENERATE").is_some() {
        fs::create_dir_all(Path::new(CHECKED_IN).parent().expect("a folder"))
            .and_then(|()| fs::write(CHECKED_IN, &fresh))
            .expect("the bindings can be written");
    }
    let checked_in = fs::read_to_string(CHECKED_IN).unwrap_or_default();
    assert!(
        fresh == checked_in,
        "src/generated/loiter.v1.rs is not what proto/ says; renew it with \
         `LOITER_REGENERATE=1 cargo test -p loiter-wire --test generated`"
    );
}
