//! Groups: the tenants, with their members and quotas.
//!
//! Invariants: two groups never share a name or a path (`Vision_A` and `vision-a` clash); whoever is no member and no
//! platform admin can't learn that a group exists.

pub mod entity;
mod manage;
mod members;
pub(crate) mod store;

pub(crate) use manage::insert;
pub use manage::{GroupChange, NewGroup};
pub use members::Member;
pub(crate) use members::upsert as upsert_member;

use base::resources::Quota;
use base::{GroupId, Role, Timestamp};

/// A group as pages and the API show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub id: GroupId,
    pub name: String,
    pub path: String,
    pub display_name: String,
    /// Bound for the sum of one member's workloads.
    pub user_quota: Quota,
    /// Bound for the sum of all workloads.
    pub group_quota: Quota,
    /// Seconds; 0 is unlimited, `None` takes the system's default.
    pub default_time_limit_s: Option<i64>,
    pub created_at: Timestamp,
}

/// A group with the role that somebody has in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    pub group: Group,
    pub role: Role,
}

impl From<entity::Model> for Group {
    fn from(row: entity::Model) -> Self {
        Self {
            id: GroupId(row.id),
            name: row.name,
            path: row.path,
            display_name: row.display_name,
            user_quota: Quota {
                cpu_milli: row.user_cpu_milli,
                memory_mib: row.user_memory_mib,
                gpu: row.user_gpu,
            },
            group_quota: Quota {
                cpu_milli: row.group_cpu_milli,
                memory_mib: row.group_memory_mib,
                gpu: row.group_gpu,
            },
            default_time_limit_s: row.default_time_limit_s,
            created_at: Timestamp(row.created_at),
        }
    }
}
