//! Holds the modules of a large crate to floors, as [`crate::check_deps`] holds crates to layers.
//!
//! A room is a module right below the root of a crate. It may name rooms of lower floors, and none but itself on its own.
//! The root is exempt: it wires the rooms. What macros are given is not read.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};
use syn::visit::{self, Visit};

/// From the ground up, for each crate that has floors.
const FLOORS: &[(&str, &[&[&str]])] = &[(
    "workloads",
    &[
        &["containers"],
        &["images", "instance_types", "quotas"],
        &["engine"],
        &["serving"],
        &["jobs", "notebooks"],
        &["notebook_jobs", "running", "served"],
    ],
)];

/// One sentence for every name that reaches up or aside, sorted, each once.
pub(crate) fn violations(crates: &Path) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for (name, floors) in FLOORS {
        let source = crates.join(name).join("src");
        let mut files = Vec::new();
        rust_files(&source, &[], &mut files)?;
        for (module, path) in files {
            let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            let rooms = rooms_named_in(&module, &text).with_context(|| path.display().to_string())?;
            found.extend(judge(name, floors, &module, &rooms));
        }
    }
    Ok(found)
}

/// Every file below a folder with the path of its module; the root's is empty.
fn rust_files(
    folder: &Path,
    module: &[String],
    files: &mut Vec<(Vec<String>, std::path::PathBuf)>,
) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
        let mut own = module.to_vec();
        if path.is_dir() {
            own.push(stem.to_owned());
            rust_files(&path, &own, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            if !matches!(stem, "lib" | "main" | "mod") {
                own.push(stem.to_owned());
            }
            files.push((own, path));
        }
    }
    Ok(())
}

/// The rooms that a file names, by whatever path.
fn rooms_named_in(module: &[String], text: &str) -> Result<BTreeSet<String>> {
    let file = syn::parse_file(text)?;
    let mut names = Names { module: module.to_vec(), rooms: BTreeSet::new() };
    names.visit_file(&file);
    Ok(names.rooms)
}

struct Names {
    module: Vec<String>,
    rooms: BTreeSet<String>,
}

impl Names {
    /// A path from the crate's root, or relative to the module; it names a room where it passes the root.
    fn add(&mut self, segments: &[String]) {
        let (mut at, mut rest) = match segments.split_first() {
            Some((first, rest)) if first == "crate" => (Vec::new(), rest),
            Some((first, _)) if first == "super" => (self.module.clone(), segments),
            _ => return,
        };
        while let Some((first, after)) = rest.split_first()
            && first == "super"
        {
            at.pop();
            rest = after;
        }
        if at.is_empty() {
            self.rooms.extend(rest.first().cloned());
        }
    }

    fn add_use(&mut self, tree: &syn::UseTree, before: &[String]) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.add_use(&path.tree, &with(&path.ident)),
            syn::UseTree::Name(name) => self.add(&with(&name.ident)),
            syn::UseTree::Rename(rename) => self.add(&with(&rename.ident)),
            syn::UseTree::Glob(_) => self.add(before),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.add_use(item, before)),
        }
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.add_use(&item.tree, &[]);
    }
    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.add(&segments);
        visit::visit_path(self, path);
    }
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }
}

fn judge(krate: &str, floors: &[&[&str]], module: &[String], named: &BTreeSet<String>) -> BTreeSet<String> {
    let floor_of = |room: &str| floors.iter().position(|floor| floor.contains(&room));
    let Some(room) = module.first() else { return BTreeSet::new() };
    let shown = format!("{krate}::{}", module.join("::"));
    let Some(own) = floor_of(room) else {
        return BTreeSet::from([format!(
            "{shown} is on no floor: place {room} in FLOORS in xtask/src/check_floors.rs"
        )]);
    };
    named
        .iter()
        .filter(|other| *other != room)
        .filter_map(|other| Some((other, floor_of(other)?)))
        .filter(|(_, floor)| *floor >= own)
        .map(|(other, floor)| {
            let where_ = if floor == own { "stands beside it" } else { "stands above it" };
            format!("{shown} -> {other}: {other} {where_}, and rooms know those below them only")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUSE: &[&[&str]] = &[&["images"], &["engine"], &["jobs", "notebooks"]];

    fn judged(module: &[&str], text: &str) -> Vec<String> {
        let module: Vec<String> = module.iter().map(|part| (*part).to_owned()).collect();
        let rooms = rooms_named_in(&module, text).unwrap();
        judge("house", HOUSE, &module, &rooms).into_iter().collect()
    }

    #[test]
    fn down_is_fine_and_so_is_the_root() {
        assert!(judged(&["jobs", "list"], "use crate::engine::{self, Phase}; use super::store;").is_empty());
        assert!(judged(&[], "mod jobs; use jobs::Job; use crate::engine::Phase;").is_empty());
        assert!(
            judged(&["jobs"], "use crate::{Workloads, images}; fn f() { crate::engine::run() }").is_empty()
        );
    }

    #[test]
    fn up_and_aside_are_not_by_whatever_path() {
        for text in [
            "use crate::jobs::Job;",
            "use crate::{images, jobs as work};",
            "use super::jobs::Job;",
            "fn f() -> crate::jobs::Job { todo() }",
            "fn f() { super::jobs::submit(); }",
            "mod tests { use super::super::jobs::Job; }",
        ] {
            let found = judged(&["engine"], text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert!(found[0].starts_with("house::engine -> jobs: jobs stands above it"), "{found:?}");
        }
        assert!(judged(&["notebooks", "start"], "use crate::jobs::Job;")[0].contains("beside it"));
        assert!(judged(&["engine", "queue"], "use super::super::jobs::Job;")[0].contains("above it"));
        assert!(judged(&["attic"], "")[0].contains("on no floor"));
    }
}
