//! YAML 1.2, its core schema; one document whose top is a map.

use std::borrow::Cow;
use std::collections::HashMap;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};

use crate::source::{Notes, Place, Source, cut};
use crate::{Entry, MAX_DEPTH, MAX_MADE_BYTES, MAX_VALUES, Map, Value, number, warnings};

/// The settings, or nothing after noting what is wrong.
pub(crate) fn read(source: &Source<'_>, notes: &mut Notes) -> Option<Map> {
    let options = granit_parser::options! {
        flow_nesting_limit: MAX_DEPTH + 1,
        block_nesting_limit: MAX_DEPTH + 1,
        emit_comments: false,
    };
    let parser = Parser::new_from_str_with_options(&source.text, options);
    let mut reader = Reader { source, parser, anchors: HashMap::new(), values: 0, bytes: 0, depth: 0, notes };
    match reader.document() {
        Ok(map) => Some(map),
        Err((at, message)) => {
            notes.fault(Place::Byte(at), message);
            None
        }
    }
}

type Result<T> = std::result::Result<T, (usize, String)>;

struct Reader<'a, 'n> {
    source: &'a Source<'a>,
    parser: Parser<'a, StrInput<'a>>,
    /// The values that aliases stand for, once they are complete.
    anchors: HashMap<usize, Value>,
    values: usize,
    bytes: usize,
    depth: usize,
    notes: &'n mut Notes,
}

impl<'a> Reader<'a, '_> {
    fn document(&mut self) -> Result<Map> {
        let root = loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentStart(..) => {}
                Event::StreamEnd => return Ok(Map::default()),
                event => break self.value(event, span)?,
            }
        };
        let Value::Map(root) = root else {
            return Err((0, "A vault is a map of settings. Write name: value.".to_owned()));
        };
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(root),
                Event::DocumentEnd => {}
                _ => {
                    return Err((
                        self.byte(&span.start),
                        "A vault is one document. Take out the --- and what follows.".to_owned(),
                    ));
                }
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'a>, Span)> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(self.explain(self.byte(error.marker()), &error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    /// The byte that a mark stands at, even if the parser tells only its line.
    fn byte(&self, mark: &granit_parser::Marker) -> usize {
        mark.byte_offset().unwrap_or_else(|| self.source.start(mark.line()))
    }

    /// What the parser found, in words that help: a tab at the start of a line is what most people stumble over, and
    /// the parser sees it late or as something else.
    fn explain(&self, at: usize, error: &ScanError) -> (usize, String) {
        if *error.kind() == ErrorKind::RecursionLimitExceeded {
            return (at, crate::check::too_deep());
        }
        let line = self.source.line(at);
        for line in [line, line + 1, line.saturating_sub(1)] {
            let start = self.source.start(line);
            let text = self.source.text[start..].split('\n').next().unwrap_or_default();
            let indent = &text[..text.len() - text.trim_start_matches([' ', '\t']).len()];
            if let Some(tab) = indent.find('\t') {
                return (
                    start + tab,
                    "YAML is indented by spaces, and there is a tab here. Replace it by spaces.".to_owned(),
                );
            }
        }
        (at, format!("This can't be read as YAML: {}.", error.info()))
    }

    fn value(&mut self, event: Event<'a>, span: Span) -> Result<Value> {
        let at = self.byte(&span.start);
        self.charge(1, 0, at)?;
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = self.scalar(text, style, tag, &span, at)?;
                Ok(self.keep(anchor, value))
            }
            Event::SequenceStart(_, anchor, tag) => {
                refuse_tag(tag.as_deref(), "seq", at)?;
                self.enter(at)?;
                let mut items = Vec::new();
                loop {
                    let (event, span) = self.next()?;
                    if event == Event::SequenceEnd {
                        break;
                    }
                    let item = self.byte(&span.start);
                    items.push(self.value(event, span)?);
                    if matches!(items.last(), Some(Value::Text(text)) if text.is_empty()) {
                        self.notes.warn(Place::Byte(item), warnings::EMPTY_IN_LIST);
                    }
                }
                self.depth -= 1;
                Ok(self.keep(anchor, Value::List(items)))
            }
            Event::MappingStart(_, anchor, tag) => {
                refuse_tag(tag.as_deref(), "map", at)?;
                self.enter(at)?;
                let map = self.map()?;
                self.depth -= 1;
                Ok(self.keep(anchor, Value::Map(map)))
            }
            Event::Alias(anchor) => {
                let Some(value) = self.anchors.get(&anchor) else {
                    return Err((
                        at,
                        "This alias is within what it stands for. Write the value out.".to_owned(),
                    ));
                };
                let (values, bytes) = value.size();
                self.charge(values, bytes, at)?;
                // It was charged for above; a borrow can't be held over that.
                self.anchors.get(&anchor).cloned().ok_or((at, "This alias stands for nothing.".to_owned()))
            }
            _ => Err((at, "A value is missing here.".to_owned())),
        }
    }

    fn map(&mut self) -> Result<Map> {
        let mut entries = Vec::new();
        let mut lines = HashMap::new();
        loop {
            let (event, span) = self.next()?;
            let at = self.byte(&span.start);
            let key = match event {
                Event::MappingEnd => return Ok(Map(entries)),
                Event::Scalar(text, style, ..) if text == "<<" && style == ScalarStyle::Plain => {
                    return Err((
                        at,
                        "Merging with << is not possible in a vault. Write the settings out.".to_owned(),
                    ));
                }
                Event::Scalar(text, ..) => text.into_owned(),
                _ => return Err((at, "A key has to be a text here.".to_owned())),
            };
            let line = self.source.line(at);
            if let Some(first) = lines.insert(key.clone(), line) {
                return Err((
                    at,
                    format!("“{}” is here and on line {first}. Remove one of the two.", cut(&key)),
                ));
            }
            let (event, span) = self.next()?;
            let value = self.value(event, span)?;
            entries.push(Entry { key, value, line });
        }
    }

    fn scalar(
        &mut self,
        text: Cow<'a, str>,
        style: ScalarStyle,
        tag: Option<Cow<'a, Tag>>,
        span: &Span,
        at: usize,
    ) -> Result<Value> {
        if style == ScalarStyle::DoubleQuoted
            && let Some(raw) = span.slice(&self.source.text)
            && warnings::is_broken_windows_path(raw.trim_matches('"'))
        {
            self.notes.warn(Place::Byte(at), warnings::WINDOWS_PATH);
        }
        let is_text = match tag.as_deref() {
            None => style != ScalarStyle::Plain,
            Some(tag) if tag.is_yaml_core_schema_tag("str") => true,
            Some(_) => {
                return Err((
                    at,
                    "Tags other than !!str have no meaning in a vault. Take this one out.".to_owned(),
                ));
            }
        };
        if is_text {
            return Ok(Value::Text(text.into_owned()));
        }
        let value = plain(&text);
        if matches!(value, Value::Text(_)) && (warnings::is_yaml_word(&text) || is_other_number(&text)) {
            let message =
                format!("“{text}” is a text here. Write true, false or a decimal number if you mean that.");
            self.notes.warn(Place::Byte(at), message);
        }
        Ok(value)
    }

    fn keep(&mut self, anchor: usize, value: Value) -> Value {
        if anchor != 0 {
            self.anchors.insert(anchor, value.clone());
        }
        value
    }

    fn enter(&mut self, at: usize) -> Result<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH + 1 {
            return Err((at, crate::check::too_deep()));
        }
        Ok(())
    }

    fn charge(&mut self, values: usize, bytes: usize, at: usize) -> Result<()> {
        self.values += values;
        self.bytes += bytes;
        if self.values > MAX_VALUES || self.bytes > MAX_MADE_BYTES {
            return Err((at, "With its aliases this vault grows too large. Refer to less.".to_owned()));
        }
        Ok(())
    }
}

