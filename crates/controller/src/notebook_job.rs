//! How a notebook is run as a job.

use std::path::Path;

use workloads::engine::NotebookFile;
use workloads::notebook_jobs::{MAX_RENDERED_BYTES, RENDERED, RESULT};

use crate::notebook::{program, quoted};

/// Where the attempt's results go, as it sees them.
pub(crate) const RESULTS_TARGET: &str = "/opt/portico/results";

/// The program that the script runs, with the reasons in it.
const RUN: &str = include_str!("notebook_job.py");
const RUN_TARGET: &str = "/tmp/.portico-notebook-job.py";

/// The Python of an environment.
pub(crate) const ENVIRONMENT_PYTHON: &str = "/opt/portico/environment/bin/python";
/// The Python of a container image.
pub(crate) const CONTAINER_PYTHON: &str = "python3";

/// The bash script that runs a notebook in `root` with this Python. What people typed reaches it as one quoted word of
/// JSON.
pub(crate) fn notebook_job_script(notebook: &NotebookFile, root: &Path, job: &str, python: &str) -> String {
    let asked = serde_json::json!({
        "notebook": root.join(&notebook.path),
        "output": notebook.output(job),
        "parameters": notebook.parameters,
        "results": RESULTS_TARGET,
        "result": RESULT,
        "rendered": RENDERED,
        "max_rendered": MAX_RENDERED_BYTES,
    });
    let asked = quoted(&asked.to_string());
    let program = program(RUN_TARGET, RUN);
    format!("{program}exec {python} -I {RUN_TARGET} {asked}\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::process::Command;

    use folders::Tree;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn nothing_that_somebody_typed_becomes_a_command() {
        let nasty = "'; touch /tmp/x; $(id) `id` \"\\\n#";
        let notebook = NotebookFile {
            tree: Tree::Shared,
            path: "it's; $(id).ipynb".to_owned(),
            parameters: BTreeMap::from([("rate".to_owned(), json!(0.5)), ("name".to_owned(), json!(nasty))]),
        };
        let script =
            notebook_job_script(&notebook, Path::new("/project/vision"), "job-1", ENVIRONMENT_PYTHON);
        let (program, last) = script.trim_end().rsplit_once("\nexec ").unwrap();
        let said = Command::new("bash").args(["-c", &format!("printf '%s\\n' {last}")]).output().unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        let words: Vec<&str> = said.lines().collect();
        assert_eq!(words[..3], ["/opt/portico/environment/bin/python", "-I", RUN_TARGET]);
        let asked: Value = serde_json::from_str(&words[3..].join("\n")).unwrap();
        assert_eq!(asked["notebook"], "/project/vision/it's; $(id).ipynb");
        assert_eq!(asked["output"], "it's; $(id)-job-1.ipynb");
        assert_eq!(asked["parameters"], json!({ "rate": 0.5, "name": nasty }));
        let printed = program.replace(&format!("cat > {RUN_TARGET}"), "cat");
        let said = Command::new("bash").args(["-c", &printed]).output().unwrap();
        assert_eq!(String::from_utf8(said.stdout).unwrap(), RUN);
    }
}
