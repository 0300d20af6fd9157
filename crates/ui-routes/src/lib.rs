//! The portal's pages: parse, call a use case, render. No rules, no SQL.
//!
//! Every page works as plain HTML; htmx only swaps parts of it in place.

// A handler that nothing calls is a row that somebody forgot.
#![deny(dead_code)]

mod admin;
mod api_docs;
mod assets;
mod choices;
mod error_page;
mod flash;
mod frame;
mod home;
mod images;
mod jobs;
mod notebooks;
mod notifications;
mod palette;
mod people;
mod profile;
mod settings;
mod setup;
mod sign_in;
mod view;
mod workload_log;

use std::sync::{Arc, OnceLock};

use axum::extract::State;
use web_kit::{
    Answer, AnswerKind, Authentication, Body, Ctx, Dialect, GroupFrom, LastGroup, Limits, Policy, Portal,
    RouteTable,
};

use workload_log::{OfJob, OfNotebook};

/// What the portal's pages and their parts have in common: a browser's session, forms, and errors as pages.
pub const PORTAL: Dialect = Dialect {
    root: "/",
    authentication: Authentication::Session,
    group: GroupFrom::Nowhere,
    body: Body::Form(Limits::USUAL),
    render: error_page::render,
};

/// Every page with its policy. One line says all of a row. The REST API is shown as its description has it.
#[rustfmt::skip]
pub fn routes(openapi: fn() -> &'static str) -> RouteTable {
    use AnswerKind::{Action, Data, File, Fragment, Page, Stream};
    use Policy::{GroupAdmin, Member, PlatformAdmin, Public, SignedIn};
    use paths::admin as at;
    // Made when somebody first reads it: nobody else has to hold it in memory.
    let sections = Arc::new(OnceLock::new());
    let api_docs = move |State(portal): State<Portal>, Ctx(ctx): Ctx, last: LastGroup| {
        let sections = sections.get_or_init(|| Arc::new(api_docs::sections(openapi()))).clone();
        async move { Answer::Ok(api_docs::page(&portal, &ctx, &last, sections).await?) }
    };
    RouteTable::new(PORTAL)
        .get(paths::Entrance, Public, Page, "entrance", home::entrance)
        .get(paths::Asset, Public, File, "asset", assets::serve)
        .get(paths::Favicon, Public, File, "favicon", assets::favicon)
        .get(paths::Setup, Public, Page, "setup.show", setup::show)
        .post(paths::Setup, Public, Action, "setup.submit", setup::submit)
        .get(paths::SignIn, Public, Page, "sign-in.show", sign_in::show)
        .post(paths::SignIn, Public, Action, "sign-in.submit", sign_in::submit)
        .post(paths::SignOut, SignedIn, Action, "sign-out", sign_in::sign_out)
        .get(paths::NoGroup, SignedIn, Page, "no-group", home::no_group)
        .post(paths::Theme, SignedIn, Action, "theme", profile::set_theme)
        .get(paths::Notifications, SignedIn, Fragment, "notifications", notifications::show)
        .post(paths::NotificationsRead, SignedIn, Action, "notifications.read", notifications::read)
        .get(paths::ApiDocs, SignedIn, Page, "api-docs", api_docs)
        .get(paths::Palette, SignedIn, Data, "palette", palette::search)
        .get(paths::Home, Member, Page, "home", home::show)
        .get(paths::Events, Member, Stream, "events", home::events)
        .get(paths::Jobs, Member, Page, "jobs.show", jobs::list::show)
        .post(paths::Jobs, Member, Action, "jobs.submit", jobs::form::submit)
        .get(paths::JobNew, Member, Page, "job.new", jobs::form::show)
        .get(paths::JobSide, Member, Fragment, "job.side", jobs::form::side)
        .get(paths::Job, Member, Page, "job", jobs::detail::overview)
        .get(paths::JobLogs, Member, Page, "job.logs", jobs::detail::logs)
        .get(paths::JobNotebook, Member, Page, "job.notebook", jobs::notebook::show)
        .get(paths::JobNotebookDownload, Member, File, "job.notebook.download", jobs::notebook::download)
        .get(paths::JobEvents, Member, Page, "job.events", jobs::detail::events)
        .post(paths::JobCancel, Member, Action, "job.cancel", jobs::actions::cancel)
        .post(paths::JobRerun, Member, Action, "job.rerun", jobs::actions::rerun)
        .get(paths::JobLogLines, Member, Data, "job.log.lines", workload_log::lines::<OfJob>)
        .get(paths::JobLogSearch, Member, Data, "job.log.search", workload_log::search::<OfJob>)
        .get(paths::JobLogStream, Member, Stream, "job.log.stream", workload_log::stream::<OfJob>)
        .get(paths::JobLogDownload, Member, File, "job.log.download", workload_log::download::<OfJob>)
        .get(paths::Notebooks, Member, Page, "notebooks.show", notebooks::list::show)
        .post(paths::Notebooks, Member, Action, "notebooks.submit", notebooks::form::submit)
        .get(paths::NotebookNew, Member, Page, "notebook.new", notebooks::form::show)
        .get(paths::NotebookSide, Member, Fragment, "notebook.side", notebooks::form::side)
        .get(paths::NotebookLaunch, Member, Page, "notebook.launch", notebooks::launch::show)
        .get(paths::NotebookRun, Member, Page, "notebook.run.show", notebooks::run::show)
        .post(paths::NotebookRun, Member, Action, "notebook.run.submit", notebooks::run::submit)
        .get(paths::Notebook, Member, Page, "notebook", notebooks::detail::overview)
        .get(paths::NotebookLogs, Member, Page, "notebook.logs", notebooks::detail::logs)
        .post(paths::NotebookStart, Member, Action, "notebook.start", notebooks::actions::start)
        .post(paths::NotebookStop, Member, Action, "notebook.stop", notebooks::actions::stop)
        .post(paths::NotebookRestart, Member, Action, "notebook.restart", notebooks::actions::restart)
        .post(paths::NotebookSnooze, Member, Action, "notebook.snooze", notebooks::actions::snooze)
        .post(paths::NotebookPackagesReset, Member, Action, "notebook.packages.reset", notebooks::packages::reset)
        .post(paths::NotebookDelete, Member, Action, "notebook.delete", notebooks::actions::delete)
        .get(paths::NotebookLogLines, Member, Data, "notebook.log.lines", workload_log::lines::<OfNotebook>)
        .get(paths::NotebookLogSearch, Member, Data, "notebook.log.search", workload_log::search::<OfNotebook>)
        .get(paths::NotebookLogStream, Member, Stream, "notebook.log.stream", workload_log::stream::<OfNotebook>)
        .get(paths::NotebookLogDownload, Member, File, "notebook.log.download", workload_log::download::<OfNotebook>)
        .get(paths::Images, Member, Page, "images", images::list)
        .get(paths::ImageNew, GroupAdmin, Page, "image.new.show", images::form::new)
        .post(paths::ImageNew, GroupAdmin, Action, "image.new.submit", images::form::create)
        .get(paths::Image, Member, Page, "image", images::show)
        .get(paths::ImageEdit, GroupAdmin, Page, "image.edit.show", images::form::edit)
        .post(paths::ImageEdit, GroupAdmin, Action, "image.edit.submit", images::form::update)
        .post(paths::ImageRebuild, GroupAdmin, Action, "image.rebuild", images::actions::rebuild)
        .post(paths::ImageCancel, GroupAdmin, Action, "image.cancel", images::actions::cancel)
        .post(paths::ImageDeprecate, GroupAdmin, Action, "image.deprecate", images::actions::deprecate)
        .post(paths::ImageRestore, GroupAdmin, Action, "image.restore", images::actions::restore)
        .get(paths::ImageDelete, GroupAdmin, Page, "image.delete.show", images::actions::ask_delete)
        .post(paths::ImageDelete, GroupAdmin, Action, "image.delete.submit", images::actions::delete)
        .get(paths::ImageLogLines, Member, Data, "image.log.lines", images::log::lines)
        .get(paths::ImageLogSearch, Member, Data, "image.log.search", images::log::search)
        .get(paths::ImageLogStream, Member, Stream, "image.log.stream", images::log::stream)
        .get(paths::ImageLogDownload, Member, File, "image.log.download", images::log::download)
        .get(paths::Settings, Member, Page, "settings.show", settings::show)
        .post(paths::Settings, GroupAdmin, Action, "settings.submit", settings::submit)
        .post(paths::SettingsNotebooks, GroupAdmin, Action, "settings.notebooks", settings::submit_notebooks)
        .get(paths::Profile, SignedIn, Page, "profile.show", profile::show)
        .post(paths::Profile, SignedIn, Action, "profile.submit", profile::submit)
        .get(paths::ProfilePassword, SignedIn, Page, "profile.password.show", profile::password::show)
        .post(paths::ProfilePassword, SignedIn, Action, "profile.password.submit", profile::password::submit)
        .get(paths::ProfileSessions, SignedIn, Page, "profile.sessions", profile::sessions::show)
        .post(paths::ProfileSessionRevoke, SignedIn, Action, "profile.session.revoke", profile::sessions::revoke)
        .post(paths::ProfileSessionsRevokeOthers, SignedIn, Action, "profile.sessions.revoke-others", profile::sessions::revoke_others)
        .get(paths::ProfileSshKeys, SignedIn, Page, "profile.ssh-keys.show", profile::ssh_keys::show)
        .post(paths::ProfileSshKeys, SignedIn, Action, "profile.ssh-keys.submit", profile::ssh_keys::add)
        .post(paths::ProfileSshKeyRemove, SignedIn, Action, "profile.ssh-key.remove", profile::ssh_keys::remove)
        .get(paths::ProfileTokens, SignedIn, Page, "profile.tokens.show", profile::tokens::show)
        .post(paths::ProfileTokens, SignedIn, Action, "profile.tokens.submit", profile::tokens::create)
        .post(paths::ProfileTokenRevoke, SignedIn, Action, "profile.token.revoke", profile::tokens::revoke)
        .get(paths::ProfileAccessKeys, SignedIn, Page, "profile.access-keys.show", profile::access_keys::show)
        .post(paths::ProfileAccessKeys, SignedIn, Action, "profile.access-keys.submit", profile::access_keys::create)
        .post(paths::ProfileAccessKeyRevoke, SignedIn, Action, "profile.access-key.revoke", profile::access_keys::revoke)
        .get(paths::ProfileVault, SignedIn, Page, "profile.vault.show", profile::vault::show)
        .post(paths::ProfileVault, SignedIn, Action, "profile.vault.submit", profile::vault::submit)
        .post(paths::ProfileVaultEnable, SignedIn, Action, "profile.vault.enable", profile::vault::enable)
        .post(paths::ProfileVaultRestore, SignedIn, Action, "profile.vault.restore", profile::vault::restore)
        .get(at::Entrance, PlatformAdmin, Page, "admin.entrance", admin::entrance)
        .get(at::Groups, PlatformAdmin, Page, "admin.groups", admin::groups::list)
        .get(at::GroupNew, PlatformAdmin, Page, "admin.group.new.show", admin::groups::new)
        .post(at::GroupNew, PlatformAdmin, Action, "admin.group.new.submit", admin::groups::create)
        .get(at::Group, PlatformAdmin, Page, "admin.group.show", admin::groups::edit)
        .post(at::Group, PlatformAdmin, Action, "admin.group.submit", admin::groups::update)
        .post(at::GroupMembers, PlatformAdmin, Action, "admin.group.members", admin::groups::add_member)
        .post(at::GroupMemberRemove, PlatformAdmin, Action, "admin.group.member.remove", admin::groups::remove_member)
        .get(at::GroupDelete, PlatformAdmin, Page, "admin.group.delete.show", admin::groups::ask_delete)
        .post(at::GroupDelete, PlatformAdmin, Action, "admin.group.delete.submit", admin::groups::delete)
        .get(at::Users, PlatformAdmin, Page, "admin.users", admin::users::list)
        .get(at::UserNew, PlatformAdmin, Page, "admin.user.new.show", admin::users::new)
        .post(at::UserNew, PlatformAdmin, Action, "admin.user.new.submit", admin::users::create)
        .get(at::User, PlatformAdmin, Page, "admin.user.show", admin::users::edit)
        .post(at::User, PlatformAdmin, Action, "admin.user.submit", admin::users::update)
        .post(at::UserPassword, PlatformAdmin, Action, "admin.user.password", admin::users::set_password)
        .get(at::UserDelete, PlatformAdmin, Page, "admin.user.delete.show", admin::users::ask_delete)
        .post(at::UserDelete, PlatformAdmin, Action, "admin.user.delete.submit", admin::users::delete)
        .get(at::InstanceTypes, PlatformAdmin, Page, "admin.instance-types", admin::instance_types::list)
        .get(at::InstanceTypeNew, PlatformAdmin, Page, "admin.instance-type.new.show", admin::instance_types::new)
        .post(at::InstanceTypeNew, PlatformAdmin, Action, "admin.instance-type.new.submit", admin::instance_types::create)
        .get(at::InstanceType, PlatformAdmin, Page, "admin.instance-type.show", admin::instance_types::edit)
        .post(at::InstanceType, PlatformAdmin, Action, "admin.instance-type.submit", admin::instance_types::update)
        .post(at::InstanceTypeIdleRule, PlatformAdmin, Action, "admin.instance-type.idle-rule", admin::instance_types::set_idle_rule)
        .get(at::InstanceTypeDelete, PlatformAdmin, Page, "admin.instance-type.delete.show", admin::instance_types::ask_delete)
        .post(at::InstanceTypeDelete, PlatformAdmin, Action, "admin.instance-type.delete.submit", admin::instance_types::delete)
        .get(at::Images, PlatformAdmin, Page, "admin.images", images::list)
        .get(at::ImageNew, PlatformAdmin, Page, "admin.image.new.show", images::form::new)
        .post(at::ImageNew, PlatformAdmin, Action, "admin.image.new.submit", images::form::create)
        .get(at::Image, PlatformAdmin, Page, "admin.image", images::show)
        .get(at::ImageEdit, PlatformAdmin, Page, "admin.image.edit.show", images::form::edit)
        .post(at::ImageEdit, PlatformAdmin, Action, "admin.image.edit.submit", images::form::update)
        .post(at::ImageRebuild, PlatformAdmin, Action, "admin.image.rebuild", images::actions::rebuild)
        .post(at::ImageCancel, PlatformAdmin, Action, "admin.image.cancel", images::actions::cancel)
        .post(at::ImageDeprecate, PlatformAdmin, Action, "admin.image.deprecate", images::actions::deprecate)
        .post(at::ImageRestore, PlatformAdmin, Action, "admin.image.restore", images::actions::restore)
        .get(at::ImageDelete, PlatformAdmin, Page, "admin.image.delete.show", images::actions::ask_delete)
        .post(at::ImageDelete, PlatformAdmin, Action, "admin.image.delete.submit", images::actions::delete)
        .get(at::ImageLogLines, PlatformAdmin, Data, "admin.image.log.lines", images::log::lines)
        .get(at::ImageLogSearch, PlatformAdmin, Data, "admin.image.log.search", images::log::search)
        .get(at::ImageLogStream, PlatformAdmin, Stream, "admin.image.log.stream", images::log::stream)
        .get(at::ImageLogDownload, PlatformAdmin, File, "admin.image.log.download", images::log::download)
        .get(at::System, PlatformAdmin, Page, "admin.system", admin::system::show)
}
