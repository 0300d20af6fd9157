//! How people are called on pages.

use std::collections::BTreeMap;

use base::{OpContext, Result};
use ui_pages::components::Who;
use web_kit::Portal;

/// The display names of the people that a page names.
pub(crate) struct People(BTreeMap<String, String>);

impl People {
    /// Looks them up, all at once.
    pub(crate) async fn named<'a>(
        portal: &Portal,
        ctx: &OpContext,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self> {
        let names = names.into_iter().map(ToOwned::to_owned).collect();
        Ok(Self(portal.accounts.display_names(ctx, names).await?))
    }

    /// The person of this user name; who is gone is called by it.
    pub(crate) fn who(&self, name: &str) -> Who {
        Who::new(name, self.0.get(name).map_or(name, String::as_str))
    }
}
