//! Queries, behind any link.

use crate::pattern::encode;

/// The link with these parameters behind it, encoded.
#[must_use]
pub fn query(link: impl Into<String>, parameters: &[(&str, &str)]) -> String {
    let mut link = link.into();
    for (name, value) in parameters {
        link.push(if link.contains('?') { '&' } else { '?' });

        link.push_str(name);
        link.push('=');
        encode(value, false, &mut link);
    }
    link
}

#[cfg(test)]
mod tests {
    use super::query;

    #[test]
    fn values_stay_values() {
        assert_eq!(query("/g/vision/jobs", &[]), "/g/vision/jobs");
        assert_eq!(query("/sign-in", &[("next", "/g/a?b=c&d")]), "/sign-in?next=%2Fg%2Fa%3Fb%3Dc%26d");
        assert_eq!(query("/a?x=1", &[("q", "ü b"), ("after", "z")]), "/a?x=1&q=%C3%BC%20b&after=z");
    }
}
