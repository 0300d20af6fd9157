//! The API's description and its routes are the same list.

use std::collections::BTreeSet;

use test_kit::sqlite;

use crate::portal::TestPortal;

#[tokio::test]
async fn every_call_is_described_and_every_description_is_a_call() {
    let database = sqlite().await;
    let portal = TestPortal::new(&database).await;
    let routes: BTreeSet<(String, String)> = portal
        .rows
        .iter()
        .filter(|row| row.is_api && row.path != "/api/v1/openapi.json")
        .map(|row| (row.method.to_string(), row.path.to_owned()))
        .collect();
    let described: BTreeSet<(String, String)> = api_rest::described().into_iter().collect();
    assert_eq!(routes, described);
}
