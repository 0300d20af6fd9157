//! The syntax.

use super::Fault;
use super::join::{Kind, NULL_IN_TEXT, Piece, as_text, join};
use super::lexer::{Lexer, Token};
use super::tree::{NoBlock, Node, Open, Part, Substitution, Tree};
use crate::source::{Notes, Place, cut};
use crate::{MAX_DEPTH, MAX_VALUES, Value, warnings};

/// Reads a text into a tree and the open values that it names.
pub(super) fn parse(text: &str, notes: &mut Notes) -> Result<(Tree, Vec<Open>), Fault> {
    let mut parser =
        Parser { lexer: Lexer::new(text), open: Vec::new(), notes, path: Vec::new(), values: 0, depth: 0 };
    let root = parser.root()?;
    Ok((root, parser.open))
}

pub(super) struct Parser<'a, 'n> {
    pub(super) lexer: Lexer<'a>,
    open: Vec<Open>,
    pub(super) notes: &'n mut Notes,
    /// The keys of the blocks around this place.
    pub(super) path: Vec<String>,
    values: usize,
    depth: usize,
}

impl Parser<'_, '_> {
    fn root(&mut self) -> Result<Tree, Fault> {
        loop {
            self.lexer.skip_space();
            if !self.lexer.take_ends_and_comment() && !self.lexer.take_ends(false) {
                break;
            }
        }
        let start = self.lexer.at();
        if self.lexer.starts("[") {
            return Err(Fault::new(start, "A vault is a map of settings, not a list. Write name: value."));
        }
        let braces = self.lexer.take("{");
        let tree = if braces {
            let tree = self.block(Some(start))?;
            loop {
                self.lexer.skip_space();
                if !self.lexer.take_ends_and_comment() && !self.lexer.take_ends(true) {
                    break;
                }
            }
            tree
        } else {
            self.block(None)?
        };
        match self.lexer.peek() {
            None => Ok(tree),
            Some('}') => Err(Fault::new(
                self.lexer.at(),
                "This } closes nothing. Take it out, or add the { that is missing.",
            )),
            Some(_) if braces => Err(Fault::new(
                self.lexer.at(),
                "The vault ended with the } before this. Move this into the braces, or take the braces out.",
            )),
            Some(_) => Err(self.unexpected()),
        }
    }

    /// The settings of a block up to its end, which is that of the text if no brace opened it.
    fn block(&mut self, brace: Option<usize>) -> Result<Tree, Fault> {
        let mut tree = Tree::default();
        loop {
            self.lexer.skip_space();
            if self.lexer.take_ends_and_comment() || self.lexer.take_ends(true) {
                continue;
            }
            self.refuse_include(true)?;
            let at = self.lexer.at();
            match self.lexer.take_key()? {
                Some(path) => self.setting(&mut tree, path, at)?,
                None => break,
            }
        }
        match brace {
            None => Ok(tree),
            Some(_) if self.lexer.take("}") => Ok(tree),
            Some(brace) if self.lexer.peek().is_none() => {
                Err(Fault::new(brace, "The block that starts here is not closed. Add the } that is missing."))
            }
            Some(_) => Err(self.unexpected()),
        }
    }

    /// What follows a key.
    fn setting(&mut self, tree: &mut Tree, path: Vec<String>, at: usize) -> Result<(), Fault> {
        self.skip_lines();
        let outer = self.path.len();
        self.path.extend(path.iter().cloned());
        self.depth += path.len() - 1;
        self.values += 1;
        self.check_limits(at)?;
        let mark = self.lexer.at();
        let (node, adds) = if self.lexer.take("{") {
            (Node::Map(self.inner(mark, |this| this.block(Some(mark)))?), false)
        } else {
            let adds = self.lexer.take("+=");
            if !adds && !self.lexer.take("=") && !self.lexer.take(":") {
                return Err(self.no_value(at));
            }
            self.skip_lines();
            let start = self.lexer.at();
            let parts = self.parts()?;
            self.warn_of_next_line(mark, start, &parts);
            (self.value(parts, start)?, adds)
        };
        self.depth -= path.len() - 1;
        let node = if adds { self.added(tree, &path, node, at, outer > 0) } else { node };
        tree.assign(&path, node, at, &mut self.open).map_err(|NoBlock| {
            Fault::new(
                at,
                format!(
                    "{} has a value already, so it can't be a block too. Remove one of the two.",
                    self.path.join(".")
                ),
            )
        })?;
        self.path.truncate(outer);
        Ok(())
    }

