//! Keys and the paths that they write.

/// Characters of a key without quotes: letters of ASCII and Latin-1, digits, and `._- /`.
pub(super) fn may_be_in_key(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, '.' | '_' | '-' | ' ' | '/' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{ff}')
}

/// The names of a path: what is between dots and other signs, and what is between quotes as a whole. Empty names do
/// not count, spaces around a dot do.
pub(super) fn split(path: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = path;
    while let Some(first) = rest.chars().next() {
        if first == '"'
            && let Some(end) = rest[1..].find('"').filter(|&end| end > 0)
        {
            names.push(rest[1..=end].to_owned());
            rest = &rest[end + 2..];
            continue;
        }
        let end = rest.find(is_special).unwrap_or(rest.len());
        if end > 0 {
            names.push(rest[..end].trim_matches('"').to_owned());
        }
        rest = &rest[end + usize::from(end < rest.len())..];
    }
    names
}

/// All of these are one byte long.
fn is_special(c: char) -> bool {
    crate::merge::SPECIAL.contains(&c)
}

#[cfg(test)]
mod tests {
    #[test]
    fn paths_split_as_the_client_splits_them() {
        for (path, names) in [
            ("a.b", vec!["a", "b"]),
            ("a..b.", vec!["a", "b"]),
            ("a . b", vec!["a ", " b"]),
            (r#"a."b.c".d"#, vec!["a", "b.c", "d"]),
            (r#""x y""#, vec!["x y"]),
            ("...", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(super::split(path), names, "{path}");
        }
    }
}
