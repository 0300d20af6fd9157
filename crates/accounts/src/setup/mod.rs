//! The first start: a single-use code makes the first platform admin and the first group.
//!
//! There is no default account. While nobody has an account, each start makes a new code, keeps its hash and prints
//! the code to the terminal, never to the log.

use base::error::FieldErrors;
use base::secret::{equal, hash, random_text};
use base::{Error, ErrorKind, OpContext, Result, Role, Secret};
use db::ResultExt as _;
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait as _;
use sea_orm::sea_query::OnConflict;

use crate::groups::NewGroup;
use crate::sessions::{NewSession, sign_in_open};
use crate::users::{self, NewUser};
use crate::{Accounts, groups};

const CODE_KEY: &str = "setup_code_hash";
pub mod entity {
    //! Table `settings`.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "settings")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub value: String,
        pub updated_at: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What the first person gives.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    pub code: String,
    pub user: NewUser,
    pub group: String,
    pub user_agent: String,
}

impl Accounts {
    /// Whether somebody has an account.
    pub async fn is_set_up(&self) -> Result<bool> {
        Ok(users::count(self.db.reader()).await? > 0)
    }

    /// A new setup code while nobody has an account; earlier ones end.
    pub async fn new_setup_code(&self, ctx: &OpContext) -> Result<Option<Secret>> {
        ctx.require_platform_admin()?;
        if self.is_set_up().await? {
            return Ok(None);
        }
        let code = Secret::new(random_text(&*ctx.clock, 24));
        let row = entity::ActiveModel {
            key: Set(CODE_KEY.to_owned()),
            value: Set(hash(code.expose())),
            updated_at: Set(ctx.now().micros()),
        };
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    entity::Entity::insert(row)
                        .on_conflict(
                            OnConflict::column(entity::Column::Key)
                                .update_columns([entity::Column::Value, entity::Column::UpdatedAt])
                                .to_owned(),
                        )
                        .exec_without_returning(tx.connection())
                        .await
                        .doing("keep the setup code")
                })
            })
            .await?;
        Ok(Some(code))
    }

    /// Makes the first platform admin, the first group with that person as its admin, and a session; the code ends.
    pub async fn complete_setup(&self, ctx: &OpContext, input: Setup) -> Result<NewSession> {
        self.limits.check_address(ctx.address)?;
        if self.is_set_up().await? {
            return Err(done());
        }
        if let Err(error) = self.check_code(self.db.reader(), &input.code).await {
            // Somebody else may have used it up just now.
            return Err(if self.is_set_up().await? { done() } else { error });
        }
        let mut fields = FieldErrors::default();
        fields.check("group", base::names::group_name(&input.group));
        if input.user.password.is_none() {
            fields.add("password", "Choose a password.");
        }
        let user = match users::check_new_user(&input.user) {
            Ok(user) => user,
            Err(error) => {
                for field in error.fields() {
                    fields.add(field.field.clone(), field.message.clone());
                }
                return Err(fields.into_error());
            }
        };
        fields.finish()?;
        let password = user.password.clone().unwrap_or_else(|| Secret::new(""));
        let hash = self.passwords.hash(&password).await?;
        let (accounts, ctx) = (self.clone(), ctx.clone());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    tx.lock(db::Section::Setup).await?;
                    // Checked again under the write lock (no TOCTOU race): of two people with the code, one gets in.
                    if users::count(tx.connection()).await? > 0 {
                        return Err(done());
                    }
                    accounts.check_code(tx.connection(), &input.code).await?;
                    let user =
                        users::insert(tx, &ctx, NewUser { is_platform_admin: true, ..user }, Some(hash))
                            .await?;
                    let group = NewGroup { name: input.group.clone(), ..NewGroup::default() };
                    let group = groups::insert(tx, &ctx, group).await?;
                    groups::upsert_member(tx, &ctx, group.id, user.id, &user.name, Role::Admin).await?;
                    entity::Entity::delete_by_id(CODE_KEY.to_owned())
                        .exec(tx.connection())
                        .await
                        .doing("end the setup code")?;
                    sign_in_open(tx, &ctx, user.id, &input.user_agent).await
                })
            })
            .await
    }

    async fn check_code<C: sea_orm::ConnectionTrait>(&self, connection: &C, code: &str) -> Result<()> {
        let kept = entity::Entity::find_by_id(CODE_KEY.to_owned())
            .one(connection)
            .await
            .doing("read the setup code")?;
        if kept.is_some_and(|kept| equal(&kept.value, &hash(code.trim()))) {
            Ok(())
        } else {
            Err(Error::field(
                "code",
                "This is not the setup code. Copy it from the terminal where Portico was last started.",
            ))
        }
    }
}

fn done() -> Error {
    Error::new(ErrorKind::Conflict, "already_set_up", "Portico is set up already.")
        .with_hint("Sign in instead.")
}
