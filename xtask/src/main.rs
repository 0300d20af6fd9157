//! Chores of this repository: `cargo xtask COMMAND`. One file per command.

mod bench;
mod check_deps;
mod check_floors;
mod generate;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

const USAGE: &str = "\
cargo xtask bench        what Portico reaches here, beside what this machine allows
cargo xtask bench PART   a part of it: empty, submits or pages
cargo xtask bench churn [--minutes N]
                         whether memory stays flat while people and jobs come and go
cargo xtask bench notebooks [--idle N]
                         from the click to JupyterLab, beside JupyterLab by hand; or what N idle notebooks cost
cargo xtask simulate     the scheduler over 100,000 jobs of 1,000 groups in virtual time
cargo xtask check-deps   fail when a crate, or a module of a large one, knows another that its layer may not know
cargo xtask generate     write the generated files below docs/";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["bench"] => bench::run(&["run"]),
        ["bench", ..] => bench::run(&words[1..]),
        ["simulate"] => bench::run(&["simulate"]),
        ["check-deps"] => check_deps::run(),
        ["generate"] => generate::run(),
        _ => bail!("usage:\n{USAGE}"),
    }
}

/// The root of the workspace.
fn root() -> Result<PathBuf> {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").context("run this as `cargo xtask`")?;
    let root = PathBuf::from(here).parent().context("xtask lies in the workspace's root")?.to_path_buf();
    Ok(root)
}

/// The cargo that runs us.
fn cargo() -> std::process::Command {
    std::process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}
