//! Ids as ClearML writes them: 32 hexadecimal digits.

use base::{Error, Result};
use uuid::Uuid;

pub(crate) fn shown(id: impl Into<Uuid>) -> String {
    id.into().simple().to_string()
}

/// An id that a client sends.
pub(crate) fn parse(text: &str) -> Result<Uuid> {
    Uuid::try_parse(text).map_err(|_| {
        Error::invalid(format!("“{}” is no id.", base::names::cut(text, 40))).with_code("invalid_id")
    })
}
