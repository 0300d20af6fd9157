//! What tests share: both databases, a clock that stands still, a runner that only pretends, and a small world of
//! people and groups. A development dependency only.

#![expect(clippy::unwrap_used, reason = "a broken test set-up should say so at once")]

mod databases;
mod fake_runner;
mod world;

pub use databases::{TestDatabase, postgres, sqlite};
pub use fake_runner::FakeRunner;
pub use tokio;
pub use world::{PASSWORD, World};

/// One test body, two tests: on SQLite, and on PostgreSQL. That one is ignored, and `./test` runs it with a server.
#[macro_export]
macro_rules! on_both_databases {
    ($($(#[$meta:meta])* async fn $name:ident($database:ident) $body:block)*) => {$(
        mod $name {
            use super::*;

            async fn body($database: $crate::TestDatabase) $body

            $(#[$meta])*
            #[test]
            fn sqlite() {
                let runtime = $crate::tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
                runtime.block_on(async { body($crate::sqlite().await).await });
            }

            #[test]
            #[ignore = "PORTICO_TEST_POSTGRES_URL names no server"]
            fn postgres() {
                let runtime = $crate::tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
                runtime.block_on(async { body($crate::postgres().await).await });
            }
        }
    )*};
}

/// One test, on PostgreSQL where `PORTICO_TEST_POSTGRES_URL` names a server: for what only a server of its own has.
#[macro_export]
macro_rules! on_postgres {
    ($($(#[$meta:meta])* async fn $name:ident($database:ident) $body:block)*) => {$(
        mod $name {
            use super::*;

            $(#[$meta])*
            #[test]
            #[ignore = "PORTICO_TEST_POSTGRES_URL names no server"]
            fn postgres() {
                let runtime = $crate::tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
                runtime.block_on(async {
                    let $database = $crate::postgres().await;
                    $body
                });
            }
        }
    )*};
}
