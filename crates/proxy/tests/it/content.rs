//! A portal, its content origin on a port, and a browser that asks both.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use accounts::sessions::SignIn;
use accounts::tokens::NewToken;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Method, Request, Response, header};
use base::{AttemptId, Secret, TokenScope};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use proxy::{ContentAddress, ContentSettings, Proxy, Served, Serving};
use test_kit::{FakeRunner, PASSWORD, TestDatabase, World};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower::ServiceExt as _;
use web_kit::state::Parts;
use web_kit::{Authentication, Dialect, Portal, PortalSettings};

use crate::workload;

/// The workload of `mia` in `vision`.
pub(crate) const SLUG: &str = "nb-1";

/// Workloads as tests say they are.
#[derive(Default)]
pub(crate) struct Workloads(Mutex<HashMap<String, Served>>);

impl Workloads {
    pub(crate) fn set(&self, served: Served) {
        self.0.lock().unwrap().insert(served.workload_slug.clone(), served);
    }
    pub(crate) fn get(&self, slug: &str) -> Served {
        self.0.lock().unwrap().get(slug).unwrap().clone()
    }
}

impl Serving for Workloads {
    fn find<'a>(&'a self, slug: &'a str) -> BoxFuture<'a, base::Result<Option<Served>>> {
        let found = self.0.lock().unwrap().get(slug).cloned();
        async { Ok(found) }.boxed()
    }
}

pub(crate) struct Content {
    pub(crate) world: World,
    pub(crate) workloads: Arc<Workloads>,
    pub(crate) proxy: Proxy,
    pub(crate) portal_state: Portal,
    pub(crate) settings: ContentSettings,
    pub(crate) runner: Arc<FakeRunner>,
    /// The portal's part of the proxy, asked without a network.
    pub(crate) portal: Router,
    pub(crate) address: SocketAddr,
    pub(crate) origin: String,
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) folder: tempfile::TempDir,
    /// What operators see.
    pub(crate) metrics: PrometheusHandle,
}

impl Content {
    pub(crate) async fn new(database: &TestDatabase) -> Self {
        Self::with(database, |_| {}).await
    }

