//! What an attempt can see and do beyond itself.

use std::net::TcpListener;

use super::lifecycle::mount;
use super::{AT_ONCE, RunnerFixture, SandboxKind, assert_cause, finished, output, run, start_until_ready};
use crate::{AttemptSpec, ExitCause, Mount, Network};

pub async fn the_environment_is_only_what_was_given(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let mut spec = AttemptSpec::new("a", "env | cut -d= -f1 | sort | tr '\\n' ' '");
    spec.env.insert("GIVEN".into(), "yes".into());
    run(&*runner, &spec).await;
    let seen = output(&*runner.log("a")).await;
    // Engines say in the last two that there is one.
    let known = [
        "_",
        "GIVEN",
        "HOME",
        "HOSTNAME",
        "LANG",
        "LOGNAME",
        "PATH",
        "PWD",
        "PYTHONUNBUFFERED",
        "SHELL",
        "SHLVL",
        "TMPDIR",
        "USER",
        "container",
        "TERM",
    ];
    let strange: Vec<_> = seen.split_whitespace().filter(|name| !known.contains(name)).collect();
    assert!(seen.contains("GIVEN") && strange.is_empty(), "{strange:?}");
}

pub async fn sees_only_its_own_processes(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    start_until_ready(&*runner, &AttemptSpec::new("b", "echo ready; sleep 4321")).await;
    let script = "for p in /proc/[0-9]*; do tr '\\0\\n' '  ' < $p/cmdline; echo; done; for p in {3..400}; do kill -9 $p 2>/dev/null; done";
    run(&*runner, &AttemptSpec::new("a", script)).await;
    let seen = output(&*runner.log("a")).await;
    assert!(!seen.contains("4321") && seen.lines().count() < 8, "{seen}");
    assert!(runner.usage("b").await.unwrap().is_some(), "the other one was killed");
    runner.stop("b", AT_ONCE).await.unwrap();
    finished(&*runner, "b").await;
}

pub async fn sees_no_files_of_others(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let other = fixture.folder("other");
    fs_err::write(other.join("secret"), "theirs").unwrap();
    run(&*runner, &AttemptSpec::new("b", "echo output of another")).await;
    let (data, other_log) = (fixture.data_dir(), fixture.log_file("b"));
    let system = match fixture.sandbox() {
        SandboxKind::Environment => "/root /var/lib /proc/1/root/root /etc/shadow",
        // It has such folders of its own.
        SandboxKind::Container => "/var/lib/containers /var/lib/docker /run/podman /var/run/docker.sock",
    };
    assert!(other_log.exists(), "another place is looked at, so this shows nothing");
    let script = format!(
        "for f in '{}' '{}/secret' '{}' {system}; do ls -d \"$f\" && echo \"seen $f\"; done; \
         grep -rs 'output of another' / --exclude-dir=proc --exclude-dir=sys --exclude-dir=usr --exclude-dir=run && echo seen another; echo done",
        data.display(),
        other.display(),
        other_log.display()
    );
    let spec =
        AttemptSpec { mounts: vec![mount(fixture, "own", "/home/portico")], ..AttemptSpec::new("a", script) };
    run(&*runner, &spec).await;
    let text = output(&*runner.log("a")).await;
    // `ls` names what it does not find, so only the word `seen` counts.
    let seen: Vec<_> = text.lines().filter(|line| line.starts_with("seen")).collect();
    assert!(text.ends_with("done") && seen.is_empty(), "{text}");
}

