//! Who acts, through what, when: the argument of every use case.

use std::sync::Arc;

use crate::clock::{Clock, Timestamp};
use crate::error::{Error, Result};
use crate::ids::{AccessKeyId, GroupId, SessionId, SshKeyId, TokenId, UserId};
use crate::policy::{Action, Role};

/// A signed-in person with the roles they hold now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: UserId,
    pub name: String,
    pub is_platform_admin: bool,
    pub roles: Vec<(GroupId, Role)>,
}

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    Anonymous,
    Person(Person),
    /// A background task, or the command line of whoever runs the server; may do everything.
    System(&'static str),
}

/// Through what they showed who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    None,
    Session(SessionId),
    Token {
        id: TokenId,
        scope: TokenScope,
    },
    SshKey(SshKeyId),
    /// For one group: the person has no other roles through it.
    AccessKey(AccessKeyId),
}

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenScope {
    Read,
    Write,
}

impl TokenScope {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "read" => Ok(Self::Read),
            "write" => Ok(Self::Write),
            _ => Err("A scope is “read” or “write”.".to_owned()),
        }
    }
}

/// See the module's text.
#[derive(Clone)]
pub struct OpContext {
    pub actor: Actor,
    pub credential: Credential,
    pub request_id: String,
    pub clock: Arc<dyn Clock>,
    /// Where the request came from, for rate limits and the audit log.
    pub address: Option<std::net::IpAddr>,
    /// The catalogue's version when the request began: what is known of it may be used. `None` reads everything anew.
    pub catalogue: Option<i64>,
}

