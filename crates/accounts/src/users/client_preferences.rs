//! What the web client of another product keeps for a person. Nobody here reads it.

use base::{Error, OpContext, Result};
use db::ResultExt as _;
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait as _, IntoActiveModel as _};
use serde_json::{Map, Value};

use super::store;
use crate::Accounts;

/// How deep preferences may be nested; each level costs stack.
const MAX_DOTS: usize = 16;
/// The most that is kept for a person, in bytes of JSON.
const MOST: usize = 64 * 1024;

fn parse(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

impl Accounts {
    pub async fn client_preferences(&self, ctx: &OpContext) -> Result<Map<String, Value>> {
        let row = store::by_id(self.db.reader(), ctx.person()?.id).await?;
        Ok(row.map(|row| parse(&row.client_preferences)).unwrap_or_default())
    }

    /// Sets values by their paths (`a.b.c`; a dot inside of a key is written `--DOT--`); the rest stays.
    pub async fn set_client_preferences(&self, ctx: &OpContext, changes: Map<String, Value>) -> Result<()> {
        let id = ctx.person()?.id;
        ctx.require_write()?;
        if changes.keys().any(|path| path.matches('.').count() > MAX_DOTS) {
            return Err(Error::invalid(format!("The path of a preference has more than {MAX_DOTS} dots.")));
        }
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    tx.lock_row(id).await?;
                    let row =
                        store::by_id(tx.connection(), id).await?.ok_or_else(|| Error::not_found("user"))?;
                    let mut kept = parse(&row.client_preferences);
                    for (path, value) in changes {
                        set(&mut kept, &path, value);
                    }
                    let text = Value::Object(kept).to_string();
                    if text.len() > MOST {
                        return Err(Error::invalid("These preferences are larger than 64 KiB together."));
                    }
                    let mut active = row.into_active_model();
                    active.client_preferences = Set(text);
                    active.update(tx.connection()).await.doing("write preferences").map(drop)
                })
            })
            .await
    }
}

fn set(map: &mut Map<String, Value>, path: &str, value: Value) {
    let Some((first, rest)) = path.split_once('.') else {
        map.insert(path.to_owned(), value);
        return;
    };
    let inner = map.entry(first).or_insert_with(|| Value::Object(Map::new()));
    if !inner.is_object() {
        *inner = Value::Object(Map::new());
    }
    if let Value::Object(inner) = inner {
        set(inner, rest, value);
    }
}