    /// The value of `+=`: a list or text that names what it is added to, at the top of the vault. Others replace.
    fn added(&mut self, tree: &Tree, path: &[String], node: Node, at: usize, within_block: bool) -> Node {
        let part = match node {
            Node::List(items) => Part::Node(Node::List(items)),
            Node::Plain(Value::Text(text)) => {
                Part::Piece(Piece::Text { text: format!(" {text}"), space: String::new(), quoted: true })
            }
            node => {
                if matches!(node, Node::Plain(_)) && tree.find(path).is_some() {
                    self.notes.warn(
                        Place::Byte(at),
                        "+= adds to lists and texts only. The client replaces the value here.",
                    );
                }
                return node;
            }
        };
        if within_block && tree.find(path).is_some() {
            self.notes.warn(
                Place::Byte(at),
                "Within a block the client takes += for =, so this replaces the value. Write the whole name at the \
                 top of the vault to add to it.",
            );
        }
        let typed = path.join(".");
        let before = Substitution { path: path.to_vec(), typed, optional: true, space: String::new(), at };
        self.open_value(vec![Part::Substitution(before), part], at)
    }

    /// What stands next to each other up to a comma, a line end or a closing bracket.
    fn parts(&mut self) -> Result<Vec<Part>, Fault> {
        let mut parts = Vec::new();
        loop {
            self.lexer.skip_space();
            let at = self.lexer.at();
            if self.lexer.take_ends_and_comment() {
                continue;
            }
            self.refuse_include(false)?;
            let part = if let Some((inside, space)) = self.lexer.take_substitution()? {
                let (typed, optional) = inside.strip_prefix('?').map_or((inside, false), |name| (name, true));
                let path = super::keys::split(typed);
                Part::Substitution(Substitution { path, typed: typed.to_owned(), optional, space, at })
            } else if self.lexer.take("{") {
                Part::Node(Node::Map(self.inner(at, |this| this.block(Some(at)))?))
            } else if self.lexer.take("[") {
                Part::Node(Node::List(self.inner(at, |this| this.list(at))?))
            } else if let Some(piece) = self.piece(at)? {
                Part::Piece(piece)
            } else if self.lexer.starts("\\\n") {
                self.lexer.take("\\");
                self.lexer.take_ends(false);
                continue;
            } else {
                return Ok(parts);
            };
            parts.push(part);
        }
    }

    /// A number, word or text.
    fn piece(&mut self, at: usize) -> Result<Option<Piece>, Fault> {
        if let Some(number) = self.lexer.take_number() {
            self.warn_of_hash();
            return Ok(Some(Piece::Value(Value::Number { text: number.to_owned() })));
        }
        for (word, value) in [("true", true), ("false", false)] {
            if let Some(text) = self.lexer.take_word(word) {
                return Ok(Some(Piece::Value(Value::Bool { value, text: text.to_owned() })));
            }
        }
        if self.lexer.take_word("null").is_some() {
            return Ok(Some(Piece::Value(Value::Null)));
        }
        let (token, quoted) = if let Some(token) = self.lexer.take_multi_line()? {
            (token, true)
        } else if let Some(token) = self.lexer.take_quoted()? {
            if warnings::is_broken_windows_path(token.raw) {
                self.notes.warn(Place::Byte(at), warnings::WINDOWS_PATH);
            }
            (token, true)
        } else if let Some(token) = self.lexer.take_unquoted() {
            if token.space.is_empty() {
                self.warn_of_hash();
            }
            if token.raw.starts_with('\'') {
                self.notes.warn(
                    Place::Byte(at),
                    "Single quotes are part of the value here. Use double quotes to put a text in quotes.",
                );
            }
            (token, false)
        } else {
            return Ok(None);
        };
        if quoted && token.raw.contains('\t') {
            self.notes.warn(
                Place::Byte(at),
                "The client replaces a tab in a text by spaces. Write \\t in double quotes for a tab.",
            );
        }
        let Token { text, space, .. } = token;
        Ok(Some(Piece::Text { text, space, quoted }))
    }

