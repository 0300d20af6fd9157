//! What a workload sees: the arguments for bubblewrap.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::resolved::{Bind, ResolvedSpec, Software};
use super::system_files::{self, USER, USER_ID};
use crate::records::SERVING;
use crate::spec::{ENVIRONMENT_TARGET, HTTP_SOCKET, Network, Serves};

/// Where the script appears.
pub(super) const SCRIPT_TARGET: &str = "/run/portico/script";
const SYSTEM_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Names at the root of the file system that are either links into `/usr` or folders of their own.
const SYSTEM_FOLDERS: &[&str] = &["bin", "sbin", "lib", "lib32", "lib64", "libx32"];

/// Prepares files in `dir` and answers the arguments, without those about file descriptors and without the command.
pub(super) fn arguments(spec: &ResolvedSpec, dir: &Path) -> io::Result<Vec<OsString>> {
    let hostname = hostname(&spec.attempt);
    let mut arguments = Arguments::default();
    arguments.namespaces(spec, &hostname);
    arguments.environment(spec);
    arguments.system(spec, dir, &hostname)?;
    arguments.workload(spec, dir)?;
    // The root itself is a small file system in memory; nothing is to be left there.
    arguments.add(["--remount-ro", "/"]);
    arguments.add([OsStr::new("--chdir"), spec.working_dir.as_os_str()]);
    Ok(arguments.0)
}

#[derive(Default)]
struct Arguments(Vec<OsString>);

impl Arguments {
    fn add<const N: usize, T: AsRef<OsStr>>(&mut self, arguments: [T; N]) {
        self.0.extend(arguments.iter().map(|argument| argument.as_ref().to_owned()));
    }

    fn mount(&mut self, kind: &str, source: impl AsRef<OsStr>, target: impl AsRef<OsStr>) {
        self.add([OsStr::new(kind), source.as_ref(), target.as_ref()]);
    }

    fn memory_folder(&mut self, target: &str, mode: &str, limit_mib: i64) {
        self.add(["--perms", mode]);
        if limit_mib > 0 {
            // It counts towards the memory limit where a control group sets one; elsewhere this is the limit.
            self.add(["--size", &(limit_mib << 20).to_string()]);
        }
        self.add(["--tmpfs", target]);
    }

    fn namespaces(&mut self, spec: &ResolvedSpec, hostname: &str) {
        let id = USER_ID.to_string();
        self.add([
            "--unshare-user",
            "--unshare-pid",
            "--unshare-ipc",
            "--unshare-uts",
            "--unshare-cgroup-try",
        ]);
        if spec.network != Network::Host {
            self.add(["--unshare-net"]);
        }
        self.add(["--die-with-parent", "--new-session", "--uid", &id, "--gid", &id, "--hostname", hostname]);
        self.add(["--cap-drop", "ALL"]);
    }

    fn environment(&mut self, spec: &ResolvedSpec) {
        self.add(["--clearenv"]);
        for (name, value) in environment(spec) {
            self.add(["--setenv", &name, &value]);
        }
    }

    fn system(&mut self, spec: &ResolvedSpec, dir: &Path, hostname: &str) -> io::Result<()> {
        self.mount("--ro-bind", "/usr", "/usr");
        for name in SYSTEM_FOLDERS {
            let path = Path::new("/").join(name);
            match fs_err::symlink_metadata(&path) {
                Ok(found) if found.is_symlink() => self.mount("--symlink", fs_err::read_link(&path)?, &path),
                Ok(_) => self.mount("--ro-bind", &path, &path),
                Err(_) => {}
            }
        }
        let etc = dir.join("etc");
        let mounted = system_files::write(&etc, hostname, &spec.home, spec.network)?;
        self.mount("--ro-bind", &etc, "/etc");
        for name in mounted {
            let path = Path::new("/etc").join(name);
            self.mount("--ro-bind", &path, &path);
        }
        // Of a server that is root, the workload would be the owner of what lies in /proc: the settings of the kernel
        // among it, which say what the kernel runs.
        self.add(["--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev"]);
        self.memory_folder("/dev/shm", "1777", spec.resources.memory_mib);
        self.memory_folder("/tmp", "1777", spec.resources.memory_mib);
        self.add(["--dir", "/var", "--symlink", "/tmp", "/var/tmp"]);
        for device in gpu_devices(&spec.gpu_indices) {
            self.mount("--dev-bind", &device, &device);
        }
        Ok(())
    }

