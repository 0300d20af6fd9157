//! The table of routes: nothing is served that has no row here, and no row is without a policy.

use std::convert::Infallible;

use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};

use crate::failure::Scene;
use crate::guard::{self, Guard};
use crate::state::Portal;

/// Who may use a route at all. Use cases ask again, and more finely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Policy {
    /// Anybody, signed in or not.
    Public,
    /// Anybody signed in.
    SignedIn,
    /// Members of the group `{group}` of the path, and platform admins where the use case lets them.
    Member,
    /// Admins of the group, and platform admins.
    GroupAdmin,
    PlatformAdmin,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RouteRow {
    pub method: Method,
    pub path: &'static str,
    pub policy: Policy,
    /// Whether it answers programs (bearer tokens, problem+json) or browsers (cookies, pages).
    pub is_api: bool,
}

/// Rows, and the router made of them.
pub struct RouteTable {
    rows: Vec<RouteRow>,
    router: Router<Portal>,
    portal: Portal,
    is_api: bool,
    render: fn(&Scene<'_>) -> Response,
}

impl RouteTable {
    /// Routes for programs.
    pub fn api(portal: &Portal, render: fn(&Scene<'_>) -> Response) -> Self {
        Self { rows: Vec::new(), router: Router::new(), portal: portal.clone(), is_api: true, render }
    }
    /// Routes for browsers.
    pub fn pages(portal: &Portal, render: fn(&Scene<'_>) -> Response) -> Self {
        Self { is_api: false, ..Self::api(portal, render) }
    }

    #[must_use]
    pub fn get<H: Handler<T, Portal>, T: 'static>(
        self,
        path: &'static str,
        policy: Policy,
        handler: H,
    ) -> Self {
        self.add(Method::GET, path, policy, on(MethodFilter::GET, handler))
    }
    #[must_use]
    pub fn post<H: Handler<T, Portal>, T: 'static>(
        self,
        path: &'static str,
        policy: Policy,
        handler: H,
    ) -> Self {
        self.add(Method::POST, path, policy, on(MethodFilter::POST, handler))
    }
    #[must_use]
    pub fn put<H: Handler<T, Portal>, T: 'static>(
        self,
        path: &'static str,
        policy: Policy,
        handler: H,
    ) -> Self {
        self.add(Method::PUT, path, policy, on(MethodFilter::PUT, handler))
    }
    #[must_use]
    pub fn patch<H: Handler<T, Portal>, T: 'static>(
        self,
        path: &'static str,
        policy: Policy,
        handler: H,
    ) -> Self {
        self.add(Method::PATCH, path, policy, on(MethodFilter::PATCH, handler))
    }
    #[must_use]
    pub fn delete<H: Handler<T, Portal>, T: 'static>(
        self,
        path: &'static str,
        policy: Policy,
        handler: H,
    ) -> Self {
        self.add(Method::DELETE, path, policy, on(MethodFilter::DELETE, handler))
    }

    fn add(
        mut self,
        method: Method,
        path: &'static str,
        policy: Policy,
        handler: MethodRouter<Portal, Infallible>,
    ) -> Self {
        self.rows.push(RouteRow { method, path, policy, is_api: self.is_api });
        let guard = Guard { portal: self.portal.clone(), policy, is_api: self.is_api, render: self.render };
        self.router =
            self.router.route(path, handler.layer(axum::middleware::from_fn_with_state(guard, guard::run)));
        self
    }

    pub fn into_parts(self) -> (Vec<RouteRow>, Router<Portal>) {
        (self.rows, self.router)
    }
}

/// An answer for paths and methods that have no row, rendered like any other error.
pub async fn unknown(guard: Guard, request: axum::extract::Request) -> Response {
    let next =
        |_request| async { crate::Failure(base::Error::not_found("page at this address")).into_response() };
    guard::answer(guard, request, next).await
}