fn refuse_tag(tag: Option<&Tag>, expected: &str, at: usize) -> Result<()> {
    match tag {
        Some(tag) if !tag.is_yaml_core_schema_tag(expected) => {
            Err((at, "Tags have no meaning in a vault. Take this one out.".to_owned()))
        }
        _ => Ok(()),
    }
}

/// The value of a text without quotes.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool { value: true, text: text.to_owned() },
        "false" | "False" | "FALSE" => return Value::Bool { value: false, text: text.to_owned() },
        _ => {}
    }
    let length = number::length(text);
    let is_number = length > 0 && (length == text.len() || number_with_bare_point(text));
    if is_number { Value::Number { text: text.to_owned() } } else { Value::Text(text.to_owned()) }
}

/// `5.` and `5.e3`.
fn number_with_bare_point(text: &str) -> bool {
    let Some((whole, rest)) = text.split_once('.') else { return false };
    let is_whole = !whole.contains(['e', 'E']) && number::length(whole) == whole.len();
    is_whole
        && (rest.is_empty()
            || rest.starts_with(['e', 'E']) && number::length(&format!("0{rest}")) == rest.len() + 1)
}

/// Numbers that JSON has no form for.
fn is_other_number(text: &str) -> bool {
    let bare = text.trim_start_matches(['-', '+']);
    let digits = |prefix: &str, radix| {
        bare.strip_prefix(prefix)
            .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_digit(radix)))
    };
    digits("0x", 16) || digits("0o", 8) || [".inf", ".nan"].iter().any(|word| bare.eq_ignore_ascii_case(word))
}
