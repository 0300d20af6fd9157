//! Codes that carry a signed-in browser from the portal to the content origin. Each works once, soon, for one workload.
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
pub(crate) struct Codes(Mutex<HashMap<String, Code>>);

struct Code {
    slug: String,
    pass: Pass,
    ends_at: Timestamp,
}

/// What a code stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pass {
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

impl Codes {
    /// A new code.
    pub(crate) fn make(&self, clock: &dyn Clock, slug: &str, pass: Pass) -> Secret {
        let secret = Secret::new(random_text(clock, 43));
        let now = clock.now();
        let ends_at = now.plus_seconds(LIFETIME_SECONDS);
        let mut codes = lock(&self.0);
        codes.retain(|_, code| code.ends_at > now);
        codes.insert(hash(secret.expose()), Code { slug: slug.to_owned(), pass, ends_at });
        secret
    }

    /// What a code stands for. Whoever asks first gets it, and nobody afterwards.
    pub(crate) fn take(&self, clock: &dyn Clock, secret: &str, slug: &str) -> Option<Pass> {
        let code = lock(&self.0).remove(&hash(secret))?;
        (code.slug == slug && code.ends_at > clock.now()).then_some(code.pass)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::clock::MockClock;

    #[test]
    fn a_code_works_once_soon_and_for_its_workload() {
        let clock = MockClock::new(Timestamp(0), 1);
        let codes = Codes::default();
        let pass = Pass { session: SessionId::new(&*clock), view: None };
        let make = || codes.make(&*clock, "nb-1", pass);
        let take = |code: &Secret, slug| codes.take(&*clock, code.expose(), slug);
        let code = make();
        assert_eq!(take(&code, "nb-1"), Some(pass));
        assert_eq!(take(&code, "nb-1"), None);
        let code = make();
        assert_eq!(take(&code, "nb-2"), None);
        assert_eq!(take(&code, "nb-1"), None, "a wrong use spends it");
        let code = make();
        clock.advance_seconds(LIFETIME_SECONDS);
        assert_eq!(take(&code, "nb-1"), None);
    }
}
