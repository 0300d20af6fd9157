//! Events of other processes: the command line beside a server, or the server beside a command.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use base::{GroupId, Result, Timestamp};
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait as _, DbErr, QueryResult, Statement};

use crate::Database;
use crate::errors::ResultExt as _;
use crate::events::{Event, Topic};

/// How often the outbox is looked at.
const EVERY: Duration = Duration::from_millis(500);
/// On PostgreSQL a number may be committed after a higher one; it is waited for during so many looks.
const LOOKS_BACK: usize = 20;

/// How far the outbox has been heard.
struct Heard {
    /// Nothing at or below it will still appear.
    settled: i64,
    /// What was told above that.
    told: HashSet<i64>,
    /// The highest number at each of the last looks.
    highest: VecDeque<i64>,
    looks_back: usize,
}

impl Heard {
    fn new(start: i64, looks_back: usize) -> Self {
        Self { settled: start, told: HashSet::new(), highest: VecDeque::new(), looks_back }
    }

    /// After a look at which `highest` was the last number.
    fn looked(&mut self, highest: i64) {
        self.highest.push_back(highest);
        while self.highest.len() > self.looks_back {
            if let Some(settled) = self.highest.pop_front() {
                self.settled = self.settled.max(settled);
            }
        }
        let settled = self.settled;
        self.told.retain(|seq| *seq > settled);
    }
}

impl Database {
    /// Tells listeners what other processes write, half a second later at most. Runs until it is dropped.
    pub async fn hear_others(self) {
        let looks_back = if self.is_postgres() { LOOKS_BACK } else { 0 };
        let mut start = None;
        let mut timer = tokio::time::interval(EVERY);
        timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            timer.tick().await;
            let looked = match &mut start {
                None => self.last_event().await.map(|last| start = Some(Heard::new(last, looks_back))),
                Some(heard) => self.hear(heard).await,
            };
            if let Err(error) = looked {
                tracing::warn!(error = ?error, "the outbox could not be read; trying again");
            }
        }
    }

    async fn hear(&self, heard: &mut Heard) -> Result<()> {
        // Asked first: what comes in between is found by the next look.
        let highest = self.last_event().await?;
        if highest > heard.settled {
            let statement = Statement::from_sql_and_values(
                self.reader().get_database_backend(),
                "SELECT seq, at, group_id, topic, subject FROM events
                 WHERE seq > $1 AND seq <= $2 AND origin <> $3 ORDER BY seq",
                [heard.settled.into(), highest.into(), self.origin().into()],
            );
            for row in self.reader().query_all_raw(statement).await.doing("read the outbox")? {
                let (seq, event) = event(&row).doing("read the outbox")?;
                if let (true, Some(event)) = (heard.told.insert(seq), event) {
                    self.tell(event);
                }
            }
        }
        heard.looked(highest);
        Ok(())
    }

    async fn last_event(&self) -> Result<i64> {
        let statement = Statement::from_string(
            self.reader().get_database_backend(),
            "SELECT MAX(seq) AS last FROM events",
        );
        let row = self.reader().query_one_raw(statement).await.doing("read the outbox")?;
        let last =
            row.map(|row| row.try_get::<Option<i64>>("", "last")).transpose().doing("read the outbox")?;
        Ok(last.flatten().unwrap_or(0))
    }
}

/// The event, unless a newer version wrote of something that this one does not know.
fn event(row: &QueryResult) -> Result<(i64, Option<Event>), DbErr> {
    let topic: String = row.try_get("", "topic")?;
    let event = Topic::parse(&topic).map(|topic| -> Result<Event, DbErr> {
        Ok(Event {
            at: Timestamp(row.try_get("", "at")?),
            group: row.try_get::<Option<Uuid>>("", "group_id")?.map(GroupId),
            topic,
            subject: row.try_get("", "subject")?,
        })
    });
    Ok((row.try_get("", "seq")?, event.transpose()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_numbers_are_waited_for() {
        let mut heard = Heard::new(5, 2);
        heard.told.insert(8);
        heard.looked(8);
        heard.looked(9);
        assert_eq!(heard.settled, 5, "6 may still come");
        assert!(heard.told.contains(&8), "and 8 is not told twice meanwhile");
        heard.looked(9);
        assert_eq!(heard.settled, 8);
        assert!(heard.told.is_empty());
    }

    #[test]
    fn with_one_writer_nothing_is_late() {
        let mut heard = Heard::new(5, 0);
        heard.looked(7);
        assert_eq!(heard.settled, 7);
    }
}
