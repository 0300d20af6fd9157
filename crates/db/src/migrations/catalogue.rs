//! What counts as a change of the catalogue ([`crate::Database::catalogue_version`]): triggers on its tables.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// A table, the columns whose update matters (`*` all, none: an update never does), and whether rows that come matter:
/// where their absence is remembered with others, as a person's memberships are. Every row that goes does.
pub(super) type Counted = (&'static str, &'static str, bool);

/// Makes the triggers; those that are there are kept or made anew.
pub(super) async fn count(manager: &SchemaManager<'_>, counted: &[Counted]) -> Result<(), DbErr> {
    let is_postgres = manager.get_database_backend() == DbBackend::Postgres;
    for statement in if is_postgres { on_postgres(counted) } else { on_sqlite(counted) } {
        manager.get_connection().execute_unprepared(&statement).await?;
    }
    Ok(())
}

/// The triggers' parts: the table, a short name, and `INSERT`, `UPDATE`, `UPDATE OF …` or `DELETE`.
fn triggers(counted: &[Counted]) -> impl Iterator<Item = (&'static str, &'static str, String)> {
    counted.iter().flat_map(|&(table, columns, inserts)| {
        let update = match columns {
            "" => None,
            "*" => Some("UPDATE".to_owned()),
            columns => Some(format!("UPDATE OF {columns}")),
        };
        let insert = inserts.then(|| "INSERT".to_owned());
        [("d", Some("DELETE".to_owned())), ("u", update), ("i", insert)]
            .into_iter()
            .filter_map(move |(short, event)| Some((table, short, event?)))
    })
}

fn on_sqlite(counted: &[Counted]) -> Vec<String> {
    triggers(counted)
        .map(|(table, short, event)| {
            format!(
                "CREATE TRIGGER IF NOT EXISTS catalogue_{table}_{short} AFTER {event} ON {table} BEGIN
                 UPDATE versions SET number = number + 1 WHERE name = 'catalogue'; END"
            )
        })
        .collect()
}

/// Deferred to the commit: the one row that all of them lock is locked last and briefly.
fn on_postgres(counted: &[Counted]) -> Vec<String> {
    let function =
        "CREATE OR REPLACE FUNCTION catalogue_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         UPDATE versions SET number = number + 1 WHERE name = 'catalogue'; RETURN NULL; END $$";
    let mut statements = vec![function.to_owned()];
    for (table, short, event) in triggers(counted) {
        let name = format!("catalogue_{table}_{short}");
        statements.push(format!("DROP TRIGGER IF EXISTS {name} ON {table}"));
        statements.push(format!(
            "CREATE CONSTRAINT TRIGGER {name} AFTER {event} ON {table} DEFERRABLE INITIALLY DEFERRED
             FOR EACH ROW EXECUTE FUNCTION catalogue_changed()"
        ));
    }
    statements
}
