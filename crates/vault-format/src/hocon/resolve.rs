//! Substitutions: each is replaced by the value that its path has in the end, or, where it names the key that it is
//! assigned to, by the value before.

use std::rc::Rc;

use super::join::{Kind, NULL_IN_TEXT, Piece, as_text, join};
use super::tree::{Node, Open, Part, Substitution, Tree};
use crate::source::{Notes, Place, Source, cut};
use crate::{Entry, MAX_DEPTH, MAX_MADE_BYTES, MAX_VALUES, Map, Value};

/// How far blocks and references may lead into each other; each takes a part of the stack.
const MAX_STEPS: usize = 150;
/// How many entries a reference into blocks may pass, over all; looking through a block takes time.
const MAX_PASSED: usize = 20_000_000;

/// Replaces all substitutions, or notes why one can't be.
pub(super) fn resolve(source: &Source<'_>, root: &Tree, open: &[Open], notes: &mut Notes) -> Option<Map> {
    let states = open.iter().map(|_| State::New).collect();
    let mut resolver = Resolver {
        source,
        root,
        open,
        notes,
        states,
        stack: Vec::new(),
        steps: 0,
        values: 0,
        bytes: 0,
        passed: 0,
    };
    resolver.map(root).ok()
}

/// It was noted why.
struct Failed;

enum State {
    New,
    Running,
    /// With nothing if the key is not there in the end.
    Done(Option<Rc<Value>>),
    Failed,
}

struct Resolver<'a, 'n> {
    source: &'a Source<'a>,
    root: &'a Tree,
    open: &'a [Open],
    notes: &'n mut Notes,
    states: Vec<State>,
    /// The open values that are being worked on, and what each asks for.
    stack: Vec<(usize, &'a Substitution)>,
    steps: usize,
    values: usize,
    bytes: usize,
    passed: usize,
}

impl<'a> Resolver<'a, '_> {
    fn map(&mut self, tree: &'a Tree) -> Result<Map, Failed> {
        let mut entries = Vec::with_capacity(tree.slots.len());
        let mut failed = false;
        for slot in &tree.slots {
            match self.value(&slot.node, slot.at) {
                Ok(Some(value)) => {
                    entries.push(Entry { key: slot.key.clone(), value, line: self.source.line(slot.at) });
                }
                Ok(None) => {}
                // Go on, to name all that is wrong.
                Err(Failed) => failed = true,
            }
        }
        if failed { Err(Failed) } else { Ok(Map(entries)) }
    }

    fn value(&mut self, node: &'a Node, at: usize) -> Result<Option<Value>, Failed> {
        let value = match node {
            Node::Plain(value) => value.clone(),
            Node::List(items) => Value::List(self.step(at, |this| this.list(items, at))?),
            Node::Map(tree) => Value::Map(self.step(at, |this| this.map(tree))?),
            Node::Open(id) => {
                let value = self.settle(*id)?;
                return value.map(|value| self.copy(&value, self.open[*id].at)).transpose();
            }
        };
        self.charge(1, 0, at)?;
        Ok(Some(value))
    }

    fn list(&mut self, items: &'a [Node], at: usize) -> Result<Vec<Value>, Failed> {
        let values: Vec<_> = items.iter().map(|item| self.value(item, at)).collect();
        values.into_iter().map(|value| value.map(|value| value.unwrap_or(Value::Null))).collect()
    }

    /// The value of an open value, after those under it, so that a long row of `a: ${a} …` needs no deep stack.
    fn settle(&mut self, id: usize) -> Result<Option<Rc<Value>>, Failed> {
        let mut row = vec![id];
        while let Some(Node::Open(below)) = row.last().and_then(|&last| self.open[last].under.as_ref()) {
            if !matches!(self.states[*below], State::New) {
                break;
            }
            row.push(*below);
        }
        while row.len() > 1 {
            let Some(below) = row.pop() else { break };
            self.settle_one(below)?;
        }
        self.settle_one(id)
    }

