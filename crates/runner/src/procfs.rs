//! What `/proc` tells about processes.

use std::collections::HashMap;

/// What is read from one `/proc/PID/stat`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stat {
    pub(crate) pid: i32,
    parent: i32,
    pub(crate) cpu_ticks: u64,
    pub(crate) start_ticks: u64,
    pub(crate) resident_pages: u64,
    zombie: bool,
}

/// The kernel's clock ticks per second as user space sees them; fixed on Linux.
pub(crate) const TICKS_PER_SECOND: u64 = 100;

/// One process, or `None` when there is none with that id.
pub(crate) fn stat(pid: i32) -> Option<Stat> {
    parse(&fs_err::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// When a process started, in ticks since boot. With its id it names one process until the machine restarts.
pub(crate) fn start_ticks(pid: i32) -> Option<u64> {
    stat(pid).filter(|found| !found.zombie).map(|found| found.start_ticks)
}

/// All live processes below `root`, without `root` itself.
///
/// Of the first process of a pid namespace this is the whole namespace, as nobody can be orphaned out of it.
pub(crate) fn descendants(root: i32) -> Vec<Stat> {
    let Ok(entries) = fs_err::read_dir("/proc") else { return Vec::new() };
    let mut children: HashMap<i32, Vec<Stat>> = HashMap::new();
    for entry in entries.flatten() {
        let name = entry.file_name();
        if let Some(pid) = name.to_str().and_then(|name| name.parse().ok())
            && let Some(found) = stat(pid)
        {
            children.entry(found.parent).or_default().push(found);
        }
    }
    let mut below = Vec::new();
    let mut open = vec![root];
    while let Some(parent) = open.pop() {
        for child in children.remove(&parent).unwrap_or_default() {
            open.push(child.pid);
            if !child.zombie {
                below.push(child);
            }
        }
    }
    below
}

fn parse(text: &str) -> Option<Stat> {
    // The name is in parentheses and may itself contain anything, so the fields start after the last one.
    let (pid, rest) = text.split_once(" (")?;
    let fields: Vec<&str> = rest.rsplit_once(") ")?.1.split_ascii_whitespace().collect();
    let number = |nth: usize| fields.get(nth).and_then(|field| field.parse::<u64>().ok());
    Some(Stat {
        pid: pid.parse().ok()?,
        parent: fields.get(1)?.parse().ok()?,
        // Its own, and that of children it has waited for.
        cpu_ticks: (11..=14).filter_map(number).sum(),
        start_ticks: number(19)?,
        resident_pages: number(21)?,
        zombie: matches!(*fields.first()?, "Z" | "X"),
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_name_with_parentheses_does_not_confuse() {
        let text =
            "12 (a) b (c) S 7 12 12 0 -1 4194304 100 0 0 0 3 4 0 0 20 0 1 0 555 1000 42 18446744073709551615";
        let stat = parse(text).unwrap();
        assert_eq!(
            (stat.pid, stat.parent, stat.cpu_ticks, stat.start_ticks, stat.resident_pages),
            (12, 7, 7, 555, 42)
        );
    }
}
