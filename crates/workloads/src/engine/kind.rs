//! Kinds of workloads, and the rules in which they differ.

use base::{Error, GroupId, Person, Result, UserId};
use db::Topic;
use strum::VariantArray;

use super::phase::Phase;

/// What sort of thing a workload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, VariantArray)]
pub enum Kind {
    /// A script or a notebook file that runs to its end.
    Job,
    /// One run of a person's JupyterLab.
    Notebook,
}

/// In what a kind differs from others. Everything else is the same for all workloads.
#[derive(Clone, Copy, Debug)]
pub struct KindRules {
    /// The word in columns, in the API and in sentences.
    pub name: &'static str,
    /// The topic of its changes.
    pub topic: Topic,
    /// The address of a page: takes the group's name and the [name on pages](Kind::page_slug).
    pub page: fn(&str, &str) -> String,
    pub identity: Identity,
    pub end: End,
    pub restart: Restart,
    pub retention: Keep,
    pub opens: Opens,
    /// Whether its claims count against the quota of whoever started it; against the group's they always do.
    pub counts_against_user: bool,
}

/// What people know by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Each workload.
    Workload,
    /// A thing that stays; a workload is one run of it, with its number behind the thing's slug: `nb-k3x9ab2c.4`.
    Runs,
}

/// What it means that a workload ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Its work is done, or failed.
    Result,
    /// It is no longer up; only a fault is a failure.
    Stop,
}

/// How a workload ended, as people read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Succeeded,
    Failed,
    Cancelled,
    /// It was up for as long as it was wanted.
    Stopped,
}

impl End {
    /// What the phase says of a workload; nothing while it has not ended.
    pub const fn outcome(self, phase: Phase) -> Option<Outcome> {
        match (phase, self) {
            (Phase::Waiting | Phase::Preparing | Phase::Running, _) => None,
            (Phase::Failed, _) => Some(Outcome::Failed),
            (Phase::Succeeded, Self::Result) => Some(Outcome::Succeeded),
            (Phase::Cancelled, Self::Result) => Some(Outcome::Cancelled),
            (Phase::Succeeded | Phase::Cancelled, Self::Stop) => Some(Outcome::Stopped),
        }
    }
}

/// When a workload that has been started runs once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restart {
    /// Whether people can ask for it while it runs.
    pub on_request: bool,
    /// How many attempts the platform's own faults may cost before it is given up.
    pub most_attempts: i64,
}

/// How long a workload that has ended is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// For the days that the installation sets for jobs.
    JobDays,
}

/// Who may open what a workload serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opens {
    /// It serves nothing.
    Nobody,
    /// Its owner, while they are a member of its group.
    Owner,
}

impl Opens {
    /// Whether a person may open a workload of this owner and group.
    pub fn lets_in(self, person: &Person, owner: UserId, group: GroupId) -> bool {
        match self {
            Self::Nobody => false,
            Self::Owner => person.id == owner && person.roles.iter().any(|(of, _)| *of == group),
        }
    }
}

impl Kind {
    pub const ALL: &'static [Self] = Self::VARIANTS;

    pub const fn rules(self) -> KindRules {
        match self {
            Self::Job => KindRules {
                name: "job",
                topic: Topic::Jobs,
                page: |group, slug| paths::Job.link(group, slug),
                identity: Identity::Workload,
                end: End::Result,
                restart: Restart { on_request: false, most_attempts: 3 },
                retention: Keep::JobDays,
                opens: Opens::Nobody,
                counts_against_user: true,
            },
            Self::Notebook => KindRules {
                name: "notebook",
                topic: Topic::Notebooks,
                page: |group, slug| paths::Notebook.link(group, slug),
                identity: Identity::Runs,
                end: End::Stop,
                restart: Restart { on_request: true, most_attempts: 3 },
                retention: Keep::JobDays,
                opens: Opens::Owner,
                counts_against_user: true,
            },
        }
    }

    pub const fn as_str(self) -> &'static str {
        self.rules().name
    }

    /// The kind of a row. Another word is a fault: rows of a newer version are refused when the database is opened.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let found = Self::ALL.iter().copied().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| Error::internal(format!("no kind of workload is called “{text}”")))
    }

    /// What pages, and the content origin, know a workload by.
    pub fn page_slug(self, slug: &str) -> &str {
        match self.rules().identity {
            Identity::Workload => slug,
            Identity::Runs => slug.rsplit_once('.').map_or(slug, |(thing, _)| thing),
        }
    }

    /// The address of the page of a workload with this slug.
    pub fn page(self, group: &str, slug: &str) -> String {
        (self.rules().page)(group, self.page_slug(slug))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back_and_differ() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()).unwrap(), *kind);
        }
        assert!(Kind::parse("").is_err());
    }

    #[test]
    fn a_server_that_was_stopped_did_not_succeed() {
        let outcomes = |kind: Kind| Phase::ALL.map(|phase| kind.rules().end.outcome(phase));
        use Outcome::{Cancelled, Failed, Stopped, Succeeded};
        let job = [None, None, None, Some(Succeeded), Some(Failed), Some(Cancelled)];
        assert_eq!(outcomes(Kind::Job), job);
        let notebook = [None, None, None, Some(Stopped), Some(Failed), Some(Stopped)];
        assert_eq!(outcomes(Kind::Notebook), notebook);
    }

    #[test]
    fn a_run_is_shown_on_the_page_of_its_thing() {
        assert_eq!(Kind::Job.page("vision", "job-1.2"), "/g/vision/jobs/job-1.2");
        assert_eq!(Kind::Notebook.page("vision", "nb-1.12"), "/g/vision/notebooks/nb-1");
    }
}
