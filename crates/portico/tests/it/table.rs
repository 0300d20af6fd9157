//! What holds for all rows together.

use std::collections::BTreeSet;

use test_kit::sqlite;
use web_kit::{Body, GroupFrom};

use crate::portal::TestPortal;

#[tokio::test]
async fn no_two_rows_are_the_same() {
    let database = sqlite().await;
    let portal = TestPortal::new(&database).await;
    let (mut operations, mut addresses) = (BTreeSet::new(), BTreeSet::new());
    for row in &portal.rows {
        assert!(operations.insert(row.operation), "{} is there twice", row.operation);
        assert!(
            addresses.insert((row.method.to_string(), row.path)),
            "{} {} is there twice",
            row.method,
            row.path
        );
        let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        assert!(!row.operation.is_empty() && row.operation.chars().all(fine), "{:?}", row.operation);
    }
}

#[tokio::test]
async fn rows_say_where_their_group_is_and_what_they_carry() {
    let database = sqlite().await;
    let portal = TestPortal::new(&database).await;
    for row in &portal.rows {
        let named = row.path.split('/').position(|part| part == "{group}").map(GroupFrom::Path);
        let of_key = row.path.starts_with(paths::clearml::ROOT);
        let otherwise = if of_key { GroupFrom::Credential } else { GroupFrom::Nowhere };
        assert_eq!(row.group, named.unwrap_or(otherwise), "{}", row.operation);
        if row.method == "GET" || row.method == "DELETE" {
            assert_eq!(row.body, Body::None, "{}", row.operation);
        } else {
            let is_form = matches!(row.body, Body::Form(_));
            assert_eq!(is_form, row.answer.is_for_people(), "{}", row.operation);
        }
    }
}
