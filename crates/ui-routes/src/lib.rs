//! The portal's pages: parse, call a use case, render. No rules, no SQL.
//!
//! Every page works as plain HTML; htmx only swaps parts of it in place.

mod admin;
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

use web_kit::{Policy, Portal, RouteTable};

use workload_log::{OfJob, OfNotebook};

/// Every page with its policy.
pub fn routes(portal: &Portal) -> RouteTable {
    use Policy::{GroupAdmin, Member, PlatformAdmin, Public, SignedIn};
    RouteTable::pages(portal, error_page::render)
        .get("/", Public, home::entrance)
        .get("/assets/{version}/{*path}", Public, assets::serve)
        .get("/favicon.ico", Public, assets::favicon)
        .get("/setup", Public, setup::show)
        .post("/setup", Public, setup::submit)
        .get("/sign-in", Public, sign_in::show)
        .post("/sign-in", Public, sign_in::submit)
        .post("/sign-out", SignedIn, sign_in::sign_out)
        .get("/no-group", SignedIn, home::no_group)
        .post("/preferences/theme", SignedIn, profile::set_theme)
        .get("/notifications", SignedIn, notifications::show)
        .post("/notifications/read", SignedIn, notifications::read)
        .get("/palette", SignedIn, palette::search)
        .get("/g/{group}", Member, home::show)
        .get("/g/{group}/events", Member, home::events)
        .get("/g/{group}/jobs", Member, jobs::list::show)
        .post("/g/{group}/jobs", Member, jobs::form::submit)
        .get("/g/{group}/jobs/new", Member, jobs::form::show)
        .get("/g/{group}/jobs/side", Member, jobs::form::side)
        .get("/g/{group}/jobs/{job}", Member, jobs::detail::overview)
        .get("/g/{group}/jobs/{job}/logs", Member, jobs::detail::logs)
        .get("/g/{group}/jobs/{job}/notebook", Member, jobs::notebook::show)
        .get("/g/{group}/jobs/{job}/notebook/download", Member, jobs::notebook::download)
        .get("/g/{group}/jobs/{job}/events", Member, jobs::detail::events)
        .post("/g/{group}/jobs/{job}/cancel", Member, jobs::actions::cancel)
        .post("/g/{group}/jobs/{job}/rerun", Member, jobs::actions::rerun)
        .get("/g/{group}/jobs/{job}/log/lines", Member, workload_log::lines::<OfJob>)
        .get("/g/{group}/jobs/{job}/log/search", Member, workload_log::search::<OfJob>)
        .get("/g/{group}/jobs/{job}/log/stream", Member, workload_log::stream::<OfJob>)
        .get("/g/{group}/jobs/{job}/log/download", Member, workload_log::download::<OfJob>)
        .get("/g/{group}/notebooks", Member, notebooks::list::show)
        .post("/g/{group}/notebooks", Member, notebooks::form::submit)
        .get("/g/{group}/notebooks/new", Member, notebooks::form::show)
        .get("/g/{group}/notebooks/side", Member, notebooks::form::side)
        .get("/g/{group}/notebooks/launch", Member, notebooks::launch::show)
        .get("/g/{group}/notebooks/run", Member, notebooks::run::show)
        .post("/g/{group}/notebooks/run", Member, notebooks::run::submit)
        .get("/g/{group}/notebooks/{notebook}", Member, notebooks::detail::overview)
        .get("/g/{group}/notebooks/{notebook}/logs", Member, notebooks::detail::logs)
        .post("/g/{group}/notebooks/{notebook}/start", Member, notebooks::actions::start)
        .post("/g/{group}/notebooks/{notebook}/stop", Member, notebooks::actions::stop)
        .post("/g/{group}/notebooks/{notebook}/restart", Member, notebooks::actions::restart)
        .post("/g/{group}/notebooks/{notebook}/snooze", Member, notebooks::actions::snooze)
        .post("/g/{group}/notebooks/{notebook}/packages/reset", Member, notebooks::packages::reset)
        .post("/g/{group}/notebooks/{notebook}/delete", Member, notebooks::actions::delete)
        .get("/g/{group}/notebooks/{notebook}/log/lines", Member, workload_log::lines::<OfNotebook>)
        .get("/g/{group}/notebooks/{notebook}/log/search", Member, workload_log::search::<OfNotebook>)
        .get("/g/{group}/notebooks/{notebook}/log/stream", Member, workload_log::stream::<OfNotebook>)
        .get("/g/{group}/notebooks/{notebook}/log/download", Member, workload_log::download::<OfNotebook>)
        .get("/g/{group}/images", Member, images::list)
        .get("/g/{group}/images/new", GroupAdmin, images::form::new)
        .post("/g/{group}/images/new", GroupAdmin, images::form::create)
        .get("/g/{group}/images/{image}", Member, images::show)
        .get("/g/{group}/images/{image}/edit", GroupAdmin, images::form::edit)
        .post("/g/{group}/images/{image}/edit", GroupAdmin, images::form::update)
        .post("/g/{group}/images/{image}/rebuild", GroupAdmin, images::actions::rebuild)
        .post("/g/{group}/images/{image}/cancel", GroupAdmin, images::actions::cancel)
        .post("/g/{group}/images/{image}/deprecate", GroupAdmin, images::actions::deprecate)
        .post("/g/{group}/images/{image}/restore", GroupAdmin, images::actions::restore)
        .get("/g/{group}/images/{image}/delete", GroupAdmin, images::actions::ask_delete)
        .post("/g/{group}/images/{image}/delete", GroupAdmin, images::actions::delete)
        .get("/g/{group}/images/{image}/log/lines", Member, images::log::lines)
        .get("/g/{group}/images/{image}/log/search", Member, images::log::search)
        .get("/g/{group}/images/{image}/log/stream", Member, images::log::stream)
        .get("/g/{group}/images/{image}/log/download", Member, images::log::download)
        .get("/g/{group}/settings", Member, settings::show)
        .post("/g/{group}/settings", GroupAdmin, settings::submit)
        .post("/g/{group}/settings/notebooks", GroupAdmin, settings::submit_notebooks)
        .get("/profile", SignedIn, profile::show)
        .post("/profile", SignedIn, profile::submit)
        .get("/profile/password", SignedIn, profile::password::show)
        .post("/profile/password", SignedIn, profile::password::submit)
        .get("/profile/sessions", SignedIn, profile::sessions::show)
        .post("/profile/sessions/{session}/revoke", SignedIn, profile::sessions::revoke)
        .post("/profile/sessions/revoke-others", SignedIn, profile::sessions::revoke_others)
        .get("/profile/ssh-keys", SignedIn, profile::ssh_keys::show)
        .post("/profile/ssh-keys", SignedIn, profile::ssh_keys::add)
        .post("/profile/ssh-keys/{key}/remove", SignedIn, profile::ssh_keys::remove)
        .get("/profile/tokens", SignedIn, profile::tokens::show)
        .post("/profile/tokens", SignedIn, profile::tokens::create)
        .post("/profile/tokens/{token}/revoke", SignedIn, profile::tokens::revoke)
        .get("/admin", PlatformAdmin, admin::entrance)
        .get("/admin/groups", PlatformAdmin, admin::groups::list)
        .get("/admin/groups/new", PlatformAdmin, admin::groups::new)
        .post("/admin/groups/new", PlatformAdmin, admin::groups::create)
        .get("/admin/groups/{name}", PlatformAdmin, admin::groups::edit)
        .post("/admin/groups/{name}", PlatformAdmin, admin::groups::update)
        .post("/admin/groups/{name}/members", PlatformAdmin, admin::groups::add_member)
        .post("/admin/groups/{name}/members/{user}/remove", PlatformAdmin, admin::groups::remove_member)
        .get("/admin/groups/{name}/delete", PlatformAdmin, admin::groups::ask_delete)
        .post("/admin/groups/{name}/delete", PlatformAdmin, admin::groups::delete)
        .get("/admin/users", PlatformAdmin, admin::users::list)
        .get("/admin/users/new", PlatformAdmin, admin::users::new)
        .post("/admin/users/new", PlatformAdmin, admin::users::create)
        .get("/admin/users/{name}", PlatformAdmin, admin::users::edit)
        .post("/admin/users/{name}", PlatformAdmin, admin::users::update)
        .post("/admin/users/{name}/password", PlatformAdmin, admin::users::set_password)
        .get("/admin/users/{name}/delete", PlatformAdmin, admin::users::ask_delete)
        .post("/admin/users/{name}/delete", PlatformAdmin, admin::users::delete)
        .get("/admin/instance-types", PlatformAdmin, admin::instance_types::list)
        .get("/admin/instance-types/new", PlatformAdmin, admin::instance_types::new)
        .post("/admin/instance-types/new", PlatformAdmin, admin::instance_types::create)
        .get("/admin/instance-types/{name}", PlatformAdmin, admin::instance_types::edit)
        .post("/admin/instance-types/{name}", PlatformAdmin, admin::instance_types::update)
        .post("/admin/instance-types/{name}/idle-rule", PlatformAdmin, admin::instance_types::set_idle_rule)
        .get("/admin/instance-types/{name}/delete", PlatformAdmin, admin::instance_types::ask_delete)
        .post("/admin/instance-types/{name}/delete", PlatformAdmin, admin::instance_types::delete)
        .get("/admin/images", PlatformAdmin, images::list)
        .get("/admin/images/new", PlatformAdmin, images::form::new)
        .post("/admin/images/new", PlatformAdmin, images::form::create)
        .get("/admin/images/{image}", PlatformAdmin, images::show)
        .get("/admin/images/{image}/edit", PlatformAdmin, images::form::edit)
        .post("/admin/images/{image}/edit", PlatformAdmin, images::form::update)
        .post("/admin/images/{image}/rebuild", PlatformAdmin, images::actions::rebuild)
        .post("/admin/images/{image}/cancel", PlatformAdmin, images::actions::cancel)
        .post("/admin/images/{image}/deprecate", PlatformAdmin, images::actions::deprecate)
        .post("/admin/images/{image}/restore", PlatformAdmin, images::actions::restore)
        .get("/admin/images/{image}/delete", PlatformAdmin, images::actions::ask_delete)
        .post("/admin/images/{image}/delete", PlatformAdmin, images::actions::delete)
        .get("/admin/images/{image}/log/lines", PlatformAdmin, images::log::lines)
        .get("/admin/images/{image}/log/search", PlatformAdmin, images::log::search)
        .get("/admin/images/{image}/log/stream", PlatformAdmin, images::log::stream)
        .get("/admin/images/{image}/log/download", PlatformAdmin, images::log::download)
        .get("/admin/system", PlatformAdmin, admin::system::show)
}

/// The guard of addresses that are no page.
pub fn unknown(portal: &Portal) -> web_kit::guard::Guard {
    web_kit::guard::Guard {
        portal: portal.clone(),
        policy: Policy::Public,
        is_api: false,
        render: error_page::render,
    }
}
