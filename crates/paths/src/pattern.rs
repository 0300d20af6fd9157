//! Patterns such as `/g/{group}/jobs/{job}`, and links made of them.

/// An address of ours.
pub trait Path: Copy {
    /// As the router reads it: `{name}` stands for one segment, `{*name}` for the rest of the address.
    const PATTERN: &'static str;
}

/// Declares the types: one per address, with a method `link` that takes the pattern's parameters in their order.
macro_rules! paths {
    ($($(#[$doc:meta])* $name:ident($($parameter:ident),*) = $pattern:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name;

        impl $crate::Path for $name {
            const PATTERN: &'static str = {
                assert!(
                    $crate::pattern::has_parameters($pattern, &[$(stringify!($parameter)),*]),
                    "the parameters are not those of the pattern"
                );
                $pattern
            };
        }

        impl $name {
            /// The address with these values.
            #[must_use]
            pub fn link(self, $($parameter: &str),*) -> String {
                $crate::pattern::link(<Self as $crate::Path>::PATTERN, &[$($parameter),*])
            }
        }
    )*};
}
pub(crate) use paths;

/// The pattern with its parameters replaced, in their order.
pub(crate) fn link(pattern: &str, values: &[&str]) -> String {
    let (mut link, mut rest, mut values) =
        (String::with_capacity(pattern.len() + 32), pattern, values.iter());
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        link.push_str(before);
        encode(values.next().copied().unwrap_or_default(), name.starts_with('*'), &mut link);
        rest = after;
    }
    link.push_str(rest);
    link
}

/// Percent-encodes what is not unreserved (RFC 3986 §2.3); `is_rest` leaves slashes between segments.
pub(crate) fn encode(value: &str, is_rest: bool, link: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        let is_plain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        if is_plain || (is_rest && byte == b'/') {
            link.push(char::from(byte));
        } else {
            link.push('%');
            link.push(char::from(HEX[usize::from(byte >> 4)]));
            link.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

/// Whether the pattern's parameters are these, in this order. Runs when it is compiled.
pub(crate) const fn has_parameters(pattern: &str, names: &[&str]) -> bool {
    let bytes = pattern.as_bytes();
    let (mut at, mut found) = (0, 0);
    while at < bytes.len() {
        if bytes[at] == b'{' {
            let mut start = at + 1;
            if start < bytes.len() && bytes[start] == b'*' {
                start += 1;
            }
            let mut end = start;
            while end < bytes.len() && bytes[end] != b'}' {
                end += 1;
            }
            if found == names.len() || !is_between(bytes, start, end, names[found].as_bytes()) {
                return false;
            }
            found += 1;
            at = end;
        }
        at += 1;
    }
    found == names.len()
}

const fn is_between(bytes: &[u8], start: usize, end: usize, wanted: &[u8]) -> bool {
    if end - start != wanted.len() {
        return false;
    }
    let mut at = 0;
    while at < wanted.len() {
        if bytes[start + at] != wanted[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_in_their_segment() {
        assert_eq!(link("/g/{group}/jobs/{job}", &["vision", "job-1"]), "/g/vision/jobs/job-1");
        assert_eq!(link("/g/{group}/x", &["../a b?#%"]), "/g/..%2Fa%20b%3F%23%25/x");
        assert_eq!(link("/assets/{version}/{*path}", &["1", "js/a ü.js"]), "/assets/1/js/a%20%C3%BC.js");
        assert_eq!(link("/profile", &[]), "/profile");
    }

    #[test]
    fn parameters_are_counted_and_named_when_it_compiles() {
        assert!(has_parameters("/g/{group}/jobs/{job}", &["group", "job"]));
        assert!(has_parameters("/a/{*path}", &["path"]));
        assert!(has_parameters("/a", &[]));
        for wrong in [&["group"][..], &["job", "group"], &["group", "job", "x"], &["group", "jobs"]] {
            assert!(!has_parameters("/g/{group}/jobs/{job}", wrong));
        }
    }
}
