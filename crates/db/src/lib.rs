//! Connections, transactions, migrations and the outbox.
//!
//! SQLite (one writer, a pool of readers) and PostgreSQL behind one [`Database`]. Entities and queries live with
//! their feature; this crate knows how a write becomes durable and how the tables came to be.

mod cache;
mod catalogue;
mod connect;
mod errors;
mod events;
mod lease;
mod like;
pub mod migrations;
mod outbox_reader;
mod writer;

pub use cache::Cache;
pub use connect::{Database, DatabaseConfig};
pub use errors::{ResultExt, is_unique_violation};
pub use events::{Event, Topic};
pub use lease::{Server, ServerLease};
pub use like::{Match, folded, holds, like, search_text};
pub use writer::{Section, Tx};

/// What a feature crate's stores need from SeaORM.
pub use sea_orm;
