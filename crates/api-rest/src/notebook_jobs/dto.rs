//! Notebooks as jobs on the wire.

use std::collections::BTreeMap;

use base::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use workloads::notebook_jobs::{parse_list, parse_value};

/// Parameters: an object, or a text such as `a=1; b=2`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ParametersDto {
    Named(BTreeMap<String, Value>),
    Typed(String),
}

impl ParametersDto {
    pub(super) fn named(self) -> Result<BTreeMap<String, Value>> {
        match self {
            Self::Named(named) => Ok(named),
            Self::Typed(text) => {
                let list = parse_list(&text).map_err(|text| Error::field("parameters", text))?;
                Ok(list.into_iter().map(|(name, value)| (name, parse_value(&value))).collect())
            }
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewNotebookJobDto {
    /// A notebook of the group's shared files (`/project/<group>/…`) or of one's own home (`~/…`).
    #[schema(example = "~/train.ipynb")]
    pub(super) path: String,
    #[serde(default)]
    pub(super) parameters: Option<ParametersDto>,
    /// Left out, the job is named after the notebook.
    #[serde(default)]
    pub(super) name: String,
    #[schema(example = "cpu-1")]
    pub(super) instance_type: String,
    #[schema(example = "data-science")]
    pub(super) image: String,
    /// Environment variables.
    #[serde(default)]
    pub(super) environment: BTreeMap<String, String>,
    /// Seconds; 0 is no limit; left out, the group's default counts.
    #[serde(default)]
    pub(super) time_limit: Option<i64>,
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FolderQuery {
    /// `~` or a folder in it, or `/project/<group>` or a folder in it.
    #[serde(default)]
    pub(super) folder: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FolderDto {
    /// Its path.
    pub(super) folder: String,
    /// Names of the folders in it.
    pub(super) folders: Vec<String>,
    /// Names of the notebooks in it.
    pub(super) notebooks: Vec<String>,
    /// There is more than is listed.
    pub(super) is_cut: bool,
}
