//! Runs the benchmarks on release builds.

use anyhow::{Result, ensure};

use crate::{cargo, root};

pub(crate) fn run(what: &[&str]) -> Result<()> {
    let root = root()?;
    let built =
        cargo().args(["build", "--release", "-p", "portico", "-p", "bench"]).current_dir(&root).status()?;
    ensure!(built.success(), "the release build failed");
    let done = std::process::Command::new(root.join("target/release/bench"))
        .args(what)
        .current_dir(&root)
        .status()?;
    ensure!(done.success(), "the benchmark failed");
    Ok(())
}
