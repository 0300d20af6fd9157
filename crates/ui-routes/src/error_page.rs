//! An error as a page with a way out.

use axum::http::{HeaderValue, header};
use axum::response::Response;
use base::ErrorKind;
use ui_pages::components::Link;
use ui_pages::errors::{BareErrorPage, ErrorPage, ErrorView};
use ui_pages::frame::{Entry, Frame, PersonRef};
use web_kit::{Reader, Scene, problem};

use crate::{frame, view};

pub(crate) fn render(scene: &Scene<'_>) -> Response {
    if !scene.answer.is_for_people() {
        return problem::response(scene.error, scene.status, &scene.ctx.request_id);
    }
    if scene.error.kind() == ErrorKind::Unauthenticated {
        // After a form that was sent too late, back to the form.
        let next = if scene.is_get { scene.path.to_owned() } else { view::path_of(scene.referer) };
        let sign_in = paths::SignIn.link();
        let back = if next == "/" { sign_in } else { paths::query(sign_in, &[("next", &next)]) };
        return view::see_other(&back);
    }
    let error = view_of(scene);
    let page = match scene.ctx.person() {
        Ok(person) => {
            let frame = match scene.reader {
                Some(reader) => frame_for(scene, reader, &error.title),
                // The database may be what failed.
                None => Frame {
                    title: error.title.clone(),
                    current: Entry::Other,
                    group: scene.group.map(|group| frame::group_ref(group, scene.ctx.role_in(group.id))),
                    person: PersonRef {
                        username: person.name.clone(),
                        display_name: person.name.clone(),
                        initials: person.name.chars().take(1).flat_map(char::to_uppercase).collect(),
                        is_admin: person.is_platform_admin,
                    },
                    version: scene.portal.settings.version.to_owned(),
                    ..Frame::default()
                },
            };
            view::page_with(scene.status, &ErrorPage { frame, error })
        }
        Err(_) => {
            let bare = frame::bare(scene.portal, &error.title);
            view::page_with(scene.status, &BareErrorPage { bare, error })
        }
    };
    let mut response =
        page.unwrap_or_else(|error| problem::response(&error, scene.status, &scene.ctx.request_id));
    if let Some(seconds) = scene.error.retry_after_seconds() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The frame that the person knows, with the menu of the group that the error is about, or of their last one.
fn frame_for(scene: &Scene<'_>, reader: &Reader, title: &str) -> Frame {
    let own = |name: Option<&str>| {
        reader.memberships.iter().find(|membership| Some(membership.group.name.as_str()) == name)
    };
    let last = own(reader.last_group.0.as_deref()).or(reader.memberships.first());
    let group = scene.group.or(last.map(|membership| &membership.group));
    frame::around(scene.portal, scene.ctx, (&reader.user, &reader.memberships), title, Entry::Other, group)
}

fn view_of(scene: &Scene<'_>) -> ErrorView {
    let title = match scene.error.kind() {
        ErrorKind::Invalid | ErrorKind::QuotaExceeded => "This can't be done as asked",
        ErrorKind::Unauthenticated => "You are not signed in",
        ErrorKind::Forbidden => "You may not do this",
        ErrorKind::NotFound => "Nothing is here",
        ErrorKind::Conflict => "This clashes with what is there",
        ErrorKind::TooManyRequests => "Too many tries",
        ErrorKind::TooLarge => "This is too large",
        ErrorKind::StorageFull => "The disk is full",
        ErrorKind::Unavailable => "Not available just now",
        ErrorKind::Internal => "Something went wrong here",
    };
    let mut links = Vec::new();
    if let Some(group) = scene.group {
        links.push(Link::new(format!("Home of {}", group.display_name), paths::Home.link(&group.name)));
        links.push(Link::new("Jobs", paths::Jobs.link(&group.name)));
    } else if scene.ctx.person().is_ok() {
        links.push(Link::new("Home", "/"));
    } else {
        links.push(Link::new("Sign in", paths::SignIn.link()));
    }
    let mut what = scene.error.message().to_owned();
    for field in scene.error.fields() {
        if !what.contains(&field.message) {
            what.push_str(&format!(" {}: {}", field.field, field.message));
        }
    }
    ErrorView {
        status: scene.status.as_u16(),
        title: title.to_owned(),
        what,
        hint: scene.error.hint().unwrap_or_default().to_owned(),
        links,
        request_id: scene.ctx.request_id.clone(),
    }
}
