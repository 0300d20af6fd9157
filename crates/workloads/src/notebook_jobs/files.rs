//! The folders that notebooks lie in, looked at from outside.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use accounts::groups::Group;
use base::{Action, AttemptId, Error, GroupId, OpContext, Result, UserId};
use runner::{Beneath, Found};

use super::{Place, parameters, place};
use crate::Workloads;
use crate::engine::{NotebookFile, Removed};

/// So many names of a folder are shown.
const MOST_NAMES: usize = 500;
/// A larger notebook runs, but nobody looks into it for parameters.
const MOST_READ: u64 = 8 * 1024 * 1024;

/// Where the files of groups, people and attempts are on this machine.
#[derive(Clone, Debug)]
pub struct Files {
    groups: PathBuf,
    homes: PathBuf,
    results: PathBuf,
}

impl Files {
    /// As laid out in a data directory.
    pub fn in_data(data: &Path) -> Self {
        Self { groups: data.join("groups"), homes: data.join("homes"), results: data.join("results") }
    }

    /// The shared files of a group. By id, not by name: a group deleted and made again with the same name must not
    /// find the old one's files.
    pub fn of_group(&self, group: GroupId) -> PathBuf {
        self.groups.join(group.to_string())
    }

    /// The datasets of a group: each is a folder in here, with the dataset's name.
    pub fn datasets(&self, group: GroupId) -> PathBuf {
        self.of_group(group).join(place::DATASETS)
    }

    /// A person's home in a group.
    pub fn home(&self, group: GroupId, user: UserId) -> PathBuf {
        self.homes.join(group.to_string()).join(user.to_string())
    }

    /// What an attempt leaves for others to see.
    pub fn results(&self, attempt: AttemptId) -> PathBuf {
        self.results.join(attempt.to_string())
    }

    /// Where everything lies that is somebody's, so that it can be removed with them.
    pub fn folders_of(&self, whose: Removed) -> io::Result<Vec<PathBuf>> {
        Ok(match whose {
            Removed::Attempt(attempt) => vec![self.results(attempt)],
            Removed::Group(group) => vec![self.of_group(group), self.homes.join(group.to_string())],
            Removed::Person(person) => {
                let groups = match fs_err::read_dir(&self.homes) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
                    groups => groups?,
                };
                groups
                    .map(|group| Ok(group?.path().join(person.to_string())))
                    .filter(|home| home.as_ref().map_or(true, |home| home.is_dir()))
                    .collect::<io::Result<_>>()?
            }
        })
    }

    fn root(&self, place: Place, group: GroupId, user: UserId) -> PathBuf {
        match place {
            Place::Home => self.home(group, user),
            Place::Shared => self.of_group(group),
        }
    }
}

/// What a folder holds, as far as it can lead to a notebook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    pub place: Place,
    /// The path in its place; empty for the place itself.
    pub path: String,
    pub folders: Vec<String>,
    pub notebooks: Vec<String>,
    /// There is more than is shown.
    pub is_cut: bool,
}

/// Opens a root; `None` when it was never made.
pub(super) fn open(root: &Path) -> io::Result<Option<Beneath>> {
    match Beneath::open(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some),
    }
}

pub(super) async fn aside<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::internal_from(what, error))?
        .map_err(|error| Error::internal_from(what, error))
}

fn list(root: &Path, path: &str) -> io::Result<Option<(Vec<String>, Vec<String>)>> {
    let Some(root) = open(root)? else { return Ok(path.is_empty().then(Default::default)) };
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
    /// Where files are on this machine.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// The folders and notebooks in a folder of the person's home (`~`) or of the group's shared files
    /// (`/project/<group>`).
    pub async fn notebook_folder(&self, ctx: &OpContext, group: &Group, folder: &str) -> Result<Folder> {
        ctx.require_in_group(Action::RunWorkload, group.id)?;
        let (place, path) = place::split(folder, &group.name).map_err(|text| Error::field("folder", text))?;
        let (root, below) = (self.files.root(place, group.id, ctx.person()?.id), path.clone());
        let found = aside("list notebooks", move || list(&root, &below)).await?;
        let (mut folders, mut notebooks) = found.ok_or_else(|| {
            Error::not_found(format!("folder “{}”", place::shown(place, &path, &group.name)))
        })?;
        let is_cut = folders.len() > MOST_NAMES || notebooks.len() > MOST_NAMES;
        folders.truncate(MOST_NAMES);
        notebooks.truncate(MOST_NAMES);
        Ok(Folder { place, path, folders, notebooks, is_cut })
    }

    /// The parameters that a notebook names itself, as typed there; none where it can't be read.
    pub async fn declared_parameters(
        &self,
        ctx: &OpContext,
        group: &Group,
        path: &str,
    ) -> Result<Vec<(String, String)>> {
        ctx.require_in_group(Action::RunWorkload, group.id)?;
        let Ok((place, path)) = place::locate(path, &group.name) else { return Ok(Vec::new()) };
        let root = self.files.root(place, group.id, ctx.person()?.id);
        aside("read a notebook", move || {
            let Some(root) = open(&root)? else { return Ok(Vec::new()) };
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
        let root = self.files.root(notebook.place, group.id, ctx.person()?.id);
        let path = notebook.path.clone();
        let found = aside("look for a notebook", move || match open(&root)? {
            Some(root) => root.file(Path::new(&path)),
            None => Ok(Found::Nothing),
        })
        .await?;
        let shown = place::shown(notebook.place, &notebook.path, &group.name);
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
