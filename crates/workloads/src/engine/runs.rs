//! What a workload runs, and how that is kept.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use base::{Error, Result, WorkloadId};
use folders::Tree;
use sea_orm::ActiveValue::Set;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use strum::{EnumDiscriminants, EnumString, IntoStaticStr};

use super::Kind;
use super::entity::spec;

/// What a workload runs, with the environment variables that it finds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spec {
    pub runs: Runs,
    pub variables: BTreeMap<String, String>,
}

/// What a workload runs. The column `runs` has a word for each.
#[derive(Clone, Debug, PartialEq, Eq, EnumDiscriminants)]
#[strum_discriminants(
    name(Program),
    vis(pub(self)),
    derive(EnumString, IntoStaticStr),
    strum(serialize_all = "kebab-case")
)]
pub enum Runs {
    /// A bash script.
    Script(String),
    /// A notebook, from top to bottom.
    NotebookFile(NotebookFile),
    /// JupyterLab in its owner's home.
    JupyterLab(JupyterLab),
}

/// A notebook of somebody's home or of the shared files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotebookFile {
    /// Where it lies; under the name that the specs of jobs are kept with.
    #[serde(rename = "place")]
    pub tree: Tree,
    /// The path in its tree.
    pub path: String,
    pub parameters: BTreeMap<String, Value>,
}

/// How JupyterLab is started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JupyterLab {
    /// The home is not the start folder but `user` below it, and packages of one's own are left out.
    pub safe_mode: bool,
}

impl Default for Runs {
    fn default() -> Self {
        Self::Script(String::new())
    }
}

impl Runs {
    /// The script, where it is one.
    pub fn script(&self) -> Option<&str> {
        match self {
            Self::Script(script) => Some(script),
            Self::NotebookFile(_) | Self::JupyterLab(_) => None,
        }
    }

    /// The notebook file, where it is one.
    pub fn notebook_file(&self) -> Option<&NotebookFile> {
        match self {
            Self::NotebookFile(file) => Some(file),
            Self::Script(_) | Self::JupyterLab(_) => None,
        }
    }

    /// The kind of workload that runs such.
    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::Script(_) | Self::NotebookFile(_) => Kind::Job,
            Self::JupyterLab(_) => Kind::Notebook,
        }
    }

    /// Whether another person's workload surely runs the same program, so that it prints nothing that this one would
    /// not. Only a script is sure to: a notebook file is read when the job starts, and whoever copies the job can
    /// write another one there, in the group's files or in a home of their own.
    pub(super) fn is_surely_same_program(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Script(one), Self::Script(other)) => {
                one.replace("\r\n", "\n") == other.replace("\r\n", "\n")
            }
            (Self::Script(_) | Self::NotebookFile(_) | Self::JupyterLab(_), _) => false,
        }
    }
}

impl Spec {
    /// A bash script without variables.
    pub fn script(script: impl Into<String>) -> Self {
        Self { runs: Runs::Script(script.into()), ..Self::default() }
    }

    /// The row of a workload that runs this in a container image, or without one.
    pub(super) fn to_row(&self, id: WorkloadId, container: Option<String>) -> Result<spec::ActiveModel> {
        let word: &str = Program::from(&self.runs).into();
        let (script, settings) = match &self.runs {
            Runs::Script(script) => (script.replace("\r\n", "\n"), None),
            Runs::NotebookFile(file) => (String::new(), Some(json(file)?)),
            Runs::JupyterLab(jupyter) => (String::new(), Some(json(jupyter)?)),
        };
        Ok(spec::ActiveModel {
            workload_id: Set(id.0),
            runs: Set(word.to_owned()),
            script: Set(script),
            settings: Set(settings),
            variables: Set(json(&self.variables)?),
            container: Set(container),
        })
    }

    /// What a row says. One that can't be read is a fault, and never something else that runs.
    pub(super) fn from_row(row: spec::Model) -> Result<Self> {
        let settings = row.settings.as_deref().unwrap_or("null");
        let program = Program::from_str(&row.runs)
            .map_err(|_| Error::internal(format!("nothing that runs is called “{}”", row.runs)))?;
        let runs = match program {
            Program::Script => Runs::Script(row.script),
            Program::NotebookFile => Runs::NotebookFile(parsed(settings)?),
            Program::JupyterLab => Runs::JupyterLab(parsed(settings)?),
        };
        Ok(Self { runs, variables: parsed(&row.variables)? })
    }
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::internal_from("write what a workload runs", error))
}

fn parsed<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Error::internal_from("read what a workload runs", error))
}

#[cfg(test)]
mod tests {
    use base::Timestamp;
    use base::clock::MockClock;
    use sea_orm::TryIntoModel as _;

    use super::*;

    fn row(runs: Runs) -> spec::Model {
        let id = WorkloadId::new(&*MockClock::new(Timestamp(1), 1));
        let variables = BTreeMap::from([("A".to_owned(), "1".to_owned())]);
        Spec { runs, variables }.to_row(id, None).unwrap().try_into_model().unwrap()
    }

    #[test]
    fn what_is_written_reads_back() {
        let file = NotebookFile { tree: Tree::Home, path: "a.ipynb".to_owned(), parameters: BTreeMap::new() };
        let all = [
            Runs::Script("true".to_owned()),
            Runs::NotebookFile(file),
            Runs::JupyterLab(JupyterLab { safe_mode: true }),
        ];
        for runs in all {
            let read = Spec::from_row(row(runs.clone())).unwrap();
            assert_eq!((read.runs, read.variables["A"].as_str()), (runs, "1"));
        }
    }

    #[test]
    fn what_cannot_be_read_is_a_fault_and_no_empty_script() {
        let good = row(Runs::JupyterLab(JupyterLab::default()));
        for bad in [
            spec::Model { settings: None, ..good.clone() },
            spec::Model { settings: Some("{".to_owned()), ..good.clone() },
            spec::Model { runs: "flow".to_owned(), ..good.clone() },
            spec::Model { variables: "[".to_owned(), ..good },
        ] {
            assert_eq!(Spec::from_row(bad).unwrap_err().kind(), base::ErrorKind::Internal);
        }
    }
}
