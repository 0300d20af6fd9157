//! Tables `vaults` and `vault_revisions`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "vaults")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose it is, as [`super::Owner::key`] writes it.
    pub owner: String,
    pub group_id: Option<Uuid>,
    pub user_id: Option<Uuid>,
    pub is_enabled: bool,
    pub format: String,
    /// Sealed.
    pub content: String,
    /// How often it was changed.
    pub revision: i64,
    pub updated_at: i64,
    pub updated_by: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub mod revision {
    //! Table `vault_revisions`.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "vault_revisions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub vault_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub revision: i64,
        /// `edit`, `restore`, `enable` or `disable`.
        pub action: String,
        pub format: String,
        /// Sealed.
        pub content: String,
        pub made_at: i64,
        pub made_by: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
