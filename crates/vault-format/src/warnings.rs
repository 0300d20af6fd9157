//! What a text says that its author probably did not mean.

/// Whether a text between double quotes, as typed, is a Windows path in which a backslash makes a line end or a tab.
pub(crate) fn is_broken_windows_path(raw: &str) -> bool {
    let bytes = raw.as_bytes();
    let drive = bytes.first().is_some_and(u8::is_ascii_alphabetic) && bytes.get(1..3) == Some(br":\");
    if !drive && !raw.starts_with(r"\\") {
        return false;
    }
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        if c == '\\' && matches!(chars.next(), Some('n' | 'r' | 't')) {
            return true;
        }
    }
    false
}

pub(crate) const WINDOWS_PATH: &str = "In double quotes, \\n, \\r and \\t are a line end and a tab, also in a path like \
    this. Write \\\\ for each backslash, or / instead.";

pub(crate) const API_BLOCK: &str = "A vault can't use an api block: addresses and keys come from the file on each \
    computer, and the keys here are a secret that would be handed out for nothing. Take the block out.";

pub(crate) const EMPTY_IN_LIST: &str =
    "The client leaves an empty text out of a list, so it is left out here too.";

/// Words of YAML 1.1 that once were booleans.
pub(crate) fn is_yaml_word(text: &str) -> bool {
    ["yes", "no", "on", "off"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::is_broken_windows_path as broken;

    #[test]
    fn only_paths_with_control_characters_are_broken() {
        assert!(broken(r"C:\new\temp") && broken(r"d:\data\train") && broken(r"\\server\temp"));
        assert!(
            !broken(r"C:\\new\\temp") && !broken(r"C:\data") && !broken(r"one\ntwo") && !broken("C:/new")
        );
    }
}
