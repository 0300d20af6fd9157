//! Samples of [`SystemPage`].

use crate::admin::{Capability, Found, SystemPage};
use crate::components::Fact;
use crate::frame::Entry;
use crate::quota::Meter;
use crate::samples::{self, Samples};

impl Samples for SystemPage {
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
