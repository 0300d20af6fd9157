//! Values next to each other, which make one text.

use crate::Value;
use crate::number;

/// A text as it was typed, or another value that is neither a list nor a map.
#[derive(Clone)]
pub(super) enum Piece {
    Text { text: String, space: String, quoted: bool },
    Value(Value),
}

/// What kinds of values stand next to each other; all must be of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Map,
    List,
    Text,
}

impl Kind {
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Map(_) => Self::Map,
            Value::List(_) => Self::List,
            Value::Null | Value::Bool { .. } | Value::Number { .. } | Value::Text(_) => Self::Text,
        }
    }
    const fn name(self) -> &'static str {
        match self {
            Self::Map => "block",
            Self::List => "list",
            Self::Text => "text",
        }
    }
    pub(super) fn clash(self, other: Self) -> String {
        format!(
            "A {} and a {} stand next to each other and can't be joined. Put a comma or a new line between them, \
             or quotes around a text.",
            self.name(),
            other.name()
        )
    }
}

pub(super) const NULL_IN_TEXT: &str =
    "A null with text next to it has no meaning. Put quotes around the text, or write null alone.";

/// The value as the client writes it into a text; nothing for null, lists and maps.
pub(super) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Bool { value, .. } => Some(if *value { "True" } else { "False" }.to_owned()),
        Value::Number { text } => Some(number::to_python(text)),
        Value::Text(text) => Some(text.clone()),
        Value::Null | Value::List(_) | Value::Map(_) => None,
    }
}

/// One piece as it is, or the text of several; nothing if a null is among several. `ends` says that the last piece is
/// the last that was typed: white space after it does not count then.
pub(super) fn join(mut pieces: Vec<Piece>, ends: bool) -> Option<Value> {
    let last = pieces.pop()?;
    if pieces.is_empty()
        && let Piece::Value(value) = last
    {
        return Some(value);
    }
    let mut joined = String::new();
    for piece in pieces {
        match piece {
            Piece::Text { text, space, .. } => joined.extend([text, space]),
            Piece::Value(value) => joined.push_str(&as_text(&value)?),
        }
    }
    match last {
        Piece::Text { text, space, quoted } => {
            joined.push_str(&text);
            if !quoted && !ends {
                joined.push_str(&space);
            }
        }
        Piece::Value(value) => joined.push_str(&as_text(&value)?),
    }
    Some(Value::Text(joined))
}
