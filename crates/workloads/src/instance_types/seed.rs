//! The types of a new installation, from a TOML file.

use base::{Error, OpContext, Resources, Result};
use serde::Deserialize;

use super::{InstanceTypeInput, manage, store};
use crate::Workloads;

/// What ships with Portico.
const BUILT_IN: &str = include_str!("../../instance-types.toml");

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct SeedFile {
    instance_type: Vec<Seed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Seed {
    name: String,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    description: String,
    /// Cores.
    cpu: f64,
    /// GiB.
    memory: f64,
    #[serde(default)]
    gpu: i64,
}

fn parse(text: &str) -> Result<Vec<InstanceTypeInput>> {
    let file: SeedFile = toml::from_str(text).map_err(|error| {
        Error::invalid(format!("The file of instance types can't be read: {}", error.message()))
    })?;
    file.instance_type
        .into_iter()
        .map(|seed| {
            let resources = Resources::new(
                (seed.cpu * 1000.0).round() as i64,
                (seed.memory * 1024.0).round() as i64,
                seed.gpu,
            );
            let (name, display_name, description) = (seed.name, seed.display_name, seed.description);
            manage::check(&InstanceTypeInput {
                name,
                display_name,
                description,
                resources,
                is_global: true,
                groups: Vec::new(),
            })
        })
        .collect()
}

impl Workloads {
    /// Writes the seed file's types (or the built-in ones) while there are none.
    pub async fn seed_instance_types(&self, ctx: &OpContext, file: Option<&str>) -> Result<()> {
        ctx.require_platform_admin()?;
        let inputs = parse(file.unwrap_or(BUILT_IN))?;
        let ctx = ctx.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    if !store::all(tx.connection()).await?.is_empty() {
                        return Ok(());
                    }
                    for input in inputs {
                        manage::insert(tx, &ctx, input).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_types_hold() {
        let types = parse(BUILT_IN).unwrap();
        assert_eq!(types[0].resources, Resources::new(500, 1024, 0));
        assert!(
            parse("[[instance-type]]\nname = 'x'\ncpu = 0.3\nmemory = 1")
                .unwrap_err()
                .to_string()
                .contains("cpu")
        );
        assert!(parse("[[instance-type]]\nname = 'x'\ncpus = 1\nmemory = 1").is_err());
    }
}
