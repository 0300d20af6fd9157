//! Every page in every state, for looking at and for checking.

use crate::samples::Samples;
use crate::{
    access_keys, admin, api_docs, content, errors, group_settings, home, images, jobs, notebooks, profile,
    setup, sign_in, ssh_keys, tokens, vault,
};

type Rendered = Result<Vec<(String, String)>, askama::Error>;

fn add<P: Samples>(pages: &mut Vec<(String, String)>) -> Result<(), askama::Error> {
    for (state, page) in P::samples() {
        pages.push((format!("{}/{state}", P::NAME), page.render()?));
    }
    Ok(())
}

/// All samples of all pages: path (`page/state`) and HTML.
pub fn gallery_pages() -> Rendered {
    let mut pages = Vec::new();
    add::<setup::SetupPage>(&mut pages)?;
    add::<sign_in::SignInPage>(&mut pages)?;
    add::<home::NoGroupPage>(&mut pages)?;
    add::<home::HomePage>(&mut pages)?;
    add::<jobs::JobsPage>(&mut pages)?;
    add::<jobs::JobPage>(&mut pages)?;
    add::<jobs::JobFormPage>(&mut pages)?;
    add::<notebooks::NotebooksPage>(&mut pages)?;
    add::<notebooks::NotebookPage>(&mut pages)?;
    add::<notebooks::NotebookFormPage>(&mut pages)?;
    add::<notebooks::NotebookLaunchPage>(&mut pages)?;
    add::<notebooks::NotebookRunPage>(&mut pages)?;
    add::<images::ImagesPage>(&mut pages)?;
    add::<images::ImagePage>(&mut pages)?;
    add::<images::ImageFormPage>(&mut pages)?;
    add::<group_settings::GroupSettingsPage>(&mut pages)?;
    add::<profile::ProfilePage>(&mut pages)?;
    add::<profile::PasswordPage>(&mut pages)?;
    add::<profile::SessionsPage>(&mut pages)?;
    add::<ssh_keys::SshKeysPage>(&mut pages)?;
    add::<tokens::TokensPage>(&mut pages)?;
    add::<access_keys::AccessKeysPage>(&mut pages)?;
    add::<vault::VaultPage>(&mut pages)?;
    add::<api_docs::ApiDocsPage>(&mut pages)?;
    add::<admin::GroupsPage>(&mut pages)?;
    add::<admin::GroupFormPage>(&mut pages)?;
    add::<admin::UsersPage>(&mut pages)?;
    add::<admin::UserFormPage>(&mut pages)?;
    add::<admin::InstanceTypesPage>(&mut pages)?;
    add::<admin::InstanceTypeFormPage>(&mut pages)?;
    add::<admin::SystemPage>(&mut pages)?;
    add::<admin::DeletePage>(&mut pages)?;
    add::<errors::ErrorPage>(&mut pages)?;
    add::<errors::BareErrorPage>(&mut pages)?;
    add::<content::ContentPage>(&mut pages)?;
    Ok(pages)
}

/// A list of links to all samples, beneath `base` (without a trailing slash).
#[must_use]
pub fn gallery_index(pages: &[(String, String)], base: &str) -> String {
    let links: String =
        pages.iter().map(|(path, _)| format!("<li><a href=\"{base}/{path}\">{path}</a></li>")).collect();
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Gallery · Portico</title>\
         <link rel=\"stylesheet\" href=\"{}\"><main class=\"main\"><h1>Gallery</h1><ul>{links}</ul></main></html>",
        crate::assets::url("portico.css")
    )
}
