//! API tokens: named, expiring, scoped to read or write; shown once, kept as a hash.

pub mod entity;
pub(crate) mod store;

use base::error::FieldErrors;
use base::secret::{hash, new_token};
use base::{Error, OpContext, Result, Secret, Timestamp, TokenId, TokenScope, UserId, names};
use db::{ResultExt as _, Topic, Tx};
use sea_orm::ActiveModelTrait as _;
use sea_orm::ActiveValue::Set;

use crate::Accounts;
use crate::audit::{self, Entry};

/// The longest life of a token.
pub const MAX_DAYS: i64 = 365;
/// The most tokens of one person.
const MAX_TOKENS: usize = 100;

/// A token as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub id: TokenId,
    pub name: String,
    /// Its last four characters, to tell it from others.
    pub ending: String,
    pub scope: TokenScope,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

/// A token to make.
#[derive(Clone, Debug)]
pub struct NewToken {
    pub name: String,
    pub scope: TokenScope,
    pub days: i64,
}

impl From<entity::Model> for Token {
    fn from(row: entity::Model) -> Self {
        Self {
            id: TokenId(row.id),
            name: row.name,
            ending: row.ending,
            scope: TokenScope::parse(&row.scope).unwrap_or(TokenScope::Read),
            created_at: Timestamp(row.created_at),
            expires_at: Timestamp(row.expires_at),
            last_used_at: row.last_used_at.map(Timestamp),
        }
    }
}

impl Accounts {
    /// Makes a token for the person who asks; a token can't make tokens.
    pub async fn create_token(&self, ctx: &OpContext, input: NewToken) -> Result<(Token, Secret)> {
        let person = ctx.person()?;
        if let base::Credential::Token { .. } | base::Credential::AccessKey(_) = ctx.credential {
            return Err(Error::forbidden("A token can't make tokens.")
                .with_hint("Sign in and make it on your profile."));
        }
        let (user, user_name) = (person.id, person.name.clone());
        self.insert_token(ctx, user, user_name, input).await
    }

    /// Makes a token for somebody; for the command line.
    pub async fn create_token_for(
        &self,
        ctx: &OpContext,
        user_name: &str,
        input: NewToken,
    ) -> Result<(Token, Secret)> {
        let (user, user_name) = self.user_for_command(ctx, user_name).await?;
        self.insert_token(ctx, user, user_name, input).await
    }

    async fn insert_token(
        &self,
        ctx: &OpContext,
        user: UserId,
        user_name: String,
        input: NewToken,
    ) -> Result<(Token, Secret)> {
        let mut errors = FieldErrors::default();
        let name = errors.check("name", names::display_name(&input.name, 60));
        if !(1..=MAX_DAYS).contains(&input.days) {
            errors.add("days", format!("A token lives 1 to {MAX_DAYS} days."));
        }
        let (Some(name), true) = (name, errors.is_empty()) else { return Err(errors.into_error()) };
        let ctx = ctx.clone();
        self.db
            .write(move |tx| Box::pin(async move { insert(tx, &ctx, user, &user_name, name, &input).await }))
            .await
    }

    pub async fn list_tokens(&self, ctx: &OpContext) -> Result<Vec<Token>> {
        let rows = store::list(self.db.reader(), ctx.person()?.id).await?;
        Ok(rows.into_iter().map(Token::from).collect())
    }

    /// Ends one of one's own tokens at once.
    pub async fn revoke_token(&self, ctx: &OpContext, id: TokenId) -> Result<()> {
        let person = ctx.person()?.clone();
        ctx.require_write()?;
        let ctx = ctx.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    if store::delete(tx.connection(), person.id, id).await? == 0 {
                        return Err(Error::not_found("token"));
                    }
                    audit::record(
                        tx,
                        &ctx,
                        Entry {
                            action: "token.revoke",
                            group: None,
                            subject: &person.name,
                            detail: String::new(),
                        },
                    )
                    .await?;
                    tx.emit(ctx.now(), None, Topic::Access, person.name).await
                })
            })
            .await
    }
}

async fn insert(
    tx: &Tx,
    ctx: &OpContext,
    user: UserId,
    user_name: &str,
    name: String,
    input: &NewToken,
) -> Result<(Token, Secret)> {
    let own = store::list(tx.connection(), user).await?;
    if own.iter().any(|token| token.name == name) {
        return Err(Error::field(
            "name",
            format!("You have a token named “{name}” already. Choose another name or revoke that one."),
        ));
    }
    if own.len() >= MAX_TOKENS {
        return Err(Error::conflict(
            "too_many_tokens",
            format!("You have {MAX_TOKENS} tokens, which is the most."),
        )
        .with_hint("Revoke those that you no longer use."));
    }
    let secret = new_token(&*ctx.clock);
    let text = secret.expose();
    let now = ctx.now();
    let row = entity::ActiveModel {
        id: Set(TokenId::new(&*ctx.clock).0),
        user_id: Set(user.0),
        name: Set(name),
        token_hash: Set(hash(text)),
        ending: Set(text[text.len() - 4..].to_owned()),
        scope: Set(input.scope.as_str().to_owned()),
        created_at: Set(now.micros()),
        expires_at: Set(now.plus_seconds(input.days * 86_400).micros()),
        last_used_at: Set(None),
    };
    let row = row.insert(tx.connection()).await.doing("write a token")?;
    let detail = format!("“{}” with scope {} for {} days", row.name, row.scope, input.days);
    audit::record(tx, ctx, Entry { action: "token.create", group: None, subject: user_name, detail }).await?;
    Ok((row.into(), secret))
}
