//! Tables `workloads`, `workload_specs`, `workload_events`, `attempts`, `idempotency_keys` and `removals`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "workloads")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What URLs and the API name it by: `job-202611221020-k3x9ab`.
    pub slug: String,
    /// See [`super::Kind`].
    pub kind: String,
    pub group_id: Uuid,
    pub user_id: Option<Uuid>,
    pub user_name: String,
    pub name: String,
    /// `name` in lower case, for searching.
    pub name_folded: String,
    pub instance_type: String,
    pub cpu_milli: i64,
    pub memory_mib: i64,
    pub gpu: i64,
    pub image: String,
    pub digest: String,
    pub time_limit_s: i64,
    /// What people want: see [`super::Wish`].
    #[sea_orm(column_name = "asked")]
    pub wish: String,
    /// What is: see [`super::Phase`].
    pub phase: String,
    pub cause: Option<String>,
    pub reason: String,
    pub exit_code: Option<i64>,
    pub signal: Option<i64>,
    /// Rises with every claim; a writer with an older one is refused.
    pub generation: i64,
    pub attempts: i64,
    pub queued_at: i64,
    pub submitted_at: i64,
    pub started_at: Option<i64>,
    pub finished_at: Option<i64>,
    pub copied_from: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub mod spec {
    //! Table `workload_specs`: what lists need not read.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "workload_specs")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub workload_id: Uuid,
        /// Which of [`crate::engine::Runs`] it is.
        pub runs: String,
        /// The script, where it runs one.
        pub script: String,
        /// JSON of what else there is to say of it.
        pub settings: Option<String>,
        /// JSON map of environment variables.
        pub variables: String,
        /// Where the container image is that it runs in, as the image said when it was submitted.
        pub container: Option<String>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod event {
    //! Table `workload_events`.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "workload_events")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub workload_id: Uuid,
        pub at: i64,
        pub kind: String,
        pub message: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod attempt {
    //! Table `attempts`.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "attempts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub workload_id: Uuid,
        pub number: i64,
        pub generation: i64,
        pub runner: String,
        pub state: String,
        /// Whether it holds its claim.
        pub is_active: bool,
        pub group_id: Uuid,
        pub user_id: Option<Uuid>,
        pub cpu_milli: i64,
        pub memory_mib: i64,
        pub gpu: i64,
        /// The numbers of its GPUs on the runner's machine: `0,2`.
        pub gpu_indices: String,
        pub lease_until: i64,
        pub claimed_at: i64,
        pub started_at: Option<i64>,
        pub finished_at: Option<i64>,
        pub cause: Option<String>,
        pub message: String,
        pub exit_code: Option<i64>,
        pub signal: Option<i64>,
        pub max_memory_bytes: Option<i64>,
        pub cpu_time_us: Option<i64>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod idempotency {
    //! Table `idempotency_keys`.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "idempotency_keys")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub fingerprint: String,
        pub slug: String,
        pub created_at: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod removal {
    //! Table `removals`.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "removals")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        /// `attempt`, `group` or `person`.
        pub kind: String,
        pub subject: Uuid,
        /// Whose attempt it was; empty where every server has the files.
        pub runner: String,
        /// When the files go; a trigger knows no time, so it is written when the row is first seen.
        pub due_at: Option<i64>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
