//! The table of routes: nothing is served that has no row here, and no row is without a policy.
//!
//! A row says everything about a route. The router, the authorization sweep, the description of the API and the form of
//! errors come from the rows.

use std::convert::Infallible;
use std::fmt;

use accounts::groups::Group;
use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use base::{Credential, Error, OpContext, Person, Result};
use futures::future::BoxFuture;
use paths::Path;

use crate::body::Limits;
use crate::failure::{Failure, Scene};
use crate::guard::{self, Guard};
use crate::state::Portal;

/// Who may use a route at all. Use cases ask again, and more finely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Policy {
    /// Anybody, signed in or not.
    Public,
    /// Anybody signed in.
    SignedIn,
    /// Members of the row's group, and platform admins where the use case lets them.
    Member,
    /// Admins of the group, and platform admins.
    GroupAdmin,
    PlatformAdmin,
}

impl Policy {
    /// Whether the row must say how its group is found.
    pub const fn is_of_a_group(self) -> bool {
        matches!(self, Self::Member | Self::GroupAdmin)
    }
}

/// What a route answers with. Its errors have the same form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AnswerKind {
    /// A page.
    Page,
    /// Where a form leads: to a page, or to the form again with what is wrong.
    Action,
    /// A part of a page, which replaces what is shown.
    Fragment,
    /// Something for programs, whole.
    Data,
    /// Events for as long as somebody listens.
    Stream,
    /// Something to be kept.
    File,
}

impl AnswerKind {
    /// Whether a person reads it in the browser.
    pub const fn is_for_people(self) -> bool {
        matches!(self, Self::Page | Self::Action | Self::Fragment)
    }
}

/// How a caller says who they are.
#[derive(Clone, Copy, Debug)]
pub enum Authentication {
    /// Not at all: it is the same for everybody.
    Nobody,
    /// The session cookie of a browser.
    Session,
    /// An API token in the `Authorization` header, or else the session cookie.
    TokenOrSession,
    /// As the clients of another product do.
    Foreign(&'static dyn ForeignAuthentication),
}

/// How the clients of another product say who they are, such as `Basic` with an access key.
pub trait ForeignAuthentication: fmt::Debug + Send + Sync {
    /// The caller; `None` for those who do not say who they are, an error for those who are not who they say.
    fn authenticate<'a>(
        &'a self,
        portal: &'a Portal,
        ctx: &'a OpContext,
        request: &'a Parts,
    ) -> BoxFuture<'a, Result<Option<Caller>>>;
}

/// Who calls, and by what.
#[derive(Debug)]
pub struct Caller {
    pub person: Person,
    pub credential: Credential,
    /// The one group that the credential is for, where it is for one.
    pub group: Option<String>,
}

/// Where a request names its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupFrom {
    Nowhere,
    /// In this part of the path, which the pattern calls `{group}`.
    Path(usize),
    /// In this header; without it the credential's.
    Header(&'static str),
    /// Nowhere itself: the credential is for one group.
    Credential,
}

impl GroupFrom {
    /// Where the pattern has `{group}`.
    fn of(pattern: &str) -> Option<Self> {
        pattern.split('/').position(|part| part == "{group}").map(Self::Path)
    }
    /// The name in this request; empty where there is none.
    pub(crate) fn name<'a>(
        self,
        path: &'a str,
        headers: &'a HeaderMap,
        of_caller: Option<&'a str>,
    ) -> &'a str {
        let name = match self {
            Self::Nowhere => None,
            Self::Path(part) => path.split('/').nth(part),
            Self::Header(name) => headers.get(name).and_then(|value| value.to_str().ok()).or(of_caller),
            Self::Credential => of_caller,
        };
        name.unwrap_or_default()
    }
}

/// What a request carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    None,
    Form(Limits),
    Json(Limits),
    /// Handed to the handler as it arrives ([`crate::StreamedBody`]).
    Streamed(Limits),
}

impl Body {
    /// The limits, where there is something to limit.
    pub const fn limits(self) -> Option<Limits> {
        match self {
            Self::None => None,
            Self::Form(limits) | Self::Json(limits) | Self::Streamed(limits) => Some(limits),
        }
    }
}