impl OpContext {
    /// For background tasks and the command line.
    pub fn system(task: &'static str, clock: Arc<dyn Clock>) -> Self {
        Self {
            actor: Actor::System(task),
            credential: Credential::None,
            request_id: task.to_owned(),
            clock,
            address: None,
            catalogue: None,
        }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The person who acts, or 401.
    pub fn person(&self) -> Result<&Person> {
        match &self.actor {
            Actor::Person(person) => Ok(person),
            Actor::Anonymous => {
                Err(Error::unauthenticated("You are not signed in.").with_hint("Sign in first."))
            }
            Actor::System(task) => Err(Error::internal(format!("{task} acts for nobody"))),
        }
    }

    /// The person's id where a person acts.
    pub fn actor_id(&self) -> Option<UserId> {
        match &self.actor {
            Actor::Person(person) => Some(person.id),
            Actor::Anonymous | Actor::System(_) => None,
        }
    }

    /// The name that the audit log shows.
    pub fn actor_name(&self) -> &str {
        match &self.actor {
            Actor::Person(person) => &person.name,
            Actor::Anonymous => "anonymous",
            Actor::System(task) => task,
        }
    }

    pub fn role_in(&self, group: GroupId) -> Option<Role> {
        match &self.actor {
            Actor::Person(person) => person.roles.iter().find(|(id, _)| *id == group).map(|(_, role)| *role),
            Actor::Anonymous | Actor::System(_) => None,
        }
    }

    pub fn is_platform_admin(&self) -> bool {
        match &self.actor {
            Actor::Person(person) => person.is_platform_admin,
            Actor::System(_) => true,
            Actor::Anonymous => false,
        }
    }

    /// Refuses unless the actor may do this in the group. A group that they may not see does not exist for them.
    pub fn require_in_group(&self, action: Action, group: GroupId) -> Result<()> {
        if matches!(self.actor, Actor::System(_)) {
            return Ok(());
        }
        self.person()?;
        let role = self.role_in(group);
        if role.is_none() && !self.is_platform_admin() {
            return Err(Error::not_found("group of this name"));
        }
        self.require_scope(action)?;
        // A platform admin sees and manages every group, but runs things only where they are a member.
        let as_platform_admin = self.is_platform_admin()
            && matches!(action, Action::ReadGroup | Action::StopWorkload | Action::ManageGroup);
        let as_member = action.needs().is_some_and(|needed| role.is_some_and(|role| role >= needed));
        if as_platform_admin || as_member {
            return Ok(());
        }
        let who = match action.needs() {
            Some(Role::Admin) => "a group admin",
            Some(Role::Member) => "a member of the group",
            None => "a platform admin",
        };
        Err(Error::forbidden(format!("You may not {}.", action.describe())).with_hint(format!("Ask {who}.")))
    }

    /// Refuses unless the actor is a platform admin.
    pub fn require_platform_admin(&self) -> Result<()> {
        if matches!(self.actor, Actor::System(_)) {
            return Ok(());
        }
        if !self.person()?.is_platform_admin {
            return Err(
                Error::forbidden("You may not administer the platform.").with_hint("Ask a platform admin.")
            );
        }
        self.require_scope(Action::ManagePlatform)
    }

    /// Refuses a read-only token where something would change.
    pub fn require_write(&self) -> Result<()> {
        if let Credential::Token { scope: TokenScope::Read, .. } = self.credential {
            return Err(Error::forbidden("This token may only read.")
                .with_code("token_scope")
                .with_hint("Make a token with the scope “write” on your profile."));
        }
        Ok(())
    }

    fn require_scope(&self, action: Action) -> Result<()> {
        if action.writes() { self.require_write() } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::MockClock;

    fn context(actor: Actor, credential: Credential) -> OpContext {
        let clock = MockClock::new(Timestamp(0), 1);
        OpContext { actor, credential, request_id: String::new(), clock, address: None, catalogue: None }
    }

    /// Role × action, written out: a change of policy must change this table too.
    #[test]
    fn the_policy_is_this_table() {
        let clock = MockClock::new(Timestamp(0), 1);
        let (group, other) = (GroupId::new(&*clock), GroupId::new(&*clock));
        let person = |admin, roles: &[(GroupId, Role)]| {
            let id = UserId::new(&*MockClock::new(Timestamp(0), 9));
            Actor::Person(Person { id, name: "ada".into(), is_platform_admin: admin, roles: roles.to_vec() })
        };
        let actors = [
            ("anonymous", Actor::Anonymous),
            ("outsider", person(false, &[(other, Role::Admin)])),
            ("member", person(false, &[(group, Role::Member)])),
            ("group admin", person(false, &[(group, Role::Admin)])),
            ("platform admin", person(true, &[])),
            ("system", Actor::System("test")),
        ];
        let mut table = String::new();
        for (who, actor) in actors {
            let ctx = context(actor, Credential::None);
            let cells: Vec<&str> = Action::ALL
                .iter()
                .map(|action| match ctx.require_in_group(*action, group).map_err(|e| e.kind()) {
                    Ok(()) => "yes",
                    Err(ErrorKind::Unauthenticated) => "401",
                    Err(ErrorKind::Forbidden) => "403",
                    Err(ErrorKind::NotFound) => "404",
                    Err(_) => "?",
                })
                .collect();
            table.push_str(&format!("{who}: {}\n", cells.join(" ")));
        }
        assert_eq!(
            table,
            "anonymous: 401 401 401 401 401\n\
             outsider: 404 404 404 404 404\n\
             member: yes yes yes 403 403\n\
             group admin: yes yes yes yes 403\n\
             platform admin: yes 403 yes yes 403\n\
             system: yes yes yes yes yes\n"
        );
    }

    use crate::error::ErrorKind;

    #[test]
    fn a_read_token_changes_nothing() {
        let clock = MockClock::new(Timestamp(0), 1);
        let group = GroupId::new(&*clock);
        let actor = Actor::Person(Person {
            id: UserId::new(&*clock),
            name: "ada".into(),
            is_platform_admin: true,
            roles: vec![(group, Role::Admin)],
        });
        let ctx = context(actor, Credential::Token { id: TokenId::new(&*clock), scope: TokenScope::Read });
        assert!(ctx.require_in_group(Action::ReadGroup, group).is_ok());
        assert!(ctx.require_in_group(Action::RunWorkload, group).is_err());
        assert!(ctx.require_platform_admin().is_err());
    }
}
