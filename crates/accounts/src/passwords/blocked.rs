//! Which long passwords everybody tries: repeated or sequential text, and common passwords doubled or padded.

/// Stems of the passwords at the top of every leaked list; a password of 15 characters is usually one of them
/// repeated or padded.
const STEMS: [&str; 44] = [
    "password",
    "passw0rd",
    "p@ssword",
    "p@ssw0rd",
    "qwerty",
    "qwertyuiop",
    "asdfgh",
    "asdfghjkl",
    "zxcvbn",
    "zxcvbnm",
    "iloveyou",
    "letmein",
    "welcome",
    "admin",
    "administrator",
    "changeme",
    "default",
    "secret",
    "monkey",
    "dragon",
    "football",
    "baseball",
    "sunshine",
    "princess",
    "master",
    "shadow",
    "superman",
    "batman",
    "trustno1",
    "abc123",
    "login",
    "hello",
    "whatever",
    "starwars",
    "computer",
    "internet",
    "portico",
    "primehub",
    "clearml",
    "jupyter",
    "machinelearning",
    "test",
    "guest",
    "root",
];

/// Whether the lower-case text is such a password.
pub(super) fn is_common(folded: &str) -> bool {
    let mut rest = folded.to_owned();
    for stem in STEMS {
        rest = rest.replace(stem, "");
    }
    let is_built_on_a_stem = rest.len() < folded.len();
    let is_padding = |c: char| c.is_ascii_digit() || c.is_ascii_punctuation() || c.is_whitespace();
    let letters: Vec<char> = folded.chars().filter(|c| !c.is_whitespace()).collect();
    let distinct = letters.iter().collect::<std::collections::BTreeSet<_>>().len();
    (is_built_on_a_stem && rest.chars().all(is_padding)) || distinct <= 2 || is_sequence(&letters)
}

/// "123456789012345", "abcdefghijklmno", and the same downwards.
fn is_sequence(text: &[char]) -> bool {
    if text.len() < 8 {
        return false;
    }
    let step = |a: char, b: char| i64::from(u32::from(b)) - i64::from(u32::from(a));
    let steps = text.windows(2).filter(|pair| matches!(step(pair[0], pair[1]), 1 | -1 | -9 | 9)).count();
    steps * 10 >= (text.len() - 1) * 9
}
