//! Rules for names that people choose. The API and the forms use the same ones.

const RESERVED: [&str; 4] = ["new", "everyone", "none", "system"];

/// A group's name: letters, digits, `-` and `_`, at least two, starting and ending with a letter or digit.
/// Source: PrimeHub `^[A-Za-z0-9][-\w]*[A-Za-z0-9]+$`.
pub fn group_name(input: &str) -> Result<String, String> {
    let name = input.trim();
    let ok = name.len() >= 2
        && name.len() <= 63
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.ends_with(|c: char| c.is_ascii_alphanumeric());
    if !ok {
        return Err(suggest(
            "Use 2 to 63 letters a–z, digits, - and _, with a letter or digit at both ends.",
            name,
        ));
    }
    if RESERVED.contains(&name.to_ascii_lowercase().as_str()) {
        return Err(format!("“{name}” is kept for the platform. Choose another name."));
    }
    Ok(name.to_owned())
}

/// The group's folder name: lower case, `_` as `-`. Two groups may not share it.
pub fn group_path(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-")
}

/// A user name: lower-case letters, digits and `-_.@`, starting with a letter or digit.
/// Source: PrimeHub `^[a-z0-9][-a-z0-9_.@]*$`.
pub fn user_name(input: &str) -> Result<String, String> {
    let name = input.trim();
    let ok = !name.is_empty()
        && name.len() <= 63
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.' | '@'))
        && name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if ok {
        Ok(name.to_owned())
    } else {
        Err("Use 1 to 63 lower-case letters a–z, digits and - _ . @, starting with a letter or digit."
            .to_owned())
    }
}

/// A resource's id-like name (instance type, image): lower-case letters, digits, `-` and `.`.
pub fn resource_name(input: &str) -> Result<String, String> {
    let name = input.trim();
    let ok = !name.is_empty()
        && name.len() <= 63
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.'))
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.ends_with(|c: char| c.is_ascii_alphanumeric());
    if !ok {
        return Err(
            "Use 1 to 63 lower-case letters a–z, digits, - and ., with a letter or digit at both ends."
                .to_owned(),
        );
    }
    if RESERVED.contains(&name) {
        return Err(format!("“{name}” is kept for the platform. Choose another name."));
    }
    Ok(name.to_owned())
}

/// A name for people, in any script: one line, 1 to `max` characters, no control characters.
pub fn display_name(input: &str, max: usize) -> Result<String, String> {
    let name = input.trim();
    if name.is_empty() {
        return Err("Give it a name.".to_owned());
    }
    let length = name.chars().count();
    if length > max {
        return Err(format!("At most {max} characters; this one has {length}."));
    }
    if let Some(bad) = name.chars().find(|c| c.is_control() || is_hidden(*c)) {
        return Err(format!("It has a character that can't be shown (U+{:04X}). Remove it.", u32::from(bad)));
    }
    if name.chars().all(is_blank) {
        return Err("It has nothing that can be seen. Use letters or digits.".to_owned());
    }
    Ok(name.to_owned())
}

/// Characters that reorder or break what follows, or are not seen at all, can make one name look like another. Those
/// that join letters and emoji are not among them.
const fn is_hidden(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}'
        | '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}' | '\u{e0000}'..='\u{e007f}')
}

/// Characters that alone are no name: nobody would find where to click.
fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '\u{200c}' | '\u{200d}' | '\u{fe00}'
                ..='\u{fe0f}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{2800}'
        )
}

/// An environment variable's name: letters, digits and `_`, not starting with a digit.
pub fn variable_name(input: &str) -> Result<String, String> {
    let ok = !input.is_empty()
        && input.len() <= 128
        && input.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !input.starts_with(|c: char| c.is_ascii_digit());
    if ok {
        Ok(input.to_owned())
    } else {
        Err(format!(
            "“{}” is no variable name. Use letters a–z, digits and _, not starting with a digit.",
            cut(input, 40)
        ))
    }
}

/// An e-mail address, checked only for its shape: one `@` with something on both sides.
pub fn email(input: &str) -> Result<String, String> {
    let address = input.trim();
    let ok = address.len() <= 254
        && !address.chars().any(|c| c.is_whitespace() || c.is_control())
        && address.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && domain.contains('.') && !domain.starts_with('.') && !domain.contains('@')
        });
    if ok {
        Ok(address.to_owned())
    } else {
        Err("This is no e-mail address. Write it as name@example.org.".to_owned())
    }
}

/// At most `max` characters, with an ellipsis where some were cut.
pub fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(max.saturating_sub(1)).collect();
    short.push('…');
    short
}

fn suggest(rule: &str, name: &str) -> String {
    let fixed: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' })
        .collect();
    let fixed = fixed.trim_matches(['-', '_']);
    if (2..=63).contains(&fixed.len()) { format!("{rule} Try “{fixed}”.") } else { rule.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn group_names_follow_primehub() {
        assert!(group_name("a").is_err());
        assert!(group_name("Vision_Team-2").is_ok());
        assert!(group_name("-x").is_err());
        assert!(group_name("团队").is_err());
        assert!(group_name("my team").unwrap_err().contains("Try “my-team”"));
        assert_eq!(group_path("Vision_Team"), "vision-team");
        assert!(group_name("new").is_err());
    }

    #[test]
    fn display_names_take_any_script_but_no_tricks() {
        assert_eq!(display_name("  訓練 №3 ", 60).unwrap(), "訓練 №3");
        assert!(display_name("a\u{202e}b", 60).is_err());
        assert!(display_name("a\nb", 60).is_err());
        for hidden in ["a\u{200b}b", "\u{feff}a", "a\u{2028}b", "\u{e0041}a"] {
            assert!(display_name(hidden, 60).unwrap_err().contains("can't be shown"), "{hidden:?}");
        }
        for blank in ["\u{3164}", "\u{2800}\u{2800}", "\u{200d}"] {
            assert!(display_name(blank, 60).unwrap_err().contains("nothing that can be seen"), "{blank:?}");
        }
        assert!(display_name("👩\u{200d}💻", 60).is_ok() && display_name("می\u{200c}خواهم", 60).is_ok());
        assert!(display_name(&"x".repeat(61), 60).unwrap_err().contains("61"));
    }
}
