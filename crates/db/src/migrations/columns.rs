//! Which columns there are already.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DbBackend, Statement};

/// Whether a table has a column. Both names are ours.
pub(super) async fn is_there(manager: &SchemaManager<'_>, table: &str, column: &str) -> Result<bool, DbErr> {
    let backend = manager.get_database_backend();
    let query = match backend {
        DbBackend::Sqlite => format!("SELECT 1 FROM pragma_table_info('{table}') WHERE name = '{column}'"),
        _ => format!(
            "SELECT 1 FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name = '{table}' AND column_name = '{column}'"
        ),
    };
    let found = manager.get_connection().query_one_raw(Statement::from_string(backend, query)).await?;
    Ok(found.is_some())
}
