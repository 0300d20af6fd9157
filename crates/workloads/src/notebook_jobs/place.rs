//! How notebook files are named.

use serde::{Deserialize, Serialize};

/// Where workloads see a person's home.
pub const HOME: &str = "/home/jovyan";
const LONGEST: usize = 1000;

/// The two trees that notebooks lie in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// The person's own home in the group.
    Home,
    /// The group's shared files.
    Shared,
}

impl Place {
    /// The word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Shared => "shared",
        }
    }
}

/// The folder of a group's shared files whose folders are its datasets.
pub(super) const DATASETS: &str = "datasets";

/// Where workloads find the shared files of a group.
pub fn shared_folder(group_name: &str) -> String {
    format!("/project/{}", base::names::group_path(group_name))
}

/// Where workloads find the datasets of a group.
pub fn datasets_folder(group_name: &str) -> String {
    format!("{}/{DATASETS}", shared_folder(group_name))
}

/// The path as people write it: below `~` or `/project/<group>`.
pub fn shown(place: Place, path: &str, group_name: &str) -> String {
    let prefix = match place {
        Place::Home => "~".to_owned(),
        Place::Shared => shared_folder(group_name),
    };
    if path.is_empty() { prefix } else { format!("{prefix}/{path}") }
}

/// Which place a path leads to, and the path in there, without detours.
pub(super) fn split(typed: &str, group_name: &str) -> Result<(Place, String), String> {
    let typed = typed.trim();
    let shared = shared_folder(group_name);
    let below = |prefix: &str| {
        let rest = typed.strip_prefix(prefix)?;
        (rest.is_empty() || rest.starts_with('/')).then_some(rest)
    };
    let (place, path) = if let Some(path) = below("~").or_else(|| below(HOME)) {
        (Place::Home, path)
    } else if let Some(path) = below(&shared) {
        (Place::Shared, path)
    } else {
        return Err(format!("Begin with ~/ for your home, or with {shared}/ for the group's shared files."));
    };
    if path.len() > LONGEST || path.contains(char::is_control) {
        return Err(format!("Use a path of at most {LONGEST} bytes without control characters."));
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if parts.contains(&"..") {
        return Err("The path climbs out with “..”. Name the file by its own path.".to_owned());
    }
    Ok((place, parts.join("/")))
}

/// The notebook that a path names.
pub fn locate(typed: &str, group_name: &str) -> Result<(Place, String), String> {
    if typed.trim().is_empty() {
        return Err("Choose a notebook.".to_owned());
    }
    let (place, path) = split(typed, group_name)?;
    if !path.ends_with(".ipynb") {
        return Err("A notebook's name ends with .ipynb. Choose such a file.".to_owned());
    }
    Ok((place, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_one_of_two_trees() {
        for (typed, place, path) in [
            ("~/a.ipynb", Place::Home, "a.ipynb"),
            (" /home/jovyan//x/./a b.ipynb ", Place::Home, "x/a b.ipynb"),
            ("/project/my-group/ü/a.ipynb", Place::Shared, "ü/a.ipynb"),
        ] {
            assert_eq!(locate(typed, "My_Group"), Ok((place, path.to_owned())), "{typed}");
        }
    }

    #[test]
    fn no_path_leads_elsewhere() {
        for (typed, why) in [
            ("", "Choose"),
            ("a.ipynb", "Begin with"),
            ("/etc/passwd", "Begin with"),
            ("/project/speech/a.ipynb", "Begin with"),
            ("/project/vision2/a.ipynb", "Begin with"),
            ("~mia/a.ipynb", "Begin with"),
            ("~/../max/a.ipynb", "climbs"),
            ("/project/vision/../../x.ipynb", "climbs"),
            ("~/a.py", ".ipynb"),
            ("~", ".ipynb"),
            ("~/a\n.ipynb", "control"),
        ] {
            let said = locate(typed, "vision").unwrap_err();
            assert!(said.contains(why), "{typed}: {said}");
        }
    }
}
