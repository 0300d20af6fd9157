//! Tables `images` and `environments`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "images")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub group_id: Option<Uuid>,
    pub display_name: String,
    pub description: String,
    pub kind: String,
    /// JSON of [`super::build::Recipe`].
    pub recipe: String,
    pub digest: String,
    pub is_built_in: bool,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub mod environment {
    //! Table `environments`.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "environments")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub digest: String,
        pub recipe: String,
        pub state: String,
        pub message: String,
        pub lock: String,
        pub path: String,
        pub base_prefix: String,
        pub python_version: String,
        pub size_bytes: Option<i64>,
        pub tries: i64,
        pub next_try_at: Option<i64>,
        pub started_at: Option<i64>,
        pub finished_at: Option<i64>,
        pub created_at: i64,
        pub last_used_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
