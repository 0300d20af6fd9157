//! Authorization: who may do what. The one place where roles turn into permissions.

use serde::{Deserialize, Serialize};

/// A person's role in one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Member,
    Admin,
}

impl Role {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
        }
    }
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "member" => Ok(Self::Member),
            "admin" => Ok(Self::Admin),
            _ => Err("A role is “member” or “admin”.".to_owned()),
        }
    }
}

/// Something a person wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// See the group and everything its members make.
    ReadGroup,
    /// Submit, re-run and clone workloads.
    RunWorkload,
    /// Cancel a workload; of others' too, as PrimeHub's groups expect.
    StopWorkload,
    /// Change the group's own settings that are the group admins' business (default time-out, images).
    ManageGroup,
    /// Users, groups, quotas, instance types, system images, the machine.
    ManagePlatform,
}

impl Action {
    pub const ALL: [Self; 5] =
        [Self::ReadGroup, Self::RunWorkload, Self::StopWorkload, Self::ManageGroup, Self::ManagePlatform];

    /// Whether it changes something, which a token of scope `read` may not.
    pub const fn writes(self) -> bool {
        !matches!(self, Self::ReadGroup)
    }
    /// The group role that allows it; `None` where no group role does.
    pub const fn needs(self) -> Option<Role> {
        match self {
            Self::ReadGroup | Self::RunWorkload | Self::StopWorkload => Some(Role::Member),
            Self::ManageGroup => Some(Role::Admin),
            Self::ManagePlatform => None,
        }
    }
    pub const fn describe(self) -> &'static str {
        match self {
            Self::ReadGroup => "see this group",
            Self::RunWorkload => "run something in this group",
            Self::StopWorkload => "stop something in this group",
            Self::ManageGroup => "change this group's settings",
            Self::ManagePlatform => "administer the platform",
        }
    }
}
