//! What one may do with a notebook.

use accounts::groups::Group;
use base::{Action, Error, OpContext, Result, UserId};

use super::model::Notebook;

/// Who somebody is to a notebook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotebookAccess {
    /// May do everything with it.
    Owner,
    /// A group admin or platform admin: may see and stop it, never open it.
    Overseer,
}

impl NotebookAccess {
    /// What the actor is to a notebook of this owner; others' notebooks do not exist for members.
    pub(crate) fn of(ctx: &OpContext, group: &Group, owner: UserId) -> Option<Self> {
        if ctx.actor_id() == Some(owner) {
            return Some(Self::Owner);
        }
        ctx.require_in_group(Action::ManageGroup, group.id).is_ok().then_some(Self::Overseer)
    }

    /// As [`Self::of`]; 404 for whoever may not even know of it.
    pub(crate) fn require(ctx: &OpContext, group: &Group, owner: UserId, slug: &str) -> Result<Self> {
        Self::of(ctx, group, owner)
            .ok_or_else(|| Error::not_found(format!("notebook “{}”", base::names::cut(slug, 60))))
    }
}

impl Notebook {
    /// Whether the actor owns it.
    pub fn is_of(&self, ctx: &OpContext) -> bool {
        ctx.actor_id() == Some(self.user)
    }
}

/// Refuses what only an owner may do.
pub(crate) fn require_owner(access: NotebookAccess) -> Result<()> {
    match access {
        NotebookAccess::Owner => Ok(()),
        NotebookAccess::Overseer => Err(Error::forbidden("Only its owner may do this with a notebook.")
            .with_hint("You may see and stop it.")),
    }
}
