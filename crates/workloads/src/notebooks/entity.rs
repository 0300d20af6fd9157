//! Tables `notebooks` and `notebook_variables`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notebooks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What URLs and the API name it by: `nb-k3x9ab2c`.
    pub slug: String,
    pub group_id: Uuid,
    pub user_id: Uuid,
    pub user_name: String,
    pub name: String,
    pub name_folded: String,
    pub instance_type: String,
    pub image: String,
    /// JSON map of environment variables.
    pub variables: String,
    pub safe_mode: bool,
    /// What to open first, relative to the home; may be empty.
    pub open_path: String,
    /// Seconds without activity after which it is stopped; 0 is never, null the group's default.
    pub idle_s: Option<i64>,
    pub lifetime_s: Option<i64>,
    /// How often it was started.
    pub runs: i64,
    /// The newest run.
    pub workload_id: Option<Uuid>,
    pub created_at: i64,
    pub used_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub mod variables {
    //! Table `notebook_variables`: what a person gave their last notebook in a group.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "notebook_variables")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub group_id: Uuid,
        pub variables: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
