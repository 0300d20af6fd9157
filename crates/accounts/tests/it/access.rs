//! Sign-in, sessions, tokens, and who is let go.

use accounts::sessions::SignIn;
use accounts::tokens::NewToken;
use accounts::users::{Density, NewUser, ProfileChange, Scale, UserChange};
use base::{Credential, ErrorKind, OpContext, Secret, TokenScope};
use test_kit::{PASSWORD, World, on_both_databases};

fn sign_in(name: &str, password: &str) -> SignIn {
    SignIn { name: name.to_owned(), password: Secret::new(password), user_agent: "test".to_owned() }
}

/// The context of a session, as the guard of a request makes it.
async fn session(world: &World, name: &str) -> (OpContext, Secret) {
    let anonymous = world.anonymous();
    let session = world.accounts.sign_in(&anonymous, sign_in(name, PASSWORD)).await.unwrap();
    let (person, credential) =
        world.accounts.authenticate_session(&anonymous, session.secret.expose()).await.unwrap().unwrap();
    (OpContext { actor: base::Actor::Person(person), credential, ..anonymous }, session.secret)
}

on_both_databases! {
    async fn sessions_end_by_sign_out_disuse_and_disabling(database) {
        let world = World::new(&database.db).await;
        let anonymous = world.anonymous();
        let lives = async |secret: &Secret| world.accounts.authenticate_session(&anonymous, secret.expose()).await.unwrap().is_some();

        let (ctx, secret) = session(&world, "mia").await;
        assert!(lives(&secret).await && world.accounts.still_valid(&ctx).await.unwrap());
        world.accounts.sign_out(&ctx).await.unwrap();
        assert!(!lives(&secret).await && !world.accounts.still_valid(&ctx).await.unwrap());

        let (ctx, secret) = session(&world, "mia").await;
        world.clock.advance_seconds(accounts::sessions::IDLE_SECONDS + 1);
        assert!(!lives(&secret).await && !world.accounts.still_valid(&ctx).await.unwrap());

        let (ctx, secret) = session(&world, "mia").await;
        let off = UserChange { enabled: Some(false), ..UserChange::default() };
        world.accounts.update_user(&world.system(), "mia", off).await.unwrap();
        assert!(!lives(&secret).await && !world.accounts.still_valid(&ctx).await.unwrap());
        let refused = world.accounts.sign_in(&anonymous, sign_in("mia", PASSWORD)).await.unwrap_err();
        assert_eq!((refused.kind(), refused.code()), (ErrorKind::Unauthenticated, "wrong_credentials"));
    }

    async fn preferences_stay_with_the_person(database) {
        let world = World::new(&database.db).await;
        let ctx = world.person("mia").await;
        let before = world.accounts.me(&ctx).await.unwrap();
        assert_eq!((before.density, before.scale), (Density::Comfortable, Scale::default()));
        let change = ProfileChange {
            density: Some("compact".to_owned()),
            scale: Some(125),
            ..ProfileChange::default()
        };
        world.accounts.update_profile(&ctx, change).await.unwrap();
        let after = world.accounts.me(&ctx).await.unwrap();
        assert_eq!((after.density, after.scale.percent(), after.theme), (Density::Compact, 125, before.theme));

        let change = ProfileChange {
            density: Some("dense".to_owned()),
            scale: Some(1000),
            ..ProfileChange::default()
        };
        let refused = world.accounts.update_profile(&ctx, change).await.unwrap_err();
        let fields: Vec<_> = refused.fields().iter().map(|field| field.field.as_str()).collect();
        assert_eq!(fields, ["density", "scale"]);
        assert_eq!(world.accounts.me(&ctx).await.unwrap(), after, "nothing is half written");
    }

    async fn people_are_called_by_their_display_names(database) {
        let world = World::new(&database.db).await;
        let ctx = world.person("mia").await;
        let change = ProfileChange { display_name: Some("Mia Wong".to_owned()), ..ProfileChange::default() };
        world.accounts.update_profile(&ctx, change).await.unwrap();
        let names = ["mia", "nobody"].map(ToOwned::to_owned);
        let known = world.accounts.display_names(&ctx, names.clone().into()).await.unwrap();
        assert_eq!(known, [("mia".to_owned(), "Mia Wong".to_owned())].into());
        let refused = world.accounts.display_names(&world.anonymous(), names.into()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unauthenticated);
    }

    async fn a_removed_member_is_out_at_once(database) {
        let world = World::new(&database.db).await;
        let (ctx, secret) = session(&world, "mia").await;
        assert!(world.accounts.get_group(&ctx, "vision").await.is_ok());
        world.accounts.remove_member(&world.system(), "vision", "mia").await.unwrap();
        assert!(!world.accounts.still_valid(&ctx).await.unwrap(), "open streams end and ask again");
        let (person, _) = world.accounts.authenticate_session(&ctx, secret.expose()).await.unwrap().unwrap();
        assert_eq!(person.roles, []);
    }

    async fn tokens_are_shown_once_expire_and_end(database) {
        let world = World::new(&database.db).await;
        let ctx = world.person("mia").await;
        let input = NewToken { name: "laptop".to_owned(), scope: TokenScope::Read, days: 7 };
        let (token, secret) = world.accounts.create_token(&ctx, input.clone()).await.unwrap();
        let (person, credential) = world.accounts.authenticate_token(&ctx, secret.expose()).await.unwrap();
        assert_eq!((person.name.as_str(), credential), ("mia", Credential::Token { id: token.id, scope: TokenScope::Read }));
        assert!(world.accounts.list_tokens(&ctx).await.unwrap()[0].last_used_at.is_some());

        let twice = world.accounts.create_token(&ctx, input.clone()).await.unwrap_err();
        assert_eq!(twice.fields()[0].field, "name");
        let long = NewToken { name: "for ever".to_owned(), days: 9999, ..input };
        assert_eq!(world.accounts.create_token(&ctx, long).await.unwrap_err().fields()[0].field, "days");

        world.clock.advance_seconds(7 * 86_400 + 1);
        assert_eq!(world.accounts.authenticate_token(&ctx, secret.expose()).await.unwrap_err().kind(), ErrorKind::Unauthenticated);
        let other = world.person("max").await;
        assert_eq!(world.accounts.revoke_token(&other, token.id).await.unwrap_err().kind(), ErrorKind::NotFound);
        world.accounts.revoke_token(&ctx, token.id).await.unwrap();
        assert!(world.accounts.list_tokens(&ctx).await.unwrap().is_empty());
    }

    async fn one_platform_admin_always_stays(database) {
        let world = World::new(&database.db).await;
        let system = world.system();
        for change in [
            UserChange { enabled: Some(false), ..UserChange::default() },
            UserChange { is_platform_admin: Some(false), ..UserChange::default() },
        ] {
            assert_eq!(world.accounts.update_user(&system, "root", change).await.unwrap_err().code(), "last_admin");
        }
        assert_eq!(world.accounts.delete_user(&system, "root").await.unwrap_err().code(), "last_admin");
        let promote = UserChange { is_platform_admin: Some(true), ..UserChange::default() };
        world.accounts.update_user(&system, "gail", promote).await.unwrap();
        world.accounts.delete_user(&system, "root").await.unwrap();
    }

    async fn users_are_found_by_any_part_of_what_they_are_called(database) {
        let world = World::new(&database.db).await;
        let system = world.system();
        let user = NewUser {
            name: "zoe".to_owned(),
            display_name: "Zoë Ångström".to_owned(),
            email: Some("z.angstrom@example.org".to_owned()),
            password: None,
            is_platform_admin: false,
        };
        world.accounts.create_user(&system, user).await.unwrap();
        let found = async |search: &str| {
            let users = world.accounts.list_users(&system, search, None, 10).await.unwrap();
            users.into_iter().map(|user| user.name).collect::<Vec<_>>()
        };
        for search in ["ZO", "ÅNG", "ngström", "@example", "Z.Angstrom"] {
            assert_eq!(found(search).await, ["zoe"], "{search}");
        }
        assert!(found("%").await.is_empty() && found("_").await.is_empty(), "what is typed is no pattern");
        let change = UserChange { display_name: Some("Zora".to_owned()), email: Some(None), ..UserChange::default() };
        world.accounts.update_user(&system, "zoe", change).await.unwrap();
        assert_eq!(found("zora").await, ["zoe"]);
        assert!(found("ång").await.is_empty() && found("example").await.is_empty());
    }

    async fn two_groups_never_share_a_folder(database) {
        let world = World::new(&database.db).await;
        let group = |name: &str| accounts::groups::NewGroup { name: name.to_owned(), ..Default::default() };
        world.accounts.create_group(&world.system(), group("Deep_Learning")).await.unwrap();
        let clash = world.accounts.create_group(&world.system(), group("deep-learning")).await.unwrap_err();
        assert_eq!((clash.code(), clash.fields()[0].field.as_str()), ("group_conflict_name", "name"));
    }

    async fn passwords_change_and_end_the_other_sessions(database) {
        let world = World::new(&database.db).await;
        let (ctx, own) = session(&world, "mia").await;
        let (_, other) = session(&world, "mia").await;
        let change = async |current: &str, new: &str| world.accounts.change_password(&ctx, Secret::new(current), Secret::new(new)).await;
        assert_eq!(change("wrong", "another long passphrase").await.unwrap_err().fields()[0].field, "current_password");
        assert_eq!(change(PASSWORD, "short").await.unwrap_err().fields()[0].field, "new_password");
        change(PASSWORD, "another long passphrase").await.unwrap();
        let lives = async |secret: &Secret| world.accounts.authenticate_session(&ctx, secret.expose()).await.unwrap().is_some();
        assert!(lives(&own).await);
        assert!(!lives(&other).await);
        assert!(world.accounts.sign_in(&world.anonymous(), sign_in("mia", "another long passphrase")).await.is_ok());
    }

    async fn guessing_is_slowed_down(database) {
        let world = World::new(&database.db).await;
        let mut refused = None;
        for _ in 0..12 {
            let error = world.accounts.sign_in(&world.anonymous(), sign_in("mia", "a wrong guess")).await.unwrap_err();
            if error.kind() == ErrorKind::TooManyRequests {
                refused = error.retry_after_seconds();
            }
        }
        assert!(refused.is_some_and(|seconds| seconds > 0));
        assert!(world.accounts.sign_in(&world.anonymous(), sign_in("max", PASSWORD)).await.is_ok(), "others are not touched");
    }
}
