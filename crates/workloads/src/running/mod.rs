//! What runs, as people and programs see it from outside.

mod packages;

pub use packages::PACKAGE_LAYERS;
