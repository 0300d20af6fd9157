//! Packages as people write them: lines of a form, a `requirements.txt`, an `environment.yml`.
//!
//! What passes is a requirement by name (PEP 508) and nothing else: no option, address, path or variable, so nothing
//! that people write here becomes an argument of a command.

use std::collections::BTreeSet;
use std::str::FromStr as _;

use base::names::cut;
use pep508_rs::{Requirement, VerbatimUrl};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The most packages of one image, beside those of its base.
pub const MOST_PACKAGES: usize = 200;
/// The most letters of one line.
pub const LONGEST_LINE: usize = 300;
/// The most bytes of an uploaded file.
pub const LARGEST_FILE: usize = 250_000;

/// The requirements of some lines, each in its usual spelling, sorted and without doubles. Empty lines and comments
/// are left out.
pub fn requirements<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Vec<String>, String> {
    let mut found = BTreeSet::new();
    let mut count = 0;
    for (n, line) in lines.into_iter().flat_map(str::lines).enumerate() {
        let line = without_comment(line);
        if line.is_empty() {
            continue;
        }
        count += 1;
        if count > MOST_PACKAGES {
            continue;
        }
        found.insert(requirement(line).map_err(|why| format!("Line {}, “{}”: {why}", n + 1, cut(line, 60)))?);
    }
    if count > MOST_PACKAGES {
        return Err(format!(
            "These are {count} packages; at most {MOST_PACKAGES} are taken. Name only those that you import; \
             what they need comes by itself."
        ));
    }
    Ok(found.into_iter().collect())
}

/// A comment begins with `#` at the start of a line or after a space.
fn without_comment(line: &str) -> &str {
    let comment = line
        .match_indices('#')
        .map(|(at, _)| at)
        .find(|at| line[..*at].chars().next_back().is_none_or(char::is_whitespace));
    comment.map_or(line, |at| &line[..at]).trim()
}

/// One requirement in its usual spelling.
fn requirement(line: &str) -> Result<String, String> {
    if line.len() > LONGEST_LINE {
        return Err(format!("it has {} letters; at most {LONGEST_LINE} are taken.", line.chars().count()));
    }
    if let Some(other) = line.chars().find(|c| !matches!(c, ' '..='~' | '\t')) {
        return Err(format!(
            "it has a character that no package's name has (U+{:04X}). Remove it.",
            u32::from(other)
        ));
    }
    if line.starts_with('-') || line.contains(" --") {
        return Err(
            "options are not taken here, such as --index-url, -r or --hash. Name packages only, such as pandas>=2."
                .to_owned(),
        );
    }
    if line.contains(['@', '$', '\\', '/', '`']) || line.contains("://") {
        return Err(
            "addresses, paths and variables are not taken. Name a package of the package index, such as pandas>=2."
                .to_owned(),
        );
    }
    runner::environments::check_requirement(line)
        .map_err(|why| format!("it {why}. Write a name and perhaps a version, such as pandas>=2,<3."))?;
    let parsed = Requirement::<VerbatimUrl>::from_str(line).map_err(|error| {
        let why = error.message.to_string();
        let why = why.lines().next().unwrap_or_default().trim_end_matches('.');
        format!(
            "it is no requirement ({}). Write a name and perhaps a version, such as pandas>=2,<3.",
            cut(why, 200)
        )
    })?;
    Ok(parsed.to_string())
}

/// What an `environment.yml` asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conda {
    /// The version of Python, such as `3.11`.
    pub python: Option<String>,
    /// The part below `pip:`.
    pub packages: Vec<String>,
    /// What only conda can install.
    pub others: Vec<String>,
}

