//! That this program uses every public item: each name that the crate's sources make public, where
//! they are compiled without the agent, too, is a word of this program.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, Field, ImplItem, Item, TraitItem, UseTree, Visibility};

#[test]
fn every_public_item_is_used_here() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut public = BTreeSet::new();
    read_file(&root.join("src/lib.rs"), &root.join("src"), &mut public);
    // Of each kind of item, one that surely is.
    for known in [
        "spawn",
        "Builder",
        "listen",
        "ENV",
        "Twice",
        "FutureExt",
        "markdown",
        "recv",
    ] {
        assert!(public.contains(known), "{known} was not found");
    }
    let mut used = BTreeSet::new();
    for file in fs::read_dir(root.join("tests/api")).expect("this program") {
        words(
            text(&file.expect("a file").path()).parse().expect("Rust"),
            &mut used,
        );
    }
    let missing: Vec<_> = public.difference(&used).collect();
    assert!(
        missing.is_empty(),
        "public, and used by no test here: {missing:?}"
    );
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every word of a program but those in comments and texts.
fn words(tokens: TokenStream, into: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => words(group.stream(), into),
            TokenTree::Ident(word) => into.extend([word.to_string()]),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// The public names of a file and of the modules in it. `folder`: where those are.
fn read_file(path: &Path, folder: &Path, into: &mut BTreeSet<String>) {
    let file = syn::parse_file(&text(path)).expect("Rust");
    for item in file.items {
        match item {
            Item::Mod(module) if needs_agent(&module.attrs) => {}
            Item::Mod(module) if module.content.is_none() => {
                let (path, folder) = place_of(&module.ident.to_string(), folder);
                read_file(&path, &folder, into);
            }
            item => read(item, into),
        }
    }
}

fn place_of(module: &str, folder: &Path) -> (PathBuf, PathBuf) {
    let inside = folder.join(module);
    let file = folder.join(format!("{module}.rs"));
    let path = if file.exists() {
        file
    } else {
        inside.join("mod.rs")
    };
    (path, inside)
}

fn needs_agent(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let mut found = BTreeSet::new();
        let list = attribute.meta.require_list().ok();
        let Some(list) = list.filter(|list| list.path.is_ident("cfg")) else {
            return false;
        };
        words(list.tokens.clone(), &mut found);
        let has = |word| found.contains(word);
        has("test") || (list.tokens.to_string().contains("\"agent\"") && !has("not"))
    })
}

fn read(item: Item, into: &mut BTreeSet<String>) {
    // Takes in a name that is.
    let mut is_public = |vis: &Visibility, name: &syn::Ident| -> bool {
        let is_public = matches!(vis, Visibility::Public(_));
        if is_public {
            into.insert(name.to_string());
        }
        is_public
    };
    match item {
        Item::Fn(item) => {
            is_public(&item.vis, &item.sig.ident);
        }
        Item::Const(item) => {
            is_public(&item.vis, &item.ident);
        }
        Item::Struct(item) => {
            is_public(&item.vis, &item.ident);
            for Field { vis, ident, .. } in &item.fields {
                if let Some(name) = ident {
                    is_public(vis, name);
                }
            }
        }
        Item::Enum(item) => {
            let public = is_public(&item.vis, &item.ident);
            let variants = item.variants.iter().filter(|_| public);
            into.extend(variants.map(|variant| variant.ident.to_string()));
        }
        Item::Trait(item) => {
            let public = is_public(&item.vis, &item.ident);
            let items = item.items.iter().filter(|_| public);
            into.extend(items.filter_map(|item| match item {
                TraitItem::Fn(item) => Some(item.sig.ident.to_string()),
                _ => None,
            }));
        }
        Item::Impl(item) => {
            for item in &item.items {
                match item {
                    ImplItem::Fn(item) => is_public(&item.vis, &item.sig.ident),
                    ImplItem::Const(item) => is_public(&item.vis, &item.ident),
                    _ => false,
                };
            }
        }
        Item::Use(item) if matches!(item.vis, Visibility::Public(_)) => {
            read_use(&item.tree, into);
        }
        _ => {}
    }
}

/// What a `pub use` brings.
fn read_use(tree: &UseTree, into: &mut BTreeSet<String>) {
    match tree {
        UseTree::Path(path) => read_use(&path.tree, into),
        UseTree::Group(group) => group.items.iter().for_each(|tree| read_use(tree, into)),
        UseTree::Name(name) => into.extend([name.ident.to_string()]),
        UseTree::Rename(rename) => into.extend([rename.rename.to_string()]),
        UseTree::Glob(_) => panic!("names are to be written out"),
    }
}
