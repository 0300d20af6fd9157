//! Whether a size can ever be given to a group.

use accounts::groups::Group;
use base::Resources;
use base::resources::{Excess, Quota};

use crate::Workloads;

/// Why a request of this size can never be given, if so.
pub(crate) fn never_fits(group: &Group, capacity: Resources, ask: Resources) -> Option<String> {
    let tell = |whose: &str, e: Excess| {
        format!("needs {}, but {whose} {}", e.what.describe(e.asked), e.what.describe(e.limit))
    };
    let zero = Resources::ZERO;
    if let Some(e) = group.user_quota.excess(zero, ask) {
        return Some(tell("your quota in this group is", e));
    }
    if let Some(e) = group.group_quota.excess(zero, ask) {
        return Some(tell("the group's quota is", e));
    }
    Quota::of(capacity).excess(zero, ask).map(|e| tell("the machine has", e))
}

impl Workloads {
    /// Why a job of this size could never start in the group, if so.
    pub fn why_never(&self, group: &Group, ask: Resources) -> Option<String> {
        never_fits(group, self.rules.capacity, ask)
    }
}