/// What the rows of one API have in common. The API of another product is another dialect.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// What its addresses begin with. What lies below and has no row is answered in this dialect too.
    pub root: &'static str,
    pub authentication: Authentication,
    /// Where requests name their group, when the path of a row does not.
    pub group: GroupFrom,
    /// What requests that change something carry, where a row does not say.
    pub body: Body,
    /// Shows an error in the form of the row.
    pub render: fn(&Scene<'_>) -> Response,
}

/// One row.
#[derive(Clone, Debug)]
pub struct RouteRow {
    pub method: Method,
    pub path: &'static str,
    /// Its name, which no other row has.
    pub operation: &'static str,
    pub policy: Policy,
    pub answer: AnswerKind,
    pub authentication: Authentication,
    pub group: GroupFrom,
    pub body: Body,
}

impl RouteRow {
    /// Whether it takes requests of this method: reading without the answer's body is reading.
    pub fn takes(&self, method: &Method) -> bool {
        self.method == *method || (self.method == Method::GET && *method == Method::HEAD)
    }
    /// Whether an API token opens it.
    pub const fn takes_tokens(&self) -> bool {
        matches!(self.authentication, Authentication::TokenOrSession)
    }
}

/// A row with its handler.
type Served = (RouteRow, MethodRouter<Portal, Infallible>);

/// The rows of one dialect, with their handlers.
pub struct RouteTable {
    dialect: Dialect,
    rows: Vec<Served>,
}

impl RouteTable {
    pub const fn new(dialect: Dialect) -> Self {
        Self { dialect, rows: Vec::new() }
    }

    /// Reading. `HEAD` is answered by the same handler, without the body.
    #[must_use]
    pub fn get<P: Path, H: Handler<T, Portal>, T: 'static>(
        self,
        _path: P,
        policy: Policy,
        answer: AnswerKind,
        operation: &'static str,
        handler: H,
    ) -> Self {
        self.add(Method::GET, P::PATTERN, policy, answer, operation, on(MethodFilter::GET, handler))
    }
    #[must_use]
    pub fn post<P: Path, H: Handler<T, Portal>, T: 'static>(
        self,
        _path: P,
        policy: Policy,
        answer: AnswerKind,
        operation: &'static str,
        handler: H,
    ) -> Self {
        self.add(Method::POST, P::PATTERN, policy, answer, operation, on(MethodFilter::POST, handler))
    }
    #[must_use]
    pub fn put<P: Path, H: Handler<T, Portal>, T: 'static>(
        self,
        _path: P,
        policy: Policy,
        answer: AnswerKind,
        operation: &'static str,
        handler: H,
    ) -> Self {
        self.add(Method::PUT, P::PATTERN, policy, answer, operation, on(MethodFilter::PUT, handler))
    }
    #[must_use]
    pub fn patch<P: Path, H: Handler<T, Portal>, T: 'static>(
        self,
        _path: P,
        policy: Policy,
        answer: AnswerKind,
        operation: &'static str,
        handler: H,
    ) -> Self {
        self.add(Method::PATCH, P::PATTERN, policy, answer, operation, on(MethodFilter::PATCH, handler))
    }
    #[must_use]
    pub fn delete<P: Path, H: Handler<T, Portal>, T: 'static>(
        self,
        _path: P,
        policy: Policy,
        answer: AnswerKind,
        operation: &'static str,
        handler: H,
    ) -> Self {
        self.add(Method::DELETE, P::PATTERN, policy, answer, operation, on(MethodFilter::DELETE, handler))
    }

    fn add(
        mut self,
        method: Method,
        path: &'static str,
        policy: Policy,
        answer: AnswerKind,
        operation: &'static str,
        handler: MethodRouter<Portal, Infallible>,
    ) -> Self {
        let carries = matches!(method, Method::POST | Method::PUT | Method::PATCH);
        let row = RouteRow {
            body: if carries { self.dialect.body } else { Body::None },
            method,
            path,
            operation,
            policy,
            answer,
            authentication: self.dialect.authentication,
            group: GroupFrom::of(path).unwrap_or(self.dialect.group),
        };
        self.rows.push((row, handler));
        self
    }

    /// What the requests of the last row carry.
    #[must_use]
    pub fn with_body(mut self, body: Body) -> Self {
        if let Some((row, _)) = self.rows.last_mut() {
            row.body = body;
        }
        self
    }
    /// Where the requests of the last row name their group.
    #[must_use]
    pub fn with_group(mut self, group: GroupFrom) -> Self {
        if let Some((row, _)) = self.rows.last_mut() {
            row.group = group;
        }
        self
    }

    pub fn rows(&self) -> impl Iterator<Item = &RouteRow> {
        self.rows.iter().map(|(row, _)| row)
    }

    fn into_router(self, portal: &Portal) -> Router<Portal> {
        let mut paths: Vec<(&'static str, Vec<Served>)> = Vec::new();
        for (row, handler) in self.rows {
            assert!(
                !row.policy.is_of_a_group() || row.group != GroupFrom::Nowhere,
                "{} says nothing of its group",
                row.operation
            );
            match paths.iter_mut().find(|(path, _)| *path == row.path) {
                Some((_, rows)) => rows.push((row, handler)),
                None => paths.push((row.path, vec![(row, handler)])),
            }
        }
        let open =
            Guard::of_nothing(portal, &Dialect { authentication: Authentication::Nobody, ..self.dialect });
        paths.into_iter().fold(Router::new(), |router, (path, rows)| {
            let allowed = allow(rows.iter().map(|(row, _)| &row.method));
            // What an address takes is the same for everybody, and its handlers are not asked.
            let options = move || {
                let allowed = allowed.clone();
                async move { (StatusCode::NO_CONTENT, [(header::ALLOW, allowed)]).into_response() }
            };
            let options = guarded(open.clone(), on(MethodFilter::OPTIONS, options));
            let all = rows.into_iter().fold(options, |all, (row, handler)| {
                all.merge(guarded(Guard::new(portal, &row, self.dialect.render), handler))
            });
            router.route(path, all)
        })
    }
}

