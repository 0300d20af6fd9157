//! Building environments.
