//! Holds the crates to their layers.
//!
//! Three tables say everything: which layer a crate is in ([`LAYERS`]), which crates know less than their layer may
//! ([`NARROW`]), and which outside crates only some of ours may name ([`FENCES`]). A crate that is in no layer is an
//! error, so a new one has to be placed here. Modules of large crates have floors, see [`check_floors`].

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{cargo, check_floors, root};

/// From the ground up. A crate may depend on the crates of lower layers, and on none of its own layer.
const LAYERS: &[(&str, &[&str])] = &[
    ("ground", &["base", "paths", "vault-format"]),
    ("ground with I/O", &["db", "folders", "blobs"]),
    ("ground that runs", &["runner"]),
    ("ground adapters", &["runner-kubernetes"]),
    ("features: people", &["accounts"]),
    ("features", &["workloads", "files", "tracking"]),
    ("background", &["controller"]),
    ("delivery kit", &["web-kit", "ui-pages"]),
    ("delivery", &["ui-routes", "api-rest", "api-primehub", "api-clearml", "api-mlflow", "proxy"]),
    ("delivery over the proxy", &["ssh"]),
    ("wiring", &["portico", "test-kit"]),
    ("tools", &["bench", "xtask"]),
];

/// Crates that may know only these of ours, whatever their layer.
const NARROW: &[(&str, &[&str], &str)] = &[
    (
        "ui-pages",
        &["base", "paths"],
        "pages are plain structs: they render what they are given, without a database",
    ),
    ("xtask", &[], "chores must work while the rest does not compile"),
];

/// Only tests, and the benches, may have these of ours.
const FOR_TESTS: &[&str] = &["test-kit"];

struct Fence {
    /// Outside crates; a trailing `*` stands for any ending.
    outside: &'static [&'static str],
    /// Who may name them, in any kind of dependency.
    only: &'static [&'static str],
    reason: &'static str,
}

const FENCES: &[Fence] = &[
    Fence {
        outside: &["sea-orm", "sea-orm-migration", "sea-query", "sqlx", "sqlx-*", "rusqlite"],
        only: &["db", "accounts", "workloads", "files", "tracking", "test-kit", "bench"],
        reason: "SQL lives in the features and below; delivery calls a use case",
    },
    Fence {
        outside: &["axum", "axum-*"],
        only: &[
            "web-kit",
            "ui-routes",
            "api-rest",
            "api-primehub",
            "api-clearml",
            "api-mlflow",
            "proxy",
            "test-kit",
            "portico",
            "bench",
        ],
        reason: "rules do not know that they are called over HTTP, and pages do not know who routes to them",
    },
    Fence {
        outside: &["seccompiler", "landlock"],
        only: &["runner"],
        reason: "sandboxes are the local runner's",
    },
    Fence {
        outside: &["kube", "k8s-openapi"],
        only: &["runner-kubernetes"],
        reason: "one crate speaks to clusters",
    },
    Fence { outside: &["russh"], only: &["ssh"], reason: "one crate speaks SSH" },
    Fence { outside: &["object_store"], only: &["blobs"], reason: "one crate speaks to object storage" },
    Fence {
        outside: &["async-graphql", "async-graphql-*"],
        only: &["api-primehub"],
        reason: "GraphQL is only there for PrimeHub's clients",
    },
    Fence {
        outside: &["askama", "rust-embed"],
        only: &["ui-pages"],
        reason: "templates and assets are the pages'",
    },
    Fence {
        outside: &["clap", "anyhow"],
        only: &["portico", "xtask", "bench"],
        reason: "libraries take arguments and answer with base::Error",
    },
];

/// Outside crates that one of ours may not name, except in its tests.
const WITHOUT: &[(&str, &[&str], &str)] = &[
    (
        "base",
        &["tokio", "fs-err", "rustix", "tempfile", "hyper", "reqwest"],
        "base has no input and output: time, files and the network are given to it",
    ),
    ("ui-pages", &["tokio", "hyper", "fs-err"], "a page is a function of its struct"),
];

struct Crate {
    name: String,
    dependencies: Vec<Dependency>,
}

struct Dependency {
    name: String,
    only_in_tests: bool,
}

