//! What a request remembers of earlier ones holds no longer than it is true, whoever changes it.

use accounts::Accounts;
use accounts::groups::GroupChange;
use accounts::passwords::{Cost, Passwords};
use accounts::sessions::SignIn;
use accounts::tokens::NewToken;
use accounts::users::UserChange;
use base::{ErrorKind, OpContext, Person, Role, Secret, TokenScope};
use db::Database;
use test_kit::{PASSWORD, TestDatabase, World, on_both_databases};

/// Use cases on connections of their own, as another process has them.
async fn another_process(database: &TestDatabase, world: &World) -> Accounts {
    let db = Database::connect(&database.config).await.unwrap();
    Accounts::new(db, Passwords::new(Cost::Cheap, 1, &*world.clock), base::KeyRing::generate(&*world.clock))
}

/// A request's context, as the guard begins it.
async fn request(database: &TestDatabase, world: &World) -> OpContext {
    OpContext { catalogue: Some(database.db.catalogue_version().await.unwrap()), ..world.anonymous() }
}

on_both_databases! {
    async fn a_session_is_what_its_person_is_now(database) {
        let world = World::new(&database.db).await;
        let other = another_process(&database, &world).await;
        let system = world.system();
        let wanted = SignIn { name: "mia".into(), password: Secret::new(PASSWORD), user_agent: "test".into() };
        let secret = world.accounts.sign_in(&world.anonymous(), wanted).await.unwrap().secret;
        let who = async || -> Option<Person> {
            let ctx = request(&database, &world).await;
            let found = world.accounts.authenticate_session(&ctx, secret.expose()).await.unwrap();
            // Once more, from memory.
            assert_eq!(found, world.accounts.authenticate_session(&ctx, secret.expose()).await.unwrap());
            found.map(|(person, _)| person)
        };
        let before = who().await.unwrap();
        assert_eq!(before.roles.len(), 1);
        other.remove_member(&system, "vision", "mia").await.unwrap();
        assert_eq!(who().await.unwrap().roles, []);
        other.add_member(&system, "vision", "mia", Role::Member).await.unwrap();
        assert_eq!(who().await.unwrap(), before);
        other.add_member(&system, "vision", "mia", Role::Admin).await.unwrap();
        assert_eq!(who().await.unwrap().roles[0].1, Role::Admin);
        let promote = UserChange { is_platform_admin: Some(true), ..UserChange::default() };
        other.update_user(&system, "mia", promote).await.unwrap();
        assert!(who().await.unwrap().is_platform_admin);
        let off = UserChange { enabled: Some(false), ..UserChange::default() };
        other.update_user(&system, "mia", off).await.unwrap();
        assert_eq!(who().await, None);
    }

    async fn a_secret_ends_when_it_is_revoked_or_over(database) {
        let world = World::new(&database.db).await;
        let other = another_process(&database, &world).await;
        let mia = world.person("mia").await;
        let make = async |name: &str| {
            let wanted = NewToken { name: name.to_owned(), scope: TokenScope::Read, days: 1 };
            world.accounts.create_token(&mia, wanted).await.unwrap()
        };
        let (token, secret) = make("laptop").await;
        let lives = async |secret: &Secret| {
            let ctx = request(&database, &world).await;
            world.accounts.authenticate_token(&ctx, secret.expose()).await.is_ok()
        };
        assert!(lives(&secret).await && lives(&secret).await);
        other.revoke_token(&mia, token.id).await.unwrap();
        assert!(!lives(&secret).await);
        let (_, secret) = make("desktop").await;
        assert!(lives(&secret).await);
        world.clock.advance_seconds(86_401);
        assert!(!lives(&secret).await, "its time is over without any change");
    }

    async fn a_session_in_use_does_not_end(database) {
        let world = World::new(&database.db).await;
        let wanted = SignIn { name: "mia".into(), password: Secret::new(PASSWORD), user_agent: "test".into() };
        let secret = world.accounts.sign_in(&world.anonymous(), wanted).await.unwrap().secret;
        for _ in 0..4 {
            let ctx = request(&database, &world).await;
            assert!(world.accounts.authenticate_session(&ctx, secret.expose()).await.unwrap().is_some());
            world.clock.advance_seconds(accounts::sessions::IDLE_SECONDS - 60);
        }
    }

    async fn a_group_is_what_it_is_now(database) {
        let world = World::new(&database.db).await;
        let other = another_process(&database, &world).await;
        let system = world.system();
        let mia = world.person("mia").await;
        let asked = async || OpContext { catalogue: request(&database, &world).await.catalogue, ..mia.clone() };
        let name = async || world.accounts.get_group(&asked().await, "vision").await.map(|group| group.display_name);
        assert_eq!(name().await.unwrap(), name().await.unwrap());
        let change = GroupChange { display_name: Some("Eyes".to_owned()), ..GroupChange::default() };
        other.update_group(&system, "vision", change).await.unwrap();
        assert_eq!(name().await.unwrap(), "Eyes");
        let mine = world.accounts.my_groups(&asked().await).await.unwrap();
        assert_eq!(mine[0].group.display_name, "Eyes");
        other.delete_group(&system, "vision", |_, _| Box::pin(async { Ok(()) })).await.unwrap();
        assert_eq!(name().await.unwrap_err().kind(), ErrorKind::NotFound);
        assert!(world.accounts.my_groups(&asked().await).await.unwrap().is_empty());
    }
}
