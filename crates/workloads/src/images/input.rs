//! What people say of an image, and what can be told without the database.

use base::error::FieldErrors;
use base::{GroupId, OpContext, Result, names, secret};

use super::ImageType;

const LONGEST_DESCRIPTION: usize = 500;
/// Leaves room for the ending of a name that is made up.
const LONGEST_STEM: usize = 50;

/// An image to make, or what an existing one shall become.
#[derive(Clone, Debug, Default)]
pub struct ImageInput {
    /// Only when it is made; an empty one is made from the display name.
    pub name: String,
    pub display_name: String,
    pub description: String,
    pub image_type: ImageType,
    /// `None` leaves an existing image as it is.
    pub source: Option<Source>,
    /// For system images: offered to every group, or to those in `groups`.
    pub is_global: bool,
    pub groups: Vec<GroupId>,
}

/// Where an image comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Packages on a base.
    Build {
        base: Base,
        /// One requirement each, such as `pandas>=2`.
        packages: Vec<String>,
        /// More of them, from a file.
        file: Option<PackageFile>,
    },
    /// The environment, or the container, of another image as it is.
    Existing { image: String },
    /// A container image that lies elsewhere.
    Container { reference: String },
}

/// What packages are added to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// An image with a ready environment.
    Image(String),
    /// Nothing but Python of this version; empty takes the one that a file names.
    Python(String),
}

/// A `requirements.txt` or an `environment.yml`, told apart by its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageFile {
    pub name: String,
    pub content: String,
}

/// The checked parts.
pub(super) struct Described {
    pub(super) name: String,
    pub(super) display_name: String,
    pub(super) description: String,
}

/// Names and description of a new image; what is wrong is added to `errors`.
pub(super) fn check(ctx: &OpContext, input: &ImageInput, errors: &mut FieldErrors) -> Option<Described> {
    let display_name = errors.check("display_name", names::display_name(&input.display_name, 80));
    let name = if input.name.trim().is_empty() {
        Ok(made_up(ctx, display_name.as_deref().unwrap_or_default()))
    } else {
        names::resource_name(&input.name)
    };
    let name = errors.check("name", name);
    check_description(&input.description, errors);
    Some(Described {
        name: name?,
        display_name: display_name?,
        description: input.description.trim().to_owned(),
    })
}

fn check_description(description: &str, errors: &mut FieldErrors) {
    if description.chars().count() > LONGEST_DESCRIPTION {
        errors.add("description", format!("Use at most {LONGEST_DESCRIPTION} characters."));
    } else if description.chars().any(|c| c.is_control() && c != '\n' && c != '\r') {
        errors.add("description", "It holds a control character. Remove it.");
    }
}

/// `pytorch-nightly-k3x9a` for “PyTorch (nightly)”.
fn made_up(ctx: &OpContext, display_name: &str) -> String {
    let mut stem = String::new();
    for c in display_name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            stem.push(c);
        } else if !stem.is_empty() && !stem.ends_with('-') {
            stem.push('-');
        }
        if stem.len() >= LONGEST_STEM {
            break;
        }
    }
    let stem = stem.trim_end_matches('-');
    let stem = if stem.is_empty() { "image" } else { stem };
    format!("{stem}-{}", secret::random_base36(&*ctx.clock, 5))
}

/// A reference such as `registry.example.org:5000/team/image:1.2@sha256:…`.
pub(super) fn container_reference(input: &str) -> Result<String, String> {
    let reference = input.trim();
    let wrong = || "Write it as registry/name:tag, such as docker.io/library/python:3.12.".to_owned();
    if reference.is_empty() || reference.len() > 255 {
        return Err(wrong());
    }
    let (rest, digest) =
        reference.split_once('@').map_or((reference, None), |(rest, digest)| (rest, Some(digest)));
    let is_digest = |digest: &str| {
        digest.strip_prefix("sha256:").is_some_and(|hex| {
            hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        })
    };
    let (host, path) = match rest.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (Some(host), path),
        _ => (None, rest),
    };
    let (path, tag) = path.split_once(':').map_or((path, None), |(path, tag)| (path, Some(tag)));
    let in_host = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
    let is_host = |host: &str| {
        let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
        name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name.ends_with(|c: char| c.is_ascii_alphanumeric())
            && name.bytes().all(in_host)
            && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
    };
    let is_part = |part: &str| {
        let at_ends = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        part.starts_with(at_ends)
            && part.ends_with(at_ends)
            && part.chars().all(|c| at_ends(c) || matches!(c, '.' | '_' | '-'))
    };
    let is_tag = |tag: &str| {
        tag.len() <= 128
            && tag.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    let fine = host.is_none_or(is_host)
        && path.split('/').all(is_part)
        && tag.is_none_or(is_tag)
        && digest.is_none_or(is_digest);
    if fine { Ok(reference.to_owned()) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_names_of_containers_and_nothing_else() {
        let digest = "a".repeat(64);
        let fine = [
            "python".to_owned(),
            "python:3.12-slim".to_owned(),
            "library/python:3.12".to_owned(),
            "registry.example.org:5000/team/sub_team/image:1.2_x".to_owned(),
            format!("quay.io/jupyter/base-notebook@sha256:{digest}"),
        ];
        for reference in fine {
            assert_eq!(container_reference(&format!(" {reference} ")), Ok(reference));
        }
        let long = "x".repeat(256);
        for reference in [
            "",
            " ",
            "../x",
            "/etc/passwd",
            "a//b",
            "a/../b",
            "A",
            "a b",
            "a;b",
            "a:$(x)",
            "a@sha256:1",
            "-v",
            "--privileged",
            "host:99999/x",
            "https://x/y",
            "a:",
            "ä",
            "a\nb",
            long.as_str(),
        ] {
            assert!(container_reference(reference).is_err(), "{reference}");
        }
    }
}
