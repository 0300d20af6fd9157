//! Takes control characters and secrets out of text that goes to a log or an event.

use crate::secret::TOKEN_PREFIX;

/// One line without control characters and tokens, of at most `max` characters.
pub fn for_log(text: &str, max: usize) -> String {
    let mut safe = String::with_capacity(text.len().min(max));
    let mut rest = text;
    while let Some(start) = rest.find(TOKEN_PREFIX) {
        safe.push_str(&rest[..start]);
        let tail = &rest[start + TOKEN_PREFIX.len()..];
        let end = tail.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(tail.len());
        safe.push_str("ptk_…");
        rest = &tail[end..];
    }
    safe.push_str(rest);
    let safe: String = safe.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    crate::names::cut(&safe, max)
}

/// Words in the name of a variable that say that its value is secret.
const TELLING: [&str; 6] = ["SECRET", "TOKEN", "PASSWORD", "PASSWD", "CREDENTIAL", "KEY"];

/// Whether a variable's name says that its value is secret: pages hide it, logs mask it.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    TELLING.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_tell_secrets() {
        for name in ["MY_TOKEN", "aws_secret_access_key", "SSH_KEY_DATA", "DB_PASSWORD"] {
            assert!(super::is_secret_name(name), "{name}");
        }
        assert!(!super::is_secret_name("EPOCHS"));
    }

    #[test]
    fn logs_hold_no_token_and_no_second_line() {
        let text = "bad header: Bearer ptk_abc123XYZ\r\nforged: line";
        assert_eq!(super::for_log(text, 100), "bad header: Bearer ptk_…\u{fffd}\u{fffd}forged: line");
        assert_eq!(super::for_log(&"x".repeat(50), 10).chars().count(), 10);
    }
}
