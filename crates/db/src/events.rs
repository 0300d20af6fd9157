//! The outbox pattern: what changed is written in the transaction that changed it, and delivered after the commit.

use base::{GroupId, Timestamp};
use sea_orm::sea_query::{Alias, Query};
use sea_orm::{DbBackend, Statement};
use serde::de::value::StrDeserializer;
use serde::{Deserialize, Serialize};

/// What sort of thing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    Jobs,
    Notebooks,
    Images,
    Groups,
    Users,
    InstanceTypes,
    /// Sessions and tokens that ended: open streams check themselves at once.
    Access,
    /// Messages for one person.
    Notifications,
}

impl Topic {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jobs => "jobs",
            Self::Notebooks => "notebooks",
            Self::Images => "images",
            Self::Groups => "groups",
            Self::Users => "users",
            Self::InstanceTypes => "instance-types",
            Self::Access => "access",
            Self::Notifications => "notifications",
        }
    }

    /// `None` for a word of a newer version.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::deserialize(StrDeserializer::<serde::de::value::Error>::new(text)).ok()
    }
}

/// Says only *what* changed; whoever hears it asks for the rows they may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub at: Timestamp,
    /// The group it belongs to; `None` concerns everybody.
    pub group: Option<GroupId>,
    pub topic: Topic,
    /// The id that pages know the thing by.
    pub subject: String,
}

impl Event {
    pub(crate) fn insert(&self, origin: i64, backend: DbBackend) -> Statement {
        let columns = ["at", "origin", "group_id", "topic", "subject"].map(Alias::new);
        let mut insert = Query::insert().into_table(Alias::new("events")).columns(columns).to_owned();
        insert.values_panic([
            self.at.micros().into(),
            origin.into(),
            self.group.map(|id| id.0).into(),
            self.topic.as_str().into(),
            self.subject.clone().into(),
        ]);
        backend.build(&insert)
    }
}

impl crate::Database {
    /// Removes outbox rows that are older than anybody could still want.
    pub async fn forget_events(&self, before: Timestamp) -> base::Result<()> {
        use crate::ResultExt as _;
        use sea_orm::{ConnectionTrait as _, Statement};
        self.write(move |tx| {
            Box::pin(async move {
                let backend = tx.connection().get_database_backend();
                let statement = Statement::from_sql_and_values(
                    backend,
                    "DELETE FROM events WHERE at < $1",
                    [before.micros().into()],
                );
                tx.connection().execute_raw(statement).await.doing("forget old events").map(drop)
            })
        })
        .await
    }
}
