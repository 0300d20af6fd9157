//! Samples of [`TokensPage`].

use crate::components::{Field, When};
use crate::frame::Entry;
use crate::profile::token_lifetimes;
use crate::samples::{self, Samples};
use crate::tokens::{NewToken, Scope, TokenRow, TokensPage};

impl Samples for TokensPage {
    const NAME: &'static str = "tokens";

    fn samples() -> Vec<(&'static str, Self)> {
        let row =
            |id: &str, name: &str, scope, expires: Option<&str>, expired, used: Option<&str>| TokenRow {
                id: id.into(),
                name: name.into(),
                prefix: "ptk_3fa9…".into(),
                scope,
                created: samples::when("08:00:00", "12 days ago"),
                expires: expires.map(|words| {
                    let day = if expired { "2026-11-20" } else { "2027-02-08" };
                    When::new(format!("{day}T08:00:00Z"), format!("{day} 08:00 UTC"), words)
                }),
                expired,
                last_used: used.map(|words| samples::when("10:00:00", words)),
            };
        let empty = Self {
            frame: samples::frame("API tokens", Entry::Other),
            lifetimes: token_lifetimes("90"),
            ..Self::default()
        };
        let typical = Self {
            tokens: vec![
                row("1", "laptop", Scope::Write, Some("in 2 months"), false, Some("4 min ago")),
                row("2", "dashboard", Scope::Read, None, false, None),
                row("3", "old notebook", Scope::Write, Some("2 days ago"), true, Some("9 days ago")),
            ],
            ..empty.clone()
        };
        let secret = "ptk_3fa9b1c77d0e4f52a86cc1d93be2704f_Xq8LmZ2vR0";
        let created = Self {
            created: Some(NewToken {
                name: "laptop".into(),
                secret: secret.into(),
                curl: format!(
                    "curl https://portico.example/api/v1/groups/vision/jobs \\\n  -H \"Authorization: Bearer {secret}\""
                ),
                python: format!(
                    "import json, urllib.request\n\nrequest = urllib.request.Request(\n    \"https://portico.example/api/v1/groups/vision/jobs\",\n    headers={{\"Authorization\": \"Bearer {secret}\"}},\n)\nprint(json.load(urllib.request.urlopen(request)))"
                ),
            }),
            ..typical.clone()
        };
        let errors = Self {
            name: Field::bad("", "Give the token a name, such as the program that will use it."),
            lifetime_error: Some("Choose one of the offered lifetimes.".into()),
            scope: Scope::Read,
            error: Some("No token is made yet. Correct the marked fields.".into()),
            ..typical.clone()
        };
        vec![("empty", empty), ("typical", typical), ("created", created), ("errors", errors)]
    }
}
