//! People and what lets them in: users, groups and members, sign-in, sessions, tokens, access keys, first set-up, audit
//! log; and what clients are configured with: vaults.
//!
//! Every use case is a method of [`Accounts`], takes an [`base::OpContext`] and asks permission itself.

pub mod access_keys;
pub mod audit;
pub mod authenticate;
pub mod content;
pub mod groups;
pub mod notifications;
pub mod passwords;
pub mod sealing;
pub mod sessions;
pub mod setup;
pub mod ssh_keys;
pub mod tokens;
pub mod users;
pub mod vaults;

use std::sync::Arc;

use authenticate::CachedCredential;
use base::{GroupId, KeyRing, Person, UserId};
use db::{Cache, Database};
use groups::Membership;
use passwords::Passwords;
use sessions::SignInLimits;

/// The use cases of this crate; cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    pub(crate) db: Database,
    pub(crate) passwords: Passwords,
    pub(crate) keys: KeyRing,
    pub(crate) limits: Arc<SignInLimits>,
    pub(crate) caches: Arc<Caches>,
}

/// What requests ask for again and again, by the catalogue's version.
pub(crate) struct Caches {
    /// By the hash of the secret.
    pub(crate) credentials: Cache<String, CachedCredential>,
    pub(crate) people: Cache<UserId, Person>,
    pub(crate) groups: Cache<String, groups::entity::Model>,
    pub(crate) memberships: Cache<UserId, Arc<Vec<Membership>>>,
    /// What clients get, by person and group.
    pub(crate) vaults: Cache<(UserId, GroupId), Arc<Vec<vaults::Served>>>,
    /// By the public half of the pair.
    pub(crate) access_keys: Cache<String, access_keys::entity::Model>,
}

/// So many people and groups are cached at once.
const CACHED: usize = 1000;

impl Accounts {
    /// Secrets at rest are sealed and hashed with `keys`.
    pub fn new(db: Database, passwords: Passwords, keys: KeyRing) -> Self {
        Self {
            db,
            passwords,
            keys,
            limits: Arc::new(SignInLimits::default()),
            caches: Arc::new(Caches {
                credentials: Cache::new(10 * CACHED),
                people: Cache::new(CACHED),
                groups: Cache::new(CACHED),
                memberships: Cache::new(CACHED / 10),
                vaults: Cache::new(CACHED / 10),
                access_keys: Cache::new(CACHED),
            }),
        }
    }
}
