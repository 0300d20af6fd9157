//! Access keys and vaults.

use accounts::access_keys::NewAccessKey;
use accounts::vaults::{Layer, NewContent, Owner};
use base::{Credential, ErrorKind, OpContext, Role, Secret, TokenId, TokenScope};
use test_kit::{World, on_both_databases};
use vault_format::Format;

fn hocon(text: &str, based_on: Option<i64>) -> NewContent {
    NewContent { format: Format::Hocon, content: Secret::new(text), based_on, enable: None }
}

on_both_databases! {
    async fn a_key_gives_its_role_in_its_group_and_no_more(database) {
        let world = World::new(&database.db).await;
        let (mia, root) = (world.person("mia").await, world.person("root").await);
        let accounts = &world.accounts;
        let vision = world.group("vision").await.id;
        accounts.add_member(&world.system(), "vision", "root", Role::Admin).await.unwrap();
        let root = OpContext { ..world.person(root.actor_name()).await };
        let input = NewAccessKey { label: "laptop".to_owned(), days: Some(2) };
        let (made, secret) = accounts.create_access_key(&root, vision, input).await.unwrap();
        let anyone = world.anonymous();
        let holder = accounts.authenticate_access_key(&anyone, &made.access_key, secret.expose()).await.unwrap();
        assert_eq!(holder.person.roles, [(vision, Role::Admin)]);
        assert!(!holder.person.is_platform_admin, "a key is for one group");
        assert_eq!(holder.credential, Credential::AccessKey(made.id));
        let wrong = accounts.authenticate_access_key(&anyone, &made.access_key, "psk").await.unwrap_err();
        assert_eq!((wrong.kind(), wrong.code()), (ErrorKind::Unauthenticated, "bad_access_key"));
        for (key, secret) in [("", ""), (secret.expose(), made.access_key.as_str())] {
            assert!(accounts.authenticate_access_key(&anyone, key, secret).await.is_err());
        }
        let token = Credential::Token { id: TokenId::new(&*world.clock), scope: TokenScope::Write };
        let by_token = OpContext { credential: token, ..mia.clone() };
        let refused = accounts.create_access_key(&by_token, vision, NewAccessKey::default()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Forbidden);
        let otto = world.person("otto").await;
        let refused = accounts.create_access_key(&otto, vision, NewAccessKey::default()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::NotFound);
        assert_eq!(accounts.revoke_access_key(&mia, &made.access_key).await.unwrap_err().kind(), ErrorKind::NotFound);
        world.clock.advance_seconds(2 * 86_400);
        assert!(accounts.authenticate_access_key(&anyone, &made.access_key, secret.expose()).await.is_err());
    }

    async fn keys_go_with_the_membership(database) {
        let world = World::new(&database.db).await;
        let mia = world.person("mia").await;
        let accounts = &world.accounts;
        let vision = world.group("vision").await.id;
        let (made, secret) = accounts.create_access_key(&mia, vision, NewAccessKey::default()).await.unwrap();
        accounts.remove_member(&world.system(), "vision", "mia").await.unwrap();
        accounts.add_member(&world.system(), "vision", "mia", Role::Member).await.unwrap();
        let again = accounts.authenticate_access_key(&world.anonymous(), &made.access_key, secret.expose()).await;
        assert!(again.is_err(), "who comes back makes a new one");
    }

    async fn two_who_edit_one_vault_hear_of_each_other(database) {
        let world = World::new(&database.db).await;
        let gail = world.person("gail").await;
        let accounts = &world.accounts;
        let group = Owner::Group(world.group("vision").await.id);
        let first = accounts.set_vault(&gail, group, hocon("sdk.a: 1", Some(0))).await.unwrap();
        assert_eq!((first.0, first.1.len()), (1, 0));
        accounts.set_vault(&gail, group, hocon("sdk.a: 2", Some(1))).await.unwrap();
        let late = accounts.set_vault(&gail, group, hocon("sdk.a: 3", Some(1))).await.unwrap_err();
        assert_eq!((late.kind(), late.code()), (ErrorKind::Conflict, "vault_changed"));
        let broken = accounts.set_vault(&gail, group, hocon("sdk {\n  a: 1", Some(2))).await.unwrap_err();
        assert_eq!(broken.kind(), ErrorKind::Invalid);
        let kept = accounts.get_vault(&gail, group).await.unwrap().unwrap();
        assert_eq!((kept.content.expose(), kept.revision, kept.is_enabled), ("sdk.a: 2", 2, true));
        accounts.restore_vault(&gail, group, 1).await.unwrap();
        let kept = accounts.get_vault(&gail, group).await.unwrap().unwrap();
        assert_eq!((kept.content.expose(), kept.revision), ("sdk.a: 1", 3));
        let actions: Vec<String> = accounts.list_vault_revisions(&gail, group).await.unwrap()
            .into_iter().map(|revision| revision.action).collect();
        assert_eq!(actions, ["restore", "edit", "edit"]);
    }

    async fn a_vault_is_for_its_owner_and_serves_its_own(database) {
        let world = World::new(&database.db).await;
        let (mia, gail, otto, root) = (
            world.person("mia").await, world.person("gail").await, world.person("otto").await, world.person("root").await,
        );
        let accounts = &world.accounts;
        let vision = world.group("vision").await.id;
        let own = Owner::Person(mia.actor_id().unwrap());
        accounts.set_vault(&mia, own, hocon("sdk.a: mia", None)).await.unwrap();
        accounts.set_vault(&root, Owner::Platform, hocon("sdk { a: platform, b: platform }", None)).await.unwrap();
        accounts.set_vault(&gail, Owner::Group(vision), hocon("sdk.b: group", None)).await.unwrap();
        for (who, owner) in [(&root, own), (&gail, own), (&mia, Owner::Group(vision)), (&mia, Owner::Platform), (&otto, Owner::Group(vision))] {
            let read = accounts.get_vault(who, owner).await.unwrap_err();
            let written = accounts.set_vault(who, owner, hocon("a: 1", None)).await.unwrap_err();
            for error in [read, written] {
                assert!(matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Forbidden), "{error:?}");
            }
        }
        let served = accounts.served_vaults(&mia, vision).await.unwrap();
        assert_eq!(served.iter().map(|one| one.layer).collect::<Vec<_>>(), [Layer::Platform, Layer::Group, Layer::Person]);
        let effective = accounts.effective_vault(&mia, vision).await.unwrap();
        let found: Vec<(&str, Layer)> = effective.iter().map(|one| (one.path.as_str(), one.layer)).collect();
        assert_eq!(found, [("sdk.a", Layer::Person), ("sdk.b", Layer::Group)]);
        accounts.enable_vault(&mia, own, false).await.unwrap();
        assert_eq!(accounts.served_vaults(&mia, vision).await.unwrap().len(), 2);
        assert!(accounts.served_vaults(&otto, vision).await.is_err(), "an outsider gets nothing");
    }
}
