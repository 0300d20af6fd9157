"""One server at a time on one database."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from lab import ROOMY, UNTIL, Lab, expect, give_environments, wait_for

from portico import NotReady, Portico

LEASE = 10


@pytest.fixture
def make_on_postgres(
    make_portico: Callable[..., Portico], new_postgres_database: Callable[[], str]
) -> Callable[..., Portico]:
    """Makes servers with data directories of their own on one new PostgreSQL database."""
    env = {**ROOMY, "PORTICO_DATABASE_URL": new_postgres_database()}

    def make(prepared: Path | None = None) -> Portico:
        if prepared is None:
            return make_portico({**env, "PORTICO_ENVIRONMENTS_BUILD": "false"})
        return give_environments(prepared, make_portico(env))

    return make


def _refused(second: Portico, first: Portico, within: float) -> str:
    begin = time.monotonic()
    done = second.run("serve", timeout=30)
    assert done.returncode == 1 and time.monotonic() - begin < within, done.stderr
    *_, last = done.stderr.strip().splitlines()
    assert re.fullmatch(
        r"portico: Another Portico server serves this database: on the host \S+, "
        rf"with the data directory {first.data_dir}, since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d UTC\. "
        r"Stop that one first, or set PORTICO_DATABASE_URL to another database for this one\.",
        last,
    ), done.stderr
    assert "panicked" not in done.stderr
    return done.stderr


def test_a_second_server_on_postgresql_is_refused_and_touches_nothing(
    prepared: Path, make_on_postgres: Callable[..., Portico]
):
    first, second = (make_on_postgres(prepared) for _ in range(2))
    lab = Lab(first.start())
    wait_for(lambda: expect(lab.admin.get("/groups/lab/images/base"), 200)["state"] == "ready", "the image is there", 60)
    folder = lab.folder()
    job = lab.submit(UNTIL.format(file="stop"))
    lab.wait_phase(job, "running")
    images = expect(lab.admin.get("/groups/lab/images"), 200)

    assert "Waiting for up to" in _refused(second, first, within=LEASE), "it says what it waits for"
    assert second.run("migrate").returncode == 1, "tables in use are not changed"
    assert f"data directory {first.data_dir} has it" in second.run("doctor").stdout
    # Commands go beside the server, whichever data directory they name.
    assert second.cli("user", "create", "ada") == "Made the user ada.\n"
    assert first.cli("user", "disable", "ada") == "Disabled the user ada.\n"

    assert first.process.poll() is None
    assert expect(lab.admin.get("/groups/lab/images"), 200) == images, "nothing was built again"
    (folder / "stop").touch()
    ran = lab.wait_ended(job)
    assert (ran["phase"], ran["attempts"]) == ("succeeded", 1), ran.job
    assert "another server" not in first.stderr


def test_servers_that_start_at_once_on_a_new_database(make_on_postgres: Callable[..., Portico]):
    servers = [make_on_postgres() for _ in range(3)]
    for server in servers:
        server.launch()
    others = wait_for(lambda: (ended := [s for s in servers if s.process.poll() is not None])[1:] and ended, "two end")
    (serving,) = set(servers) - set(others)
    serving.wait_ready()
    for other in others:
        assert other.process.returncode == 1 and f"the data directory {serving.data_dir}" in other.stderr, other.stderr
        assert "migrat" not in other.stderr and "panicked" not in other.stderr


def test_after_a_crash_the_same_server_starts_at_once_and_another_one_soon(make_on_postgres: Callable[..., Portico]):
    first, second = make_on_postgres(), make_on_postgres()
    first.start().kill_9()
    begin = time.monotonic()
    first.start()
    assert time.monotonic() - begin < LEASE / 2, "its data directory's lock proves that the earlier one is dead"
    assert "Waiting" not in first.stderr

    first.kill_9()
    begin = time.monotonic()
    second.start()
    assert time.monotonic() - begin < LEASE + 5
    waiting = re.search(rf"the data directory {first.data_dir}, .* Waiting for up to (\d+) s", second.stderr)
    assert waiting and 0 < int(waiting[1]) <= LEASE, second.stderr
    _refused(first, second, within=LEASE)

    assert second.stop() == 0
    begin = time.monotonic()
    first.start()
    assert time.monotonic() - begin < LEASE / 2, "who stops in peace leaves nothing to wait for"
    assert "Waiting" not in first.stderr.splitlines()[-1]


def test_a_server_that_was_paused_ends_when_another_one_serves(make_on_postgres: Callable[..., Portico]):
    first, second = make_on_postgres(), make_on_postgres()
    first.start()
    admin = first.create_user("admin", admin=True)
    api = first.api(admin)
    first.process.send_signal(signal.SIGSTOP)
    try:
        second.start()
    finally:
        first.process.send_signal(signal.SIGCONT)
    # What it is asked in its last moments it does not do.
    try:
        answer = api.post("/groups", json={"name": "late"}, timeout=5)
        assert answer.status_code == 503, answer.text
    except OSError:
        pass
    assert first.process.wait(10) == 1, "it does not run beside the other one"
    *_, last = first.stderr.strip().splitlines()
    assert last.startswith("portico: Another Portico server has taken over this database"), last
    assert "late" not in [group["name"] for group in expect(second.api(admin).get("/groups"), 200)]

    # Nobody took the lease: it goes on after a pause that is longer.
    second.process.send_signal(signal.SIGSTOP)
    time.sleep(LEASE + 1)
    second.process.send_signal(signal.SIGCONT)
    expect(second.api(admin).post("/groups", json={"name": "after"}), 201)
    time.sleep(1)
    assert second.process.poll() is None


def test_a_second_server_on_the_same_sqlite_file_is_refused(make_portico: Callable[..., Portico], tmp_path: Path):
    off = {"PORTICO_ENVIRONMENTS_BUILD": "false"}
    first = make_portico(off).start()
    link = tmp_path / "link.db"
    link.symlink_to(first.data_dir / "portico.db")
    for path in (first.data_dir / "portico.db", link):
        second = make_portico({**off, "PORTICO_DATABASE_URL": f"sqlite:{path}"})
        _refused(second, first, within=LEASE)
        assert f"data directory {first.data_dir} has it" in second.run("doctor").stdout
    first.kill_9()
    begin = time.monotonic()
    second.start()
    assert time.monotonic() - begin < LEASE / 2, "a crash frees it at once"
    with pytest.raises(NotReady, match=f"with the data directory {second.data_dir}"):
        first.start()
