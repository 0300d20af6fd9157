//! Keyset pagination: a list is read in pages that stay right while rows come and go.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Error, Result};

/// How many rows, and after or before which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageRequest {
    pub limit: u64,
    pub from: Option<Edge>,
}

/// Where a page starts: behind a row in list order, or in front of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edge {
    After(Cursor),
    Before(Cursor),
}

/// The sort key and id of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    pub key: CursorKey,
    pub id: Uuid,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CursorKey {
    Number(i64),
    Text(String),
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Give it as `after` to read on.
    pub next: Option<String>,
    /// Give it as `before` to read back.
    pub previous: Option<String>,
}

impl<T> Page<T> {
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next, previous: self.previous }
    }

    /// The same page of what the function makes of each item, unless it fails for one.
    pub fn try_map<U>(self, f: impl FnMut(T) -> Result<U>) -> Result<Page<U>> {
        let items = self.items.into_iter().map(f).collect::<Result<_>>()?;
        Ok(Page { items, next: self.next, previous: self.previous })
    }
}

impl PageRequest {
    /// From the texts of a query string. `limit` is kept within 1 and `max`.
    pub fn parse(limit: Option<u64>, max: u64, after: Option<&str>, before: Option<&str>) -> Result<Self> {
        let from = match (after.filter(|s| !s.is_empty()), before.filter(|s| !s.is_empty())) {
            (Some(_), Some(_)) => {
                return Err(Error::field("before", "Give either `after` or `before`, not both."));
            }
            (Some(after), None) => Some(Edge::After(Cursor::decode("after", after)?)),
            (None, Some(before)) => Some(Edge::Before(Cursor::decode("before", before)?)),
            (None, None) => None,
        };
        Ok(Self { limit: limit.unwrap_or(25).clamp(1, max), from })
    }

    /// Makes a page of rows read in the direction of travel with one row more than `limit`.
    pub fn finish<T>(&self, mut rows: Vec<T>, cursor: impl Fn(&T) -> Cursor) -> Page<T> {
        let more = rows.len() as u64 > self.limit;
        rows.truncate(usize::try_from(self.limit).unwrap_or(usize::MAX));
        let backwards = matches!(self.from, Some(Edge::Before(_)));
        if backwards {
            rows.reverse();
        }
        let edge = |row: Option<&T>| row.map(|row| cursor(row).encode());
        let has_next = if backwards { true } else { more };
        let has_previous = if backwards { more } else { self.from.is_some() };
        Page {
            next: edge(rows.last()).filter(|_| has_next),
            previous: edge(rows.first()).filter(|_| has_previous),
            items: rows,
        }
    }
}

impl Cursor {
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }
    fn decode(field: &str, text: &str) -> Result<Self> {
        URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).ok_or_else(
            || Error::field(field, "This is no place in the list. Start again from its first page."),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_read_forth_and_back() {
        let cursor = |n: &i64| Cursor { key: CursorKey::Number(*n), id: Uuid::nil() };
        let first = PageRequest { limit: 2, from: None }.finish(vec![1, 2, 3], cursor);
        assert_eq!((first.items.as_slice(), first.previous.is_some()), ([1, 2].as_slice(), false));
        let after = PageRequest::parse(Some(2), 100, first.next.as_deref(), None).unwrap();
        assert_eq!(after.from, Some(Edge::After(cursor(&2))));
        let back = PageRequest { limit: 2, from: Some(Edge::Before(cursor(&3))) }.finish(vec![2, 1], cursor);
        assert_eq!((back.items.as_slice(), back.previous.is_some()), ([1, 2].as_slice(), false));
        assert!(PageRequest::parse(None, 100, Some("???"), None).is_err());
    }
}
