//! Reads the outbox for events of other processes: the command line beside a server, or the server beside a command.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use base::{GroupId, Result, Timestamp};
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait as _, DbErr, QueryResult, Statement};

use crate::Database;
use crate::errors::ResultExt as _;
use crate::events::{Event, Topic};

/// How often the outbox is polled.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// On PostgreSQL a number may be committed after a higher one; it is waited for during so many polls.
const LATE_POLLS: usize = 20;

/// How far the outbox has been read.
struct OutboxPosition {
    /// Nothing at or below it will still appear.
    settled: i64,
    /// What was delivered above that, so that nothing is delivered twice.
    delivered: HashSet<i64>,
    /// The highest number at each of the last polls.
    highest: VecDeque<i64>,
    late_polls: usize,
}

impl OutboxPosition {
    fn new(start: i64, late_polls: usize) -> Self {
        Self { settled: start, delivered: HashSet::new(), highest: VecDeque::new(), late_polls }
    }

    /// After a poll at which `highest` was the last number.
    fn polled(&mut self, highest: i64) {
        self.highest.push_back(highest);
        while self.highest.len() > self.late_polls {
            if let Some(settled) = self.highest.pop_front() {
                self.settled = self.settled.max(settled);
            }
        }
        let settled = self.settled;
        self.delivered.retain(|seq| *seq > settled);
    }
}

impl Database {
    /// Delivers to listeners what other processes write, half a second later at most. Runs until it is dropped.
    pub async fn read_outbox(self) {
        let late_polls = if self.is_postgres() { LATE_POLLS } else { 0 };
        let mut start = None;
        let mut timer = tokio::time::interval(POLL_INTERVAL);
        timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            timer.tick().await;
            let polled = match &mut start {
                None => {
                    self.last_event().await.map(|last| start = Some(OutboxPosition::new(last, late_polls)))
                }
                Some(position) => self.poll_outbox(position).await,
            };
            if let Err(error) = polled {
                tracing::warn!(error = ?error, "the outbox could not be read; trying again");
            }
        }
    }

    async fn poll_outbox(&self, position: &mut OutboxPosition) -> Result<()> {
        // Read first: what comes in between is found by the next poll.
        let highest = self.last_event().await?;
        if highest > position.settled {
            let statement = Statement::from_sql_and_values(
                self.reader().get_database_backend(),
                "SELECT seq, at, group_id, topic, subject FROM events
                 WHERE seq > $1 AND seq <= $2 AND origin <> $3 ORDER BY seq",
                [position.settled.into(), highest.into(), self.origin().into()],
            );
            for row in self.reader().query_all_raw(statement).await.doing("read the outbox")? {
                let (seq, event) = event(&row).doing("read the outbox")?;
                if let (true, Some(event)) = (position.delivered.insert(seq), event) {
                    self.deliver(event);
                }
            }
        }
        position.polled(highest);
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
        let mut position = OutboxPosition::new(5, 2);
        position.delivered.insert(8);
        position.polled(8);
        position.polled(9);
        assert_eq!(position.settled, 5, "6 may still come");
        assert!(position.delivered.contains(&8), "and 8 is not told twice meanwhile");
        position.polled(9);
        assert_eq!(position.settled, 8);
        assert!(position.delivered.is_empty());
    }

    #[test]
    fn with_one_writer_nothing_is_late() {
        let mut position = OutboxPosition::new(5, 0);
        position.polled(7);
        assert_eq!(position.settled, 7);
    }
}
