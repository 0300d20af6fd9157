//! Instance types: named sizes that platform admins offer to all groups or to some.

pub mod entity;
mod manage;
mod seed;
pub(crate) mod store;

pub use manage::InstanceTypeInput;

use base::{GroupId, InstanceTypeId, Resources};

/// A size as pages and the API show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceType {
    pub id: InstanceTypeId,
    /// What jobs name it by; never changes.
    pub name: String,
    pub display_name: String,
    pub description: String,
    pub resources: Resources,
    /// Offered to every group.
    pub is_global: bool,
    /// The groups that it is offered to otherwise.
    pub groups: Vec<GroupId>,
}

impl InstanceType {
    pub(crate) fn from_rows(row: entity::Model, groups: Vec<GroupId>) -> Self {
        Self {
            id: InstanceTypeId(row.id),
            name: row.name,
            display_name: row.display_name,
            description: row.description,
            resources: Resources::new(row.cpu_milli, row.memory_mib, row.gpu),
            is_global: row.is_global,
            groups,
        }
    }
}
