//! The tokens. Every function looks at one place and either takes a token there or leaves the place as it is.

use super::Fault;
use super::keys;

pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// A place and its column, for [`Self::expand_tabs`].
    column: (usize, usize),
}

/// A text value as the client takes it: white space after it counts when more follows.
pub(super) struct Token<'a> {
    pub(super) text: String,
    pub(super) space: String,
    /// As it was typed, between its quotes if it has any.
    pub(super) raw: &'a str,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, column: (0, 0) }
    }
    pub(super) fn at(&self) -> usize {
        self.at
    }
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }
    pub(super) fn between(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }
    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }
    pub(super) fn starts(&self, prefix: &str) -> bool {
        self.rest().starts_with(prefix)
    }
    pub(super) fn take(&mut self, prefix: &str) -> bool {
        let there = self.starts(prefix);
        if there {
            self.at += prefix.len();
        }
        there
    }
    fn take_while(&mut self, is: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = &rest[..rest.find(|c| !is(c)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    pub(super) fn skip_space(&mut self) {
        self.take_while(is_space);
    }
    /// Line ends next to each other, and commas if they count; false if there are none.
    pub(super) fn take_ends(&mut self, with_commas: bool) -> bool {
        !self.take_while(|c| matches!(c, '\n' | '\r') || with_commas && c == ',').is_empty()
    }
    /// A comment up to its line end.
    pub(super) fn take_comment(&mut self) -> bool {
        let there = self.starts("#") || self.starts("//");
        if there {
            self.take_while(|c| !matches!(c, '\n' | '\r'));
        }
        there
    }
    /// A comment with the line ends or commas just before it. A comma there separates nothing: so the client has it.
    pub(super) fn take_ends_and_comment(&mut self) -> bool {
        let before = self.at;
        self.take_ends(true);
        self.skip_space();
        let there = self.take_comment();
        if !there {
            self.at = before;
        }
        there
    }

    /// A number that ends where a value may end; otherwise the characters are text.
    pub(super) fn take_number(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let length = crate::number::length(rest);
        let after = &rest[length..];
        let next = after.trim_start_matches(is_space);
        let ends = after.is_empty()
            || next.starts_with(['$', '}', ']', ',', '#', '\n', '\r'])
            || next.starts_with("//");
        if length == 0 || !ends {
            return None;
        }
        self.at += length;
        Some(&rest[..length])
    }
    /// One of the words, in any case, that no letter, digit, `_` or `$` follows.
    pub(super) fn take_word(&mut self, word: &str) -> Option<&'a str> {
        let rest = self.rest();
        let found = rest.get(..word.len()).filter(|found| found.eq_ignore_ascii_case(word))?;
        if rest[word.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$')) {
            return None;
        }
        self.at += word.len();
        Some(found)
    }
    /// The text of a substitution between its braces, and the white space after it.
    pub(super) fn take_substitution(&mut self) -> Result<Option<(&'a str, String)>, Fault> {
        if !self.starts("${") {
            return Ok(None);
        }
        let (inside, end) = match self.rest().find('}') {
            None => return Err(Fault::new(self.at, "This ${ is not closed. Write ${name}.")),
            Some(end) => (&self.rest()[2..end], end),
        };
        if keys::split(inside.strip_prefix('?').unwrap_or(inside)).is_empty() {
            return Err(Fault::new(self.at, "This substitution names nothing. Write ${name}."));
        }
        self.at += end + 1;
        Ok(Some((inside, self.take_spaces())))
    }

    /// A text between three double quotes on each side. More quotes at its end belong to it.
    pub(super) fn take_multi_line(&mut self) -> Result<Option<Token<'a>>, Fault> {
        let Some(inside) = self.rest().strip_prefix("\"\"\"") else { return Ok(None) };
        let Some(close) = inside.find("\"\"\"") else {
            return Err(Fault::new(self.at, "The text that starts here has no closing \"\"\"."));
        };
        let quotes = inside[close..].bytes().take_while(|&b| b == b'"').count();
        let raw = &inside[..close + quotes - 3];
        let text = self.expand_tabs(self.at + 3, raw);
        self.at += 3 + raw.len() + 3;
        Ok(Some(Token { text, space: String::new(), raw }))
    }
    /// A text between double quotes on one line.
    pub(super) fn take_quoted(&mut self) -> Result<Option<Token<'a>>, Fault> {
        if !self.starts("\"") {
            return Ok(None);
        }
        let Some(raw) = quoted_length(&self.rest()[1..], |c| c == '\n').map(|n| &self.rest()[1..=n]) else {
            let line = self.rest().split('\n').next().unwrap_or_default();
            let hint = if line.contains("\\\"") { " (\\\" is a quote within the text)" } else { "" };
            return Err(Fault::new(
                self.at,
                format!("The text that starts here has no closing quote on its line{hint}."),
            ));
        };
        let text = unescape(&self.expand_tabs(self.at + 1, raw));
        self.at += raw.len() + 2;
        Ok(Some(Token { text, space: self.take_spaces(), raw }))
    }
    /// A text without quotes.
    pub(super) fn take_unquoted(&mut self) -> Option<Token<'a>> {
        let rest = self.rest();
        let mut end = 0;
        while let Some(c) = rest[end..].chars().next() {
            end += match c {
                '\\' => match rest[end + 1..].chars().next() {
                    Some(escaped) if escaped != '\n' => 1 + escaped.len_utf8(),
                    _ => break,
                },
                c if ends_unquoted(c) => break,
                c => c.len_utf8(),
            };
        }
        if end == 0 {
            return None;
        }
        let start = self.at;
        self.at += end;
        self.take_while(is_space);
        let raw = &rest[..self.at - start];
        let mut text = unescape(&self.expand_tabs(start, raw));
        let space = text.split_off(text.trim_end_matches(is_space).len());
        Some(Token { text, space, raw: &rest[..end] })
    }

    /// A key between double quotes, which has no escapes for the client, or one without quotes, that may have spaces.
    pub(super) fn take_key(&mut self) -> Result<Option<Vec<String>>, Fault> {
        let start = self.at;
        if self.starts("\"") {
            let found = quoted_length(&self.rest()[1..], |c| matches!(c, '\n' | '\r'));
            let Some(raw) = found.map(|n| &self.rest()[1..=n]) else {
                return Err(Fault::new(start, "This key has no closing quote on its line."));
            };
            self.at += raw.len() + 2;
            return Ok(Some(vec![self.expand_tabs(start + 1, raw)]));
        }
        if let Some(number) = self.take_number() {
            return Ok(Some(vec![crate::number::to_python(number)]));
        }
        let raw = self.take_while(|c| keys::may_be_in_key(c) || c == '\t');
        if raw.is_empty() {
            return Ok(None);
        }
        let path = keys::split(self.expand_tabs(start, raw).trim_matches(' '));
        if path.is_empty() {
            return Err(Fault::new(start, "This key has only dots. Write a name."));
        }
        Ok(Some(path))
    }

    fn take_spaces(&mut self) -> String {
        let start = self.at;
        let spaces = self.take_while(is_space);
        self.expand_tabs(start, spaces)
    }
    /// The text with its tabs replaced as the client does it before all else: by spaces up to the next column that is
    /// a multiple of eight.
    fn expand_tabs(&mut self, start: usize, text: &str) -> String {
        if !text.contains('\t') {
            return text.to_owned();
        }
        let (known, column) = if self.column.0 <= start { self.column } else { (0, 0) };
        let mut column = self.text[known..start].chars().fold(column, next_column);
        self.column = (start, column);
        let mut expanded = String::with_capacity(text.len() + 8);
        for c in text.chars() {
            let next = next_column(column, c);
            if c == '\t' {
                expanded.extend(std::iter::repeat_n(' ', next - column));
            } else {
                expanded.push(c);
            }
            column = next;
        }
        expanded
    }
}