    pub(crate) async fn with(database: &TestDatabase, change: impl FnOnce(&mut ContentSettings)) -> Self {
        let world = World::new(&database.db).await;
        let folder = tempfile::tempdir().unwrap();
        let (stop, stopping) = watch::channel(false);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let origin = format!("http://{address}");
        let mut settings = ContentSettings {
            address: ContentAddress::Port { origin: origin.clone() },
            requests_per_person: 8,
            sockets_per_person: 4,
        };
        change(&mut settings);
        let runner = world.runner.clone();
        let portal = Portal::new(Parts {
            db: database.db.clone(),
            accounts: world.accounts.clone(),
            workloads: world.workloads.clone(),
            clock: world.clock(),
            settings: PortalSettings {
                public_url: "http://portal.test".to_owned(),
                content_origin: origin.clone(),
                ssh: None,
                version: "0",
                trusted_proxies: Vec::new(),
                data_dir: String::new(),
                database: String::new(),
            },
            stopping,
        });
        let workloads = Arc::new(Workloads::default());
        let recorder = PrometheusBuilder::new().build_recorder();
        let proxy = metrics::with_local_recorder(&recorder, || {
            Proxy::new(portal.clone(), workloads.clone(), settings.clone())
        });
        tokio::spawn(proxy.clone().watch());
        let render = |scene: &web_kit::Scene<'_>| {
            web_kit::problem::response(scene.error, scene.status, &scene.ctx.request_id)
        };
        let dialect = Dialect {
            root: "/",
            authentication: Authentication::Session,
            group: web_kit::GroupFrom::Nowhere,
            body: web_kit::Body::None,
            render,
        };
        let (_, router) = web_kit::routes::assemble(&portal, vec![proxy.portal_routes(dialect)]);
        let content = Router::new()
            .fallback_service(proxy.content_origin())
            .into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, content).await.unwrap() });
        let content = Self {
            workloads,
            proxy,
            runner,
            portal: router.with_state(portal.clone()),
            portal_state: portal,
            settings,
            address,
            origin,
            stop,
            folder,
            metrics: recorder.handle(),
            world,
        };
        content.start(SLUG, "mia").await;
        content
    }

    /// Starts a workload of somebody in `vision`; its next attempt, where it ran before.
    pub(crate) async fn start(&self, slug: &str, owner: &str) -> AttemptId {
        let attempt = AttemptId::new(&*self.world.clock);
        let socket = self.folder.path().join(format!("{}.sock", attempt.0.simple()));
        workload::serve(&socket, slug);
        let spec = runner::AttemptSpec::new(attempt.to_string(), "");
        runner::Runner::start(&*self.runner, &spec).await.unwrap();
        self.runner.serve(&attempt.to_string(), socket);
        self.workloads.set(Served {
            workload_slug: slug.to_owned(),
            group: self.world.group("vision").await.id,
            group_name: "vision".to_owned(),
            owner: self.world.person(owner).await.actor_id().unwrap(),
            opens: workloads::engine::Opens::Owner,
            attempt: Some(attempt),
            page: format!("/g/vision/notebooks/{slug}"),
            ready: true,
        });
        attempt
    }

    /// Changes what is known of the workload.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Served)) {
        let mut served = self.workloads.get(SLUG);
        change(&mut served);
        self.workloads.set(served);
    }

    /// The portal cookie of somebody who signs in.
    pub(crate) async fn signed_in(&self, name: &str) -> String {
        let input =
            SignIn { name: name.to_owned(), password: Secret::new(PASSWORD), user_agent: String::new() };
        let session = self.world.accounts.sign_in(&self.world.anonymous(), input).await.unwrap();
        format!("portico-session={}", session.secret.expose())
    }

    pub(crate) async fn token(&self, name: &str, scope: TokenScope) -> String {
        let input = NewToken { name: AttemptId::new(&*self.world.clock).to_string(), scope, days: 1 };
        let made = self.world.accounts.create_token_for(&self.world.system(), name, input).await;
        made.unwrap().1.expose().to_owned()
    }

    /// Asks the portal to open a workload.
    pub(crate) async fn open(&self, slug: &str, to: &str, cookie: &str) -> Response<Body> {
        let request = Request::get(format!("/open/{slug}?to={to}"))
            .header(header::COOKIE, cookie)
            .body(Body::empty())
            .unwrap();
        self.portal.clone().oneshot(request).await.unwrap()
    }

    /// The content cookie of somebody who opened the workload.
    pub(crate) async fn entered(&self, portal_cookie: &str) -> String {
        let opened = self.open(SLUG, "", portal_cookie).await;
        let entered = self.get(location(&opened).strip_prefix(&self.origin).unwrap(), &[]).await;
        let cookie = entered.headers()[header::SET_COOKIE].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// The content cookie of `mia`.
    pub(crate) async fn mia(&self) -> String {
        self.entered(&self.signed_in("mia").await).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Response<Incoming> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection.with_upgrades());
        sender.send_request(request).await.unwrap()
    }

    pub(crate) fn request(&self, method: &Method, path: &str, headers: &[(&str, &str)]) -> Request<Body> {
        let mut request =
            Request::builder().method(method).uri(path).header(header::HOST, self.address.to_string());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::empty()).unwrap()
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Response<Incoming> {
        self.send(self.request(&Method::GET, path, headers)).await
    }
}

pub(crate) fn location<B>(response: &Response<B>) -> String {
    response.headers()[header::LOCATION].to_str().unwrap().to_owned()
}

pub(crate) async fn text(response: Response<Incoming>) -> String {
    let bytes: Bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Waits until it holds, for a while.
pub(crate) async fn until(mut holds: impl FnMut() -> bool) {
    for _ in 0..500 {
        if holds() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("it never held");
}
