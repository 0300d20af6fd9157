//! Finding out where control groups can be made.

use std::io;
use std::path::{Path, PathBuf};

use super::{CgroupBase, Version, write};

/// The folder that holds the groups of all attempts.
const FOLDER: &str = "portico";
/// The group the server moves itself to, as a group with processes cannot have groups with limits below it.
const SERVER: &str = "portico-server";
const CONTROLLERS: [&str; 3] = ["memory", "cpu", "pids"];

impl CgroupBase {
    /// Looks at this process's own groups and makes a folder for attempts below them wherever that is allowed.
    pub(crate) fn discover() -> Self {
        let read = |path: &str| fs_err::read_to_string(path).unwrap_or_default();
        let (own, mounts) = (read("/proc/self/cgroup"), read("/proc/self/mountinfo"));
        version_two(&own, &mounts).unwrap_or_else(|| version_one(&own, &mounts))
    }
}

/// The groups that a process is in, by what they limit, however they were made.
pub(super) fn of_process(pid: i32) -> Option<CgroupBase> {
    let groups = fs_err::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    let mounts = fs_err::read_to_string("/proc/self/mountinfo").ok()?;
    let two = groups.lines().find_map(|line| line.strip_prefix("0::"));
    let two = two.and_then(|path| mounted(&mounts, "cgroup2", None, path));
    if let Some(folder) = two.filter(|folder| folder.join("memory.max").exists()) {
        let folder = Some(folder);
        return Some(CgroupBase {
            version: Version::Two,
            memory: folder.clone(),
            cpu: folder.clone(),
            cpuacct: folder.clone(),
            pids: folder,
        });
    }
    let folder =
        |controller: &str| mounted(&mounts, "cgroup", Some(controller), path_in(&groups, controller)?);
    Some(CgroupBase {
        version: Version::One,
        memory: folder("memory"),
        cpu: folder("cpu"),
        cpuacct: folder("cpuacct"),
        pids: folder("pids"),
    })
}

/// Where in the hierarchy of a controller of version 1 a process is, from the list of its groups.
fn path_in<'a>(groups: &'a str, controller: &str) -> Option<&'a str> {
    groups.lines().find_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (names, path) = rest.split_once(':')?;
        names.split(',').any(|name| name == controller).then_some(path)
    })
}

fn version_two(own: &str, mounts: &str) -> Option<CgroupBase> {
    let path = own.lines().find_map(|line| line.strip_prefix("0::"))?;
    let own = mounted(mounts, "cgroup2", None, path)?;
    // Started again below the group that the last server had moved to (or that systemd made, `DelegateSubgroup=`)?
    let above = own.parent().filter(|above| delegated(above).is_ok());
    let root = match above {
        Some(above) => above,
        None => {
            offers_all(&own).ok()?;
            let server = own.join(SERVER);
            create(&server).ok()?;
            for pid in fs_err::read_to_string(own.join("cgroup.procs")).ok()?.lines() {
                write(&server, "cgroup.procs", pid).ok()?;
            }
            delegated(&own).ok()?;
            &own
        }
    };
    let folder = root.join(FOLDER);
    create(&folder).ok()?;
    delegated(&folder).ok()?;
    let folder = Some(folder);
    Some(CgroupBase {
        version: Version::Two,
        memory: folder.clone(),
        cpu: folder.clone(),
        cpuacct: folder.clone(),
        pids: folder,
    })
}

/// Whether groups below `folder` can be limited; makes it so where it is ours to decide.
fn delegated(folder: &Path) -> io::Result<()> {
    offers_all(folder)?;
    write(folder, "cgroup.subtree_control", "+memory +cpu +pids")
}

fn offers_all(folder: &Path) -> io::Result<()> {
    let offered = fs_err::read_to_string(folder.join("cgroup.controllers"))?;
    let offers = |wanted: &&str| offered.split_ascii_whitespace().any(|name| name == *wanted);
    if CONTROLLERS.iter().all(offers) { Ok(()) } else { Err(io::ErrorKind::Unsupported.into()) }
}

fn version_one(own: &str, mounts: &str) -> CgroupBase {
    let folder = |controller: &str| {
        let folder = mounted(mounts, "cgroup", Some(controller), path_in(own, controller)?)?.join(FOLDER);
        create(&folder).ok()?;
        // A folder may be there from another user and not take anything from us.
        rustix::fs::access(&folder, rustix::fs::Access::WRITE_OK).ok()?;
        Some(folder)
    };
    CgroupBase {
        version: Version::One,
        memory: folder("memory"),
        cpu: folder("cpu"),
        cpuacct: folder("cpuacct"),
        pids: folder("pids"),
    }
}

/// Where the group `path` of a hierarchy lies in the file system.
fn mounted(mounts: &str, kind: &str, controller: Option<&str>, path: &str) -> Option<PathBuf> {
    mounts.lines().find_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let mut after = after.split(' ');
        if after.next()? != kind {
            return None;
        }
        let options = after.nth(1)?;
        if controller.is_some_and(|controller| options.split(',').all(|name| name != controller)) {
            return None;
        }
        let mut before = before.split(' ').skip(3);
        let (root, point) = (before.next()?, Path::new(before.next()?));
        // In a container the mount may show only a part of the hierarchy.
        let below = Path::new(path).strip_prefix(root).unwrap_or(Path::new(""));
        let folder = point.join(below.strip_prefix("/").unwrap_or(below));
        folder.is_dir().then_some(folder)
    })
}

fn create(folder: &Path) -> io::Result<()> {
    match fs_err::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}
