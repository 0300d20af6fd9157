//! Table `users`.

use sea_orm::ActiveValue;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub display_name: String,
    pub email: Option<String>,
    pub password_hash: Option<String>,
    pub is_platform_admin: bool,
    pub enabled: bool,
    pub theme: String,
    pub density: String,
    pub scale: i64,
    pub time_zone: String,
    pub created_at: i64,
    pub updated_at: i64,
    pub last_sign_in_at: Option<i64>,
    /// What another product's web client keeps for the person: a JSON object that nobody here reads.
    pub client_preferences: String,
    /// Name, display name and email address in lower case, for searching; kept by whatever saves a user.
    pub searched: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

#[async_trait::async_trait]
impl ActiveModelBehavior for ActiveModel {
    async fn before_save<C: ConnectionTrait>(mut self, _: &C, _: bool) -> Result<Self, DbErr> {
        if let (Some(name), Some(display_name)) = (self.name.try_as_ref(), self.display_name.try_as_ref()) {
            let email = self.email.try_as_ref().and_then(Option::as_deref).unwrap_or_default();
            let searched = db::folded([name, display_name, email]);
            if self.searched.try_as_ref() != Some(&searched) {
                self.searched = ActiveValue::Set(searched);
            }
        }
        Ok(self)
    }
}
