"""Jobs over the API: what a script finds, and how it ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from lab import FOREVER, Lab, events, expect, problem, wait_for


@pytest.fixture
def lab(module_lab: Lab) -> Lab:
    return module_lab


# -- what a job finds --


def test_many_commands_in_one_script(lab: Lab):
    ran = lab.run("cd /tmp\nexport A='a b'\nf() { echo \"$A in $PWD\"; }\nf | tr a-z A-Z\ncat <<'END'\nraw $A\nEND\nulimit -c")
    assert ran.log == "A B IN /TMP\nraw $A\n0\n"


def test_windows_line_ends_do_no_harm(lab: Lab):
    assert lab.run("echo one\r\necho two\r\n").log == "one\ntwo\n"


def test_the_environment_is_what_was_promised(make_lab: Callable[..., Lab]):
    lab = make_lab({"LEAKED": "from the server", "PORTICO_PACKAGE_PROXY": "http://user:leaked@proxy.example:1"})
    ran = lab.run("env -0", name="variables", environment={"MINE": "a=b\nc", "HOME_PAGE": "中文"})
    found = dict(entry.split("=", 1) for entry in ran.log.split("\0") if entry)
    url = lab.server.url
    expected = {
        "PORTICO_URL": url,
        "PORTICO_USER": "admin",
        "PORTICO_GROUP": "lab",
        "PORTICO_GROUP_PATH": "/project/lab",
        "PORTICO_DATASETS_PATH": "/project/lab/datasets",
        "PORTICO_JOB_ID": ran["id"],
        "PORTICO_JOB_NAME": "variables",
        "PORTICO_INSTANCE_TYPE": "cpu-small",
        "PORTICO_IMAGE": "base",
        "PRIMEHUB_DOMAIN": url.removeprefix("http://"),
        "PRIMEHUB_USER": "admin",
        "PRIMEHUB_GROUP": "lab",
        "PRIMEHUB_GROUP_VOLUME_PATH": "/project/lab",
        "PHJOB_NAME": ran["id"],
        "JUPYTERHUB_USER": "admin",
        "GROUP_NAME": "lab",
        "IMAGE_NAME": "base",
        "INSTANCE_TYPE": "cpu-small",
        "HOME": "/home/jovyan",
        "USER": "admin",
        "TZ": "UTC",
        "PYTHONUNBUFFERED": "1",
        "MINE": "a=b\nc",
        "HOME_PAGE": "中文",
    }
    assert {name: found.get(name) for name in expected} == expected
    assert "leaked" not in ran.log.lower() and str(lab.server.data_dir) not in ran.log
    known = set(expected) | {"GROUP_ID", "PATH", "LANG", "LOGNAME", "SHELL", "SHLVL", "PWD", "TMPDIR", "VIRTUAL_ENV", "_", "OLDPWD"}
    assert set(found) <= known, f"unknown: {set(found) - known}"


def test_a_job_cant_reach_the_servers_own_ports(lab: Lab):
    script = """
import socket, sys
for host in ("127.0.0.1", "10.0.2.2", "::1"):
    for port in {ports}:
        try:
            socket.create_connection((host, port), 2).close()
            print("reached", host, port)
        except OSError:
            print("refused")
