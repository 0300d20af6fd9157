//! Having an image there before a container is made of it.

use std::collections::BTreeMap;

use bollard::models::CreateImageInfo;
use bollard::query_parameters::CreateImageOptionsBuilder;
use futures::StreamExt;

use super::{About, Engine, EngineError, ImageError};
use crate::clock;

/// How often the progress of a pull is told.
const TELL_AGAIN: std::time::Duration = std::time::Duration::from_secs(5);

impl Engine {
    /// Pulls an image if it is not there. What happens is told in lines.
    pub(crate) async fn have_image(
        &self,
        reference: &str,
        about: &About,
        mut tell: impl FnMut(String),
    ) -> Result<(), ImageError> {
        match self.0.inspect_image(reference).await.map_err(EngineError::from) {
            Ok(_) => return Ok(()),
            Err(EngineError::NotThere(_)) => {}
            Err(error) => return Err(ImageError::Passing(error.to_string())),
        }
        tell(format!("pulling the image {reference}"));
        let options = CreateImageOptionsBuilder::default().from_image(&with_tag(reference)).build();
        let mut pulling = self.0.create_image(Some(options), None, None);
        let began = clock::elapsed();
        let (mut told, mut layers) = (began, Layers::default());
        while let Some(news) = pulling.next().await {
            let news = news
                .map_err(EngineError::from)
                .and_then(failure)
                .map_err(|error| ImageError::of_pull(reference, about, &error))?;
            layers.take(news);
            if clock::elapsed() >= told + TELL_AGAIN {
                told = clock::elapsed();
                tell(layers.summary());
            }
        }
        let seconds = (clock::elapsed() - began).as_secs();
        // A tag can move; this is what the work ran in.
        let digest = self.digest(reference).await.map_or_else(String::new, |digest| format!(": {digest}"));
        tell(format!("pulled the image in {seconds} s{digest}"));
        Ok(())
    }

    /// By which digest the registry knows an image.
    async fn digest(&self, reference: &str) -> Option<String> {
        let found = self.0.inspect_image(reference).await.ok()?;
        found.repo_digests?.iter().find_map(|name| Some(name.split_once('@')?.1.to_owned()))
    }
}

/// Engines begin their answer with success and tell later that it was none.
fn failure(news: CreateImageInfo) -> Result<CreateImageInfo, EngineError> {
    match news.error_detail.as_ref().and_then(|detail| detail.message.clone()) {
        Some(message) => Err(EngineError::Other(message)),
        None => Ok(news),
    }
}

/// Without a tag or a digest, Docker would pull every tag there is.
fn with_tag(reference: &str) -> String {
    let name = reference.rsplit('/').next().unwrap_or(reference);
    if name.contains([':', '@']) { reference.to_owned() } else { format!("{reference}:latest") }
}

/// How far the layers of an image are: bytes that came and bytes in all.
#[derive(Debug, Default)]
struct Layers(BTreeMap<String, (i64, i64)>);

impl Layers {
    fn take(&mut self, news: CreateImageInfo) {
        if let (Some(id), Some(progress)) = (news.id, news.progress_detail)
            && let (Some(current), Some(total)) = (progress.current, progress.total)
        {
            self.0.insert(id, (current, total));
        }
    }

    fn summary(&self) -> String {
        let (current, total) = self.0.values().fold((0, 0), |sum, layer| (sum.0 + layer.0, sum.1 + layer.1));
        if total > 0 {
            format!("pulling: {} of at least {} MiB", current >> 20, total >> 20)
        } else {
            "still pulling".into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::with_tag;

    #[test]
    fn one_tag_is_pulled() {
        for (reference, pulled) in [
            ("python", "python:latest"),
            ("registry:5000/python", "registry:5000/python:latest"),
            ("registry:5000/python:3", "registry:5000/python:3"),
            ("python@sha256:ab", "python@sha256:ab"),
        ] {
            assert_eq!(with_tag(reference), pulled);
        }
    }
}
