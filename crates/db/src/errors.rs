//! Database errors in the platform's own terms.

use base::{Error, ErrorKind};
use sea_orm::{DbErr, SqlErr};

/// Adds what was being done, and turns the error into the platform's.
pub trait ResultExt<T> {
    fn doing(self, what: &'static str) -> Result<T, Error>;
}

impl<T> ResultExt<T> for Result<T, DbErr> {
    fn doing(self, what: &'static str) -> Result<T, Error> {
        self.map_err(|error| translate(what, error))
    }
}

/// Whether the statement failed because a row with that key is there already.
pub fn is_unique_violation(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

fn translate(what: &'static str, error: DbErr) -> Error {
    if is_unique_violation(&error) {
        return Error::conflict("conflict", "Something with this name is there already.")
            .with_hint("Choose another name.")
            .context(what)
            .with_source(error);
    }
    // Checked before, and deleted by somebody else since.
    if matches!(error.sql_err(), Some(SqlErr::ForeignKeyConstraintViolation(_))) {
        tracing::warn!(error = %error, doing = what, "a row was gone that another one names");
        return Error::conflict(
            "gone",
            "Something that this belongs to was deleted meanwhile; nothing was changed.",
        )
        .with_hint("Load the page again to see what is there.")
        .context(what)
        .with_source(error);
    }
    let text = error.to_string();
    if text.contains("database or disk is full")
        || text.contains("No space left")
        || text.contains("could not extend file")
    {
        return Error::new(
            ErrorKind::StorageFull,
            "storage_full",
            "The server's disk is full; nothing was changed.",
        )
        .with_hint("Ask your administrator to free space, then try again.")
        .context(what)
        .with_source(error);
    }
    // PostgreSQL keeps no NUL character in a text (SQLSTATE 22021). Whoever knows the field says so before.
    if text.contains("invalid byte sequence for encoding") {
        return Error::invalid("A text holds a NUL character, which can't be kept; nothing was changed.")
            .with_hint("Remove it, then try again.")
            .context(what)
            .with_source(error);
    }
    if text.contains("database is locked") || matches!(error, DbErr::ConnectionAcquire(_)) {
        return Error::unavailable("The database is busy; nothing was changed.")
            .with_hint("Try again in a moment.")
            .with_retry_after(2)
            .context(what)
            .with_source(error);
    }
    Error::internal_from(what, error)
}

/// One failure has many victims, and errors can't be cloned.
pub(crate) fn same_for_everyone(error: &Error) -> Error {
    let mut copy = Error::new(error.kind(), error.code(), error.message()).context(error.private_text());
    if let Some(hint) = error.hint() {
        copy = copy.with_hint(hint);
    }
    copy
}
