//! Configuration vaults: what SDKs and agents load when they start. One of each person, each group and the platform.
//!
//! Invariants: content is sealed at rest and kept as it was typed; what can't be read is refused and nothing is lost;
//! a change names the revision that it was made from, so that two who edit at once hear of each other; a client gets
//! enabled vaults only, of its own person, group and the platform, in the order platform, group, person (later wins).

pub mod entity;
mod read;
mod reseal;
mod serve;
mod store;
mod write;

pub use read::{Revision, Vault};
pub use serve::{Layer, Served};
pub use write::NewContent;

use base::{Action, Credential, Error, GroupId, OpContext, Result, UserId};

/// Whose vault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    Platform,
    Group(GroupId),
    Person(UserId),
}

impl Owner {
    /// As the column `owner` holds it.
    fn key(self) -> String {
        match self {
            Self::Platform => "platform".to_owned(),
            Self::Group(group) => format!("group:{group}"),
            Self::Person(user) => format!("user:{user}"),
        }
    }

    const fn group(self) -> Option<GroupId> {
        match self {
            Self::Group(group) => Some(group),
            Self::Platform | Self::Person(_) => None,
        }
    }

    /// Refuses unless the actor may see and change this vault.
    fn require(self, ctx: &OpContext) -> Result<()> {
        match self {
            Self::Platform => ctx.require_platform_admin(),
            Self::Group(group) => ctx.require_in_group(Action::ManageGroup, group),
            Self::Person(user) => {
                if matches!(ctx.actor, base::Actor::System(_)) || ctx.person()?.id == user {
                    return Ok(());
                }
                Err(Error::not_found("vault"))
            }
        }
    }

    /// The same for a change, which an API token that may only read can't make.
    fn require_write(self, ctx: &OpContext) -> Result<()> {
        self.require(ctx)?;
        if let (Self::Platform, Credential::AccessKey(_)) = (self, &ctx.credential) {
            return Err(Error::forbidden("An access key is for one group."));
        }
        ctx.require_write()
    }
}
