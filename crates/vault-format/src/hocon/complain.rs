//! What the parser refuses and warns of, in words.

use super::Fault;
use super::join::Piece;
use super::parser::Parser;
use super::tree::Part;
use crate::source::{Place, cut};

impl Parser<'_, '_> {
    /// Refuses `include` where the client would read a file or an address, or stumble over it. As a key or a part of
    /// a text it is an ordinary word.
    pub(super) fn refuse_include(&self, before_key: bool) -> Result<(), Fault> {
        let rest = self.lexer.rest();
        let Some(after) = rest.get(7..).filter(|_| rest[..7].eq_ignore_ascii_case("include")) else {
            return Ok(());
        };
        let next = after.trim_start_matches([' ', '\t']);
        let end =
            next.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '$')).unwrap_or(next.len());
        let word = &next[..end];
        let is_call =
            next.len() < after.len() && next[end..].trim_start_matches([' ', '\t']).starts_with('(');
        let reads = match word {
            "" => next.starts_with('"'),
            "url" | "file" | "required" => is_call,
            _ => before_key && is_call,
        };
        if reads {
            let message = "A vault can't include anything. Put the content itself here.";
            return Err(Fault::new(self.lexer.at(), message));
        }
        Ok(())
    }

    /// A key was read, and nothing that may follow it is there.
    pub(super) fn no_value(&self, key: usize) -> Fault {
        let name = self.path.join(".");
        match self.lexer.peek() {
            Some('"' | '.') => Fault::new(
                self.lexer.at(),
                "A key is either within quotes as a whole or has none. Write a { \"b.c\": value } for a key with dots \
                 within another.",
            ),
            Some(c) if c.is_alphanumeric() => {
                Fault::new(self.lexer.at(), "A colon is missing here, between the key and its value.")
            }
            Some(c) if !matches!(c, '}' | ']' | ',') => self.unexpected(),
            _ => Fault::new(key, format!("“{}” has no value. Write {}: value.", cut(&name), cut(&name))),
        }
    }

    /// Something stands where it can't.
    pub(super) fn unexpected(&self) -> Fault {
        let at = self.lexer.at();
        let Some(c) = self.lexer.peek() else {
            return Fault::new(
                at,
                "The text ends here, but something is missing. Look for a quote or bracket.",
            );
        };
        let message = match c {
            '$' => "A $ begins a substitution, ${name}. If it belongs to the value, put the value in double \
                    quotes."
                .to_owned(),
            '`' | '+' | '?' | '!' | '@' | '*' | '&' | '^' => {
                format!("Text with {c} in it needs double quotes around it.")
            }
            '=' => "There is a second = here. Put a value with = in it in double quotes.".to_owned(),
            '}' | ']' => {
                format!("This {c} closes nothing that is open here. Look for the bracket that is missing.")
            }
            '{' | '[' | '"' | ',' | ':' => {
                format!("A {c} can't stand here. Write name: value, each on a line of its own.")
            }
            '\'' => "Keys have double quotes or none, not single ones.".to_owned(),
            '\\' => "A backslash at the end of the text continues nothing. Take it out.".to_owned(),
            '\n' | '\r' => "The line ends here, but something is missing.".to_owned(),
            c if c.is_whitespace() || c.is_control() || c == '\u{feff}' => format!(
                "There is a character here that can't be seen (U+{:04X}). Type a space instead, or put the text in \
                 double quotes.",
                u32::from(c)
            ),
            c => format!("A key with {c} in it needs double quotes around it."),
        };
        Fault::new(at, message)
    }

    /// A `#` ends a value without a space before it, as in a password that has one.
    pub(super) fn warn_of_hash(&mut self) {
        if self.lexer.starts("#") {
            let message = "The value ends at the #, which begins a comment. If the sign belongs to the value, put it in \
                           double quotes.";
            self.notes.warn(Place::Byte(self.lexer.at()), message);
        }
    }

    /// A key without a value takes the next line as its value, as when YAML is saved as HOCON.
    pub(super) fn warn_of_next_line(&mut self, mark: usize, start: usize, parts: &[Part]) {
        let Some(Part::Piece(Piece::Text { text, quoted: false, .. })) = parts.first() else { return };
        if text.contains(':') && self.lexer.between(mark, start).contains('\n') {
            let message = format!(
                "The key before this has no value on its line, so it takes this one: “{}”. Write \"\" or {{ }} there, \
                 or choose YAML if that is what this is.",
                cut(text)
            );
            self.notes.warn(Place::Byte(start), message);
        }
    }
}
