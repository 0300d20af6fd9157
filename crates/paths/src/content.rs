//! Addresses of the content origin.

use crate::pattern::paths;

paths! {
    Health() = "/healthz";
    Style() = "/.portico/page.css";
    /// Where a code is traded for a content session.
    Enter(slug) = "/w/{slug}/.portico/enter";
    /// What a job left to be shown.
    Result(slug) = "/r/{slug}";
    WorkloadName(slug) = "/w/{slug}";
    /// A workload's first page, which all of its addresses lie below.
    Workload(slug) = "/w/{slug}/";
    WorkloadPath(slug, path) = "/w/{slug}/{*path}";
}
