//! Pages of the portal.

use crate::pattern::paths;

paths! {
    /// A group's home.
    Home(group) = "/g/{group}";
    Job(group, job) = "/g/{group}/jobs/{job}";
    Notebook(group, notebook) = "/g/{group}/notebooks/{notebook}";
}
