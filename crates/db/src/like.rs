//! Looking for what people type: `%` and `_` are letters there.

use base::{Error, Result};
use sea_orm::DbBackend;
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, LikeExpr, SimpleExpr};

/// Where the text may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    Anywhere,
    Start,
}

/// The pattern that finds the text itself.
pub fn like(text: &str, at: Match) -> LikeExpr {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let before = if at == Match::Anywhere { "%" } else { "" };
    LikeExpr::new(format!("{before}{escaped}%")).escape('\\')
}

/// Whether the column holds the text, letter for letter. On long scans this takes half the time of a pattern.
pub fn holds(column: impl sea_orm::ColumnTrait, text: &str, backend: DbBackend) -> SimpleExpr {
    let position = if backend == DbBackend::Postgres { "STRPOS" } else { "INSTR" };
    Expr::expr(Func::cust(position).args([Expr::col(column), Expr::value(text)])).gt(0)
}

/// Texts as one that is searched without regard to case. Nothing that a person types reaches from one into the next.
pub fn folded<const N: usize>(texts: [&str; N]) -> String {
    texts.join("\n").to_lowercase()
}

/// What somebody looks for, without the space around it.
pub fn search_text(text: &str) -> Result<&str> {
    if text.contains('\0') {
        return Err(Error::field("search", "A search can't hold a NUL character. Remove it."));
    }
    Ok(text.trim())
}
