//! What the portal's pages and every API share: the state, the table of routes with their policies, who asks, how
//! errors and streams look on the wire.

pub mod attachment;
pub mod body;
pub mod connection;
pub mod failure;
pub mod guard;
pub mod headers;
pub mod last_group;
pub mod logs;
pub mod problem;
pub mod routes;
pub mod session_cookie;
pub mod sse;
pub mod state;

pub use body::{FormBody, JsonBody, Limits, QueryString, StreamedBody};
pub use failure::{Answer, Failure, Reader, Scene, status_of};
pub use guard::{Ctx, InGroup};
pub use last_group::LastGroup;
pub use routes::{AnswerKind, Authentication, Body, Dialect, GroupFrom, Policy, RouteRow, RouteTable};
pub use state::{Portal, PortalSettings};
