//! What a client gets when several vaults apply: blocks are merged, everything else replaces what was there.

use std::collections::HashMap;

use crate::{Entry, Map, Value};

/// Signs that make the client take a name in a path for more than a name, unless it is in quotes.
pub(crate) const SPECIAL: [char; 16] =
    ['$', '}', '[', ']', ':', '=', '+', '#', '`', '^', '?', '!', '@', '*', '&', '.'];
/// The most hidden settings that are told of one setting: it may stand where a large block stood.
const MAX_HIDDEN: usize = 20;

/// A setting that is no block, or an empty block, after merging.
#[derive(Clone, Debug, PartialEq)]
pub struct Effective<L> {
    /// The names of the blocks and the key with dots between them, in quotes where the client needs them.
    pub path: String,
    pub value: Value,
    pub layer: L,
    /// In the text of that layer, from 1.
    pub line: usize,
    /// Layers and lines of the settings that this one replaces, the nearest first; at most twenty.
    pub hides: Vec<(L, usize)>,
}

/// The settings of several vaults; the later ones count more. An explicit null counts as a value, a list replaces a
/// list as a whole.
pub fn merge<L: Copy>(layers: &[(L, &Map)]) -> Vec<Effective<L>> {
    let mut root = Block::new();
    for (layer, map) in layers {
        root.lay(*layer, map, &[]);
    }
    let mut settings = Vec::new();
    root.flatten("", &mut settings);
    settings
}

struct Block<'a, L> {
    slots: Vec<Slot<'a, L>>,
    places: HashMap<&'a str, usize>,
}

struct Slot<'a, L> {
    key: &'a str,
    kind: Kind<'a, L>,
    layer: L,
    line: usize,
    hides: Vec<(L, usize)>,
}

enum Kind<'a, L> {
    Value(&'a Value),
    Block(Block<'a, L>),
}

impl<'a, L: Copy> Block<'a, L> {
    fn new() -> Self {
        Self { slots: Vec::new(), places: HashMap::new() }
    }

    fn lay(&mut self, layer: L, map: &'a Map, hidden: &[(L, usize)]) {
        for entry in map {
            match self.places.get(entry.key.as_str()) {
                None => {
                    self.places.insert(&entry.key, self.slots.len());
                    self.slots.push(Slot::new(layer, entry, hidden.to_vec()));
                }
                Some(&place) => self.slots[place].cover(layer, entry),
            }
        }
    }

    fn flatten(self, prefix: &str, settings: &mut Vec<Effective<L>>) {
        for Slot { key, kind, layer, line, hides } in self.slots {
            let name = if key.contains(SPECIAL) { format!("\"{key}\"") } else { key.to_owned() };
            let path = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
            let value = match kind {
                Kind::Block(block) if !block.slots.is_empty() => {
                    block.flatten(&path, settings);
                    continue;
                }
                Kind::Block(_) => Value::Map(Map::default()),
                Kind::Value(value) => value.clone(),
            };
            settings.push(Effective { path, value, layer, line, hides });
        }
    }

    fn places(&self, into: &mut Vec<(L, usize)>) {
        for slot in self.slots.iter().take(MAX_HIDDEN.saturating_sub(into.len())) {
            match &slot.kind {
                Kind::Block(block) if !block.slots.is_empty() => block.places(into),
                _ => into.push((slot.layer, slot.line)),
            }
        }
    }
}

impl<'a, L: Copy> Slot<'a, L> {
    fn new(layer: L, entry: &'a Entry, hides: Vec<(L, usize)>) -> Self {
        let kind = match &entry.value {
            Value::Map(map) => {
                let mut block = Block::new();
                block.lay(layer, map, &hides);
                Kind::Block(block)
            }
            value => Kind::Value(value),
        };
        Self { key: &entry.key, kind, layer, line: entry.line, hides }
    }

    fn cover(&mut self, layer: L, entry: &'a Entry) {
        if let (Kind::Block(block), Value::Map(map)) = (&mut self.kind, &entry.value) {
            block.lay(layer, map, &self.hides);
            return;
        }
        let mut hides = Vec::new();
        match &self.kind {
            Kind::Block(block) if !block.slots.is_empty() => block.places(&mut hides),
            _ => {
                hides.push((self.layer, self.line));
                hides.extend_from_slice(&self.hides);
            }
        }
        hides.truncate(MAX_HIDDEN);
        *self = Self::new(layer, entry, hides);
    }
}

/// One map with another merged into it.
pub(crate) fn merged(mut map: Map, other: Map) -> Map {
    let mut places: HashMap<String, usize> =
        map.0.iter().enumerate().map(|(place, entry)| (entry.key.clone(), place)).collect();
    for entry in other.0 {
        match places.get(&entry.key) {
            None => {
                places.insert(entry.key.clone(), map.0.len());
                map.0.push(entry);
            }
            Some(&place) => {
                let old = &mut map.0[place];
                match (&mut old.value, entry.value) {
                    (Value::Map(below), Value::Map(above)) => *below = merged(std::mem::take(below), above),
                    (_, value) => (old.value, old.line) = (value, entry.line),
                }
            }
        }
    }
    map
}
