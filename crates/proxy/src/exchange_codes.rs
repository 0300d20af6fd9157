//! Exchange codes: they carry a signed-in browser from the portal to the content origin. Each works once, soon, for one
//! workload.
//!
//! They live in memory: after a restart the browser is sent for a new one.

use std::collections::HashMap;
use std::sync::Mutex;

use base::secret::{hash, random_text};
use base::{AttemptId, Clock, GroupId, Secret, SessionId, Timestamp};

use crate::lock;

const LIFETIME_SECONDS: i64 = 30;

/// See the module's text.
#[derive(Default)]
pub(crate) struct ExchangeCodes(Mutex<HashMap<String, Code>>);

struct Code {
    slug: String,
    grant: CodeGrant,
    ends_at: Timestamp,
}

/// What a code stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CodeGrant {
    /// The portal session that it was made for.
    pub(crate) session: SessionId,
    /// What it shows; `None` lets its bearer into the workload.
    pub(crate) view: Option<View>,
}

/// What an attempt of a group's job left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) group: GroupId,
    pub(crate) attempt: AttemptId,
}

impl ExchangeCodes {
    /// A new code.
    pub(crate) fn issue(&self, clock: &dyn Clock, slug: &str, grant: CodeGrant) -> Secret {
        let secret = Secret::new(random_text(clock, 43));
        let now = clock.now();
        let ends_at = now.plus_seconds(LIFETIME_SECONDS);
        let mut codes = lock(&self.0);
        codes.retain(|_, code| code.ends_at > now);
        codes.insert(hash(secret.expose()), Code { slug: slug.to_owned(), grant, ends_at });
        secret
    }

    /// What a code stands for. Whoever redeems it first gets it; a replay gets nothing.
    pub(crate) fn redeem(&self, clock: &dyn Clock, secret: &str, slug: &str) -> Option<CodeGrant> {
        let code = lock(&self.0).remove(&hash(secret))?;
        (code.slug == slug && code.ends_at > clock.now()).then_some(code.grant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::clock::MockClock;

    #[test]
    fn a_code_works_once_soon_and_for_its_workload() {
        let clock = MockClock::new(Timestamp(0), 1);
        let codes = ExchangeCodes::default();
        let grant = CodeGrant { session: SessionId::new(&*clock), view: None };
        let issue = || codes.issue(&*clock, "nb-1", grant);
        let redeem = |code: &Secret, slug| codes.redeem(&*clock, code.expose(), slug);
        let code = issue();
        assert_eq!(redeem(&code, "nb-1"), Some(grant));
        assert_eq!(redeem(&code, "nb-1"), None);
        let code = issue();
        assert_eq!(redeem(&code, "nb-2"), None);
        assert_eq!(redeem(&code, "nb-1"), None, "a wrong use spends it");
        let code = issue();
        clock.advance_seconds(LIFETIME_SECONDS);
        assert_eq!(redeem(&code, "nb-1"), None);
    }
}
