//! The first start.

use accounts::Accounts;
use accounts::passwords::{Cost, Passwords};
use accounts::setup::Setup;
use accounts::users::NewUser;
use base::{Actor, Credential, ErrorKind, OpContext, Secret, SystemClock};
use std::sync::Arc;
use test_kit::{PASSWORD, on_both_databases};

fn anonymous() -> OpContext {
    OpContext {
        actor: Actor::Anonymous,
        credential: Credential::None,
        request_id: String::new(),
        clock: Arc::new(SystemClock),
        address: None,
        catalogue: None,
    }
}

fn setup(code: &str, name: &str) -> Setup {
    Setup {
        code: code.to_owned(),
        user: NewUser { name: name.to_owned(), password: Some(Secret::new(PASSWORD)), ..NewUser::default() },
        group: "vision".to_owned(),
        user_agent: String::new(),
    }
}

on_both_databases! {
    async fn of_many_people_with_the_code_one_gets_in(database) {
        let accounts = Accounts::new(database.db.clone(), Passwords::new(Cost::Cheap, 4, &SystemClock), base::KeyRing::generate(&SystemClock));
        let system = OpContext::system("test", Arc::new(SystemClock));
        let earlier = accounts.new_setup_code(&system).await.unwrap().unwrap();
        let code = accounts.new_setup_code(&system).await.unwrap().unwrap();
        let ctx = anonymous();
        let wrong = accounts.complete_setup(&ctx, setup(earlier.expose(), "eve")).await.unwrap_err();
        assert_eq!(wrong.fields()[0].field, "code", "an earlier start's code has ended");

        let tries = (0..8).map(|n| {
            let (accounts, ctx, setup) = (accounts.clone(), ctx.clone(), setup(code.expose(), &format!("ada{n}")));
            async move { accounts.complete_setup(&ctx, setup).await }
        });
        let results = futures::future::join_all(tries).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        assert!(results.iter().filter_map(|result| result.as_ref().err()).all(|error| error.kind() == ErrorKind::Conflict));
        assert!(accounts.new_setup_code(&system).await.unwrap().is_none());
        assert_eq!(accounts.list_users(&system, "", None, 10).await.unwrap().len(), 1);
    }

    async fn every_wrong_field_is_named_at_once_and_nothing_is_made(database) {
        let accounts = Accounts::new(database.db.clone(), Passwords::new(Cost::Cheap, 1, &SystemClock), base::KeyRing::generate(&SystemClock));
        let system = OpContext::system("test", Arc::new(SystemClock));
        let code = accounts.new_setup_code(&system).await.unwrap().unwrap();
        let mut wrong = setup(code.expose(), "Ada Lovelace");
        wrong.user.password = Some(Secret::new("short"));
        wrong.group = "x".to_owned();
        let error = accounts.complete_setup(&anonymous(), wrong).await.unwrap_err();
        let mut fields: Vec<&str> = error.fields().iter().map(|field| field.field.as_str()).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["group", "name", "password"]);
        assert!(!accounts.is_set_up().await.unwrap());
        assert!(accounts.complete_setup(&anonymous(), setup(code.expose(), "ada")).await.is_ok(), "the code still holds");
    }
}
