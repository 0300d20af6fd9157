//! People's homes, as far as pages and the API touch them.

use std::io;
use std::sync::Arc;

use accounts::groups::Group;
use base::{Error, GroupId, OpContext, Result, UserId};
use workloads::notebooks::Notebook;

use crate::state::Portal;

/// What a person installed in their home beside the packages of images. The calls may take long.
pub trait Homes: Send + Sync + 'static {
    /// Names with versions, sorted.
    fn installed_packages(&self, group: GroupId, user: UserId) -> io::Result<Vec<String>>;
    /// Takes all of them away.
    fn reset_packages(&self, group: GroupId, user: UserId) -> io::Result<()>;
}

/// No homes: for what shows no notebooks.
pub struct NoHomes;

impl Homes for NoHomes {
    fn installed_packages(&self, _group: GroupId, _user: UserId) -> io::Result<Vec<String>> {
        Ok(Vec::new())
    }
    fn reset_packages(&self, _group: GroupId, _user: UserId) -> io::Result<()> {
        Ok(())
    }
}

impl Portal {
    /// What the person installed in their home of the group.
    pub async fn installed_packages(&self, group: GroupId, user: UserId) -> Result<Vec<String>> {
        self.in_homes(move |homes| homes.installed_packages(group, user)).await
    }

    /// Takes away what the notebook's owner installed. None of their notebooks in the group may run meanwhile.
    pub async fn reset_packages(&self, ctx: &OpContext, group: &Group, slug: &str) -> Result<Notebook> {
        let notebook = self.workloads.require_reset_of_packages(ctx, group, slug).await?;
        let (group, user) = (group.id, notebook.user);
        self.in_homes(move |homes| homes.reset_packages(group, user)).await?;
        Ok(notebook)
    }

    async fn in_homes<T: Send + 'static>(
        &self,
        act: impl FnOnce(Arc<dyn Homes>) -> io::Result<T> + Send + 'static,
    ) -> Result<T> {
        let homes = self.homes.clone();
        let done = tokio::task::spawn_blocking(move || act(homes)).await;
        let result = done.unwrap_or_else(|error| Err(io::Error::other(error)));
        result.map_err(|error| Error::internal_from("look into a home", error))
    }
}
