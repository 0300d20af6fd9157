//! What changed between two builds.

use std::collections::BTreeMap;

/// A package that came, went, or has another version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageChange {
    pub name: String,
    /// `None` where it was not there.
    pub before: Option<String>,
    /// `None` where it is gone.
    pub after: Option<String>,
}

/// The differences of two locks, by the packages' names. Nothing where there was no lock before.
pub fn changes(before: &str, after: &str) -> Vec<PackageChange> {
    if before.is_empty() {
        return Vec::new();
    }
    let (before, after) = (packages(before), packages(after));
    let mut names: Vec<&str> = before.keys().chain(after.keys()).copied().collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .filter(|name| before.get(name) != after.get(name))
        .map(|name| PackageChange {
            name: name.to_owned(),
            before: before.get(name).map(|version| (*version).to_owned()),
            after: after.get(name).map(|version| (*version).to_owned()),
        })
        .collect()
}

/// The packages of a lock with their versions.
fn packages(lock: &str) -> BTreeMap<&str, &str> {
    lock.lines().filter_map(|line| line.split(';').next()?.trim().split_once("==")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_comes_goes_or_changes() {
        let change = |name: &str, before: Option<&str>, after: Option<&str>| PackageChange {
            name: name.into(),
            before: before.map(Into::into),
            after: after.map(Into::into),
        };
        let found = changes("a==1\nb==2\nc==3\n", "a==1\nc==4\nd==5 ; os_name != 'nt'\n");
        let expected =
            [change("b", Some("2"), None), change("c", Some("3"), Some("4")), change("d", None, Some("5"))];
        assert_eq!(found, expected);
        assert!(changes("", "a==1").is_empty() && changes("a==1\n", "a==1").is_empty());
    }
}
