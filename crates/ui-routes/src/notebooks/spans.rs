//! The two spans of a notebook in a form: how long it may be idle, and how long it may live.

use base::{Error, Result};
use web_kit::FormBody;
use workloads::serving::IdleRule;

use crate::view;

/// Numbers and units, as typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spans {
    pub(crate) idle: (String, String),
    pub(crate) lifetime: (String, String),
}

impl Spans {
    /// Nothing said, in the units that people mostly think in.
    pub(crate) fn empty() -> Self {
        Self { idle: (String::new(), "minutes".to_owned()), lifetime: (String::new(), "hours".to_owned()) }
    }

    /// As a rule has them.
    pub(crate) fn of(rule: IdleRule) -> Self {
        let fields = |seconds: Option<i64>, of_nothing: (String, String)| match seconds {
            None => of_nothing,
            Some(_) => {
                let (number, unit) = view::time_limit_fields(seconds);
                (number, unit.to_owned())
            }
        };
        let empty = Self::empty();
        Self { idle: fields(rule.idle_s, empty.idle), lifetime: fields(rule.lifetime_s, empty.lifetime) }
    }

    /// The fields `idle`, `idle_unit`, `lifetime` and `lifetime_unit`.
    pub(crate) fn read(form: &FormBody) -> Self {
        let text = |name: &str| form.text(name).to_owned();
        Self { idle: (text("idle"), text("idle_unit")), lifetime: (text("lifetime"), text("lifetime_unit")) }
    }

    pub(crate) fn rule(&self) -> Result<IdleRule> {
        let seconds = |(number, unit): &(String, String), field: &'static str| {
            view::parse_time_limit(number, unit).map_err(|text| Error::field(field, text))
        };
        Ok(IdleRule {
            idle_s: seconds(&self.idle, "idle")?,
            lifetime_s: seconds(&self.lifetime, "lifetime")?,
        })
    }
}