pub(crate) fn run() -> Result<()> {
    let output = cargo()
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root()?)
        .output()
        .context("cannot start cargo")?;
    if !output.status.success() {
        bail!("cargo metadata failed:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    let crates = parse(&serde_json::from_slice(&output.stdout)?)?;
    let mut violations = violations(&crates);
    violations.extend(check_floors::violations(&root()?.join("crates"))?);
    if !violations.is_empty() {
        let mut message = String::new();
        for violation in &violations {
            write!(message, "\n  {violation}")?;
        }
        bail!("{} dependencies that the layers or floors do not allow:{message}", violations.len());
    }
    writeln!(std::io::stdout(), "{} crates keep to their layers, and modules to their floors", crates.len())?;
    Ok(())
}

/// The workspace's crates out of what `cargo metadata` prints. Renamed dependencies have their real name there.
fn parse(metadata: &Value) -> Result<Vec<Crate>> {
    let text = |value: &Value, key: &str| -> Result<String> {
        Ok(value[key].as_str().with_context(|| format!("cargo metadata: no {key}"))?.to_owned())
    };
    let list = |value: &Value, key: &str| -> Result<Vec<Value>> {
        Ok(value[key].as_array().with_context(|| format!("cargo metadata: no {key}"))?.clone())
    };
    let mut crates = Vec::new();
    for package in list(metadata, "packages")? {
        let mut dependencies = Vec::new();
        for dependency in list(&package, "dependencies")? {
            let only_in_tests = dependency["kind"].as_str() == Some("dev");
            dependencies.push(Dependency { name: text(&dependency, "name")?, only_in_tests });
        }
        crates.push(Crate { name: text(&package, "name")?, dependencies });
    }
    Ok(crates)
}

fn layer_of(name: &str) -> Option<(usize, &'static str)> {
    LAYERS
        .iter()
        .enumerate()
        .find(|(_, (_, crates))| crates.contains(&name))
        .map(|(rank, (layer, _))| (rank, *layer))
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

/// One sentence for every dependency that should not be, sorted, each once.
fn violations(crates: &[Crate]) -> BTreeSet<String> {
    let ours: BTreeSet<&str> = crates.iter().map(|krate| krate.name.as_str()).collect();
    let mut found = BTreeSet::new();
    for krate in crates {
        if layer_of(&krate.name).is_none() {
            found.insert(format!(
                "{} is in no layer: place it in LAYERS in xtask/src/check_deps.rs",
                krate.name
            ));
            continue;
        }
        for dependency in &krate.dependencies {
            let name = dependency.name.as_str();
            let problem = if ours.contains(name) {
                inside(krate, dependency)
            } else {
                outside(&krate.name, dependency)
            };
            if let Some(problem) = problem {
                found.insert(format!("{} -> {name}: {problem}", krate.name));
            }
        }
    }
    found
}

fn inside(krate: &Crate, dependency: &Dependency) -> Option<String> {
    let name = dependency.name.as_str();
    if FOR_TESTS.contains(&name) {
        let allowed = dependency.only_in_tests || krate.name == "bench";
        return (!allowed).then(|| "it is for tests: name it under [dev-dependencies]".to_owned());
    }
    if let Some((_, known, reason)) = NARROW.iter().find(|(of, ..)| *of == krate.name)
        && !known.contains(&name)
    {
        return Some((*reason).to_owned());
    }
    // A crate's tests may ask the crate itself for a feature that only tests want.
    if krate.name == name && dependency.only_in_tests {
        return None;
    }
    // A crate without a layer is reported once, for itself.
    let (rank, layer) = layer_of(&krate.name)?;
    let (other_rank, other_layer) = layer_of(name)?;
    if other_rank < rank {
        None
    } else if layer == other_layer {
        Some(format!("both are in the layer \"{layer}\", whose crates do not know each other"))
    } else {
        Some(format!("\"{layer}\" lies below \"{other_layer}\", and arrows point down only"))
    }
}

fn outside(krate: &str, dependency: &Dependency) -> Option<String> {
    let name = dependency.name.as_str();
    for fence in FENCES {
        if fence.outside.iter().any(|pattern| matches(pattern, name)) && !fence.only.contains(&krate) {
            return Some(format!("{} (allowed: {})", fence.reason, fence.only.join(", ")));
        }
    }
    WITHOUT
        .iter()
        .find(|(of, without, _)| *of == krate && without.contains(&name) && !dependency.only_in_tests)
        .map(|(.., reason)| (*reason).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A workspace from lines such as `workloads: base accounts sea-orm test-kit(dev)`.
    fn workspace(lines: &[&str]) -> Vec<Crate> {
        lines
            .iter()
            .map(|line| {
                let (name, dependencies) = line.split_once(':').unwrap();
                let dependencies = dependencies
                    .split_whitespace()
                    .map(|word| {
                        let real = word.trim_end_matches("(dev)");
                        Dependency { name: real.to_owned(), only_in_tests: real != word }
                    })
                    .collect();
                Crate { name: name.to_owned(), dependencies }
            })
            .collect()
    }

    #[track_caller]
    fn assert_fine(lines: &[&str]) {
        assert_eq!(violations(&workspace(lines)), BTreeSet::new());
    }

    #[track_caller]
    fn assert_only(lines: &[&str], starts: &[&str]) {
        let found: Vec<String> = violations(&workspace(lines)).into_iter().collect();
        assert_eq!(found.len(), starts.len(), "{found:#?}");
        for (sentence, start) in found.iter().zip(starts) {
            assert!(sentence.starts_with(start), "{sentence:?} does not start with {start:?}");
        }
    }

    #[test]
    fn arrows_down_are_fine() {
        assert_fine(&[
            "base: serde jiff",
            "db: base sea-orm sea-orm-migration tokio",
            "runner: base seccompiler tokio",
            "accounts: base db sea-orm",
            "workloads: base db accounts runner sea-orm test-kit(dev)",
            "files: base db accounts",
            "controller: workloads accounts runner db base",
            "web-kit: base db accounts axum",
            "ui-pages: base askama rust-embed",
            "ui-routes: base workloads web-kit ui-pages axum",
            "portico: base db accounts workloads controller ui-routes axum anyhow clap",
            "test-kit: base db accounts workloads controller runner axum sea-orm",
            "bench: portico test-kit anyhow",
            "xtask: anyhow serde_json",
        ]);
    }

    #[test]
    fn arrows_up_are_not() {
        assert_only(
            &["base: db", "db:", "accounts: controller", "controller:", "web-kit: ui-routes", "ui-routes:"],
            &["accounts -> controller", "base -> db", "web-kit -> ui-routes"],
        );
        assert_only(&["api-rest: portico", "portico:"], &["api-rest -> portico"]);
    }

    #[test]
    fn tests_do_not_excuse_an_arrow_up() {
        assert_only(&["accounts: workloads(dev)", "workloads:"], &["accounts -> workloads"]);
    }

    #[test]
    fn features_meet_only_above_but_all_know_people() {
        assert_only(
            &["accounts:", "workloads: accounts files", "files: accounts tracking", "tracking: accounts"],
            &["files -> tracking", "workloads -> files"],
        );
        assert_only(&["accounts: workloads", "workloads:"], &["accounts -> workloads"]);
    }

    #[test]
    fn apis_do_not_know_each_other() {
        assert_only(&["api-rest: api-mlflow", "api-mlflow:"], &["api-rest -> api-mlflow"]);
    }

    #[test]
    fn pages_know_no_database_and_no_router() {
        assert_only(
            &["base:", "db:", "accounts:", "ui-pages: base db accounts axum tokio serde"],
            &["ui-pages -> accounts", "ui-pages -> axum", "ui-pages -> db", "ui-pages -> tokio"],
        );
    }

    #[test]
    fn the_test_kit_is_for_tests() {
        assert_only(
            &["test-kit:", "workloads: test-kit", "portico: test-kit"],
            &["portico -> test-kit", "workloads -> test-kit"],
        );
        assert_fine(&["test-kit:", "base: test-kit(dev)", "portico: test-kit(dev)"]);
    }

    #[test]
    fn outside_crates_have_their_place() {
        assert_only(
            &[
                "api-rest: sea-orm",
                "base: tokio fs-err(dev)",
                "controller: seccompiler",
                "ui-routes: sqlx-core",
            ],
            &["api-rest -> sea-orm", "base -> tokio", "controller -> seccompiler", "ui-routes -> sqlx-core"],
        );
        assert_only(
            &["workloads: kube object_store async-graphql anyhow axum-extra"],
            &[
                "workloads -> anyhow",
                "workloads -> async-graphql",
                "workloads -> axum-extra",
                "workloads -> kube",
                "workloads -> object_store",
            ],
        );
    }

    #[test]
    fn a_new_crate_has_to_be_placed() {
        assert_only(&["billing: base", "base:", "portico: billing"], &["billing is in no layer"]);
    }

    #[test]
    fn every_crate_has_one_layer() {
        let mut seen = BTreeSet::new();
        for (_, crates) in LAYERS {
            for name in *crates {
                assert!(seen.insert(*name), "{name} is in two layers");
            }
        }
        let named = NARROW.iter().flat_map(|(of, known, _)| known.iter().chain([of]));
        let fenced = FENCES.iter().flat_map(|fence| fence.only);
        for name in named.chain(fenced).chain(FOR_TESTS).chain(WITHOUT.iter().map(|(of, ..)| of)) {
            assert!(seen.contains(name), "{name} is in a rule but in no layer");
        }
    }

    #[test]
    fn metadata_is_read() {
        let metadata = serde_json::json!({ "packages": [{ "name": "db", "dependencies": [
            { "name": "base", "kind": null },
            { "name": "sea-orm", "rename": "orm", "kind": null },
            { "name": "tempfile", "kind": "dev" },
        ] }] });
        let crates = parse(&metadata).unwrap();
        assert_eq!(crates[0].name, "db");
        let names: Vec<_> =
            crates[0].dependencies.iter().map(|d| (d.name.as_str(), d.only_in_tests)).collect();
        assert_eq!(names, [("base", false), ("sea-orm", false), ("tempfile", true)]);
        assert!(parse(&serde_json::json!({})).is_err());
    }
}
