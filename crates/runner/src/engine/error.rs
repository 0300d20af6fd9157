//! What an engine answers when it cannot do something, in words that help.

use std::fmt;

use bollard::errors::Error;

use super::About;

/// Why the engine did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EngineError {
    /// It does not answer.
    Gone(String),
    /// It knows no container or image of that name.
    NotThere(String),
    /// It refused.
    Other(String),
}

/// Why an image is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ImageError {
    /// Trying again does not help: somebody has to change the image.
    Unusable(String),
    /// Trying again may help.
    Passing(String),
}

impl EngineError {
    pub(super) fn slow() -> Self {
        EngineError::Gone("it does not answer in time".into())
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EngineError::Gone(why) => write!(formatter, "the container engine cannot be reached: {why}"),
            EngineError::NotThere(why) | EngineError::Other(why) => {
                write!(formatter, "the container engine says: {why}")
            }
        }
    }
}

impl std::error::Error for EngineError {}

impl From<Error> for EngineError {
    fn from(error: Error) -> Self {
        match error {
            Error::DockerResponseServerError { status_code: 404, message } => EngineError::NotThere(message),
            Error::DockerResponseServerError { message, .. } => EngineError::Other(message),
            Error::DockerStreamError { error } => EngineError::Other(error),
            error @ (Error::JsonDataError { .. } | Error::JsonSerdeError { .. }) => {
                EngineError::Other(error.to_string())
            }
            error => EngineError::Gone(error.to_string()),
        }
    }
}

impl ImageError {
    /// What a failed pull means. Engines tell it in a text only, each in its own words.
    pub(super) fn of_pull(reference: &str, about: &About, error: &EngineError) -> Self {
        let (EngineError::Other(said) | EngineError::NotThere(said)) = error else {
            return ImageError::Passing(error.to_string());
        };
        let text = said.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if has(&["no space left"]) {
            ImageError::Passing(format!("there is no space on the disk for the image {reference}: {said}"))
        } else if has(&["no such host", "dial tcp", "i/o timeout", "connection refused", "tls handshake"]) {
            ImageError::Passing(format!(
                "the registry of the image {reference} cannot be reached from this machine, so check how it is written \
                 and try again later ({said})"
            ))
        } else if has(&["unauthorized", "denied", "authentication required", "forbidden", "no basic auth"]) {
            let program = about.program();
            ImageError::Unusable(format!(
                "the registry does not give out the image {reference}: there is none of that name, or it wants a \
                 password, and Portico keeps none of registries. An administrator can fetch it by hand on the machine, \
                 with `{program} login` and `{program} pull {reference}`; then it runs ({said})"
            ))
        } else if has(&["not found", "manifest unknown", "name unknown", "does not exist", "no such image"]) {
            ImageError::Unusable(format!(
                "there is no image {reference} in its registry, so check its name and its tag ({said})"
            ))
        } else {
            ImageError::Passing(format!("the image {reference} could not be pulled: {said}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{About, EngineError, ImageError};

    /// Texts that Docker 20 to 29 and Podman 4 and 5 give.
    #[test]
    fn a_failed_pull_is_told_apart() {
        let about = About {
            api: (1, 41),
            name: "Podman 4.3.1".into(),
            is_podman: true,
            rootless: false,
            remaps_users: false,
        };
        let of = |text: &str| ImageError::of_pull("a/b:1", &about, &EngineError::Other(text.into()));
        for text in [
            "pull access denied for a/b, repository does not exist or may require 'docker login': denied: requested \
             access to the resource is denied",
            "manifest for a/b:1 not found: manifest unknown: manifest unknown",
            "initializing source docker://a/b:1: reading manifest 1 in docker.io/a/b: manifest unknown",
            "unauthorized: authentication required",
        ] {
            assert!(matches!(of(text), ImageError::Unusable(_)), "{text}");
        }
        for (text, said) in [
            ("Get \"https://r/v2/\": dial tcp: lookup r: no such host", "cannot be reached"),
            ("write /var/lib/x: no space left on device", "no space"),
            ("unexpected EOF", "could not be pulled"),
        ] {
            assert!(matches!(of(text), ImageError::Passing(told) if told.contains(said)), "{text}");
        }
    }
}
