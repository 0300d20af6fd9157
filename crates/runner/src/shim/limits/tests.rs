use std::path::PathBuf;

use super::{CgroupBase, Cgroups, Version};
use crate::spec::Resources;

/// Stands in for a delegated version 2 subtree: the kernel would make the files with the folder.
fn fake_version_two(files: &[&str]) -> (tempfile::TempDir, CgroupBase) {
    let dir = tempfile::tempdir().unwrap();
    let group = dir.path().join("a1");
    fs_err::create_dir(&group).unwrap();
    for file in files {
        fs_err::write(group.join(file), "").unwrap();
    }
    let folder = Some(dir.path().to_owned());
    let base = CgroupBase {
        version: Version::Two,
        memory: folder.clone(),
        cpu: folder.clone(),
        cpuacct: folder.clone(),
        pids: folder,
    };
    (dir, base)
}

#[test]
fn version_two_is_spoken() {
    let files = ["memory.max", "memory.swap.max", "cpu.max", "pids.max", "cgroup.procs"];
    let (dir, base) = fake_version_two(&files);
    let groups = Cgroups::create(&base, "a1", Resources { cpu_milli: 1500, memory_mib: 64, gpu: 0 });
    groups.add(77).unwrap();
    let read = |file: &str| fs_err::read_to_string(dir.path().join("a1").join(file)).unwrap();
    assert_eq!(read("memory.max"), "67108864");
    assert_eq!(read("memory.swap.max"), "0");
    assert_eq!(read("cpu.max"), "150000 100000");
    assert_eq!(read("cgroup.procs"), "77");
    assert_eq!(groups.folders(), [dir.path().join("a1")]);
    fs_err::write(dir.path().join("a1/memory.events"), "low 0\noom 3\noom_kill 2\noom_group_kill 0\n")
        .unwrap();
    fs_err::write(dir.path().join("a1/cpu.stat"), "usage_usec 1234\nuser_usec 1000\n").unwrap();
    assert_eq!(groups.memory_kills(), 2);
    assert_eq!(groups.cpu_time_us(), Some(1234));
}

#[test]
fn a_limit_that_cannot_be_set_is_not_claimed() {
    let base = CgroupBase { memory: Some(PathBuf::from("/nonexistent")), ..CgroupBase::default() };
    let groups = Cgroups::create(&base, "a1", Resources { cpu_milli: 1000, memory_mib: 64, gpu: 0 });
    assert!(!groups.limits_memory() && !groups.limits_cpu() && !groups.limits_processes());
}
