//! Notebooks: a person's JupyterLab, kept by name, started and stopped as often as they like.
//!
//! A notebook is a row that stays; every start makes a workload of the kind `notebook`, which queues, runs and ends
//! like any other. Invariants: a notebook has at most one workload that has not ended; only its owner starts, opens
//! or deletes it.

mod access;
mod delete;
pub mod entity;
mod list;
pub mod model;
mod start;
mod stop;
pub(crate) mod store;

pub use access::NotebookAccess;
pub use list::NotebookList;
pub use model::{Notebook, NotebookState};
pub use start::NewNotebook;
