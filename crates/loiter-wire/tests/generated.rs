//! The checked-in bindings are what the `.proto` files say. To renew them:
//! `LOITER_REGENERATE=1 cargo test -p loiter-wire --test generated`.

use std::{fs, path::Path};

const PROTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../proto");
const CHECKED_IN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/generated");

#[test]
fn bindings_are_current() {
    is_current("loiter/v1/loiter.proto", "loiter.v1.rs", true);
}

#[test]
fn the_bindings_of_tokio_console_are_current() {
    let proto = "rs/tokio/console/instrument.proto";
    is_current(proto, "rs.tokio.console.instrument.rs", false);
}

/// Compiles a service and compares, or writes.
fn is_current(proto: &str, name: &str, client: bool) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let descriptors = protox::compile([proto], [PROTO])
        .unwrap_or_else(|error| panic!("the .proto files compile: {error:?}"));
    tonic_prost_build::configure()
        .out_dir(folder.path())
        .build_transport(false)
        .build_client(client)
        .btree_map(".")
        .compile_fds(descriptors)
        .expect("bindings can be generated");
    let fresh = fs::read_to_string(folder.path().join(name)).expect("one package");

    let path = Path::new(CHECKED_IN).join(name);
    if std::env::var_os("LOITER_REGENERATE").is_some() {
        fs::create_dir_all(CHECKED_IN)
            .and_then(|()| fs::write(&path, &fresh))
            .expect("the bindings can be written");
    }
    let checked_in = fs::read_to_string(path).unwrap_or_default();
    assert!(
        fresh == checked_in,
        "src/generated/{name} is not what proto/ says; renew it with \
         `LOITER_REGENERATE=1 cargo test -p loiter-wire --test generated`"
    );
}
