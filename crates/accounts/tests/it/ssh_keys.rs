//! Public keys for SSH.

use accounts::content::Grant;
use accounts::ssh_keys::NewSshKey;
use accounts::users::UserChange;
use base::{Credential, ErrorKind, OpContext, TokenId, TokenScope};
use test_kit::{World, on_both_databases};

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti mia@laptop";
const FINGERPRINT: &str = "SHA256:UCUiLr7Pjs9wFFJMDByLgc3NrtdU344OgUM45wZPcIQ";

fn key(name: &str, key: &str) -> NewSshKey {
    NewSshKey { name: name.to_owned(), key: key.to_owned() }
}

on_both_databases! {
    async fn a_key_belongs_to_one_account_and_names_its_owner(database) {
        let world = World::new(&database.db).await;
        let (mia, root) = (world.person("mia").await, world.person("root").await);
        let accounts = &world.accounts;
        let find = async || accounts.person_of_ssh_key(&world.anonymous(), FINGERPRINT).await.unwrap();
        assert!(find().await.is_none());

        let added = accounts.add_ssh_key(&mia, key("", KEY)).await.unwrap();
        assert_eq!((added.name.as_str(), added.fingerprint.as_str()), ("mia@laptop", FINGERPRINT));
        let (person, credential) = find().await.unwrap();
        assert_eq!((person.name.as_str(), credential), ("mia", Credential::SshKey(added.id)));
        let twice = accounts.add_ssh_key(&mia, key("again", KEY)).await.unwrap_err();
        assert!(twice.fields()[0].message.contains("already"), "{twice:?}");
        let other = accounts.add_ssh_key(&root, key("", KEY)).await.unwrap_err();
        assert!(other.fields()[0].message.contains("another account"), "{other:?}");

        accounts.touch_ssh_key(&world.anonymous(), FINGERPRINT).await.unwrap();
        assert!(accounts.list_ssh_keys(&mia).await.unwrap()[0].last_used_at.is_some());
        assert!(accounts.list_ssh_keys(&root).await.unwrap().is_empty());
        assert_eq!(accounts.remove_ssh_key(&root, added.id).await.unwrap_err().kind(), ErrorKind::NotFound);
        accounts.remove_ssh_key(&mia, added.id).await.unwrap();
        assert!(find().await.is_none());
        accounts.add_ssh_key(&root, key("", KEY)).await.unwrap();
    }

    async fn a_token_adds_no_key(database) {
        let world = World::new(&database.db).await;
        let mia = world.person("mia").await;
        let credential = Credential::Token { id: TokenId::new(&*world.clock), scope: TokenScope::Write };
        let ctx = OpContext { credential, ..mia };
        let refused = world.accounts.add_ssh_key(&ctx, key("", KEY)).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Forbidden);
    }

    async fn what_a_key_opened_ends_with_it_and_with_its_owner(database) {
        let world = World::new(&database.db).await;
        let mia = world.person("mia").await;
        let added = world.accounts.add_ssh_key(&mia, key("laptop", KEY)).await.unwrap();
        let grant = Grant {
            user: mia.actor_id().unwrap(),
            group: world.group("vision").await.id,
            credential: Credential::SshKey(added.id),
        };
        let asked = [grant];
        let holds = async || world.accounts.still_granted(&world.system(), &asked).await.unwrap()[0];
        let enable = async |enabled| {
            let change = UserChange { enabled: Some(enabled), ..UserChange::default() };
            world.accounts.update_user(&world.system(), "mia", change).await.unwrap();
        };
        assert!(holds().await);
        enable(false).await;
        assert!(!holds().await);
        assert!(world.accounts.person_of_ssh_key(&world.anonymous(), FINGERPRINT).await.unwrap().is_none());
        enable(true).await;
        assert!(!holds().await, "like tokens, keys do not come back");
        let again = world.accounts.add_ssh_key(&world.person("mia").await, key("laptop", KEY)).await.unwrap();
        let grant = Grant { credential: Credential::SshKey(again.id), ..asked[0].clone() };
        let holds = async || {
            world.accounts.still_granted(&world.system(), std::slice::from_ref(&grant)).await.unwrap()[0]
        };
        assert!(holds().await);
        world.accounts.remove_ssh_key(&world.person("mia").await, again.id).await.unwrap();
        assert!(!holds().await);
    }
}
