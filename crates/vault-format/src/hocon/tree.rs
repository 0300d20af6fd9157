//! Settings with their substitutions still open, and what a second assignment to a key does.

use std::collections::HashMap;

use super::join::Piece;
use crate::Value;

pub(super) enum Node {
    /// Null, a boolean, a number or a text.
    Plain(Value),
    List(Vec<Node>),
    Map(Tree),
    /// The number of a value with substitutions.
    Open(usize),
}

/// A block. Keys keep the order in which they first appeared.
#[derive(Default)]
pub(super) struct Tree {
    pub(super) slots: Vec<Slot>,
    places: HashMap<String, usize>,
}

pub(super) struct Slot {
    pub(super) key: String,
    pub(super) node: Node,
    pub(super) at: usize,
}

/// A value with substitutions, as it was typed.
pub(super) struct Open {
    pub(super) parts: Vec<Part>,
    /// What the key held before.
    pub(super) under: Option<Node>,
    /// It was assigned to a block, which is its first part now: it has to be a block and is merged into that.
    pub(super) on_map: bool,
    /// Shared by all open values that replaced each other, each with a larger number than the one under it.
    pub(super) chain: usize,
    pub(super) at: usize,
    /// The key with the blocks around it, for messages.
    pub(super) name: String,
}

impl Open {
    /// What a reference to the key's own path finds.
    pub(super) fn before(&self) -> Option<&Node> {
        match self.parts.first() {
            Some(Part::Node(map)) if self.on_map => Some(map),
            _ => self.under.as_ref(),
        }
    }
}

pub(super) enum Part {
    Piece(Piece),
    /// A list or a map.
    Node(Node),
    Substitution(Substitution),
}

pub(super) struct Substitution {
    pub(super) path: Vec<String>,
    pub(super) typed: String,
    pub(super) optional: bool,
    /// White space after it.
    pub(super) space: String,
    pub(super) at: usize,
}

/// A block can't be put on what is neither a block nor a list.
pub(super) struct NoBlock;

impl Tree {
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.places.get(key).map(|&place| &self.slots[place].node)
    }
    fn get_mut(&mut self, key: &str) -> Option<&mut Slot> {
        self.places.get(key).map(|&place| &mut self.slots[place])
    }
    pub(super) fn find(&self, path: &[String]) -> Option<&Node> {
        let (last, blocks) = path.split_last()?;
        let mut tree = self;
        for name in blocks {
            let Some(Node::Map(inner)) = tree.get(name) else { return None };
            tree = inner;
        }
        tree.get(last)
    }

    /// Puts a value where nothing looks at what was there.
    fn set(&mut self, key: &str, node: Node, at: usize) {
        match self.get_mut(key) {
            Some(slot) => (slot.node, slot.at) = (node, at),
            None => {
                self.places.insert(key.to_owned(), self.slots.len());
                self.slots.push(Slot { key: key.to_owned(), node, at });
            }
        }
    }
    /// Assigns to a path. Blocks on the way are made, also in place of values that are none.
    pub(super) fn assign(
        &mut self,
        path: &[String],
        node: Node,
        at: usize,
        open: &mut [Open],
    ) -> Result<(), NoBlock> {
        let Some((last, blocks)) = path.split_last() else { return Ok(()) };
        let mut tree = self;
        for name in blocks {
            if !matches!(tree.get(name), Some(Node::Map(_))) {
                tree.set(name, Node::Map(Self::default()), at);
            }
            let Some(Node::Map(inner)) = tree.get_mut(name).map(|slot| &mut slot.node) else { return Ok(()) };
            tree = inner;
        }
        let Some(old) = tree.get_mut(last) else {
            tree.set(last, node, at);
            return Ok(());
        };
        match (&mut old.node, node) {
            (Node::Map(old), Node::Map(new)) => old.merge(new, open),
            // `a: ${x}` and then `a { … }`: the block is one more part of the first.
            (Node::Open(id), Node::Map(new)) => open[*id].parts.push(Part::Node(Node::Map(new))),
            (Node::Plain(value), Node::Map(_)) if *value != Value::Null => return Err(NoBlock),
            (Node::Map(_), Node::Open(id)) => {
                let map = std::mem::replace(&mut old.node, Node::Open(id));
                open[id].parts.insert(0, Part::Node(map));
                open[id].on_map = true;
                old.at = at;
            }
            (_, Node::Open(id)) => tree.cover(last, id, at, open),
            (_, node) => (old.node, old.at) = (node, at),
        }
        Ok(())
    }

    /// Merges a block into this one: blocks are merged, all else is replaced.
    pub(super) fn merge(&mut self, other: Self, open: &mut [Open]) {
        for Slot { key, node, at } in other.slots {
            match (self.get_mut(&key).map(|slot| &mut slot.node), node) {
                (Some(Node::Map(old)), Node::Map(new)) => old.merge(new, open),
                (Some(_), Node::Open(id)) => self.cover(&key, id, at, open),
                (_, node) => self.set(&key, node, at),
            }
        }
    }

    /// Puts an open value on what is there.
    fn cover(&mut self, key: &str, id: usize, at: usize, open: &mut [Open]) {
        let Some(slot) = self.get_mut(key) else { return };
        let under = std::mem::replace(&mut slot.node, Node::Open(id));
        slot.at = at;
        if let Node::Open(below) = under {
            open[id].chain = open[below].chain;
        }
        open[id].under = Some(under);
    }
}