pub async fn writes_only_where_it_may(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let (writable, fixed) = (fixture.folder("writable"), fixture.folder("fixed"));
    fs_err::write(fixed.join("file"), "as it was").unwrap();
    let script = "for f in / /usr /usr/bin /etc /run /var /home /opt /dev /proc /mnt/fixed /run/portico; do \
                  touch $f/new 2>/dev/null && echo \"wrote $f\"; done; \
                  echo x > /mnt/fixed/file; echo x > /run/portico/script; echo x > /proc/sys/kernel/hostname; \
                  echo mine > /mnt/writable/file && cp /mnt/writable/file /tmp && cp /mnt/writable/file ~ && echo done";
    let spec = AttemptSpec {
        mounts: vec![
            mount(fixture, "writable", "/mnt/writable"),
            Mount::read_only(fixture.volume("fixed"), "/mnt/fixed"),
        ],
        ..AttemptSpec::new("a", script)
    };
    run(&*runner, &spec).await;
    let text = output(&*runner.log("a")).await;
    // /dev is a small folder in memory that belongs to the attempt; what lies there dies with it. Of a container this
    // is true for its whole system.
    let own: &[&str] = match fixture.sandbox() {
        SandboxKind::Environment => &["wrote /dev"],
        SandboxKind::Container => &[
            "wrote /",
            "wrote /usr",
            "wrote /usr/bin",
            "wrote /etc",
            "wrote /run",
            "wrote /run/portico",
            "wrote /var",
            "wrote /home",
            "wrote /opt",
            "wrote /dev",
        ],
    };
    let wrote: Vec<_> =
        text.lines().filter(|line| line.starts_with("wrote") && !own.contains(line)).collect();
    assert!(text.ends_with("done") && wrote.is_empty(), "{text}");
    assert_eq!(fs_err::read_to_string(fixed.join("file")).unwrap(), "as it was");
    assert_eq!(fs_err::read_to_string(writable.join("file")).unwrap(), "mine\n");
}

/// Whoever runs the server owns these files, and so does its workload, as far as the machine can tell.
pub async fn changes_nothing_of_the_machine(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let setting = "/proc/sys/kernel/core_pattern";
    let before = fs_err::read_to_string(setting).unwrap();
    let mode = || {
        let found = fs_err::metadata("/dev/full").unwrap();
        std::os::unix::fs::PermissionsExt::mode(&found.permissions())
    };
    let before_mode = mode();
    let script = format!(
        "cat {setting} > {setting} && echo set; chmod 0646 /dev/full && echo changed; \
         chmod 0444 /proc/uptime && echo changed; touch /dev/zero && echo touched; \
         echo x > /dev/null && head -c 3 /dev/zero | wc -c; echo x > /dev/full || echo full; \
         echo named > /proc/self/comm || echo kept"
    );
    run(&*runner, &AttemptSpec::new("a", script)).await;
    let text = output(&*runner.log("a")).await;
    assert_eq!((fs_err::read_to_string(setting).unwrap(), mode()), (before, before_mode), "{text}");
    let said: Vec<_> = text.lines().filter(|line| !line.contains(": ")).collect();
    match fixture.sandbox() {
        SandboxKind::Environment => assert_eq!(said, ["3", "full", "kept"], "{text}"),
        // It has devices of its own.
        SandboxKind::Container => assert!(!said.contains(&"set"), "{text}"),
    }
}

/// Variables come from people: none of them says what is mounted where, or makes a folder outside.
pub async fn a_home_in_the_environment_is_only_a_variable(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let outside = fixture.folder("outside");
    let steps = outside.display().to_string();
    for (number, home) in [
        format!("/../oldroot{steps}/made"),
        format!("/tmp/../../oldroot{steps}/made"),
        format!("/proc/self/root/oldroot{steps}/made"),
        "/usr".to_owned(),
        "/home/portico/..".to_owned(),
        "nowhere".to_owned(),
    ]
    .into_iter()
    .enumerate()
    {
        let attempt = format!("a{number}");
        let mut spec =
            AttemptSpec::new(&attempt, "printf '%s' \"$HOME\"; touch /home/portico/mine && ls /usr/bin/env");
        spec.env.insert("HOME".into(), home.clone());
        run(&*runner, &spec).await;
        assert_eq!(output(&*runner.log(&attempt)).await, format!("{home}/usr/bin/env"));
        assert_eq!(fs_err::read_dir(&outside).unwrap().count(), 0, "{home} was made outside of the sandbox");
    }
}

