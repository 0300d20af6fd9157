//! What people installed in their homes, beside the packages of images.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use accounts::groups::Group;
use base::{Action, OpContext, Result};
use folders::{Beneath, aside};

use crate::Workloads;
use crate::notebooks::Notebook;

/// Where in a home a layer of packages lies for each image.
pub const PACKAGE_LAYERS: &str = ".portico/python";
/// Folders of a home that hold nothing but packages, beside `.local/lib/python3.*`.
const PACKAGES: [&str; 3] = [PACKAGE_LAYERS, ".local/share/jupyter/labextensions", ".local/etc/jupyter"];

impl Workloads {
    /// What the acting person installed in their home of the group: names with versions, sorted.
    pub async fn installed_packages(&self, ctx: &OpContext, group: &Group) -> Result<Vec<String>> {
        ctx.require_in_group(Action::ReadGroup, group.id)?;
        let home = self.layout.home(group.id, ctx.person()?.id);
        aside("look into a home", move || installed(&home)).await
    }

    /// Takes away what the notebook's owner installed. None of their notebooks in the group may run meanwhile.
    pub async fn reset_packages(&self, ctx: &OpContext, group: &Group, slug: &str) -> Result<Notebook> {
        let notebook = self.require_reset_of_packages(ctx, group, slug).await?;
        let home = self.layout.home(group.id, notebook.user);
        aside("remove packages from a home", move || reset(&home)).await?;
        Ok(notebook)
    }
}

/// A home, unless there is none yet, or none that can be looked into: a notebook says so when it starts.
fn opened(home: &Path) -> io::Result<Option<Beneath>> {
    use io::ErrorKind::{NotADirectory, NotFound, PermissionDenied};
    match Beneath::open(home) {
        Err(error) if matches!(error.kind(), NotFound | NotADirectory | PermissionDenied) => Ok(None),
        home => home.map(Some),
    }
}

/// What a person installed, in whatever way and for whatever image: names with versions, sorted.
fn installed(home: &Path) -> io::Result<Vec<String>> {
    let Some(home) = opened(home)? else { return Ok(Vec::new()) };
    let layers = Path::new(PACKAGE_LAYERS);
    let mut libraries = vec![Path::new(".local/lib").to_owned()];
    libraries.extend(home.names(layers)?.iter().map(|name| layers.join(name).join("lib")));
    let mut found = BTreeSet::new();
    for library in libraries {
        for version in home.names(&library)? {
            for name in home.names(&library.join(version).join("site-packages"))? {
                let name = name.to_string_lossy();
                if let Some((package, version)) =
                    name.strip_suffix(".dist-info").and_then(|name| name.rsplit_once('-'))
                {
                    found.insert(format!("{package} {version}"));
                }
            }
        }
    }
    Ok(found.into_iter().collect())
}

/// Takes away what a person installed, in whatever way and for whatever image. No notebook of theirs may be running.
fn reset(home: &Path) -> io::Result<()> {
    let Some(home) = opened(home)? else { return Ok(()) };
    home.finish_removals()?;
    for folder in PACKAGES {
        home.remove(Path::new(folder))?;
    }
    let libraries = Path::new(".local/lib");
    for name in home.names(libraries)? {
        if name.to_string_lossy().starts_with("python") {
            home.remove(&libraries.join(name))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reset_takes_packages_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("home");
        reset(&home).unwrap();
        for folder in
            [".portico/python/base-3.11", ".local/lib/python3.11/site-packages", ".local/lib/node", "work"]
        {
            fs_err::create_dir_all(home.join(folder)).unwrap();
        }
        reset(&home).unwrap();
        let left: Vec<bool> = [".portico/python", ".local/lib/python3.11", ".local/lib/node", "work"]
            .iter()
            .map(|folder| home.join(folder).exists())
            .collect();
        assert_eq!(left, [false, false, true, true]);
    }

    #[test]
    fn packages_of_every_kind_are_listed() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("home");
        assert!(installed(&home).unwrap().is_empty());
        for folder in [
            ".portico/python/base-3.11/lib/python3.11/site-packages/six-1.17.0.dist-info",
            ".local/lib/python3.12/site-packages/idna-3.20.dist-info",
            ".local/lib/python3.12/site-packages/idna",
        ] {
            fs_err::create_dir_all(home.join(folder)).unwrap();
        }
        assert_eq!(installed(&home).unwrap(), ["idna 3.20", "six 1.17.0"]);
        fs_err::write(dir.path().join("file"), "").unwrap();
        assert!(installed(&dir.path().join("file")).unwrap().is_empty(), "a notebook says so when it starts");
    }
}
