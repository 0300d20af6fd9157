//! Sentences for what waits. Each says what it waits for, or what to do where waiting does not help.

use base::Resources;
use base::resources::{Excess, Quota};

pub(super) const BEHIND_OWN: &str =
    "Waits behind your earlier job, which waits for your quota in this group.";
pub(super) const BEHIND_GROUP: &str =
    "Waits behind an earlier job of the group, which waits for the group's quota.";
pub(super) const IN_LINE: &str = "Waits in line behind earlier jobs.";
pub(super) const BEHIND_OLDER: &str =
    "Waits while the machine makes room for a larger job that has waited longer than any other.";

/// Why a request can never be given, whoever ends; `None` when it can.
pub(super) fn never(user: &Quota, group: &Quota, capacity: Resources, ask: Resources) -> Option<String> {
    let zero = Resources::ZERO;
    let tell = |whose: &str, e: Excess, who: &str| {
        format!(
            "Never fits: it needs {}, but {whose} {}. Cancel it and choose a smaller instance type, or ask {who}.",
            e.what.describe(e.asked),
            e.what.describe(e.limit)
        )
    };
    if let Some(e) = user.excess(zero, ask) {
        return Some(tell("your quota in this group is now", e, "a platform admin to raise it"));
    }
    if let Some(e) = group.excess(zero, ask) {
        return Some(tell("the group's quota is now", e, "a platform admin to raise it"));
    }
    Quota::of(capacity)
        .excess(zero, ask)
        .map(|e| tell("the machine has", e, "a platform admin for a larger machine"))
}

pub(super) fn user_quota(e: Excess) -> String {
    format!(
        "Waits for your quota: it needs {}, and you use {} of {} in this group.",
        e.what.describe(e.asked),
        e.what.describe(e.used),
        e.what.describe(e.limit)
    )
}

pub(super) fn group_quota(e: Excess) -> String {
    format!(
        "Waits for the group's quota: it needs {}, and the group uses {} of {}.",
        e.what.describe(e.asked),
        e.what.describe(e.used),
        e.what.describe(e.limit)
    )
}

pub(super) fn machine(e: Excess) -> String {
    format!(
        "Waits for the machine: it needs {}, and {} of {} is free.",
        e.what.describe(e.asked),
        e.what.describe((e.limit - e.used).max(0)),
        e.what.describe(e.limit)
    )
}
