//! How many files and sockets the server may have open, and who gets how many of them.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// No server needs more; some programs that workloads run get slow with millions.
const ENOUGH: u64 = 65_536;

/// How many connections each listener takes at once. What is left is for the database, the runner and operators, so
/// that whoever opens connection after connection stops neither jobs nor health checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Connections {
    pub(crate) portal: usize,
    /// Each of them has another one, to a workload.
    pub(crate) content: usize,
    pub(crate) operators: usize,
}

impl Connections {
    fn of(files: u64) -> Self {
        let files = usize::try_from(files).unwrap_or(usize::MAX);
        let part = |of: usize| (files / of).max(8);
        Self { portal: part(3), content: part(5), operators: part(20) }
    }
}

/// Asks for as many open files as the machine allows: what it gives without being asked, often 1024, is used up by a few
/// hundred notebooks.
pub(crate) fn connections() -> Connections {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.unwrap_or(ENOUGH).min(ENOUGH);
    let now = limit.current.unwrap_or(ENOUGH);
    if now < wanted {
        match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum }) {
            Ok(()) => return Connections::of(wanted),
            Err(error) => tracing::warn!(%error, files = now, "no more open files are allowed"),
        }
    }
    Connections::of(now)
}

#[cfg(test)]
mod tests {
    use super::Connections;

    #[test]
    fn something_is_left_for_everything_else() {
        for files in [256, 1024, 20_000, 65_536] {
            let Connections { portal, content, operators } = Connections::of(files);
            let taken = portal + 2 * content + operators;
            assert!(taken < usize::try_from(files).unwrap() * 4 / 5, "{taken} of {files}");
        }
    }
}
