//! HOCON as the client's parser reads it.
//!
//! Four steps: tokens (`lexer`), syntax (`parser`), the tree with what is assigned twice put together (`tree`), and
//! substitutions (`resolve`). Where the comments say "the client", they mean pyhocon as `clearml` 2.1.12 carries it;
//! it is built on pyparsing, which explains most of what differs from the HOCON specification.

mod complain;
mod join;
mod keys;
mod lexer;
mod parser;
mod resolve;
mod tree;

use crate::Map;
use crate::source::{Notes, Place, Source};

/// Why the text can't be read on, and where.
pub(crate) struct Fault {
    at: usize,
    message: String,
}

impl Fault {
    fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }
}

/// The settings, or nothing after noting what is wrong.
pub(crate) fn read(source: &Source<'_>, notes: &mut Notes) -> Option<Map> {
    match parser::parse(&source.text, notes) {
        Ok((tree, pending)) => resolve::resolve(source, &tree, &pending, notes),
        Err(fault) => {
            notes.fault(Place::Byte(fault.at), fault.message);
            None
        }
    }
}
