//! LIKE patterns of what people type: `%` and `_` are letters there.

use sea_orm::sea_query::LikeExpr;

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