    fn list(&mut self, bracket: usize) -> Result<Vec<Node>, Fault> {
        let mut items = Vec::new();
        loop {
            self.lexer.skip_space();
            let start = self.lexer.at();
            let parts = self.parts()?;
            let typed = !parts.is_empty();
            let item = self.value(parts, start)?;
            self.values += 1;
            self.check_limits(start)?;
            if !matches!(&item, Node::Plain(Value::Text(text)) if text.is_empty()) {
                items.push(item);
            } else if typed {
                self.notes.warn(Place::Byte(start), warnings::EMPTY_IN_LIST);
            }
            self.lexer.skip_space();
            if self.lexer.take("]") {
                return Ok(items);
            }
            if !self.lexer.take_ends(true) {
                return Err(match self.lexer.peek() {
                    None => Fault::new(
                        bracket,
                        "The list that starts here is not closed. Add the ] that is missing.",
                    ),
                    Some(_) => self.unexpected(),
                });
            }
        }
    }

    /// Puts the parts together, as far as that is possible before the substitutions are known.
    fn value(&mut self, parts: Vec<Part>, at: usize) -> Result<Node, Fault> {
        if parts.iter().any(|part| matches!(part, Part::Substitution(_))) {
            return Ok(self.open_value(parts, at));
        }
        let several = parts.len() > 1;
        let mut kind = None;
        let mut pieces = Vec::new();
        let mut items = Vec::new();
        let mut tree = Tree::default();
        for part in parts {
            let (this, node) = match part {
                Part::Piece(piece) => {
                    pieces.push(piece);
                    (Kind::Text, None)
                }
                Part::Node(node @ Node::Map(_)) => (Kind::Map, Some(node)),
                Part::Node(node) => (Kind::List, Some(node)),
                Part::Substitution(_) => continue,
            };
            let first = *kind.get_or_insert(this);
            if first != this {
                return Err(Fault::new(at, first.clash(this)));
            }
            match node {
                Some(Node::Map(block)) if several => tree.merge(block, &mut self.open),
                Some(Node::Map(block)) => tree = block,
                Some(Node::List(more)) => items.extend(more),
                _ => {}
            }
        }
        match kind {
            Some(Kind::Map) => Ok(Node::Map(tree)),
            Some(Kind::List) => Ok(Node::List(items)),
            Some(Kind::Text) => {
                let changed = several && pieces.iter().any(is_rewritten);
                let value = join(pieces, true).ok_or_else(|| Fault::new(at, NULL_IN_TEXT))?;
                if let (true, Value::Text(text)) = (changed, &value) {
                    let message = format!(
                        "Without quotes the client makes “{}” of this. Put the text in double quotes.",
                        cut(text)
                    );
                    self.notes.warn(Place::Byte(at), message);
                }
                Ok(Node::Plain(value))
            }
            None => Ok(Node::Plain(Value::Text(String::new()))),
        }
    }

    fn open_value(&mut self, parts: Vec<Part>, at: usize) -> Node {
        let id = self.open.len();
        let name = self.short_name();
        self.open.push(Open { parts, under: None, on_map: false, chain: id, at, name });
        Node::Open(id)
    }

    /// The key with the blocks around it, cut: long names, kept for many values, would fill the memory.
    fn short_name(&self) -> String {
        let mut name = String::new();
        for key in &self.path {
            if !name.is_empty() {
                name.push('.');
            }
            name.push_str(&cut(key));
            if name.len() > 200 {
                break;
            }
        }
        name
    }

    fn skip_lines(&mut self) {
        loop {
            self.lexer.skip_space();
            if !self.lexer.take_comment() && !self.lexer.take_ends(false) {
                break;
            }
        }
    }

    /// Reads what is within a bracket, one level deeper.
    fn inner<T>(&mut self, at: usize, read: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        self.depth += 1;
        self.check_limits(at)?;
        let inner = read(self)?;
        self.depth -= 1;
        Ok(inner)
    }

    fn check_limits(&self, at: usize) -> Result<(), Fault> {
        if self.depth > MAX_DEPTH {
            return Err(Fault::new(at, crate::check::too_deep()));
        }
        if self.values > MAX_VALUES {
            return Err(Fault::new(at, format!("A vault may hold at most {MAX_VALUES} values.")));
        }
        Ok(())
    }
}

/// Whether a piece of a longer text is not the text that was typed.
fn is_rewritten(piece: &Piece) -> bool {
    match piece {
        Piece::Value(value) => as_text(value).as_deref() != value.as_typed(),
        Piece::Text { .. } => false,
    }
}
