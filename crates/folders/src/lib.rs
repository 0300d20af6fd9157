//! Folders: where things lie in the data directory, how people name files, and how to touch folders that workloads
//! write to.
//!
//! [`Layout`] knows the data directory. [`Tree`] knows the two trees whose paths people write: `~` and
//! `/project/<group>`. [`Beneath`] opens what lies in a folder without ever following a link, because whoever wrote
//! there may have put one.
//!
//! Everything here waits for the disk. Use cases call it through [`aside`].

mod aside;
mod beneath;
mod delete;
mod layout;
mod tree;

pub use aside::aside;
pub use beneath::{Beneath, Entry, Found};
pub use delete::delete_folder;
pub use layout::Layout;
pub use tree::{HOME, Tree, datasets_folder, shared_folder};
