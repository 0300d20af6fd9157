//! What the kernel says about processes.

use anyhow::Context as _;

/// User and system time of a process.
pub(crate) fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, fields) = stat.rsplit_once(')').context("no stat")?;
    let mut ticks = fields.split_whitespace().skip(11).take(2);
    let mut next = || -> anyhow::Result<f64> { Ok(ticks.next().context("no stat")?.parse()?) };
    Ok((next()? + next()?) / 100.0)
}

/// The processes that were called with these as their first arguments; the last one may go on.
pub(crate) fn called_with(first: &[&str]) -> anyhow::Result<Vec<u32>> {
    let beginning = first.join("\0");
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line);
        if line.split_once('\0').is_some_and(|(_, arguments)| arguments.starts_with(&beginning)) {
            found.push(pid);
        }
    }
    Ok(found)
}

/// The memory of processes together, in MB; what they share with others counts in part.
pub(crate) fn proportional_mb(pids: &[u32]) -> f64 {
    let of = |pid: &u32| {
        let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
        let line = text.lines().find(|line| line.starts_with("Pss:"))?;
        line.split_whitespace().nth(1)?.parse::<f64>().ok()
    };
    pids.iter().filter_map(of).sum::<f64>() * 1024.0 / 1e6
}
