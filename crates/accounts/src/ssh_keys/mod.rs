//! Public keys for SSH: named, each of one account only, known by their fingerprints.

pub mod entity;
mod parse;
pub(crate) mod store;

use base::error::FieldErrors;
use base::{Credential, Error, OpContext, Person, Result, SshKeyId, Timestamp, UserId, names};
use db::{ResultExt as _, Topic, Tx};
use sea_orm::ActiveModelTrait as _;
use sea_orm::ActiveValue::Set;

use crate::Accounts;
use crate::audit::{self, Entry};
use crate::authenticate::TOUCH_SECONDS;

/// The most keys of one person.
const MAX_KEYS: usize = 50;

/// A public key as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshKey {
    pub id: SshKeyId,
    pub name: String,
    /// Such as `ssh-ed25519`.
    pub algorithm: String,
    /// As `ssh-keygen -l` shows it: `SHA256:…`.
    pub fingerprint: String,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

/// A public key to keep.
#[derive(Clone, Debug)]
pub struct NewSshKey {
    /// What stands behind the key where it is empty.
    pub name: String,
    /// The line of a file such as `id_ed25519.pub`.
    pub key: String,
}

impl From<entity::Model> for SshKey {
    fn from(row: entity::Model) -> Self {
        Self {
            id: SshKeyId(row.id),
            name: row.name,
            algorithm: row.algorithm,
            fingerprint: row.fingerprint,
            created_at: Timestamp(row.created_at),
            last_used_at: row.last_used_at.map(Timestamp),
        }
    }
}

impl Accounts {
    /// Keeps a public key of the person who asks. A token can't: the key would outlive it.
    pub async fn add_ssh_key(&self, ctx: &OpContext, input: NewSshKey) -> Result<SshKey> {
        let person = ctx.person()?.clone();
        if let Credential::Token { .. } | Credential::AccessKey(_) = ctx.credential {
            return Err(Error::forbidden("A token can't add SSH keys.")
                .with_hint("Sign in and add it on your profile."));
        }
        let mut errors = FieldErrors::default();
        let parsed = errors.check("key", parse::parse(&input.key));
        let comment = parsed.as_ref().map(|parsed| names::cut(&parsed.comment, 60)).unwrap_or_default();
        let named = if input.name.trim().is_empty() { comment.as_str() } else { input.name.trim() };
        // Without a key there is nothing to take a name from, and one thing to correct is enough.
        let name = match (&parsed, named.is_empty()) {
            (None, true) => None,
            _ => errors.check("name", names::display_name(named, 60)),
        };
        let (Some(name), Some(parsed), true) = (name, parsed, errors.is_empty()) else {
            return Err(errors.into_error());
        };
        let ctx = ctx.clone();
        self.db.write(move |tx| Box::pin(async move { insert(tx, &ctx, &person, name, parsed).await })).await
    }

    pub async fn list_ssh_keys(&self, ctx: &OpContext) -> Result<Vec<SshKey>> {
        let rows = store::list(self.db.reader(), ctx.person()?.id).await?;
        Ok(rows.into_iter().map(SshKey::from).collect())
    }

    /// Removes one of one's own keys; what is open through it ends.
    pub async fn remove_ssh_key(&self, ctx: &OpContext, id: SshKeyId) -> Result<()> {
        let person = ctx.person()?.clone();
        ctx.require_write()?;
        let ctx = ctx.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    if store::delete(tx.connection(), person.id, id).await? == 0 {
                        return Err(Error::not_found("SSH key"));
                    }
                    let (subject, detail) = (person.name.as_str(), String::new());
                    audit::record(tx, &ctx, Entry { action: "ssh_key.remove", group: None, subject, detail })
                        .await?;
                    tx.emit(ctx.now(), None, Topic::Access, person.name).await
                })
            })
            .await
    }

    /// The person of a public key that somebody offers; `None` when nobody has it, or its owner is disabled.
    ///
    /// It says nothing about whether they hold the private key.
    pub async fn person_of_ssh_key(
        &self,
        ctx: &OpContext,
        fingerprint: &str,
    ) -> Result<Option<(Person, Credential)>> {
        let Some(row) = store::by_fingerprint(self.db.reader(), fingerprint).await? else { return Ok(None) };
        let person = self.person(ctx.catalogue, UserId(row.user_id)).await?;
        Ok(person.map(|person| (person, Credential::SshKey(SshKeyId(row.id)))))
    }

    /// Records that a key was used just now, unless that was recorded a moment ago.
    pub async fn touch_ssh_key(&self, ctx: &OpContext, fingerprint: &str) -> Result<()> {
        let now = ctx.now();
        let row = store::by_fingerprint(self.db.reader(), fingerprint).await?;
        let due = |row: &entity::Model| {
            row.last_used_at.is_none_or(|used| now.seconds_since(Timestamp(used)) >= TOUCH_SECONDS)
        };
        let Some(row) = row.filter(due) else { return Ok(()) };
        self.db
            .write(move |tx| Box::pin(async move { store::touch(tx.connection(), row.id, now).await }))
            .await
    }
}

async fn insert(
    tx: &Tx,
    ctx: &OpContext,
    person: &Person,
    name: String,
    parsed: parse::Parsed,
) -> Result<SshKey> {
    let own = store::list(tx.connection(), person.id).await?;
    if own.iter().any(|key| key.name == name) {
        let text = format!("You have a key named “{name}” already. Choose another name or remove that one.");
        return Err(Error::field("name", text));
    }
    if own.len() >= MAX_KEYS {
        let text = format!("You have {MAX_KEYS} SSH keys, which is the most.");
        return Err(
            Error::conflict("too_many_ssh_keys", text).with_hint("Remove those that you no longer use.")
        );
    }
    if let Some(row) = store::by_fingerprint(tx.connection(), &parsed.fingerprint).await? {
        let text = if row.user_id == person.id.0 {
            format!("You have this key already, as “{}”.", row.name)
        } else {
            "This key belongs to another account. A key is for one account only: make a new one.".to_owned()
        };
        return Err(Error::field("key", text));
    }
    let row = entity::ActiveModel {
        id: Set(SshKeyId::new(&*ctx.clock).0),
        user_id: Set(person.id.0),
        name: Set(name),
        algorithm: Set(parsed.algorithm),
        fingerprint: Set(parsed.fingerprint),
        created_at: Set(ctx.now().micros()),
        last_used_at: Set(None),
    };
    let row = row.insert(tx.connection()).await.doing("write an SSH key")?;
    let detail = format!("“{}”, {}", row.name, row.fingerprint);
    audit::record(tx, ctx, Entry { action: "ssh_key.add", group: None, subject: &person.name, detail })
        .await?;
    Ok(row.into())
}