pub async fn cannot_reach_the_machines_loopback(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let script = format!(
        "for host in 127.0.0.1 10.0.2.2; do timeout 2 bash -c \"< /dev/tcp/$host/{port}\" && echo reached; done; true"
    );
    for (name, network) in [("none", Network::None), ("outbound", Network::Outbound)] {
        let exit = run(&*runner, &AttemptSpec { network, ..AttemptSpec::new(name, script.clone()) }).await;
        assert_cause(&exit, ExitCause::Completed);
        let text = output(&*runner.log(name)).await;
        assert!(!text.lines().any(|line| line == "reached"), "{name}: {text}");
    }
    // The same script does reach it where that is allowed, so the test means something.
    run(&*runner, &AttemptSpec { network: Network::Host, ..AttemptSpec::new("host", script) }).await;
    assert!(output(&*runner.log("host")).await.contains("reached"));
}

pub async fn has_no_network_when_told_so(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let script = "cat /proc/net/dev | grep -v lo: | grep :; bash -c '< /dev/tcp/192.0.2.1/80'; true";
    run(&*runner, &AttemptSpec { network: Network::None, ..AttemptSpec::new("a", script) }).await;
    let text = output(&*runner.log("a")).await;
    assert!(text.contains("Network is unreachable") && !text.contains("tap0"), "{text}");
    let script = "grep -cE 'tap0|eth0' /proc/net/dev; cat /etc/resolv.conf";
    let exit =
        run(&*runner, &AttemptSpec { network: Network::Outbound, ..AttemptSpec::new("b", script) }).await;
    assert_cause(&exit, ExitCause::Completed);
    let text = output(&*runner.log("b")).await;
    match fixture.sandbox() {
        SandboxKind::Environment => assert_eq!(text, "1\nnameserver 10.0.2.3"),
        SandboxKind::Container => assert!(text.starts_with("1\n") && text.contains("nameserver"), "{text}"),
    }
}

pub async fn cannot_leave_its_namespaces(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    let script = "grep -E '^(NoNewPrivs|Seccomp|CapEff|CapBnd):' /proc/self/status | tr -d '\\t'; \
                  unshare --user --map-root-user true && echo unshared; unshare --mount true && echo unshared; \
                  mkdir /tmp/m; mount -t tmpfs none /tmp/m && echo mounted; \
                  nsenter --target 1 --mount true && echo entered; chroot / true && echo chrooted; \
                  command -v strace > /dev/null && strace -o /dev/null true && echo traced; \
                  command -v perl > /dev/null && perl -e 'exit(syscall(101, 0, 0, 0, 0) == 0 ? 0 : 1)' && echo traced; \
                  mknod /tmp/disk b 8 0 && echo made a device; hostname other && echo renamed; \
                  ls /sys/fs/cgroup && echo sees control groups; echo done";
    run(&*runner, &AttemptSpec::new("a", script)).await;
    let text = output(&*runner.log("a")).await;
    for line in ["NoNewPrivs:1", "Seccomp:2", "CapEff:0000000000000000", "CapBnd:0000000000000000"] {
        assert!(text.lines().any(|seen| seen == line), "{line} is missing:\n{text}");
    }
    let mut words = vec!["unshared", "mounted", "entered", "chrooted", "made a device", "renamed"];
    // Engines let the processes of a container look at each other, and show its control groups read-only.
    if fixture.sandbox() == SandboxKind::Environment {
        words.extend(["traced", "sees control groups"]);
    }
    for word in words {
        assert!(!text.lines().any(|line| line == word), "{word}:\n{text}");
    }
    assert!(text.ends_with("done"), "{text}");
}

pub async fn inherits_nothing_open(fixture: &impl RunnerFixture) {
    let runner = fixture.runner();
    run(
        &*runner,
        &AttemptSpec::new("a", "for fd in {0..1023}; do [ -e /proc/$$/fd/$fd ] && echo $fd; done; true"),
    )
    .await;
    let text = output(&*runner.log("a")).await;
    // 255 is the script, as bash reads it.
    assert_eq!(text, "0\n1\n2\n255");
}
