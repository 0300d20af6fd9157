//! The shim: one small process per attempt that outlives the server.
//!
//! It makes the sandbox, starts the script in it, writes its output to the log, keeps it within its limits and
//! records how it ended. The server that started it may die and come back at any time; the shim answers on a socket
//! in the attempt's folder meanwhile. There is no async runtime in here: a shim waits in one `poll` and one thread
//! reads the output, so hundreds of them cost little.

mod again;
mod blocked;
pub(crate) mod container;
mod control;
mod devices;
mod door;
pub(crate) mod limits;
mod resolved;
mod sandbox;
mod seccomp;
mod setup;
mod slirp;
mod supervise;
mod system_files;
mod watch;

use std::io::{self, BufRead, Write};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::ExitCode;

use crate::clock;
use crate::protocol::{Order, ShimGreeting, ShimInput};
use crate::records::{AttemptDir, ProcessName, SOCKET, ShortPath, Started, boot_id};

pub(crate) use resolved::{Bind, ResolvedSpec, Software};
pub(crate) use seccomp::SUPPORTED as SECCOMP_SUPPORTED;

/// Runs the attempt whose folder is `attempt_dir`; what to run comes on standard input. The binary calls this for
/// `portico shim DIR`, before there is any async runtime or second thread.
pub fn shim_main(attempt_dir: &Path) -> ExitCode {
    let dir = AttemptDir::new(attempt_dir);
    let input = match read_order() {
        Ok(Order::Door(door)) => return door::keep(&dir, &door),
        Ok(Order::Block(networks)) => return blocked::block(&networks),
        Ok(Order::Attempt(input)) => Ok(*input),
        Err(error) => Err(error),
    };
    close_inherited();
    let (greeting, begun) = match input.and_then(|input| begin(&dir, input)) {
        Ok(Some(begun)) => (ShimGreeting::Started, Some(begun)),
        Ok(None) => (ShimGreeting::Already, None),
        Err(error) => (ShimGreeting::Failed(error.to_string()), None),
    };
    let failed = matches!(greeting, ShimGreeting::Failed(_));
    greet(&greeting);
    match begun {
        Some(begun) => supervise::run(&dir, begun),
        None if failed => return ExitCode::FAILURE,
        None => {}
    }
    ExitCode::SUCCESS
}

/// What a shim holds once its start is recorded.
struct Begun {
    input: ShimInput,
    started: Started,
    listener: UnixListener,
}

fn read_order() -> io::Result<Order> {
    let mut line = Vec::new();
    io::stdin().lock().read_until(b'\n', &mut line)?;
    Ok(serde_json::from_slice(&line)?)
}

/// Makes the start happen at most once: `None` when it happened before.
fn begin(dir: &AttemptDir, input: ShimInput) -> io::Result<Option<Begun>> {
    // Whatever happens to the terminal or the session of the server is none of the workload's business.
    let _ = rustix::process::setsid();
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    // Another shim may be about to record the start. Only when it has, or has died, is there an answer.
    let _lock = dir.lock()?;
    if dir.started()?.is_some() {
        return Ok(None);
    }
    // Room for the end before there is a beginning, and the socket before the record that makes others look for it.
    dir.reserve_exit()?;
    let listener = listen(dir.path(), SOCKET)?;
    let started = Started {
        at_us: clock::wall_us(),
        boot_id: boot_id(&input.boot_id_path)?,
        shim: ProcessName::of(rustix::process::getpid().as_raw_pid()),
        stopped: None,
    };
    if !dir.record_started(&started)? {
        return Ok(None);
    }
    if let Some(above) = dir.path().parent() {
        fs_err::File::open(above)?.sync_all()?;
    }
    Ok(Some(Begun { input, started, listener }))
}

fn listen(dir: &Path, name: &str) -> io::Result<UnixListener> {
    let _ = fs_err::remove_file(dir.join(name));
    let short = ShortPath::to(dir)?;
    let listener = UnixListener::bind(short.join(name))?;
    fs_err::set_permissions(dir.join(name), std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Closes what the server had open and did not mean for us: the workload would inherit it.
fn close_inherited() {
    let Ok(entries) = fs_err::read_dir("/proc/self/fd") else { return };
    // Collected first, so that the handle on this very folder is gone when its number comes up.
    let open: Vec<i32> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str().and_then(|name| name.parse().ok()))
        .collect();
    for fd in open.into_iter().filter(|fd| *fd > 2) {
        let _ = nix::unistd::close(fd);
    }
}

/// The server may have died since it started us; the attempt runs all the same.
fn greet(greeting: &ShimGreeting) {
    let mut line = serde_json::to_vec(greeting).unwrap_or_default();
    line.push(b'\n');
    let mut out = io::stdout().lock();
    let _ = out.write_all(&line).and_then(|()| out.flush());
}