"""
    ports = (lab.server.port, lab.server.admin_port)
    ran = lab.run(f"cat > probe.py <<'END'\n{script.format(ports=ports)}\nEND\npython probe.py")
    assert ran.log == "refused\n" * 6


def test_a_job_sees_its_own_group_only(lab: Lab):
    lab.new_group("neighbours")
    secret = lab.run("echo hidden > $PORTICO_GROUP_PATH/secret.txt; echo $GROUP_ID", group="neighbours")
    data = lab.server.data_dir
    ran = lab.run(
        f"ls /project; cat {data}/portico.db; ls {data}; ls {data}/groups/{secret.log.strip()}; ls /tmp;"
        " cat /project/neighbours/secret.txt; ls /proc | grep -c '^[0-9]'; ls /run; find / -xdev -name '*.sock' 2>/dev/null;"
        " echo x > /usr/x; echo x > /etc/x; echo x > /x; touch $PORTICO_GROUP_PATH/ours && echo written"
    )
    assert "hidden" not in ran.log and "SQLite" not in ran.log
    lines = ran.log.splitlines()
    assert lines[0] == "lab"
    assert lines[-1] == "written"
    missing = [line for line in lines if "No such file or directory" in line]
    assert len(missing) == 4, ran.log
    assert len([line for line in lines if "Read-only file system" in line]) == 3, ran.log
    processes = next(int(line) for line in lines if line.isdigit())
    assert processes <= 5, "it sees its own processes only"


def test_two_jobs_of_a_group_share_its_folder_and_nothing_else(lab: Lab):
    one = lab.run("echo here > $PORTICO_GROUP_PATH/shared; echo private > $HOME/private; echo private > /tmp/private")
    assert one["phase"] == "succeeded"
    two = lab.run("cat $PORTICO_GROUP_PATH/shared; ls $HOME /tmp")
    assert "here" in two.log and "private" not in two.log


# -- ending --


def test_cancelling(lab: Lab):
    lab.new_group("cancel", group_quota={"cpu": 0.5, "memory": None, "gpu": None})
    at = {"group": "cancel"}
    running = lab.submit("trap 'echo asked to stop; exit 3' TERM\n" + FOREVER, **at)
    lab.wait_phase(running, "running", **at)
    waiting = lab.submit("echo never", **at)

    cancelled = expect(lab.admin.post(f"/groups/cancel/jobs/{waiting}/cancel"), 202)
    assert (cancelled["phase"], cancelled["cause"], cancelled["attempts"]) == ("cancelled", "cancelled", 0)
    assert cancelled["reason"] == "Cancelled by admin."
    assert lab.log(waiting, **at) == ""
    lines = expect(lab.admin.get(f"/groups/cancel/jobs/{waiting}/log/lines"), 200)
    assert (lines["total"], lines["complete"]) == (0, True)

    wait_for(lambda: "ready" in lab.log(running, **at), "it runs")
    asked = expect(lab.admin.post(f"/groups/cancel/jobs/{running}/cancel"), 202)
    assert asked["is_stopping"] and asked["phase"] == "running"
    expect(lab.admin.post(f"/groups/cancel/jobs/{running}/cancel"), 202)
    ran = lab.wait_ended(running, **at)
    assert (ran["phase"], ran["cause"], ran["reason"]) == ("cancelled", "cancelled", "Cancelled by admin.")
    assert "asked to stop" in ran.log, "it was asked before it was killed, and its last words are kept"
    problem(lab.admin.post(f"/groups/cancel/jobs/{running}/cancel"), 409, "already_ended")
    kinds = [event["kind"] for event in expect(lab.admin.get(f"/groups/cancel/jobs/{running}/events"), 200)]
    assert kinds.count("cancel") == 1, kinds


@pytest.mark.parametrize(
    ("command", "code", "signal", "reason"),
    [
        ("exit 7", 7, None, "Its script ended with exit code 7."),
        ("exit 255", 255, None, "Its script ended with exit code 255."),
        ("false\ntrue", 0, None, ""),
        ("set -e\nfalse\necho not here", 1, None, "Its script ended with exit code 1."),
        ("kill -SEGV $$", None, 11, "Its script was ended by signal 11 (SIGSEGV)."),
        ("kill -KILL $$", None, 9, "Its script was ended by signal 9 (SIGKILL)."),
        ("python -c 'import os; os.abort()'", None, 6, "Its script was ended by signal 6 (SIGABRT)."),
        ("no-such-program", 127, None, "Its script ended with exit code 127."),
        ("if true; then", 2, None, "Its script ended with exit code 2."),
    ],
)
def test_exit_codes_and_signals_are_kept(lab: Lab, command: str, code: int | None, signal: int | None, reason: str):
    ran = lab.run(command)
    # A shell tells of a signal by its exit code 128 + number; either way it is the one that ended the script.
    told = (ran["exit_code"], ran["signal"]) if signal is None else (None, ran["signal"])
    assert told == (code, signal), ran.job
    assert ran["phase"] == ("succeeded" if code == 0 else "failed")
    assert ran["cause"] == ("succeeded" if code == 0 else "user-code")
    assert ran["reason"] == reason


def test_running_out_of_memory_is_recognised(lab: Lab):
    ran = lab.run("python -c 'x = []\nwhile True: x.append(bytearray(1 << 24))'", timeout=60)
    assert (ran["phase"], ran["cause"]) == ("failed", "out-of-memory"), ran.job
    assert "memory" in ran["reason"]
    assert ran["attempt_list"][0]["max_memory_bytes"] > 512 << 20


def test_the_time_limit_ends_a_job(lab: Lab):
    ran = lab.run("trap 'echo time is up; exit 0' TERM\n" + FOREVER, time_limit=1)
    assert (ran["phase"], ran["cause"], ran["time_limit"]) == ("failed", "time-limit", 1)
    assert "time limit" in ran["reason"]
    assert "time is up" in ran.log

    expect(lab.admin.patch("/groups/lab", json={"default_time_limit": 90}), 200)
    assert lab.job(lab.submit("true"))["time_limit"] == 90
    assert lab.job(lab.submit("true", time_limit=0))["time_limit"] == 0
    expect(lab.admin.patch("/groups/lab", json={"default_time_limit": None}), 200)
    assert lab.job(lab.submit("true"))["time_limit"] == 86400


def test_running_it_again(lab: Lab):
    first = lab.run('echo "$WORD"', environment={"WORD": "again"}, time_limit=60, name="first")
    again = expect(lab.admin.post(f"/groups/lab/jobs/{first['id']}/rerun"), 201)
    ran = lab.wait_ended(again["id"])
    assert ran.log == first.log == "again\n"
    assert (ran["copied_from"], ran["name"], ran["time_limit"]) == (first["id"], "first", 60)
