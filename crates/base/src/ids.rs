//! Typed ids: UUIDv7 newtypes, so that ids of one table sort by the time they were made and never stand in for
//! those of another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::Clock;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id at the clock's time.
            pub fn new(clock: &dyn Clock) -> Self {
                Self(uuid_v7(clock))
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::from_str(text).map(Self)
            }
        }
        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    )*};
}

ids! {
    /// A person.
    UserId,
    /// A tenant.
    GroupId,
    /// Anything that runs: notebook, job, deployment, app, image build.
    WorkloadId,
    /// One execution of a workload on a runner.
    AttemptId,
    /// A signed-in browser.
    SessionId,
    /// An API token.
    TokenId,
    /// A pair of access key and secret of one person in one group.
    AccessKeyId,
    /// A configuration vault.
    VaultId,
    /// A public key for SSH.
    SshKeyId,
    /// The software a workload runs in.
    ImageId,
    /// A named size.
    InstanceTypeId,
    /// An entry of the outbox or of the audit log.
    EventId,
}

/// A UUIDv7 (RFC 9562 §5.7) from the clock's time and randomness.
pub fn uuid_v7(clock: &dyn Clock) -> Uuid {
    let mut random = [0; 10];
    clock.fill_random(&mut random);
    let millis = u64::try_from(clock.now().micros() / 1000).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}
