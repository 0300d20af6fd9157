//! Which system calls a workload may not make.
//!
//! A list of what is forbidden rather than of what is allowed, because workloads are any program at all. Namespaces
//! already confine them; this takes away the parts of the kernel that they do not need and that have let programs out
//! of namespaces before. Forbidden calls fail with `EPERM`, except for a few that programs probe for and that must
//! look as if the kernel did not have them.

use std::collections::BTreeMap;

use rustix::io::Errno;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch,
};

/// Whether there is a filter for this kind of processor.
pub(crate) const SUPPORTED: bool = cfg!(any(target_arch = "x86_64", target_arch = "aarch64"));

const FORBIDDEN: &[libc::c_long] = &[
    // Mounts and roots.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    // Namespaces. `clone` has a rule of its own below.
    libc::SYS_unshare,
    libc::SYS_setns,
    // Other processes.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    // The kernel itself.
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_syslog,
    libc::SYS_quotactl,
    libc::SYS_nfsservctl,
    libc::SYS_vhangup,
    libc::SYS_lookup_dcookie,
    // Its clock and names.
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    // Large and often broken parts of it.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_fanotify_init,
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
];

#[cfg(target_arch = "x86_64")]
const FORBIDDEN_HERE: &[libc::c_long] =
    &[libc::SYS_iopl, libc::SYS_ioperm, libc::SYS_modify_ldt, libc::SYS_uselib, libc::SYS_sysfs];
#[cfg(not(target_arch = "x86_64"))]
const FORBIDDEN_HERE: &[libc::c_long] = &[];

/// Programs try these and fall back to something older when the kernel does not have them. The arguments of `clone3`
/// lie in memory where no filter can look.
const ABSENT: &[libc::c_long] =
    &[libc::SYS_clone3, libc::SYS_io_uring_setup, libc::SYS_io_uring_enter, libc::SYS_io_uring_register];

const NAMESPACE_FLAGS: [libc::c_int; 7] = [
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWNS,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWCGROUP,
    // `clone` takes CLONE_NEWTIME for a part of the signal's number, so there is nothing to forbid.
];

/// The filter as the kernel takes it. `None` where [`SUPPORTED`] says so.
pub(super) fn filter() -> Result<Option<Vec<u8>>, seccompiler::BackendError> {
    let Ok(arch) = TargetArch::try_from(std::env::consts::ARCH) else { return Ok(None) };
    // One filter gives one answer to all that match, so there are two; the kernel takes the stricter answer of both,
    // but bubblewrap takes only one program. They are joined instead: the second runs where the first allows.
    let absent = compile(ABSENT.iter().map(|call| (*call, Vec::new())).collect(), Errno::NOSYS, arch)?;
    let forbidden = compile(forbidden_rules()?, Errno::PERM, arch)?;
    Ok(Some(encode(&joined(absent, forbidden))))
}

fn forbidden_rules() -> Result<BTreeMap<i64, Vec<SeccompRule>>, seccompiler::BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        FORBIDDEN.iter().chain(FORBIDDEN_HERE).map(|call| (*call, Vec::new())).collect();
    let masked = |arg: u8, mask: u64, value: u64| {
        let condition =
            SeccompCondition::new(arg, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(mask), value)?;
        SeccompRule::new(vec![condition])
    };
    let mut namespaces = Vec::new();
    for flag in NAMESPACE_FLAGS {
        let flag = u64::from(flag.unsigned_abs());
        namespaces.push(masked(0, flag, flag)?);
    }
    rules.insert(libc::SYS_clone, namespaces);
    // Typing into the terminal of somebody else.
    let every_bit = u64::from(u32::MAX);
    rules.insert(
        libc::SYS_ioctl,
        vec![masked(1, every_bit, libc::TIOCSTI)?, masked(1, every_bit, libc::TIOCLINUX)?],
    );
    // Sockets to the hypervisor, and the kernel's cryptography.
    let family = |family: libc::c_int| masked(0, every_bit, u64::from(family.unsigned_abs()));
    rules.insert(libc::SYS_socket, vec![family(libc::AF_VSOCK)?, family(libc::AF_ALG)?]);
    // Asking for the personality is harmless and common; so is the plain one.
    let asked = u64::from(u32::MAX);
    let other = SeccompRule::new(vec![
        SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, asked)?,
        SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, 0)?,
    ])?;
    rules.insert(libc::SYS_personality, vec![other]);
    Ok(rules)
}

fn compile(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    errno: Errno,
    arch: TargetArch,
) -> Result<BpfProgram, seccompiler::BackendError> {
    let answer = SeccompAction::Errno(errno.raw_os_error().unsigned_abs());
    SeccompFilter::new(rules, SeccompAction::Allow, answer, arch)?.try_into()
}

// The few instructions needed here; numbers as in <linux/bpf_common.h> and <linux/seccomp.h>.
const RETURN: u16 = 0x06;
const LOAD_WORD: u16 = 0x20;
const JUMP: u16 = 0x05;
const JUMP_IF_AT_LEAST: u16 = 0x35;
const ALLOW: u32 = 0x7fff_0000;
const ERRNO: u32 = 0x0005_0000;

/// The first program, going on to the second wherever it would allow, behind a check that no call of the x32 kind is
/// made: those have other numbers for the same things.
fn joined(mut first: BpfProgram, second: BpfProgram) -> BpfProgram {
    let length = first.len();
    for (at, instruction) in first.iter_mut().enumerate() {
        if instruction.code == RETURN && instruction.k == ALLOW {
            (instruction.code, instruction.k) = (JUMP, u32::try_from(length - at - 1).unwrap_or(u32::MAX));
        }
    }
    let mut program = Vec::new();
    if cfg!(target_arch = "x86_64") {
        let instruction = |code, jt, jf, k| seccompiler::sock_filter { code, jt, jf, k };
        program.push(instruction(LOAD_WORD, 0, 0, 0));
        program.push(instruction(JUMP_IF_AT_LEAST, 0, 1, 0x4000_0000));
        program.push(instruction(RETURN, 0, 0, ERRNO | Errno::NOSYS.raw_os_error().unsigned_abs()));
    }
    program.extend(first);
    program.extend(second);
    program
}

fn encode(program: &[seccompiler::sock_filter]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(program.len() * 8);
    for instruction in program {
        bytes.extend_from_slice(&instruction.code.to_ne_bytes());
        bytes.extend_from_slice(&[instruction.jt, instruction.jf]);
        bytes.extend_from_slice(&instruction.k.to_ne_bytes());
    }
    bytes
}
