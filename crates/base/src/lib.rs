//! The words every other crate speaks: ids, time, errors, who acts, what they may do.
//!
//! No I/O happens here: no database, no network, no files.

pub mod clock;
pub mod context;
pub mod error;
pub mod ids;
pub mod names;
pub mod page;
pub mod policy;
pub mod redact;
pub mod resources;
pub mod seal;
pub mod secret;

pub use clock::{Clock, SystemClock, Timestamp};
pub use context::{Actor, Credential, OpContext, Person, TokenScope};
pub use error::{Error, ErrorKind, FieldError, Result};
pub use ids::{
    AccessKeyId, AttemptId, EventId, GroupId, ImageId, InstanceTypeId, SessionId, SshKeyId, TokenId, UserId,
    VaultId, WorkloadId,
};
pub use policy::{Action, Role};
pub use resources::Resources;
pub use seal::KeyRing;
pub use secret::Secret;
