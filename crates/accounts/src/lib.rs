//! People and what lets them in: users, groups and members, sign-in, sessions, tokens, first set-up, audit log.
//!
//! Every use case is a method of [`Accounts`], takes an [`base::OpContext`] and asks permission itself.

pub mod audit;
pub mod authenticate;
pub mod groups;
pub mod notifications;
pub mod passwords;
pub mod sessions;
pub mod setup;
pub mod tokens;
pub mod users;

use std::sync::Arc;

use db::Database;
use passwords::Passwords;
use sessions::SignInLimits;

/// The use cases of this crate; cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    pub(crate) db: Database,
    pub(crate) passwords: Passwords,
    pub(crate) limits: Arc<SignInLimits>,
}

impl Accounts {
    pub fn new(db: Database, passwords: Passwords) -> Self {
        Self { db, passwords, limits: Arc::new(SignInLimits::default()) }
    }
}