    fn settle_one(&mut self, id: usize) -> Result<Option<Rc<Value>>, Failed> {
        match &self.states[id] {
            State::Done(value) => return Ok(value.clone()),
            State::Failed => return Err(Failed),
            State::Running => {
                self.complain_of_cycle(id);
                return Err(Failed);
            }
            State::New => self.states[id] = State::Running,
        }
        let at = self.open[id].at;
        let made = self.step(at, |this| this.make(id));
        let made = made.map(|value| value.map(Rc::new));
        self.states[id] = match &made {
            Ok(value) => State::Done(value.clone()),
            Err(Failed) => State::Failed,
        };
        made
    }

    fn make(&mut self, id: usize) -> Result<Option<Value>, Failed> {
        let open = &self.open[id];
        let end = open.parts.len() - 1;
        let mut pieces = Vec::new();
        let mut blocks: Vec<Value> = Vec::new();
        let mut kind = None;
        let (mut found_last, mut ends) = (true, false);
        for (place, part) in open.parts.iter().enumerate() {
            let value = match part {
                Part::Piece(piece) => {
                    self.agree(&mut kind, Kind::Text, open.at)?;
                    pieces.push(piece.clone());
                    ends = place == end;
                    continue;
                }
                Part::Node(node) => self.value(node, open.at)?,
                Part::Substitution(substitution) => {
                    let found = self.look_up(substitution, id)?;
                    found_last = found.is_some();
                    found.filter(|value| *value != Value::Null)
                }
            };
            let Some(value) = value else { continue };
            self.agree(&mut kind, Kind::of(&value), open.at)?;
            ends = place == end;
            match part {
                _ if Kind::of(&value) != Kind::Text => blocks.push(value),
                Part::Substitution(substitution) if place < end => {
                    let text = as_text(&value).unwrap_or_default() + &substitution.space;
                    pieces.push(Piece::Text { text, space: String::new(), quoted: true });
                }
                _ => pieces.push(Piece::Value(value)),
            }
        }
        let made = match kind {
            // An optional substitution of nothing leaves what was there; one of a null takes it away.
            None if found_last => None,
            None => match &open.under {
                Some(under) => self.value(under, open.at)?,
                None => None,
            },
            Some(Kind::Text) => {
                Some(join(pieces, ends).ok_or_else(|| self.refuse(open.at, NULL_IN_TEXT.to_owned()))?)
            }
            Some(Kind::List) => {
                let lists = blocks
                    .into_iter()
                    .filter_map(|block| if let Value::List(items) = block { Some(items) } else { None });
                Some(Value::List(lists.flatten().collect()))
            }
            Some(Kind::Map) => {
                let under = match &open.under {
                    Some(under @ (Node::Map(_) | Node::Open(_))) => self.value(under, open.at)?,
                    _ => None,
                };
                let maps = under.into_iter().chain(blocks);
                let maps =
                    maps.filter_map(|block| if let Value::Map(map) = block { Some(map) } else { None });
                Some(Value::Map(maps.reduce(crate::merge::merged).unwrap_or_default()))
            }
        };
        if let Some(value) = &made {
            let length = if let Value::Text(text) = value { text.len() } else { 0 };
            self.charge(0, length, open.at)?;
            if value.depth() > MAX_DEPTH {
                return Err(self.refuse(open.at, format!("With its substitutions this is more than {MAX_DEPTH} blocks deep: the client can't read more.")));
            }
        }
        Ok(made)
    }

    fn agree(&mut self, kind: &mut Option<Kind>, this: Kind, at: usize) -> Result<(), Failed> {
        let first = *kind.get_or_insert(this);
        if first == this { Ok(()) } else { Err(self.refuse(at, first.clash(this))) }
    }

    /// What a substitution in an open value stands for; nothing for an optional one that names nothing.
    fn look_up(&mut self, wanted: &'a Substitution, from: usize) -> Result<Option<Value>, Failed> {
        self.stack.push((from, wanted));
        let found = self.walk(wanted, from);
        self.stack.pop();
        let found = found?;
        if found.is_none() && !wanted.optional {
            let name = cut(&wanted.typed);
            let message = if wanted.typed.trim() != wanted.typed {
                format!("${{{name}}} has a space at an end of the name. Take it out.")
            } else if wanted.typed == self.open[from].name {
                format!(
                    "${{{name}}} refers to itself, and nothing before it gives it a value. Write the value here."
                )
            } else {
                format!(
                    "${{{name}}} is defined nowhere in this vault, and variables of the environment are not read. Define \
                     it here, or put the text in double quotes if it is none of a name."
                )
            };
            return Err(self.refuse(wanted.at, message));
        }
        if found.is_none()
            && wanted.typed.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        {
            let message = format!(
                "${{?{}}} is not defined in this vault and stands for nothing: variables of the environment are not read.",
                cut(&wanted.typed)
            );
            self.notes.warn(Place::Byte(wanted.at), message);
        }
        Ok(found)
    }

