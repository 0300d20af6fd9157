//! The pages of notebooks.

pub(crate) mod actions;
pub(crate) mod detail;
pub(crate) mod form;
pub(crate) mod launch;
pub(crate) mod list;
pub(crate) mod packages;
pub(crate) mod quick;
pub(crate) mod run;
pub(crate) mod spans;

use accounts::groups::Group;
use folders::{datasets_folder, shared_folder};
use ui_pages::components::Status;
use ui_pages::notebooks::{NotebookActions, Opens, Volume};
use workloads::notebooks::{Notebook, NotebookState};

pub(crate) const fn status(notebook: &Notebook) -> Status {
    match notebook.state {
        NotebookState::Stopped => Status::Stopped,
        NotebookState::Waiting => Status::Waiting,
        NotebookState::Preparing => Status::Preparing,
        NotebookState::Starting => Status::Starting,
        NotebookState::Ready => Status::Ready,
        NotebookState::Stopping => Status::Stopping,
        NotebookState::Failed => Status::Failed,
    }
}

pub(crate) fn url(group: &Group, notebook: &Notebook) -> String {
    paths::Notebook.link(&group.name, &notebook.slug)
}

/// What can be done with a notebook now, by its owner or by somebody who may only stop it.
pub(crate) fn actions(group: &Group, notebook: &Notebook, is_own: bool) -> NotebookActions {
    use NotebookState::{Failed, Preparing, Ready, Starting, Stopped, Stopping, Waiting};
    let (group, slug) = (group.name.as_str(), notebook.slug.as_str());
    let to = |link: String, states: &[NotebookState]| states.contains(&notebook.state).then_some(link);
    let start = || paths::NotebookStart.link(group, slug);
    let stop = || paths::NotebookStop.link(group, slug);
    let own = |action: Option<String>| action.filter(|_| is_own);
    NotebookActions {
        start: own(to(start(), &[Stopped, Failed])),
        start_safe: own(to(paths::query(start(), &[("safe", "on")]), &[Stopped, Failed])),
        cancel: to(stop(), &[Waiting, Preparing, Starting]),
        stop: to(stop(), &[Ready, Stopping]).filter(|_| notebook.state == Ready),
        restart: own(to(paths::NotebookRestart.link(group, slug), &[Ready])),
        delete: own(to(paths::NotebookDelete.link(group, slug), &[Stopped, Failed])),
    }
}

/// The ways into a notebook, while it answers.
pub(crate) fn opens(notebook: &Notebook, is_own: bool) -> Option<Opens> {
    let is_open = is_own && notebook.state == NotebookState::Ready;
    is_open.then(|| {
        let mut opens = Opens::of(&notebook.slug);
        if !notebook.open_path.is_empty() {
            let to = format!("lab/tree/{}", notebook.open_path);
            opens.lab = paths::query(paths::Open.link(&notebook.slug), &[("to", &to)]);
        }
        opens
    })
}

/// What is mounted into notebooks of the group.
pub(crate) fn volumes(group: &Group) -> Vec<Volume> {
    vec![
        Volume {
            name: format!("Your home in {}", group.display_name),
            path: "/home/jovyan".to_owned(),
            about: "Yours alone. What you save and install there is kept.".to_owned(),
            read_only: false,
        },
        Volume {
            name: format!("Shared files of {}", group.display_name),
            path: shared_folder(&group.name),
            about: "Everybody in the group reads and writes them.".to_owned(),
            read_only: false,
        },
        Volume {
            name: format!("Datasets of {}", group.display_name),
            path: datasets_folder(&group.name),
            about: "Among the shared files: each folder in here is a dataset.".to_owned(),
            read_only: false,
        },
    ]
}
