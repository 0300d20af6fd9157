//! What a vault is once it is read.

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Hocon,
    Json,
    Yaml,
}

impl Format {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hocon => "hocon",
            Self::Json => "json",
            Self::Yaml => "yaml",
        }
    }
    /// The format of that name, as [`Self::as_str`] writes it.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Hocon, Self::Json, Self::Yaml].into_iter().find(|format| format.as_str() == name)
    }
    /// The format that a text is probably in; HOCON if nothing speaks for another.
    pub fn guess(text: &str) -> Self {
        crate::guess::guess(text)
    }
}

/// Something that is wrong with a text, or that its author should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What is wrong and what to do.
    pub message: String,
}

/// A text that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Vault {
    pub root: Map,
    /// In the order of the lines.
    pub warnings: Vec<Problem>,
}

/// Settings in the order in which their keys first appeared; each key is there once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map(pub(crate) Vec<Entry>);

/// One setting or block.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub key: String,
    pub value: Value,
    /// Where the key stands (of a block: first stands), from 1.
    pub line: usize,
}

/// A value. Numbers and booleans keep the text that was typed.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool { value: bool, text: String },
    Number { text: String },
    Text(String),
    List(Vec<Value>),
    Map(Map),
}

impl Map {
    pub fn iter(&self) -> std::slice::Iter<'_, Entry> {
        self.0.iter()
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// The value of a key, which is one name and not a dotted path.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }
}

impl FromIterator<Entry> for Map {
    /// Of entries with the same key the last one counts.
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        let mut places = std::collections::HashMap::new();
        let mut kept: Vec<Entry> = Vec::new();
        for entry in entries {
            match places.get(&entry.key) {
                Some(&place) => kept[place] = entry,
                None => {
                    places.insert(entry.key.clone(), kept.len());
                    kept.push(entry);
                }
            }
        }
        Self(kept)
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = &'a Entry;
    type IntoIter = std::slice::Iter<'a, Entry>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Value {
    /// The text of a text, number or boolean as it was typed; none for the others.
    pub fn as_typed(&self) -> Option<&str> {
        match self {
            Self::Bool { text, .. } | Self::Number { text } | Self::Text(text) => Some(text),
            Self::Null | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// How many values it is made of, and how many bytes of text.
    pub(crate) fn size(&self) -> (usize, usize) {
        let add = |(values, bytes), value: &Self| {
            let (more, text) = value.size();
            (values + more, bytes + text)
        };
        match self {
            Self::List(items) => items.iter().fold((1, 0), add),
            Self::Map(map) => map.iter().map(|entry| &entry.value).fold((1, 0), add),
            Self::Text(text) => (1, text.len()),
            Self::Null | Self::Bool { .. } | Self::Number { .. } => (1, 0),
        }
    }

    /// How many blocks and lists are in each other.
    pub(crate) fn depth(&self) -> usize {
        match self {
            Self::List(items) => 1 + items.iter().map(Self::depth).max().unwrap_or(0),
            Self::Map(map) => 1 + map.iter().map(|entry| entry.value.depth()).max().unwrap_or(0),
            Self::Null | Self::Bool { .. } | Self::Number { .. } | Self::Text(_) => 0,
        }
    }
}
