//! Notebooks as jobs: a notebook file of the group's shared files or of a person's home, run from top to bottom with
//! parameters.
//!
//! What lies in those folders was put there by people, so no link in them is ever followed. Only whoever submits such a
//! job has their own home in it.

mod files;
mod parameters;
mod result;

use std::collections::BTreeMap;

use accounts::groups::Group;
use base::{OpContext, Result};
use folders::Tree;
use serde_json::Value;

use crate::Workloads;
use crate::engine::{NotebookFile, Runs, Spec};
use crate::jobs::{JobSummary, NewJob};

pub use files::Folder;
pub use parameters::{parse_list, parse_value, shown_value};
pub use result::{Executed, MAX_RENDERED_BYTES, RENDERED, RESULT};

/// The notebook that a path names; otherwise what to type instead.
pub fn locate(typed: &str, group_name: &str) -> std::result::Result<(Tree, String), String> {
    if typed.trim().is_empty() {
        return Err("Choose a notebook.".to_owned());
    }
    let (tree, path) = Tree::locate(typed, group_name)?;
    if !path.ends_with(".ipynb") {
        return Err("A notebook's name ends with .ipynb. Choose such a file.".to_owned());
    }
    Ok((tree, path))
}

impl NotebookFile {
    /// What the executed notebook is called, beside the one it was made from.
    pub fn output(&self, job: &str) -> String {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        let stem = name.strip_suffix(".ipynb").unwrap_or(name);
        // File systems take 255 bytes.
        let cut = (0..=stem.len().min(200)).rev().find(|at| stem.is_char_boundary(*at)).unwrap_or(0);
        format!("{}-{job}.ipynb", stem.get(..cut).unwrap_or_default())
    }
}

/// A notebook to run as a job.
#[derive(Clone, Debug, Default)]
pub struct NewNotebookJob {
    /// Such as `~/train.ipynb` or `/project/vision/train.ipynb`.
    pub path: String,
    pub parameters: BTreeMap<String, Value>,
    /// The rest; its script is not used, and without a name it gets the file's.
    pub job: NewJob,
}

impl Workloads {
    /// Puts a job that runs a notebook into the queue.
    pub async fn submit_notebook_job(
        &self,
        ctx: &OpContext,
        group: &Group,
        new: NewNotebookJob,
    ) -> Result<JobSummary> {
        let mut job = new.job;
        let (tree, path) = locate(&new.path, &group.name).map_err(|text| base::Error::field("path", text))?;
        parameters::check(&new.parameters)?;
        if job.name.trim().is_empty() {
            let name = path.rsplit('/').next().unwrap_or_default();
            job.name = base::names::cut(name.strip_suffix(".ipynb").unwrap_or(name), 100);
        }
        let notebook = NotebookFile { tree, path, parameters: new.parameters };
        job.spec = Spec { runs: Runs::NotebookFile(notebook), ..job.spec };
        self.submit_job(ctx, group, job).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notebook_is_named_by_its_path() {
        assert_eq!(locate("~/x/a.ipynb", "vision"), Ok((Tree::Home, "x/a.ipynb".to_owned())));
        for (typed, why) in
            [(" ", "Choose"), ("~/a.py", ".ipynb"), ("~", ".ipynb"), ("/etc/a.ipynb", "Begin")]
        {
            let said = locate(typed, "vision").unwrap_err();
            assert!(said.contains(why), "{typed}: {said}");
        }
        let kept = serde_json::json!({ "place": "shared", "path": "a.ipynb", "parameters": {} });
        let read: NotebookFile = serde_json::from_value(kept).unwrap();
        assert_eq!(read.tree, Tree::Shared, "jobs of older versions keep their notebook");
    }

    #[test]
    fn the_executed_notebook_is_named_for_its_job() {
        let named = |path: &str| {
            let file = NotebookFile { tree: Tree::Home, path: path.to_owned(), parameters: BTreeMap::new() };
            file.output("job-1")
        };
        assert_eq!(named("a/train.ipynb"), "train-job-1.ipynb");
        assert_eq!(named(&format!("{}.ipynb", "ü".repeat(120))), format!("{}-job-1.ipynb", "ü".repeat(100)));
    }
}
