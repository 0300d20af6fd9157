//! How well something fits what somebody typed.

/// The best comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// It is the name.
    Whole,
    /// The name begins with it.
    Start,
    /// A word of the name begins with it.
    Word,
    /// It is somewhere in the name.
    Inside,
    /// Each of its words begins a word that is said of the thing.
    Words,
}

/// How well a thing with these names, and with these other words said of it, fits; nothing if it does not.
#[must_use]
pub fn rank(typed: &str, names: &[&str], words: &str) -> Option<Rank> {
    let typed = typed.trim().to_lowercase();
    let lower: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    lower.iter().filter_map(|name| rank_of_name(&typed, name)).min().or_else(|| {
        let said: Vec<String> =
            lower.iter().chain([&words.to_lowercase()]).flat_map(|text| split(text)).collect();
        let mut terms = typed.split_whitespace();
        terms.all(|term| said.iter().any(|word| word.starts_with(term))).then_some(Rank::Words)
    })
}

fn rank_of_name(typed: &str, name: &str) -> Option<Rank> {
    if name == typed {
        return Some(Rank::Whole);
    }
    let (at, _) = name.match_indices(typed).find(|(at, _)| begins_word(name, *at)).or_else(|| {
        let at = name.find(typed)?;
        Some((at, typed))
    })?;
    Some(match at {
        0 => Rank::Start,
        at if begins_word(name, at) => Rank::Word,
        _ => Rank::Inside,
    })
}

fn begins_word(text: &str, at: usize) -> bool {
    text.get(..at).and_then(|before| before.chars().next_back()).is_none_or(|c| !c.is_alphanumeric())
}

fn split(text: &str) -> Vec<String> {
    text.split(|c: char| c.is_whitespace() || c == ',')
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}
