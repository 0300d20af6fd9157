//! Tables `images`, `image_groups`, `environments` and `environment_builds`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "images")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `system` or the group's id: names are unique in it.
    pub scope: String,
    pub name: String,
    pub group_id: Option<Uuid>,
    pub display_name: String,
    pub description: String,
    /// See [`super::ImageKind`].
    pub kind: String,
    /// See [`super::ImageType`].
    pub image_type: String,
    /// JSON of [`super::RecipeRequest`].
    pub recipe: String,
    /// Where a container image is; empty for environments.
    pub reference: String,
    /// The environment that new work runs in; empty for container images.
    pub digest: String,
    /// The environment that takes its place when it is built; may be empty.
    pub next_digest: String,
    /// The packages of the environment before this one, to tell what changed.
    pub previous_lock: String,
    pub is_built_in: bool,
    /// A system image that is offered to every group.
    pub is_global: bool,
    /// When its build was cancelled; the environment may be built all the same, for another image.
    pub cancelled_at: Option<i64>,
    pub deprecated_at: Option<i64>,
    /// The name of the image to use instead; may be empty.
    pub successor: String,
    pub created_by: String,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub mod group {
    //! Table `image_groups`: to whom a system image is offered that is not for all.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "image_groups")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub image_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub group_id: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod environment {
    //! Table `environments`.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "environments")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub digest: String,
        /// JSON of [`super::super::Recipe`].
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

pub mod build {
    //! Table `environment_builds`: every build of an environment, numbered from 1.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "environment_builds")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub digest: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        /// A [`super::super::BuildState`]: building, ready, failed or cancelled.
        pub state: String,
        pub message: String,
        pub started_at: i64,
        pub finished_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
