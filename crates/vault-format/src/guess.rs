//! Which format a text is in.

use crate::Format;

/// JSON if it is all of it; YAML if it has what only YAML has, and can be read as it; otherwise HOCON.
pub(crate) fn guess(text: &str) -> Format {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().starts_with('{') {
        return if reads(text, Format::Json) { Format::Json } else { Format::Hocon };
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut of_yaml = false;
    for line in lines {
        let line = line.split(" #").next().unwrap_or_default().trim_end();
        let block = line.ends_with(':') || line.ends_with(": |") || line.ends_with(": >");
        of_yaml |= block || line.starts_with("- ") || line == "---";
    }
    if of_yaml && reads(text, Format::Yaml) { Format::Yaml } else { Format::Hocon }
}

fn reads(text: &str, format: Format) -> bool {
    crate::read(text.as_bytes(), format).is_ok()
}
