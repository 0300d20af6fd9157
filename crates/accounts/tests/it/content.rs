//! Content sessions, and who is still admitted.

use accounts::content::Grant;
use accounts::sessions::SignIn;
use accounts::tokens::NewToken;
use accounts::users::UserChange;
use base::{Credential, OpContext, Secret, SessionId, TokenScope};
use test_kit::{PASSWORD, World, on_both_databases};

/// Signs somebody in, and gives their context and portal session.
async fn signed_in(world: &World, name: &str) -> (OpContext, SessionId) {
    let input = SignIn { name: name.to_owned(), password: Secret::new(PASSWORD), user_agent: String::new() };
    let session = world.accounts.sign_in(&world.anonymous(), input).await.unwrap();
    let ctx = OpContext { credential: Credential::Session(session.id), ..world.person(name).await };
    (ctx, session.id)
}

on_both_databases! {
    async fn a_content_session_is_for_one_workload_and_ends_with_its_portal_session(database) {
        let world = World::new(&database.db).await;
        let (ctx, session) = signed_in(&world, "mia").await;
        let secret = world.accounts.open_content_session(&ctx, session, "nb-a").await.unwrap();
        let find = async |slug: &str| {
            world.accounts.authenticate_content(&world.anonymous(), secret.expose(), slug).await.unwrap()
        };
        let (person, credential) = find("nb-a").await.unwrap();
        assert_eq!((person.name.as_str(), credential), ("mia", Credential::Session(session)));
        assert!(find("nb-b").await.is_none(), "it opens no other workload");
        let of_portal = async || world.accounts.person_of_session(&world.anonymous(), session).await.unwrap();
        assert_eq!(of_portal().await.unwrap().0.name, "mia");

        world.accounts.sign_out(&ctx).await.unwrap();
        assert!(find("nb-a").await.is_none() && of_portal().await.is_none());
        assert!(world.accounts.open_content_session(&ctx, session, "nb-a").await.is_err());
    }

    async fn use_keeps_the_portal_session_and_disuse_ends_both(database) {
        let world = World::new(&database.db).await;
        let (ctx, session) = signed_in(&world, "mia").await;
        let secret = world.accounts.open_content_session(&ctx, session, "nb-a").await.unwrap();
        let lives = async || {
            let found = world.accounts.authenticate_content(&world.anonymous(), secret.expose(), "nb-a").await;
            found.unwrap().is_some()
        };
        let half = accounts::sessions::IDLE_SECONDS / 2 + 60;
        world.clock.advance_seconds(half);
        world.accounts.touch_session(&ctx, session).await.unwrap();
        world.clock.advance_seconds(half);
        assert!(lives().await, "it was used in between");
        world.clock.advance_seconds(half);
        assert!(!lives().await);
    }

    async fn opening_again_replaces_what_is_a_minute_old(database) {
        let world = World::new(&database.db).await;
        let (ctx, session) = signed_in(&world, "mia").await;
        let open = async || world.accounts.open_content_session(&ctx, session, "nb-a").await.unwrap();
        let lives = async |secret: &Secret| {
            world.accounts.authenticate_content(&ctx, secret.expose(), "nb-a").await.unwrap().is_some()
        };
        let (first, second) = (open().await, open().await);
        assert!(lives(&first).await && lives(&second).await, "two tabs may open at once");
        world.clock.advance_seconds(61);
        let third = open().await;
        assert_eq!([lives(&first).await, lives(&second).await, lives(&third).await], [false, false, true]);
    }

    async fn who_is_admitted_is_asked_for_many_at_once(database) {
        let world = World::new(&database.db).await;
        let group = world.group("vision").await.id;
        let (mia, session) = signed_in(&world, "mia").await;
        let max = world.person("max").await;
        let token = NewToken { name: "t".to_owned(), scope: TokenScope::Write, days: 1 };
        let (token, _) = world.accounts.create_token(&max, token).await.unwrap();
        let by_session = Grant {
            user: mia.actor_id().unwrap(),
            group,
            credential: Credential::Session(session),
        };
        let by_token = Grant {
            user: max.actor_id().unwrap(),
            group,
            credential: Credential::Token { id: token.id, scope: TokenScope::Write },
        };
        let stranger = Grant { group: world.group("speech").await.id, ..by_session.clone() };
        let mut asked = vec![by_session, by_token, stranger];
        asked.extend(std::iter::repeat_n(asked[0].clone(), 1200));
        let ask = async || world.accounts.still_granted(&world.system(), &asked).await.unwrap();
        let answer = ask().await;
        assert_eq!((&answer[..3], answer.iter().filter(|yes| **yes).count()), (&[true, true, false][..], 1202));

        world.accounts.revoke_token(&max, token.id).await.unwrap();
        world.accounts.remove_member(&world.system(), "vision", "mia").await.unwrap();
        assert_eq!(ask().await[..3], [false, false, false]);
        world.accounts.add_member(&world.system(), "vision", "mia", base::Role::Member).await.unwrap();
        assert!(ask().await[0]);
        let off = UserChange { enabled: Some(false), ..UserChange::default() };
        world.accounts.update_user(&world.system(), "mia", off).await.unwrap();
        assert!(!ask().await[0]);
    }
}
