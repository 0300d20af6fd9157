//! How busy GPUs are, as the driver's own program tells.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

/// A driver in trouble does not answer at all.
const PATIENCE: Duration = Duration::from_secs(5);

/// The percentage of the busiest of these GPUs; `None` when it can't be told.
pub(super) async fn busiest(nvidia_smi: &Path, indices: &[u32]) -> Option<u8> {
    let list = indices.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
    let mut command = Command::new(nvidia_smi);
    command.arg(format!("--id={list}"));
    command.args(["--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]);
    command.stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let said = tokio::time::timeout(PATIENCE, command.output()).await.ok()?.ok()?;
    percent(&String::from_utf8_lossy(&said.stdout)).filter(|_| said.status.success())
}

/// Of one number per line. A GPU that can't tell says `[N/A]`.
fn percent(said: &str) -> Option<u8> {
    said.lines().filter_map(|line| line.trim().parse().ok()).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_counts_and_what_is_no_number_does_not() {
        assert_eq!(percent("3\n 87\n[N/A]\n"), Some(87));
        assert_eq!(percent("[N/A]\n"), None);
        assert_eq!(percent(""), None);
    }
}
