//! Tables `served_workloads` and `idle_rules`.

use sea_orm::entity::prelude::*;

/// One run of something that serves HTTP.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "served_workloads")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workload_id: Uuid,
    /// What the content origin names it by.
    pub slug: String,
    /// Seconds without activity after which it is stopped; 0 is never.
    pub idle_s: i64,
    /// Seconds after which it is stopped in any case; 0 is never.
    pub lifetime_s: i64,
    pub ready_at: Option<i64>,
    pub active_at: Option<i64>,
    pub warned_at: Option<i64>,
    pub snoozed_until: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub mod rule {
    //! Table `idle_rules`: a group's defaults, an instance type's limits.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "idle_rules")]
    pub struct Model {
        /// A group or an instance type.
        #[sea_orm(primary_key, auto_increment = false)]
        pub subject_id: Uuid,
        pub idle_s: Option<i64>,
        pub lifetime_s: Option<i64>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
