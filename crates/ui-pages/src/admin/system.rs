//! What this installation can and can't do.

use askama::Template;

use crate::Page;
use crate::components::Fact;
use crate::frame::{Entry, Frame};
use crate::quota::Meter;
use crate::samples;

/// Whether something is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Found {
    #[default]
    Yes,
    /// In a weaker way than it should be.
    Weak,
    Missing,
    /// Not there, and nothing is wrong with that.
    No,
}

impl Found {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "Yes",
            Self::Weak => "Weak",
            Self::Missing => "Missing",
            Self::No => "No",
        }
    }

    #[must_use]
    pub fn icon(self) -> &'static str {
        match self {
            Self::Yes => "check",
            Self::Weak | Self::Missing => "triangle-alert",
            Self::No => "circle",
        }
    }

    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Yes => "ok",
            Self::Weak | Self::Missing => "wait",
            Self::No => "idle",
        }
    }
}

/// Something the machine can do or can't.
#[derive(Clone, Debug, Default)]
pub struct Capability {
    pub name: String,
    pub found: Found,
    /// What was found.
    pub detail: String,
    /// What to do about it when it is missing.
    pub fix: Option<String>,
}

/// `GET /admin/system`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "admin/system.html")]
pub struct SystemPage {
    pub frame: Frame,
    pub capabilities: Vec<Capability>,
    /// Version, database, start, data directory.
    pub facts: Vec<Fact>,
    /// How full disk, memory and the like are.
    pub meters: Vec<Meter>,
}

impl SystemPage {
    /// How many capabilities are missing or weak.
    #[must_use]
    pub fn missing(&self) -> usize {
        self.capabilities
            .iter()
            .filter(|capability| matches!(capability.found, Found::Weak | Found::Missing))
            .count()
    }
}

impl Page for SystemPage {
    const NAME: &'static str = "admin-system";

    fn samples() -> Vec<(&'static str, Self)> {
        let can = |name: &str, detail: &str, fix: Option<&str>| Capability {
            name: name.into(),
            found: if fix.is_none() { Found::Yes } else { Found::Missing },
            detail: detail.into(),
            fix: fix.map(Into::into),
        };
        let meter =
            |label: &str, text: &str, percent| Meter { label: label.into(), text: text.into(), percent };
        let good = Self {
            frame: samples::admin_frame("System", Entry::AdminSystem),
            capabilities: vec![
                can("Sandbox", "bubblewrap 0.11 with user namespaces", None),
                can("CPU and memory limits", "cgroup v2, delegated", None),
                can("Network of its own", "slirp4netns 1.3", None),
                can("Environments", "uv 0.9", None),
            ],
            facts: vec![
                Fact::new("Version", "0.1.0"),
                Fact::new("Database", "SQLite 3.50, WAL"),
                Fact::id("Data directory", "/var/lib/portico"),
                Fact::time("Started", samples::when("07:58:01", "2 h ago")),
            ],
            meters: vec![
                meter("Data directory", "41 of 200 GB", 20.5),
                meter("Memory of the machine", "12 of 32 GiB", 37.5),
                meter("CPU of the machine", "6 of 16 cores", 37.5),
            ],
        };
        let mut lacking = good.clone();
        lacking.capabilities[1] = can(
            "CPU and memory limits",
            "cgroups are not writable; limits are kept by watching, which is slower",
            Some(
                "Start the server in a delegated cgroup: systemd-run --user --property=Delegate=yes portico serve",
            ),
        );
        lacking.capabilities[2] = can(
            "Network of its own",
            "slirp4netns is not installed; jobs share the machine's network",
            Some("Install the package slirp4netns, then restart the server."),
        );
        lacking.capabilities[2].found = Found::Weak;
        lacking.capabilities.push(Capability {
            name: "GPUs".into(),
            found: Found::No,
            detail: "this machine has no NVIDIA GPU".into(),
            fix: None,
        });
        lacking.meters[0] = meter("Data directory", "190 of 200 GB", 95.0);
        vec![("all-good", good), ("something-missing", lacking)]
    }
}
