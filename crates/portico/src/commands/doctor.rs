//! What this machine can and can't do.

mod content;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use runner::{Capability, CapabilityState, Runner as _};

use super::say;
use crate::config::Config;
use crate::open::{self, command_error};

/// Prints a line per thing; the exit code is 1 when something that workloads need is missing.
pub(crate) async fn doctor(config: &Config) -> anyhow::Result<ExitCode> {
    open::data_dir(&config.data_dir)?;
    let runner = open::runner(config)?;
    let mut found = tokio::task::spawn_blocking(move || runner.capabilities()).await?;
    found.push(uv(config));
    found.push(disk(config)?);
    found.push(clock());
    found.push(database(config).await);
    found.push(content::content_origin(&config.content.address).await);
    found.push(ssh(config));
    let mut is_missing = false;
    for capability in &found {
        let mark = match capability.state {
            CapabilityState::Ok => "ok      ",
            CapabilityState::Degraded => "weak    ",
            CapabilityState::Missing => "missing ",
            CapabilityState::Absent => "none    ",
        };
        is_missing |= capability.state == CapabilityState::Missing;
        say(&format!("{mark} {:<20} {}", capability.name, capability.detail))?;
        if let Some(fix) = &capability.fix {
            say(&format!("         {:<20} {fix}", ""))?;
        }
    }
    Ok(if is_missing { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn uv(config: &Config) -> Capability {
    let program = config.uv.clone().unwrap_or_else(|| "uv".into());
    let version = std::process::Command::new(&program).arg("--version").output();
    match version {
        Ok(output) if output.status.success() => Capability {
            name: "uv",
            state: CapabilityState::Ok,
            detail: String::from_utf8_lossy(&output.stdout).trim().to_owned(),
            fix: None,
        },
        _ => Capability {
            name: "uv",
            state: CapabilityState::Missing,
            detail: format!("{} does not run, so no environment can be built", program.display()),
            fix: Some("Install uv (it is on PyPI), or name it in PORTICO_UV.".to_owned()),
        },
    }
}

/// How long it takes until a small write is really on disk: every acknowledged change waits for it.
fn disk(config: &Config) -> anyhow::Result<Capability> {
    let path = config.data_dir.join(".flush-test");
    let mut file = fs_err::File::create(&path)?;
    let mut times = Vec::new();
    for _ in 0..32 {
        let start = Instant::now();
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        times.push(start.elapsed());
    }
    fs_err::remove_file(&path)?;
    times.sort_unstable();
    let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
    let is_slow = median > Duration::from_millis(20);
    Ok(Capability {
        name: "disk",
        state: if is_slow { CapabilityState::Degraded } else { CapabilityState::Ok },
        detail: format!(
            "a flush takes {:.2} ms (worst of 32: {:.2} ms)",
            median.as_secs_f64() * 1e3,
            worst.as_secs_f64() * 1e3
        ),
        fix: is_slow.then(|| "Put the data directory on a faster disk.".to_owned()),
    })
}

/// Whether people reach their notebooks by SSH.
fn ssh(config: &Config) -> Capability {
    let Some(listen) = config.ssh_listen else {
        let detail = "off, so notebooks are opened by browsers only".to_owned();
        return Capability { name: "SSH", state: CapabilityState::Absent, detail, fix: None };
    };
    const SFTP: [&str; 3] =
        ["/usr/lib/openssh/sftp-server", "/usr/lib/sftp-server", "/usr/libexec/openssh/sftp-server"];
    let (host, port) = &config.ssh_address;
    let detail = format!("{listen}, people are told {host} port {port}");
    if SFTP.iter().any(|path| std::path::Path::new(path).exists()) {
        return Capability { name: "SSH", state: CapabilityState::Ok, detail, fix: None };
    }
    let fix = "Install sftp-server (Debian: openssh-sftp-server).".to_owned();
    let detail = format!("{detail}; scp and sftp don't work, there is no sftp-server");
    Capability { name: "SSH", state: CapabilityState::Degraded, detail, fix: Some(fix) }
}

fn clock() -> Capability {
    use base::Clock as _;
    let year = base::SystemClock.now().compact_minute()[..4].parse::<i32>().unwrap_or(0);
    let is_sane = year >= 2026;
    Capability {
        name: "clock",
        state: if is_sane { CapabilityState::Ok } else { CapabilityState::Degraded },
        detail: format!("it is {}", base::SystemClock.now()),
        fix: (!is_sane).then(|| "The clock is in the past. Set it, or run a time service.".to_owned()),
    }
}

async fn database(config: &Config) -> Capability {
    let checked = async {
        let opened = open::database(config).await?;
        opened.db.ping().await.map_err(command_error)?;
        let answers = if opened.db.is_postgres() { "PostgreSQL answers" } else { "SQLite can be opened" };
        let server = opened.db.served_by().await.map_err(command_error)?.map(|server| {
            format!("; the server on {} with the data directory {} has it", server.host, server.data_dir)
        });
        anyhow::Ok(format!("{answers}{}", server.unwrap_or_default()))
    };
    match checked.await {
        Ok(detail) => Capability { name: "database", state: CapabilityState::Ok, detail, fix: None },
        Err(error) => Capability {
            name: "database",
            state: CapabilityState::Missing,
            detail: format!("{error:#}"),
            fix: Some("Check PORTICO_DATABASE_URL.".to_owned()),
        },
    }
}
