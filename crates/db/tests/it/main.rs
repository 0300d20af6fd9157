//! What the writer promises.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

use base::{Error, Timestamp};
use db::{Database, ResultExt as _, Topic};
use sea_orm::{ConnectionTrait as _, Statement};
use test_kit::on_both_databases;

async fn count(db: &Database) -> i64 {
    let statement =
        Statement::from_string(db.reader().get_database_backend(), "SELECT COUNT(*) AS n FROM events");
    db.reader().query_one_raw(statement).await.unwrap().unwrap().try_get("", "n").unwrap()
}

/// Writes one event; then fails, panics, or does neither.
async fn write(db: &Database, n: u32) -> base::Result<u32> {
    db.write(move |tx| {
        Box::pin(async move {
            tx.emit(Timestamp(i64::from(n)), None, Topic::Jobs, n.to_string()).await?;
            match n % 4 {
                1 => Err(Error::invalid("refused")),
                2 => panic!("a use case panics"),
                _ => Ok(n),
            }
        })
    })
    .await
}

on_both_databases! {
    async fn of_a_batch_the_failed_leave_nothing_and_the_others_all(database) {
        let db = &database.db;
        let mut events = db.subscribe();
        let results = futures::future::join_all((0..200).map(|n| write(db, n))).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 100);
        assert_eq!(count(db).await, 100);
        let mut told = Vec::new();
        while let Ok(event) = events.try_recv() {
            told.push(event.subject.parse::<u32>().unwrap());
        }
        told.sort_unstable();
        assert_eq!(told, (0..200).filter(|n| n % 4 == 0 || n % 4 == 3).collect::<Vec<_>>(), "only what was committed is told");
    }

    async fn what_was_acknowledged_is_there_for_another_connection(database) {
        write(&database.db, 0).await.unwrap();
        let other = Database::connect(&database.config).await.unwrap();
        assert_eq!(count(&other).await, 1);
        assert_eq!(other.pending_migrations().await.unwrap(), 0);
        other.migrate().await.unwrap();
    }

    async fn a_broken_statement_fails_alone(database) {
        let db = &database.db;
        let broken = db.write(|tx| Box::pin(async move {
            tx.connection().execute_unprepared("INSERT INTO nowhere VALUES (1)").await.doing("break").map(drop)
        }));
        let (broken, fine) = futures::future::join(broken, write(db, 0)).await;
        assert!(broken.is_err());
        assert!(fine.is_ok());
    }
}