fn guarded(guard: Guard, handler: MethodRouter<Portal, Infallible>) -> MethodRouter<Portal, Infallible> {
    handler.layer(axum::middleware::from_fn_with_state(guard, guard::run))
}

/// The methods that an address takes, as the header says it.
fn allow<'a>(methods: impl Iterator<Item = &'a Method>) -> HeaderValue {
    let mut names: Vec<&str> = methods.map(Method::as_str).collect();
    if names.contains(&"GET") {
        names.push("HEAD");
    }
    names.push("OPTIONS");
    names.sort_unstable();
    HeaderValue::try_from(names.join(", ")).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// All rows, and what answers them. What has no row is answered in the dialect whose root it lies below.
pub fn assemble(portal: &Portal, tables: Vec<RouteTable>) -> (Vec<RouteRow>, Router<Portal>) {
    let mut unknown: Vec<(&'static str, Guard)> = Vec::new();
    let (mut rows, mut router) = (Vec::new(), Router::new());
    for table in tables {
        let dialect = table.dialect;
        if unknown.iter().all(|(root, _)| *root != dialect.root) {
            unknown.push((dialect.root, Guard::of_nothing(portal, &dialect)));
        }
        rows.extend(table.rows().cloned());
        router = router.merge(table.into_router(portal));
    }
    unknown.sort_by_key(|(root, _)| std::cmp::Reverse(root.len()));
    let router = router.fallback(move |request: Request| {
        let path = request.uri().path();
        let guard = unknown.iter().find(|(root, _)| path.starts_with(root)).map(|(_, guard)| guard.clone());
        async move {
            let missing = Failure(Error::not_found("page at this address"));
            match guard {
                Some(guard) => guard::answer(guard, request, |_| async { missing.into_response() }).await,
                None => missing.into_response(),
            }
        }
    });
    (rows, router)
}

/// The group of a request, as rows that have one find it.
pub(crate) async fn group_of(portal: &Portal, ctx: &OpContext, name: &str) -> Result<Group> {
    if base::names::group_name(name).is_err() {
        return Err(Error::not_found("group of this name"));
    }
    portal.accounts.get_group(ctx, name).await
}
