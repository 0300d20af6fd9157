"""The same server on PostgreSQL, and on a disk that is full."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lab import ROOMY, Lab, expect, give_environments, problem, take_over, wait_for

from notebooks import Notebook
from portico import Portico

COUNTING = """
echo start >> "$PORTICO_GROUP_PATH/$PORTICO_JOB_ID.starts"
mkfifo pause; exec 9<> pause
n=0
while [ ! -e "$PORTICO_GROUP_PATH/stop" ]; do n=$((n + 1)); echo "line $n"; read -r -t 0.02 -u 9; done
echo "end $n"
"""


@pytest.fixture
def postgres_lab(make_portico: Callable[..., Portico], prepared: Path, new_postgres_database: Callable[[], str]) -> Lab:
    """A lab on PostgreSQL. The files of the image `base` are there already, so building it takes no time."""
    server = make_portico({**ROOMY, "PORTICO_DATABASE_URL": new_postgres_database()})
    lab = Lab(give_environments(prepared, server).start())
    wait_for(lambda: expect(lab.admin.get("/groups/lab/images/base"), 200)["state"] == "ready", "the image is there", 60)
    server.extra_env["PORTICO_ENVIRONMENTS_BUILD"] = "false"
    server.restart()
    return lab


def _total(lab: Lab, id: str) -> int:
    return expect(lab.admin.get(f"/groups/lab/jobs/{id}/log/lines?tail=1"), 200)["total"]


def test_jobs_survive_on_postgresql(postgres_lab: Lab):
    lab, server = postgres_lab, postgres_lab.server
    assert expect(lab.admin.get("/system"), 200)["database"] == "PostgreSQL"
    assert not (server.data_dir / "portico.db").exists()
    folder = lab.folder()
    running = [lab.submit(COUNTING, name=f"counting {n}") for n in range(3)]
    seen = {id: wait_for(lambda id=id: _total(lab, id), "it writes its log") for id in running}
    workers = server.processes() - {server.process.pid}
    burst = {f"key-{n}": lab.submit("echo short", key=f"key-{n}") for n in range(10)}
    server.kill_9()
    server.start()
    for key, id in burst.items():
        assert lab.submit("echo short", key=key) == id
    for id in running:
        wait_for(lambda id=id: _total(lab, id) > seen[id], "it goes on")
    assert workers <= server.processes(), "the processes of the running jobs are the same ones"
    (folder / "stop").touch()
    for id in [*running, *burst.values()]:
        ran = lab.wait_ended(id)
        assert (ran["phase"], ran["attempts"]) == ("succeeded", 1), ran.job
    for id in running:
        *lines, end = lab.log(id).splitlines()
        assert lines == [f"line {n}" for n in range(1, len(lines) + 1)] and end == f"end {len(lines)}"
        assert (folder / f"{id}.starts").read_text() == "start\n"
    listed = expect(lab.admin.get("/groups/lab/jobs?sort=name&limit=5&search=counting"), 200)["items"]
    assert [job["name"] for job in listed] == ["counting 0", "counting 1", "counting 2"]
    assert "panicked" not in server.stderr


def test_a_database_that_does_not_answer_is_said(make_portico: Callable[..., Portico]):
    server = make_portico({"PORTICO_DATABASE_URL": "postgres://portico:hunter2@127.0.0.1:1/portico"})
    done = server.run("serve", timeout=60)
    assert done.returncode == 1 and "database" in done.stderr.lower()
    assert "hunter2" not in done.stderr and "panicked" not in done.stderr


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of 160 MB: more than the 64 MiB that logs leave free."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    place = Path("/tmp") / f"portico-disk-{os.getpid()}"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", place], capture_output=True, text=True)
    try:
        if mounted.returncode != 0:
            pytest.skip(f"a small disk can't be mounted here: {mounted.stderr.strip()}")
        yield place
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "-l", place], check=True)
        place.rmdir()


def _fill(disk: Path) -> Path:
    """Takes every byte that is left."""
    filler = disk / "filler"
    with filler.open("ab", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                continue
    return filler


def test_a_full_disk_loses_nothing(small_disk: Path, make_portico: Callable[..., Portico], prepared: Path):
    server = make_portico()
    server.data_dir = small_disk / "data"
    lab = Lab(take_over(prepared, server).start())
    try:
        before = lab.run("echo before")
        assert before.log == "before\n"
        acknowledged = [before["id"]]
        filler = _fill(small_disk)
        told = None
        for number in range(2000):
            answer = lab.post("echo while full", name=f"while full {number}", key=f"full-{number}")
            if answer.status_code == 201:
                acknowledged.append(answer.json()["id"])  # There was room in what the database had taken before.
                continue
            told = problem(answer, 507, "storage_full")
            break
        assert told is not None, "the disk was never full"
        assert "disk is full" in told["detail"] and "free space" in told["hint"]
        for path in ("/me", "/groups", "/groups/lab/jobs", f"/groups/lab/jobs/{before['id']}", f"/groups/lab/jobs/{before['id']}/log"):
            expect(lab.admin.get(path), 200)
        assert server.process.poll() is None

        filler.unlink()
        again = expect(lab.post("echo while full", name=f"while full {number}", key=f"full-{number}"), 201)
        assert again["id"] not in acknowledged
        assert lab.run("echo after").log == "after\n"
        for id in [*acknowledged, again["id"]]:
            assert lab.wait_ended(id, timeout=60)["phase"] in ("succeeded", "failed"), lab.job(id)
        server.kill_9()
        server.start()
        for id in [*acknowledged, again["id"]]:
            lab.job(id)
        assert "panicked" not in server.stderr
    finally:
        if server.process is not None and server.process.poll() is None:
            server.stop()
        _end_all_on(small_disk)


def test_a_notebook_on_a_full_disk_loses_nothing(small_disk: Path, make_portico: Callable[..., Portico], prepared: Path):
    server = make_portico()
    server.data_dir = small_disk / "data"
    lab = Lab(take_over(prepared, server).start())
    try:
        bench = Notebook(lab.admin, Lab.group).ready()
        kernel = bench.new_kernel()
        bench.ask("PUT", "api/contents/work.txt", _text("before\n"))
        filler = _fill(small_disk)
        refused = bench.send("PUT", "api/contents/work.txt", json=_text("x" * 5_000_000))
        assert refused.status_code == 500 and "No space left on device" in refused.text, (refused.status_code, refused.text)
        assert bench.ask("GET", "api/contents/work.txt")["content"] == "before\n", "what was saved is kept"
        assert bench.run("print(6 * 7)", kernel) == "42\n", "kernels go on"
        # Starting another one asks for a row in the database.
        told = lab.admin.post(f"/groups/{Lab.group}/notebooks", json={"name": "x" * 60, "instance_type": "cpu-small", "image": "base"})
        if told.status_code != 201:  # There may have been room in what the database had taken before.
            assert "disk is full" in problem(told, 507, "storage_full")["detail"]

        filler.unlink()
        bench.ask("PUT", "api/contents/work.txt", _text("after\n"))
        expect(bench.post("restart"), 202)
        bench.wait_until(lambda now: now["state"] != "ready", "it restarts")
        bench.ready()
        assert bench.ask("GET", "api/contents/work.txt")["content"] == "after\n"
        assert "panicked" not in server.stderr
    finally:
        if server.process is not None and server.process.poll() is None:
            server.stop()
        _end_all_on(small_disk)


def test_a_notebook_that_starts_on_a_full_disk_says_so(small_disk: Path, make_portico: Callable[..., Portico], prepared: Path):
    server = make_portico()
    server.data_dir = small_disk / "data"
    lab = Lab(take_over(prepared, server).start())
    try:
        bench = Notebook(lab.admin, Lab.group).ready()
        bench.run("open('kept', 'w').write('kept')")
        bench.stop()
        filler = _fill(small_disk)
        # A little room, enough for the database and the files of an attempt (100 kB), and for nothing else.
        os.truncate(filler, filler.stat().st_size - 400_000)
        asked = bench.post("start")
        if asked.status_code == 202:
            ended = wait_for(lambda: (now := bench.get())["state"] in ("ready", "failed") and now, "it starts or fails", 60)
            if ended["state"] == "failed":
                assert re.search("disk is full|No space left", ended["run"]["reason"] + bench.log()), (ended, bench.log())
        else:
            assert "disk is full" in problem(asked, 507, "storage_full")["detail"]
        filler.unlink()
        if bench.get()["state"] != "ready":
            expect(bench.post("start"), 202)
            wait_for(lambda: bench.get()["state"] == "ready", "it starts", 60)
        assert bench.run("print(open('kept').read())") == "kept\n"
    finally:
        if server.process is not None and server.process.poll() is None:
            server.stop()
        _end_all_on(small_disk)


def _text(content: str) -> dict[str, str]:
    return {"type": "file", "format": "text", "content": content}


def _end_all_on(disk: Path) -> None:
    """Shims whose data directory is there and not where the server's own folder is."""
    ours = os.fsencode(disk) + b"/"
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and ours in (entry / "cmdline").read_bytes():
                os.kill(int(entry.name), 9)
        except OSError:
            continue
    shutil.rmtree(disk / "data", ignore_errors=True)
