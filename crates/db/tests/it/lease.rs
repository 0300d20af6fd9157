//! One server on one database.

use std::time::{Duration, Instant};

use base::{Error, Timestamp};
use db::{Database, DatabaseConfig, Server, ServerLease, Topic};
use sea_orm::ConnectionTrait as _;
use test_kit::{on_both_databases, on_postgres};

fn server(name: &str) -> Server {
    Server {
        lock: format!("{name}/1"),
        host: format!("host-{name}"),
        data_dir: format!("/srv/{name}"),
        since: Timestamp(1_000_000),
    }
}

/// A server with connections of its own.
async fn start(config: &DatabaseConfig, name: &str) -> (Database, base::Result<ServerLease>) {
    let db = Database::connect(config).await.unwrap();
    let lease = db.lease(&server(name)).await;
    (db, lease)
}

async fn write(db: &Database) -> base::Result<()> {
    db.write(|tx| Box::pin(async move { tx.emit(Timestamp(1), None, Topic::Jobs, "x").await })).await
}

/// As if the holder had been silent, so that its lease ends in so many seconds.
async fn leave(db: &Database, seconds: i64) {
    let sql = format!(
        "UPDATE server_lease SET lease_until = (EXTRACT(EPOCH FROM clock_timestamp()) + {seconds}) * 1000000"
    );
    db.reader().execute_unprepared(&sql).await.unwrap();
}

async fn within<T>(seconds: u64, what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(seconds), what).await.expect("in time")
}

fn refused(result: base::Result<ServerLease>, by: &str) {
    let error: Error = result.err().expect("refused");
    assert_eq!(
        error.message(),
        format!(
            "Another Portico server serves this database: on the host host-{by}, with the data directory /srv/{by}, \
             since 1970-01-01 00:00:01 UTC."
        )
    );
    assert!(error.hint().unwrap().contains("PORTICO_DATABASE_URL"), "{error:?}");
}

on_both_databases! {
    async fn of_servers_that_start_at_once_one_serves(database) {
        if database.db.is_postgres() {
            // They make it at once, too.
            database.db.reader().execute_unprepared("DROP TABLE server_lease").await.unwrap();
        }
        let names = ["one", "two", "three", "four"];
        let started = names.map(|name| {
            let config = database.config.clone();
            tokio::spawn(async move {
                let (db, lease) = start(&config, name).await;
                match lease {
                    Ok(lease) => {
                        let kept = tokio::spawn(lease.keep());
                        lease.migrate().await.unwrap();
                        Ok((name, db, lease, kept))
                    }
                    Err(error) => Err(error),
                }
            })
        });
        let (mut serving, mut others) = (Vec::new(), Vec::new());
        for started in started {
            match within(20, started).await.unwrap() {
                Ok(one) => serving.push(one),
                Err(error) => others.push(Err(error)),
            }
        }
        let [(name, db, lease, kept)] = &serving[..] else { panic!("{} serve", serving.len()) };
        for other in others {
            refused(other, name);
        }
        assert!(lease.lost().is_none() && !kept.is_finished());
        write(db).await.unwrap();
        let found = database.db.served_by().await.unwrap().unwrap();
        assert_eq!((&found.host, &found.data_dir), (&server(name).host, &server(name).data_dir));
        write(&database.db).await.expect("commands beside the server write");
    }

    async fn after_a_release_the_next_serves_at_once(database) {
        assert_eq!(database.db.served_by().await.unwrap(), None);
        for name in ["one", "two", "one"] {
            let begin = Instant::now();
            let (db, lease) = start(&database.config, name).await;
            assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
            let lease = lease.unwrap();
            write(&db).await.unwrap();
            lease.release().await.unwrap();
            assert_eq!(write(&db).await.is_err(), db.is_postgres(), "it writes no more, where another one may");
            assert_eq!(database.db.served_by().await.unwrap(), None);
        }
    }
}

#[tokio::test]
async fn sqlite_is_one_database_whichever_way_leads_there() {
    let database = test_kit::sqlite().await;
    let DatabaseConfig::Sqlite(path) = &database.config else { panic!("SQLite") };
    let link = path.with_file_name("link.db");
    std::os::unix::fs::symlink(path, &link).unwrap();
    let (_db, lease) = start(&database.config, "one").await;
    let _lease = lease.unwrap();
    refused(start(&DatabaseConfig::Sqlite(link), "two").await.1, "one");
}

on_postgres! {
    async fn a_silent_server_is_replaced_when_its_lease_ends_and_hears_of_it(database) {
        let (one, lease) = start(&database.config, "one").await;
        let lease = lease.unwrap();
        leave(&one, 2).await;
        let begin = Instant::now();
        let (two, replaced) = within(8, start(&database.config, "two")).await;
        let replaced = replaced.unwrap();
        assert!(begin.elapsed() > Duration::from_millis(1500), "{:?}", begin.elapsed());

        let told = within(8, lease.keep()).await;
        assert!(told.message().contains("taken over"), "{told:?}");
        assert!(lease.lost().is_some() && write(&one).await.is_err(), "it writes no more");
        lease.release().await.unwrap();
        write(&two).await.unwrap();
        assert_eq!(
            database.db.served_by().await.unwrap(),
            Some(server("two")),
            "the other one's lease is not released"
        );
        let kept = tokio::spawn(replaced.keep());
        refused(start(&database.config, "one").await.1, "two");
        assert!(!kept.is_finished());
    }

    async fn whoever_has_the_lock_of_a_dead_server_serves_at_once(database) {
        let (_dead, lease) = start(&database.config, "one").await;
        let lease = lease.unwrap();
        let (next, again) = within(5, start(&database.config, "one")).await;
        let again = again.unwrap();
        // Had it lived, it could do nothing any more.
        assert!(within(8, lease.keep()).await.message().contains("taken over"));
        write(&next).await.unwrap();
        assert!(again.lost().is_none());
    }

    async fn a_lease_that_ended_and_nobody_took_is_renewed(database) {
        let (one, lease) = start(&database.config, "one").await;
        let lease = lease.unwrap();
        leave(&one, -60).await;
        assert_eq!(database.db.served_by().await.unwrap(), None);
        let kept = tokio::spawn(lease.keep());
        within(8, async {
            while database.db.served_by().await.unwrap().is_none() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
        .await;
        assert!(lease.lost().is_none() && !kept.is_finished());
        write(&one).await.unwrap();
    }
}
