//! The two trees whose files people name by a path.

use serde::{Deserialize, Serialize};

/// Where workloads see a person's home.
pub const HOME: &str = "/home/jovyan";

/// No path that somebody types is longer, in bytes.
const LONGEST: usize = 1000;

/// A tree of files that people name: `~` or `/project/<group>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tree {
    /// The person's own home in the group.
    Home,
    /// The group's shared files.
    Shared,
}

impl Tree {
    /// The word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Shared => "shared",
        }
    }

    /// The path as people write it: below `~` or `/project/<group>`.
    pub fn shown(self, path: &str, group_name: &str) -> String {
        let root = match self {
            Self::Home => "~".to_owned(),
            Self::Shared => shared_folder(group_name),
        };
        if path.is_empty() { root } else { format!("{root}/{path}") }
    }

    /// Where a workload sees its root.
    pub fn folder(self, group_name: &str) -> String {
        match self {
            Self::Home => HOME.to_owned(),
            Self::Shared => shared_folder(group_name),
        }
    }

    /// Which tree a path leads to, and the path in there, without detours; otherwise what to type instead.
    pub fn locate(typed: &str, group_name: &str) -> Result<(Self, String), String> {
        let typed = typed.trim();
        let shared = shared_folder(group_name);
        let below = |root: &str| {
            let rest = typed.strip_prefix(root)?;
            (rest.is_empty() || rest.starts_with('/')).then_some(rest)
        };
        let (tree, path) = if let Some(path) = below("~").or_else(|| below(HOME)) {
            (Self::Home, path)
        } else if let Some(path) = below(&shared) {
            (Self::Shared, path)
        } else {
            return Err(format!(
                "Begin with ~/ for your home, or with {shared}/ for the group's shared files."
            ));
        };
        if path.len() > LONGEST || path.contains(char::is_control) {
            return Err(format!("Use a path of at most {LONGEST} bytes without control characters."));
        }
        let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        if parts.contains(&"..") {
            return Err("The path climbs out with “..”. Name the file by its own path.".to_owned());
        }
        Ok((tree, parts.join("/")))
    }
}

/// The folder of a group's shared files whose folders are its datasets.
pub(crate) const DATASETS: &str = "datasets";

/// Where workloads find the shared files of a group.
pub fn shared_folder(group_name: &str) -> String {
    format!("/project/{}", base::names::group_path(group_name))
}

/// Where workloads find the datasets of a group.
pub fn datasets_folder(group_name: &str) -> String {
    format!("{}/{DATASETS}", shared_folder(group_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_one_of_two_trees() {
        for (typed, tree, path) in [
            ("~/a.ipynb", Tree::Home, "a.ipynb"),
            ("~", Tree::Home, ""),
            (" /home/jovyan//x/./a b.ipynb ", Tree::Home, "x/a b.ipynb"),
            ("/project/my-group/ü/a.ipynb", Tree::Shared, "ü/a.ipynb"),
        ] {
            assert_eq!(Tree::locate(typed, "My_Group"), Ok((tree, path.to_owned())), "{typed}");
        }
        assert_eq!(Tree::Home.shown("a/b", "My_Group"), "~/a/b");
        assert_eq!(Tree::Shared.shown("", "My_Group"), "/project/my-group");
    }

    #[test]
    fn no_path_leads_elsewhere() {
        for (typed, why) in [
            ("", "Begin with"),
            ("a.ipynb", "Begin with"),
            ("/etc/passwd", "Begin with"),
            ("/project/speech/a.ipynb", "Begin with"),
            ("/project/vision2/a.ipynb", "Begin with"),
            ("~mia/a.ipynb", "Begin with"),
            ("~/../max/a.ipynb", "climbs"),
            ("/project/vision/../../x.ipynb", "climbs"),
            ("~/a\n.ipynb", "control"),
        ] {
            let said = Tree::locate(typed, "vision").unwrap_err();
            assert!(said.contains(why), "{typed}: {said}");
        }
    }
}
