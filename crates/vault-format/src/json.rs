//! JSON by its standard, with the place of what is wrong. Keys may not repeat.

use std::collections::HashMap;

use crate::source::{Notes, Place, Source, cut};
use crate::{Entry, MAX_DEPTH, MAX_VALUES, Map, Value, number, warnings};

/// The settings, or nothing after noting what is wrong.
pub(crate) fn read(source: &Source<'_>, notes: &mut Notes) -> Option<Map> {
    let mut parser = Parser { source, at: 0, values: 0, depth: 0, notes };
    match parser.document() {
        Ok(map) => Some(map),
        Err((at, message)) => {
            notes.fault(Place::Byte(at), message);
            None
        }
    }
}

type Result<T> = std::result::Result<T, (usize, String)>;

struct Parser<'a, 'n> {
    source: &'a Source<'a>,
    at: usize,
    values: usize,
    depth: usize,
    notes: &'n mut Notes,
}

impl<'a> Parser<'a, '_> {
    fn document(&mut self) -> Result<Map> {
        self.skip()?;
        let start = self.at;
        if self.rest().is_empty() {
            return Ok(Map::default());
        }
        if self.rest().starts_with('[') {
            return Err((
                start,
                "A vault is a map of settings, not a list. Write {\"name\": value}.".to_owned(),
            ));
        }
        if !self.take("{") {
            return Err((
                start,
                "JSON begins with {. Choose HOCON or YAML if this is written in one of them.".to_owned(),
            ));
        }
        let map = self.map(start)?;
        self.skip()?;
        if self.rest().is_empty() {
            Ok(map)
        } else {
            Err(self.wrong("The text goes on after its last }. Take the rest out."))
        }
    }

    fn rest(&self) -> &'a str {
        &self.source.text[self.at..]
    }
    fn take(&mut self, token: &str) -> bool {
        let there = self.rest().starts_with(token);
        if there {
            self.at += token.len();
        }
        there
    }
    fn wrong(&self, message: &str) -> (usize, String) {
        (self.at, message.to_owned())
    }
    /// Skips white space, and says of a comment that it is none of JSON.
    fn skip(&mut self) -> Result<()> {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
        if self.rest().starts_with("//") || self.rest().starts_with("/*") || self.rest().starts_with('#') {
            return Err(self
                .wrong("JSON has no comments. Take this one out, or choose HOCON, which allows comments."));
        }
        Ok(())
    }

    fn value(&mut self) -> Result<Value> {
        let start = self.at;
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err((start, format!("A vault may hold at most {MAX_VALUES} values.")));
        }
        let rest = self.rest();
        match rest.chars().next() {
            Some('{') => {
                self.at += 1;
                self.map(start).map(Value::Map)
            }
            Some('[') => {
                self.at += 1;
                self.list(start).map(Value::List)
            }
            Some('"') => self.text().map(Value::Text),
            Some('-' | '0'..='9') => self.number(),
            Some('\'') => {
                Err(self.wrong("JSON has double quotes only. Use them instead of the single ones."))
            }
            None => Err(self.wrong("The text ends here, but a value is missing.")),
            Some(_) => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                let value = match &rest[..end] {
                    "null" => Value::Null,
                    text @ ("true" | "false") => Value::Bool { value: text == "true", text: text.to_owned() },
                    _ => return Err(self.wrong("A value is missing here. Put a text in double quotes.")),
                };
                self.at += end;
                Ok(value)
            }
        }
    }

    fn number(&mut self) -> Result<Value> {
        let text = &self.rest()[..number::length(self.rest())];
        let digits = text.trim_start_matches('-');
        let leading_zero =
            digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
        let after = self.rest()[text.len()..].chars().next();
        if text.is_empty()
            || leading_zero
            || after.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '_'))
        {
            return Err(self.wrong("This is no number in JSON. Put it in double quotes if it is a text."));
        }
        self.at += text.len();
        Ok(Value::Number { text: text.to_owned() })
    }

    fn enter(&mut self, start: usize) -> Result<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH + 1 {
            let message = crate::check::too_deep();
            return Err((start, message));
        }
        self.skip()
    }

    fn list(&mut self, start: usize) -> Result<Vec<Value>> {
        self.enter(start)?;
        let mut items = Vec::new();
        while !self.take("]") {
            if !items.is_empty() {
                self.comma("]", "list", start)?;
            }
            let at = self.at;
            items.push(self.value()?);
            if matches!(items.last(), Some(Value::Text(text)) if text.is_empty()) {
                self.notes.warn(Place::Byte(at), warnings::EMPTY_IN_LIST);
            }
            self.skip()?;
        }
        self.depth -= 1;
        Ok(items)
    }

    fn map(&mut self, start: usize) -> Result<Map> {
        self.enter(start)?;
        let mut entries = Vec::new();
        let mut lines = HashMap::new();
        while !self.take("}") {
            if !entries.is_empty() {
                self.comma("}", "block", start)?;
            }
            let at = self.at;
            if !self.rest().starts_with('"') {
                return Err(match self.rest().chars().next() {
                    None => (
                        start,
                        "The block that starts here is not closed. Add the } that is missing.".to_owned(),
                    ),
                    Some(_) => self.wrong("A key in double quotes is missing here."),
                });
            }
            let key = self.text()?;
            let line = self.source.line(at);
            if let Some(first) = lines.insert(key.clone(), line) {
                return Err((
                    at,
                    format!("“{}” is here and on line {first}. Remove one of the two.", cut(&key)),
                ));
            }
            self.skip()?;
            if !self.take(":") {
                return Err(self.wrong("A colon is missing here, between the key and its value."));
            }
            self.skip()?;
            let value = self.value()?;
            entries.push(Entry { key, value, line });
            self.skip()?;
        }
        self.depth -= 1;
        Ok(Map(entries))
    }

    fn comma(&mut self, close: &str, what: &str, start: usize) -> Result<()> {
        if self.rest().is_empty() {
            return Err((
                start,
                format!("The {what} that starts here is not closed. Add the {close} that is missing."),
            ));
        }
        if !self.take(",") {
            return Err(self.wrong(&format!("A comma or {close} is missing here.")));
        }
        self.skip()?;
        if self.rest().starts_with(close) {
            return Err(self.wrong("JSON has no comma after the last entry. Take the comma out."));
        }
        Ok(())
    }

    fn text(&mut self) -> Result<String> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let plain = rest.find(|c: char| c == '"' || c == '\\' || c < ' ').unwrap_or(rest.len());
            text.push_str(&rest[..plain]);
            self.at += plain;
            match self.rest().chars().next() {
                Some('"') => break,
                Some('\\') => text.push(self.escape()?),
                None | Some('\n') => {
                    return Err((
                        start,
                        "The text that starts here has no closing quote on its line.".to_owned(),
                    ));
                }
                Some('\t') => return Err(self.wrong("Write \\t for a tab in a text.")),
                Some(_) => return Err(self.wrong("There is a control character in this text. Take it out.")),
            }
        }
        if warnings::is_broken_windows_path(&self.source.text[start + 1..self.at]) {
            self.notes.warn(Place::Byte(start), warnings::WINDOWS_PATH);
        }
        self.at += 1;
        Ok(text)
    }

    fn escape(&mut self) -> Result<char> {
        let wrong = self.wrong("This escape is unknown to JSON. Write \\\\ for a backslash.");
        let c = match self.rest().as_bytes().get(1) {
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(&c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'u') => {
                let first = self.hex().ok_or_else(|| wrong.clone())?;
                if !(0xd800..0xdc00).contains(&first) {
                    return char::from_u32(first).ok_or(wrong);
                }
                let second = self
                    .hex()
                    .filter(|second| (0xdc00..0xe000).contains(second))
                    .ok_or_else(|| wrong.clone())?;
                return char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)).ok_or(wrong);
            }
            _ => return Err(wrong),
        };
        self.at += 2;
        Ok(c)
    }

    /// The number in `\u12ab`.
    fn hex(&mut self) -> Option<u32> {
        let digits = self.rest().strip_prefix("\\u")?.get(..4)?;
        let number = u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))?;
        self.at += 6;
        Some(number)
    }
}
