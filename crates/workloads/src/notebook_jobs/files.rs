//! The folders that notebooks lie in, looked at from outside.

use std::io::{self, Read as _};
use std::path::Path;

use accounts::groups::Group;
use base::{Action, Error, OpContext, Result};
use folders::{Beneath, Found, Tree, aside};

use super::{locate, parameters};
use crate::Workloads;
use crate::engine::NotebookFile;

/// So many names of a folder are shown.
const MOST_NAMES: usize = 500;
/// A larger notebook runs, but nobody looks into it for parameters.
const MOST_READ: u64 = 8 * 1024 * 1024;

/// What a folder holds, as far as it can lead to a notebook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    pub tree: Tree,
    /// The path in its tree; empty for the tree itself.
    pub path: String,
    pub folders: Vec<String>,
    pub notebooks: Vec<String>,
    /// There is more than is shown.
    pub is_cut: bool,
}

fn list(root: &Path, path: &str) -> io::Result<Option<(Vec<String>, Vec<String>)>> {
    let Some(root) = Beneath::open_existing(root)? else { return Ok(path.is_empty().then(Default::default)) };
    let Some(entries) = root.entries(Path::new(path))? else { return Ok(None) };
    let (mut folders, mut notebooks) = (Vec::new(), Vec::new());
    for entry in entries {
        let Some(name) = entry.name.to_str().filter(|name| !name.starts_with('.')) else { continue };
        if name.contains(char::is_control) {
            continue;
        }
        if entry.is_folder {
            folders.push(name.to_owned());
        } else if name.ends_with(".ipynb") {
            notebooks.push(name.to_owned());
        }
    }
    folders.sort_unstable();
    notebooks.sort_unstable();
    Ok(Some((folders, notebooks)))
}

impl Workloads {
    /// The folders and notebooks in a folder of the person's home (`~`) or of the group's shared files
    /// (`/project/<group>`).
    pub async fn notebook_folder(&self, ctx: &OpContext, group: &Group, folder: &str) -> Result<Folder> {
        ctx.require_in_group(Action::RunWorkload, group.id)?;
        let (tree, path) = Tree::locate(folder, &group.name).map_err(|text| Error::field("folder", text))?;
        let (root, below) = (self.layout.tree(tree, group.id, ctx.person()?.id), path.clone());
        let found = aside("list notebooks", move || list(&root, &below)).await?;
        let (mut folders, mut notebooks) =
            found.ok_or_else(|| Error::not_found(format!("folder “{}”", tree.shown(&path, &group.name))))?;
        let is_cut = folders.len() > MOST_NAMES || notebooks.len() > MOST_NAMES;
        folders.truncate(MOST_NAMES);
        notebooks.truncate(MOST_NAMES);
        Ok(Folder { tree, path, folders, notebooks, is_cut })
    }

    /// The parameters that a notebook names itself, as typed there; none where it can't be read.
    pub async fn declared_parameters(
        &self,
        ctx: &OpContext,
        group: &Group,
        path: &str,
    ) -> Result<Vec<(String, String)>> {
        ctx.require_in_group(Action::RunWorkload, group.id)?;
        let Ok((tree, path)) = locate(path, &group.name) else { return Ok(Vec::new()) };
        let root = self.layout.tree(tree, group.id, ctx.person()?.id);
        aside("read a notebook", move || {
            let Some(root) = Beneath::open_existing(&root)? else { return Ok(Vec::new()) };
            let Found::File(file) = root.file(Path::new(&path))? else { return Ok(Vec::new()) };
            let mut text = String::new();
            let is_text = file.take(MOST_READ).read_to_string(&mut text).is_ok();
            let notebook = serde_json::from_str(&text).ok().filter(|_| is_text);
            Ok(notebook.as_ref().map(parameters::declared).unwrap_or_default())
        })
        .await
    }

    /// Whether the notebook is there for the person to run; if not, why.
    pub(crate) async fn check_notebook_file(
        &self,
        ctx: &OpContext,
        group: &Group,
        notebook: &NotebookFile,
    ) -> Result<std::result::Result<(), String>> {
        let root = self.layout.tree(notebook.tree, group.id, ctx.person()?.id);
        let path = notebook.path.clone();
        let found = aside("look for a notebook", move || match Beneath::open_existing(&root)? {
            Some(root) => root.file(Path::new(&path)),
            None => Ok(Found::Nothing),
        })
        .await?;
        let shown = notebook.tree.shown(&notebook.path, &group.name);
        Ok(match found {
            Found::File(_) => Ok(()),
            Found::Nothing => Err(format!("There is no file “{shown}”. Choose one that is there.")),
            Found::NoFile => Err(format!("“{shown}” is no file. Choose a notebook.")),
            Found::Link => Err(format!(
                "“{shown}” is a link or lies behind one, which is not followed. Name the file itself."
            )),
        })
    }
}
