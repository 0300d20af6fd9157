//! People and what lets them in: users, groups and members, sign-in, sessions, tokens, first set-up, audit log.
//!
//! Every use case is a method of [`Accounts`], takes an [`base::OpContext`] and asks permission itself.

pub mod audit;
pub mod authenticate;
pub mod content;
pub mod groups;
pub mod notifications;
pub mod passwords;
pub mod sessions;
pub mod setup;
pub mod ssh_keys;
pub mod tokens;
pub mod users;

use std::sync::Arc;

use authenticate::Shown;
use base::{Person, UserId};
use db::{Cache, Database};
use groups::Membership;
use passwords::Passwords;
use sessions::SignInLimits;

/// The use cases of this crate; cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    pub(crate) db: Database,
    pub(crate) passwords: Passwords,
    pub(crate) limits: Arc<SignInLimits>,
    pub(crate) known: Arc<Known>,
}

/// What requests ask for again and again, by the catalogue's version.
pub(crate) struct Known {
    /// By the hash of the secret.
    pub(crate) credentials: Cache<String, Shown>,
    pub(crate) people: Cache<UserId, Person>,
    pub(crate) groups: Cache<String, groups::entity::Model>,
    pub(crate) memberships: Cache<UserId, Arc<Vec<Membership>>>,
}

/// People and groups of whom so much is known at once.
const KNOWN: usize = 1000;

impl Accounts {
    pub fn new(db: Database, passwords: Passwords) -> Self {
        Self {
            db,
            passwords,
            limits: Arc::new(SignInLimits::default()),
            known: Arc::new(Known {
                credentials: Cache::new(10 * KNOWN),
                people: Cache::new(KNOWN),
                groups: Cache::new(KNOWN),
                memberships: Cache::new(KNOWN / 10),
            }),
        }
    }
}