fn next_column(column: usize, c: char) -> usize {
    match c {
        '\n' | '\r' => 0,
        '\t' => (column / 8 + 1) * 8,
        _ => column + 1,
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// White space as Python's `\s` has it, and the signs that need quotes.
fn ends_unquoted(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{1c}'..='\u{1f}')
        || matches!(
            c,
            '^' | '`'
                | '+'
                | '?'
                | '!'
                | '@'
                | '*'
                | '&'
                | '"'
                | '['
                | '{'
                | ']'
                | '}'
                | '#'
                | ','
                | '='
                | '$'
        )
}

/// How many bytes stand before the closing quote; a backslash takes the next character with it.
fn quoted_length(text: &str, is_end: impl Fn(char) -> bool) -> Option<usize> {
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some(at),
            '\\' if chars.next().is_none_or(|(_, c)| c == '\n') => return None,
            c if is_end(c) => return None,
            _ => {}
        }
    }
    None
}

/// The escapes that the client knows; it leaves all others as they are, `\u00e9` too.
fn unescape(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => plain.push('\n'),
            Some('r') => plain.push('\r'),
            Some('t') => plain.push('\t'),
            Some(c @ ('\\' | '=' | '#' | '!' | '"')) => plain.push(c),
            other => {
                plain.push('\\');
                plain.extend(other);
            }
        }
    }
    plain
}
