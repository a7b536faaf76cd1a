use std::path::Path;

use super::*;
use crate::{
    fleet::Place,
    source::{CredentialFile, TokenFrom},
};

fn read(name: &str, text: &str) -> Result<Vec<Entry>, ListError> {
    parse(Path::new(name), text, &Credentials::default())
}

fn error(name: &str, text: &str) -> String {
    read(name, text).expect_err(text).to_string()
}

#[test]
fn a_line_is_an_address_with_or_without_a_name() {
    let text = "\
# the shop
checkout   https://checkout.shop.svc:6669
\t10.0.0.7:6669   # without a name

the old one\tunix:/run/old#1.sock
[::1]:6669
";
    let entries = read("list", text).expect("four targets");
    let read: Vec<_> = entries
        .iter()
        .map(|entry| (entry.name.as_deref(), entry.place.to_string()))
        .collect();
    assert_eq!(
        read,
        [
            (
                Some("checkout"),
                "https://checkout.shop.svc:6669".to_owned()
            ),
            (None, "10.0.0.7:6669".to_owned()),
            (Some("the old one"), "unix:/run/old#1.sock".to_owned()),
            (None, "[::1]:6669".to_owned()),
        ]
    );
}

#[test]
fn what_is_wrong_is_told_by_its_line() {
    let wrong = error("targets", "a:1\n\n# more\nb b\n");
    assert!(wrong.starts_with("targets:4: "), "{wrong}");
    assert!(wrong.contains("`b:6669`"), "{wrong}");
    let none = error("targets", "# nothing\n");
    assert!(none.starts_with("targets: there is no target"), "{none}");
    let many = "a:1\n".repeat(MOST_ENTRIES + 1);
    assert!(error("targets", &many).contains("not 4097"));
}

#[test]
fn a_table_may_have_credentials_of_its_own() {
    let text = r#"
[[target]]
name = "checkout"
url = "https://checkout:6669"
ca = "ca.pem"
cert = "/etc/me.pem"
token-file = "token"

[[target]]
url = ":7000"
"#;
    let usual = Credentials {
        key: Some("usual.key".into()),
        cert: Some("usual.pem".into()),
        server_name: Some("usual".to_owned()),
        ..Credentials::default()
    };
    // By its name, and by how it begins.
    for name in ["lists/targets.toml", "lists/targets"] {
        let entries = parse(Path::new(name), text, &usual).expect("two targets");
        let [checkout, other] = &entries[..] else {
            panic!("{entries:?}");
        };
        assert_eq!(checkout.name.as_deref(), Some("checkout"));
        let file = |path: &str| Some(CredentialFile::from(path));
        let expected = Credentials {
            ca: file("lists/ca.pem"),
            cert: file("/etc/me.pem"),
            key: None,
            server_name: Some("usual".to_owned()),
            token: Some(TokenFrom::File("lists/token".into())),
        };
        assert_eq!(checkout.credentials, expected);
        let place = ":7000".parse::<Place>().expect("an address");
        assert_eq!((&other.name, &other.place), (&None, &place));
        assert_eq!(other.credentials, usual);
    }
}

#[test]
fn what_is_wrong_in_a_table_is_told_by_its_line() {
    for (text, line, what) in [
        ("[[target]]\nurl = \"db\"", 2, "`db:6669`"),
        ("[[target]]\nname = \"x\"", 1, "url"),
        (
            "[[target]]\nurl = \":1\"\n\ntokenfile = \"x\"",
            4,
            "token-file",
        ),
        ("\n[[target]]\nurl = \":1\"\nkey = \"k\"", 2, "`cert`"),
        ("[[target]]\nurl = :1", 2, ""),
    ] {
        let error = error("t.toml", text);
        assert!(error.starts_with(&format!("t.toml:{line}: ")), "{error}");
        assert!(error.contains(what), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = List::read(Path::new("/nowhere/targets"));
    let error = error.expect_err("it is not there").to_string();
    assert!(
        error.starts_with("/nowhere/targets: cannot read"),
        "{error}"
    );
}