#[derive(Deserialize)]
struct EnvironmentYml {
    #[serde(default)]
    dependencies: Vec<Dependency>,
    #[serde(flatten)]
    _rest: std::collections::BTreeMap<String, IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Dependency {
    Conda(String),
    Pip { pip: Vec<String> },
}

/// Reads an `environment.yml`: Python's version and the part for pip, and names what this runner can't install.
pub fn environment_yml(text: &str) -> Result<Conda, String> {
    let read: EnvironmentYml = serde_saphyr::from_str(text).map_err(|error| {
        let why = error.to_string();
        let why = why.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        format!("The file is no environment.yml: {}", cut(why.trim(), 200))
    })?;
    let mut conda = Conda::default();
    let mut pip = Vec::new();
    for dependency in read.dependencies {
        match dependency {
            Dependency::Pip { pip: packages } => pip.extend(packages),
            Dependency::Conda(text) => {
                let name = text.split(|c: char| "=<>!~ [".contains(c)).next().unwrap_or_default();
                match name {
                    "python" => conda.python = Some(python_of(&text)?),
                    // They install the rest, and are no part of it.
                    "pip" | "setuptools" | "wheel" => {}
                    _ => conda.others.push(cut(text.trim(), 60)),
                }
            }
        }
    }
    conda.python = conda.python.filter(|python| !python.is_empty());
    conda.packages = requirements(pip.iter().map(String::as_str))?;
    Ok(conda)
}

/// The version in `python=3.11`, `python==3.11.4` or `python >=3.10,<3.13`; empty where there is none.
fn python_of(text: &str) -> Result<String, String> {
    let version = text.trim_start_matches("python").trim();
    let bare = version.trim_start_matches('=').trim();
    // A build of conda's may stand behind a second `=`.
    let bare = bare.split('=').next().unwrap_or_default().trim_end_matches(".*");
    let found = if version.starts_with('=') { bare } else { version };
    if found.is_empty() { Ok(String::new()) } else { python(found) }
}

/// A version of Python, such as `3.12` or `>=3.10,<3.13`.
pub fn python(input: &str) -> Result<String, String> {
    let text: String = input.split_whitespace().collect();
    let is_clause = |clause: &str| {
        let version = clause.trim_start_matches(['<', '>', '=', '!', '~']);
        let parts: Vec<&str> = version.split('.').collect();
        clause.len() - version.len() <= 2
            && parts.first() == Some(&"3")
            && parts.len() <= 3
            && parts
                .iter()
                .all(|part| part.len() <= 3 && part.bytes().all(|b| b.is_ascii_digit()) && !part.is_empty())
    };
    if text.len() <= 40 && text.split(',').all(is_clause) {
        Ok(text)
    } else {
        Err(format!("“{}” is no version of Python 3. Write it as 3.12 or >=3.10,<3.13.", cut(input, 40)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use runner::environments::Recipe;

    use super::*;

    fn one(line: &str) -> Result<String, String> {
        requirements([line]).map(|mut found| found.pop().unwrap_or_default())
    }

    #[test]
    fn usual_lines_are_taken_in_their_usual_spelling() {
        for (line, expected) in [
            ("pandas", "pandas"),
            ("  Pandas >= 2 , < 3  # tables", "pandas>=2,<3"),
            ("dask[array,distributed]==2026.1.*", "dask[array,distributed]==2026.1.*"),
            ("Foo_Bar.baz~=1.4", "foo-bar-baz~=1.4"),
            ("torch ; python_version < '3.13'", "torch ; python_full_version < '3.13'"),
            ("# nothing", ""),
            ("", ""),
        ] {
            assert_eq!(one(line), Ok(expected.to_owned()), "{line}");
        }
        assert_eq!(requirements(["b\r\na\n\nb", "A"]), Ok(vec!["a".to_owned(), "b".to_owned()]));
    }

    #[test]
    fn everything_else_is_refused_with_its_line() {
        for line in [
            "--index-url https://evil.test/simple",
            "-r other.txt",
            "-e .",
            "-epandas",
            "pandas --hash=sha256:00",
            "pandas @ https://evil.test/x.whl",
            "https://evil.test/x.whl",
            "git+ssh://x",
            "./x",
            "../x",
            "/etc/passwd",
            "file:x",
            "C:\\x",
            "$(reboot)",
            "${HOME}",
            "`x`",
            "a; rm -rf",
            "a && b",
            "a | b",
            "a > b",
            "a b",
            "pandas=2",
            "pandas==",
            "==2",
            "päckchen",
            "a\u{202e}b",
            "a\u{0}b",
            "[x]",
            "a[",
            "a[b",
            "a==1;os",
            "\u{feff}pandas",
        ] {
            let error = requirements(["six", line]).unwrap_err();
            assert!(error.starts_with("Line 2, “") && error.ends_with('.'), "{line}: {error}");
        }
        let many = "six\n".repeat(10_000);
        assert!(requirements([many.as_str()]).unwrap_err().contains("10000 packages"));
        assert!(one(&format!("a=={}", "1".repeat(400))).unwrap_err().contains("at most 300"));
    }

    #[test]
    fn an_environment_file_gives_its_pip_part_and_names_the_rest() {
        let text = "name: x\nchannels: [conda-forge]\ndependencies:\n  - python=3.11\n  - numpy=1.26\n  - pip\n  - cudatoolkit >=11\n  - pip:\n    - Pandas>=2\n    - six\n";
        let conda = environment_yml(text).unwrap();
        assert_eq!(conda.python.as_deref(), Some("3.11"));
        assert_eq!(conda.packages, ["pandas>=2", "six"]);
        assert_eq!(conda.others, ["numpy=1.26", "cudatoolkit >=11"]);
        assert_eq!(
            environment_yml("dependencies: [python, 'python==3.12.*']").unwrap().python.as_deref(),
            Some("3.12")
        );
        assert_eq!(environment_yml("name: x").unwrap(), Conda::default());
        for broken in [
            "dependencies: 3",
            "- a\n b: {",
            "dependencies:\n - pip:\n   - -r x",
            "dependencies: ['python=2']",
        ] {
            assert!(environment_yml(broken).is_err(), "{broken}");
        }
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\ndependencies: *g\n";
        assert!(environment_yml(bomb).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// Whatever is written, what passes is one word for a package that uv's own grammar takes by name: it can't
        /// begin as an option, end the line, or name an address.
        #[test]
        fn nothing_becomes_a_command(line in "[ -~\\t\\n\u{0}é]{0,40}|[a-z]{1,4}[-@;$<>=/ \\[\\]()|&`'\"#!~.,\\\\a-z0-9\n]{0,30}|[a-zA-Z0-9._-]{1,5}(\\[[a-z0-9., _-]{0,8}\\])?[ (]?([<>=!~]{1,3}[0-9a-z.*+!_-]{0,9},?){0,3}[)]?(;[a-z_]{0,14} ?[<>=!]{0,2} ?['\"a-z0-9.()]{0,9})?") {
            if let Ok(found) = requirements([line.as_str()]) {
                for package in &found {
                    prop_assert!(package.starts_with(|c: char| c.is_ascii_alphanumeric()), "{package}");
                    prop_assert!(!package.contains(['\n', '\r', '@', '$', '/', '\\', '`', '|', '&']), "{package}");
                    prop_assert_eq!(&requirements([package.as_str()]).unwrap(), &vec![package.clone()]);
                }
                let recipe = Recipe { python: "3.12".into(), requirements: found, ..Recipe::default() };
                prop_assert!(recipe.check().is_ok(), "{recipe:?}");
            }
        }

        #[test]
        fn no_file_breaks_the_reader(text in "(?s).{0,200}|(dependencies:\n)?( *- [a-z=<&*{}\\[\\]:>0-9.]{0,12}\n){0,8}") {
            let _ = environment_yml(&text);
        }
    }
}
