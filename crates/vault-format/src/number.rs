//! Numbers: which texts are one, and how JSON and Python write them.

/// The length of the number at the start of a text: sign, digits, fraction, exponent; zero if there is none. Like the
/// client's parser it takes `.5` and `010`, but not `5.`.
pub(crate) fn length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut at = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let whole = digits(at);
    at += whole;
    let fraction = if bytes.get(at) == Some(&b'.') { digits(at + 1) } else { 0 };
    if whole == 0 && fraction == 0 {
        return 0;
    }
    if fraction > 0 {
        at += 1 + fraction;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at + 1 + sign);
        if exponent > 0 {
            at += 1 + sign + exponent;
        }
    }
    at
}

fn is_whole(text: &str) -> bool {
    !text.contains(['.', 'e', 'E'])
}

/// The number as JSON writes it: no plus, no leading zeros, a digit on both sides of the point.
pub(crate) fn to_json(text: &str) -> String {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (whole, tail) = rest.split_at(end);
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    // YAML takes `5.`, too.
    let after_point = tail.strip_prefix('.');
    match after_point {
        Some(more) if !more.starts_with(|c: char| c.is_ascii_digit()) => format!("{sign}{whole}.0{more}"),
        _ => format!("{sign}{whole}{tail}"),
    }
}

/// The number as Python's `str` writes it: what the client puts into a text that the number is part of.
pub(crate) fn to_python(text: &str) -> String {
    if is_whole(text) {
        let json = to_json(text);
        return if json == "-0" { "0".to_owned() } else { json };
    }
    let value: f64 = text.parse().unwrap_or(f64::NAN);
    if !value.is_finite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = format!("{value}");
        if plain.contains('.') { plain } else { format!("{plain}.0") }
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{mantissa}e{sign}{:02}", exponent.abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_forms() {
        for (typed, json, python) in [
            ("3.10", "3.10", "3.1"),
            ("010", "10", "10"),
            ("+5", "5", "5"),
            ("-0", "-0", "0"),
            (".5", "0.5", "0.5"),
            ("1e5", "1e5", "100000.0"),
            ("1e22", "1e22", "1e+22"),
            ("0.00001", "0.00001", "1e-05"),
            ("1.50e-7", "1.50e-7", "1.5e-07"),
            ("-2.0", "-2.0", "-2.0"),
            ("1E400", "1E400", "inf"),
        ] {
            assert_eq!(length(typed), typed.len(), "{typed}");
            assert_eq!((to_json(typed).as_str(), to_python(typed).as_str()), (json, python), "{typed}");
        }
        assert_eq!((length("5."), length("-"), length("x"), length("1e+"), length("")), (1, 0, 0, 1, 0));
        assert_eq!(to_json("5."), "5.0");
    }
}
