//! What the writer promises.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod lease;

use std::time::Duration;

use base::{Error, Timestamp};
use db::{Database, DatabaseConfig, ResultExt as _, Topic};
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

    async fn a_transaction_that_the_database_ends_by_itself_surprises_nobody(database) {
        let db = &database.db;
        // As SQLite may do when the disk is full: what others wrote in the same batch is gone with it.
        let ended = db.write(|tx| Box::pin(async move {
            tx.connection().execute_unprepared("ROLLBACK").await.doing("end the transaction")?;
            Err::<(), _>(Error::invalid("the disk is full"))
        }));
        let others = |from: u32| futures::future::join_all((from..from + 20).map(|n| write(db, n * 4)));
        let (before, ended, after) = futures::future::join3(others(0), ended, others(20)).await;
        assert!(ended.is_err());
        let told = before.iter().chain(&after).filter(|result| result.is_ok()).count();
        assert_eq!(count(db).await, i64::try_from(told).unwrap(), "what was refused is not there, and the rest is");
        write(db, 0).await.unwrap();
        assert_eq!(count(db).await, i64::try_from(told + 1).unwrap());
    }

    async fn events_of_other_processes_are_heard_once(database) {
        let mine = database.db.clone();
        let other = Database::connect(&database.config).await.unwrap();
        let mut events = mine.subscribe();
        let hearing = tokio::spawn(mine.clone().read_outbox());
        let mut next = async || {
            let event = tokio::time::timeout(Duration::from_secs(10), events.recv()).await;
            event.map(|event| event.unwrap().subject.parse::<u32>().unwrap()).ok()
        };
        // It may begin to listen after the first.
        let begun = async { loop {
            write(&other, 0).await.unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
        } };
        tokio::select! { heard = next() => assert_eq!(heard, Some(0)), () = begun => {} }
        let mut heard = Vec::new();
        for n in [4, 8, 12] {
            write(&mine, n).await.unwrap();
            write(&other, n + 100).await.unwrap();
            while heard.last() != Some(&(n + 100)) {
                heard.push(next().await.unwrap());
            }
        }
        heard.retain(|n| *n != 0);
        assert_eq!(heard, [4, 104, 8, 108, 12, 112]);
        hearing.abort();
    }

    async fn the_catalogue_s_version_changes_with_it_whoever_writes(database) {
        let db = &database.db;
        let other = Database::connect(&database.config).await.unwrap();
        let run = async |sql: &str| other.reader().execute_unprepared(sql).await.map(drop).unwrap();
        let id = if db.is_postgres() { "'00000000-0000-0000-0000-000000000001'" } else { "x'00000000000000000000000000000001'" };
        run(&format!("INSERT INTO users (id, name, display_name, is_platform_admin, enabled, theme, time_zone, created_at, updated_at)
            VALUES ({id}, 'mia', 'Mia', false, true, 'system', 'UTC', 1, 1)")).await;
        run(&format!("INSERT INTO groups (id, name, path, display_name, created_at, updated_at) VALUES ({id}, 'g', 'g', 'G', 1, 1)")).await;
        run(&format!("INSERT INTO sessions (id, user_id, token_hash, created_at, last_seen_at, expires_at, user_agent, address)
            VALUES ({id}, {id}, 'h', 1, 1, 1, '', '')")).await;
        let mut version = db.catalogue_version().await.unwrap();
        for (sql, changes) in [
            (format!("INSERT INTO members (group_id, user_id, role, created_at) VALUES ({id}, {id}, 'member', 1)"), true),
            ("UPDATE members SET role = 'admin'".to_owned(), true),
            ("UPDATE users SET last_sign_in_at = 5, theme = 'dark'".to_owned(), false),
            ("UPDATE users SET enabled = false".to_owned(), true),
            ("UPDATE sessions SET last_seen_at = 7, expires_at = 9".to_owned(), false),
            ("DELETE FROM sessions".to_owned(), true),
            ("UPDATE groups SET display_name = 'H'".to_owned(), true),
            ("DELETE FROM groups".to_owned(), true),
            ("DELETE FROM users".to_owned(), true),
        ] {
            run(&sql).await;
            let now = db.catalogue_version().await.unwrap();
            assert_eq!(now > version, changes, "{sql}");
            version = now;
        }
    }
}

#[tokio::test]
async fn a_postgres_that_is_not_there_is_told_within_three_seconds() {
    // One port refuses, the other takes connections and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    for port in [1, silent.local_addr().unwrap().port()] {
        let begin = std::time::Instant::now();
        let config = DatabaseConfig::Postgres(format!("postgres://nobody@127.0.0.1:{port}/nothing"));
        let error = Database::connect(&config).await.map(drop).unwrap_err();
        assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
        assert!(error.message().contains("PostgreSQL") && error.hint().is_some(), "{error:?}");
    }
}
