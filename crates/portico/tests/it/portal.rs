//! A portal with a small world, and requests to it.

use std::sync::Arc;

use accounts::sessions::SignIn;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Method, Request, Response, header};
use base::{OpContext, Secret};
use base64::Engine as _;
use test_kit::{PASSWORD, TestDatabase, World};
use tokio::sync::watch;
use tower::ServiceExt as _;
use web_kit::state::Parts;
use web_kit::{Portal, PortalSettings, RouteRow};

pub(crate) struct TestPortal {
    pub(crate) world: World,
    pub(crate) router: Router,
    pub(crate) rows: Vec<RouteRow>,
    pub(crate) portal: Portal,
    _stop: watch::Sender<bool>,
}

impl TestPortal {
    pub(crate) async fn new(database: &TestDatabase) -> Self {
        let world = World::new(&database.db).await;
        let (stop, stopping) = watch::channel(false);
        let portal = Portal::new(Parts {
            db: database.db.clone(),
            accounts: world.accounts.clone(),
            workloads: world.workloads.clone(),
            clock: world.clock(),
            settings: PortalSettings {
                public_url: "http://portal.test".to_owned(),
                content_origin: "http://content.test".to_owned(),
                ssh: Some(web_kit::state::SshPlace {
                    host: "portal.test".to_owned(),
                    port: 2222,
                    fingerprint: "SHA256:test".to_owned(),
                    host_key: "ssh-ed25519 AAAA".to_owned(),
                }),
                version: "0",
                trusted_proxies: Vec::new(),
                data_dir: String::new(),
                database: String::new(),
            },
            stopping,
        });
        let settings = proxy::ContentSettings {
            address: proxy::ContentAddress::Domain {
                is_https: false,
                domain: "apps.test".to_owned(),
                port: None,
            },
            requests_per_person: 256,
            sockets_per_person: 512,
        };
        let serving = Arc::new(portico::ServedNotebooks(portal.clone()));
        let proxy = proxy::Proxy::new(portal.clone(), serving, settings);
        let app = portico::app(&portal, &proxy);
        Self { world, router: app.router, rows: app.rows, portal, _stop: stop }
    }

    /// A session cookie of one of the people.
    pub(crate) async fn cookie(&self, name: &str) -> String {
        let input =
            SignIn { name: name.to_owned(), password: Secret::new(PASSWORD), user_agent: String::new() };
        let session = self.world.accounts.sign_in(&self.world.anonymous(), input).await.unwrap();
        format!("portico-session={}", session.secret.expose())
    }

    /// A token of one of the people.
    pub(crate) async fn token(&self, name: &str, scope: base::TokenScope) -> String {
        let ctx: OpContext = self.world.system();
        let input = accounts::tokens::NewToken { name: format!("{scope:?}"), scope, days: 1 };
        let (_, secret) = self.world.accounts.create_token_for(&ctx, name, input).await.unwrap();
        secret.expose().to_owned()
    }

    /// An access key of one of the people for the group `vision`, as `Basic` has it.
    pub(crate) async fn access_key(&self, name: &str) -> String {
        let ctx: OpContext = self.world.system();
        let input = accounts::access_keys::NewAccessKey::default();
        let made = self.world.accounts.create_access_key_for(&ctx, name, "vision", input).await;
        let (key, secret) = made.unwrap();
        base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", key.access_key, secret.expose()))
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// A request as a browser (cookie) or a program (token) sends it.
    pub(crate) fn request(
        method: &Method,
        path: &str,
        cookie: Option<&str>,
        token: Option<&str>,
    ) -> Request<Body> {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "portal.test");
        if let Some(cookie) = cookie {
            request = request.header(header::COOKIE, cookie).header("sec-fetch-site", "same-origin");
        }
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        request.header(header::CONTENT_TYPE, "application/json").body(Body::from("{}")).unwrap()
    }
}

pub(crate) async fn text(response: Response<Body>) -> String {
    let bytes: Bytes = axum::body::to_bytes(response.into_body(), 10_000_000).await.unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}
