//! The pages of the admin portal. Its images are shown by [`crate::images`].

mod delete;
mod groups;
mod instance_types;
mod system;
mod users;

pub use delete::{DeletePage, GoesWith};
pub use groups::{AdminGroupRow, GroupFormPage, GroupsPage};
pub use instance_types::{InstanceTypeFormPage, InstanceTypeRow, InstanceTypesPage};
pub use system::{Capability, Found, SystemPage};
pub use users::{UserFormPage, UserRow, UsersPage};