    fn walk(&mut self, wanted: &'a Substitution, from: usize) -> Result<Option<Value>, Failed> {
        let mut tree = self.root;
        let mut names = wanted.path.iter();
        while let Some(name) = names.next() {
            let Some(mut node) = tree.get(name) else { return Ok(None) };
            if let Node::Open(id) = node
                && self.open[*id].chain == self.open[from].chain
                && *id >= from
            {
                match self.open[from].before() {
                    Some(before) => node = before,
                    None => return Ok(None),
                }
            }
            match node {
                node if names.len() == 0 => return self.value(node, wanted.at),
                Node::Map(inner) => tree = inner,
                Node::Open(id) => {
                    let Some(value) = self.settle(*id)? else { return Ok(None) };
                    return self.walk_value(&value, names, wanted.at);
                }
                Node::Plain(_) | Node::List(_) => return Ok(None),
            }
        }
        Ok(None)
    }

    fn walk_value(
        &mut self,
        value: &Value,
        names: std::slice::Iter<'_, String>,
        at: usize,
    ) -> Result<Option<Value>, Failed> {
        let mut value = value;
        for name in names {
            let Value::Map(map) = value else { return Ok(None) };
            self.passed += map.len();
            if self.passed > MAX_PASSED {
                return Err(
                    self.refuse(at, "There are too many references into large blocks here.".to_owned())
                );
            }
            let Some(inner) = map.get(name) else { return Ok(None) };
            value = inner;
        }
        self.copy(value, at).map(Some)
    }

    fn copy(&mut self, value: &Value, at: usize) -> Result<Value, Failed> {
        let (values, bytes) = value.size();
        self.charge(values, bytes, at)?;
        Ok(value.clone())
    }

    fn charge(&mut self, values: usize, bytes: usize, at: usize) -> Result<(), Failed> {
        let full = self.values > 2 * MAX_VALUES || self.bytes > MAX_MADE_BYTES;
        self.values += values;
        self.bytes += bytes;
        if self.values <= 2 * MAX_VALUES && self.bytes <= MAX_MADE_BYTES {
            return Ok(());
        }
        if !full {
            self.refuse(at, "With its substitutions this vault grows too large. Refer to less.".to_owned());
        }
        Err(Failed)
    }

    /// Goes one level deeper, if there is one.
    fn step<T>(&mut self, at: usize, work: impl FnOnce(&mut Self) -> Result<T, Failed>) -> Result<T, Failed> {
        if self.steps == MAX_STEPS {
            return Err(self.refuse(
                at,
                "Substitutions refer to each other in too long a row here. Write some values out.".to_owned(),
            ));
        }
        self.steps += 1;
        let done = work(self);
        self.steps -= 1;
        done
    }

    fn refuse(&mut self, at: usize, message: String) -> Failed {
        self.notes.fault(Place::Byte(at), message);
        Failed
    }

    /// Names all that take part in a circle, with their lines.
    fn complain_of_cycle(&mut self, closing: usize) {
        let start = self.stack.iter().position(|(id, _)| *id == closing).unwrap_or(0);
        let circle = &self.stack[start..];
        let parts: Vec<String> = circle
            .iter()
            .take(10)
            .map(|(id, wanted)| {
                let line = self.source.line(wanted.at);
                format!("{} (line {line}) refers to {}", cut(&self.open[*id].name), cut(&wanted.typed))
            })
            .collect();
        let at = circle.iter().map(|(_, wanted)| wanted.at).min().unwrap_or(0);
        let message = format!(
            "These refer to each other in a circle: {}. Write one of the values out.",
            parts.join(", ")
        );
        self.notes.fault(Place::Byte(at), message);
    }
}