    fn workload(&mut self, spec: &ResolvedSpec, dir: &Path) -> io::Result<()> {
        if spec.serves == Some(Serves::Socket) {
            let serving = dir.join(SERVING);
            fs_err::create_dir(&serving)?;
            self.mount("--bind", &serving, Path::new(HTTP_SOCKET).with_file_name(""));
        }
        let script = dir.join("script");
        fs_err::write(&script, &spec.script)?;
        self.mount("--ro-bind", &script, SCRIPT_TARGET);
        let Software::Machine { environment, base_prefix } = &spec.software else {
            return Err(io::Error::other("a container image cannot be shown in a sandbox"));
        };
        if let Some(environment) = environment {
            self.mount("--ro-bind", environment, ENVIRONMENT_TARGET);
        }
        if let Some(prefix) = base_prefix.as_ref().filter(|prefix| !prefix.starts_with("/usr")) {
            self.mount("--ro-bind", prefix, prefix);
        }
        // On disk, as what lies in a folder in memory would count as memory.
        if let Some(private) = private_home(spec, dir)? {
            self.mount("--bind", &private, &spec.home);
        }
        for Bind { source, target, writable } in &spec.binds {
            self.mount(if *writable { "--bind" } else { "--ro-bind" }, source, target);
        }
        self.add([OsStr::new("--dir"), spec.working_dir.as_os_str()]);
        Ok(())
    }
}

/// The whole environment: what was asked for and what programs expect to be there.
fn environment(spec: &ResolvedSpec) -> BTreeMap<String, String> {
    let mut environment = spec.env.clone();
    let mut default = |name: &str, value: String| {
        environment.entry(name.to_owned()).or_insert(value);
    };
    default("HOME", spec.home.display().to_string());
    default("USER", USER.into());
    default("LOGNAME", USER.into());
    default("SHELL", "/bin/bash".into());
    default("LANG", "C.UTF-8".into());
    default("TMPDIR", "/tmp".into());
    // Python keeps output back when it does not go to a terminal, and people want to see it as it comes.
    default("PYTHONUNBUFFERED", "1".into());
    default("PATH", SYSTEM_PATH.into());
    if matches!(&spec.software, Software::Machine { environment: Some(_), .. })
        && let Some(path) = environment.get_mut("PATH")
    {
        *path = format!("{ENVIRONMENT_TARGET}/bin:{path}");
        environment.insert("VIRTUAL_ENV".into(), ENVIRONMENT_TARGET.into());
    }
    environment
}

/// A new folder of the attempt for its home, unless something that it sees brings the home.
pub(super) fn private_home(spec: &ResolvedSpec, dir: &Path) -> io::Result<Option<PathBuf>> {
    if spec.binds.iter().any(|bind| spec.home.starts_with(&bind.target)) {
        return Ok(None);
    }
    let private = dir.join("home");
    fs_err::create_dir(&private)?;
    Ok(Some(private))
}

/// Short enough for a prompt. The end of an id differs more than its beginning, which is a time.
pub(super) fn hostname(attempt: &str) -> String {
    format!("attempt-{}", &attempt[attempt.len().saturating_sub(8)..])
}

pub(super) fn gpu_devices(indices: &[u32]) -> Vec<PathBuf> {
    if indices.is_empty() {
        return Vec::new();
    }
    let shared = ["nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset"].map(String::from);
    let own = indices.iter().map(|index| format!("nvidia{index}"));
    let devices = shared.into_iter().chain(own).map(|name| Path::new("/dev").join(name));
    devices.filter(|device| device.exists()).collect()
}

/// Arguments as bubblewrap reads them from a file: each followed by a zero byte.
pub(super) fn encode(arguments: &[OsString]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for argument in arguments {
        bytes.extend_from_slice(argument.as_bytes());
        bytes.push(0);
    }
    bytes
}
