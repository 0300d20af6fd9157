"""Notebooks as programs see them: the REST API, real Jupyter clients from outside, and what happens on a bad day."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
import websocket
from lab import Lab, expect, problem, wait_for

from notebooks import Notebook, ask_to_execute, execute
from portico import Api

LONG_ENOUGH = 180


@contextmanager
def notebook(api: Api, group: str = Lab.group, **more: Any) -> Iterator[Notebook]:
    started = Notebook(api, group, **more).ready()
    try:
        yield started
    finally:
        started.post("stop")


@pytest.fixture(scope="module")
def bench(module_lab: Lab) -> Iterator[Notebook]:
    """A notebook that the tests leave running."""
    with notebook(module_lab.admin) as started:
        yield started


def save(bench: Notebook, name: str, text: str) -> None:
    bench.ask("PUT", f"api/contents/{name}", {"type": "file", "format": "text", "content": text})


# -- its life --


def test_start_stop_restart_and_snooze(module_lab: Lab) -> None:
    with notebook(module_lab.admin, name="life") as life:
        run = life.get()["run"]
        times = [run[name] for name in ("queued_at", "claimed_at", "started_at", "ready_at")]
        assert times == sorted(times), run
        events = expect(life.api.get(f"{life.path}/events"), 200)
        assert [event["kind"] for event in events] == ["ready"], events
        save(life, "kept.txt", "kept")

        # Starting what is up changes nothing.
        assert expect(life.post("start"), 202)["run"]["queued_at"] == run["queued_at"]
        expect(life.post("snooze"), 200)
        problem(life.api.delete(life.path), 409)

        assert expect(life.post("restart"), 202)["state"] in ("stopping", "waiting", "preparing", "starting")
        again = life.wait_until(
            lambda now: now["state"] == "ready" and now["run"]["started_at"] != run["started_at"], "it is up again"
        )
        assert again["image"] == "base"
        assert life.send("GET", "files/kept.txt").text == "kept"

        life.stop()
        assert life.get()["reason"] == "Stopped by admin."
        closed = life.send("GET", "api")
        assert closed.status_code in (409, 503), closed.text
        problem(life.post("snooze"), 409)
        expect(life.post("start", safe_mode=True), 202)
        life.ready()
        assert life.send("GET", "files/kept.txt").status_code == 404
        assert life.send("GET", "files/user/kept.txt").text == "kept"
        life.stop()
        assert expect(life.api.delete(life.path), 204) == ""
        problem(life.api.get(life.path), 404)
    # The home outlives the notebook.
    with notebook(module_lab.admin, name="life") as life:
        assert life.send("GET", "files/kept.txt").text == "kept"


def test_several_notebooks_of_one_person_share_the_home_and_nothing_else(module_lab: Lab, bench: Notebook) -> None:
    with notebook(module_lab.admin, name="beside") as beside:
        assert beside.id != bench.id
        kernel = bench.new_kernel()
        assert kernel not in [one["id"] for one in beside.ask("GET", "api/kernels")]
        bench.ask("DELETE", f"api/kernels/{kernel}")
        save(bench, "shared.txt", "from one")
        assert beside.send("GET", "files/shared.txt").text == "from one"
        taken = module_lab.admin.post(
            bench.path.rpartition("/")[0], json={"name": "beside", "instance_type": "cpu-small", "image": "base"}
        )
        problem(taken, 422, field="name")


# -- Jupyter's own clients, from outside --


def test_the_client_of_jupyter_runs_a_cell(bench: Notebook) -> None:
    from jupyter_kernel_client import JupyterKernelClient

    # Without its `token`, which it would put into the URL of the WebSocket.
    with JupyterKernelClient(server_url=bench.url.rstrip("/"), token=None, headers=bench.bearer) as kernel:
        reply = kernel.execute("print(6 * 7)", timeout=60)
        assert reply["status"] == "ok" and reply["outputs"][0]["text"] == "42\n", reply
        reply = kernel.execute("1 / 0", timeout=60)
        assert reply["status"] == "error" and reply["outputs"][0]["ename"] == "ZeroDivisionError", reply


def test_the_environment_and_the_folders_of_a_kernel(module_lab: Lab, bench: Notebook) -> None:
    variables = bench.run("%env").replace("\n", " ")
    for name, value in {
        "PORTICO_USER": "admin",
        "PORTICO_GROUP": "lab",
        "PORTICO_GROUP_PATH": "/project/lab",
        "PORTICO_IMAGE": "base",
        "PRIMEHUB_USER": "admin",
        "PRIMEHUB_GROUP": "lab",
        "PRIMEHUB_GROUP_VOLUME_PATH": "/project/lab",
        "JUPYTERHUB_USER": "admin",
        "INSTANCE_TYPE": "cpu-small",
    }.items():
        found = bench.run(f"import os; print(os.environ.get({name!r}))")
        assert found == f"{value}\n", (name, variables)
    assert "ptk_" not in variables

    # What the group shares is there, both ways.
    (module_lab.folder() / "from-a-job.txt").write_text("a job wrote this")
    assert bench.run("print(open('/project/lab/from-a-job.txt').read())") == "a job wrote this\n"
    bench.run("open('/project/lab/from-a-notebook.txt', 'w').write('a notebook wrote this')")
    assert module_lab.run("cat /project/lab/from-a-notebook.txt").log == "a notebook wrote this"


def test_a_terminal(bench: Notebook) -> None:
    name = bench.ask("POST", "api/terminals")["name"]
    terminal = bench.open_socket(f"terminals/websocket/{name}")
    terminal.send(json.dumps(["stdin", "echo $((6 * 7))\r"]))
    said = ""
    while "42\r\n" not in said:
        kind, *what = json.loads(terminal.recv())
        said += what[0] if kind == "stdout" else ""
    terminal.close()
    bench.ask("DELETE", f"api/terminals/{name}")


# -- who may not --


def refused(bench: Notebook, headers: dict[str, str], query: str = "") -> set[int]:
    """The statuses that a request and an upgrade of these headers get."""
    statuses = {bench.send("GET", f"api/contents{query}", headers=headers).status_code}
    for path in ("api/kernels/none/channels", "api/events/subscribe"):
        with pytest.raises(websocket.WebSocketBadStatusException) as error:
            bench.open_socket(path + query, headers).close()
        statuses.add(error.value.status_code)
    return statuses


def bearer(api: Api) -> dict[str, str]:
    return {"Authorization": str(api.headers["Authorization"])}


def test_tokens_that_open_nothing(module_lab: Lab, bench: Notebook) -> None:
    lab = module_lab
    token = bench.bearer["Authorization"].removeprefix("Bearer ")
    assert bench.send("GET", "api/contents", headers={"Authorization": f"token {token}"}).status_code == 200
    assert refused(bench, {}) == {401}
    assert refused(bench, {}, f"?token={token}") == {401}, "never in the URL"
    assert refused(bench, {"Authorization": "Bearer ptk_" + "0" * 40}) == {401}
    assert refused(bench, bearer(lab.server.api("admin", "read"))) == {403}
    # Another member of the group, a group admin and a platform admin of it: only the owner opens it.
    assert refused(bench, bearer(lab.new_member("colleague", "lab"))) == {404}
    assert refused(bench, bearer(lab.new_member("stranger"))) == {404}
    lab.new_member("chief")
    expect(lab.admin.patch("/users/chief", json={"is_admin": True}), 200)
    expect(lab.admin.put("/groups/lab/members/chief", json={"role": "admin"}), 204)
    chief = lab.server.api("chief")
    assert bench.id in [one["id"] for one in expect(chief.get("/groups/lab/notebooks"), 200)["others"]]
    assert refused(bench, bearer(chief)) == {404}


def test_an_expired_and_a_revoked_token(module_lab: Lab, bench: Notebook) -> None:
    def new_token(name: str) -> tuple[str, dict[str, str]]:
        made = json.loads(module_lab.server.cli("token", "create", "--user", "admin", "--name", name, "--json"))
        header = {"Authorization": f"Bearer {made['token']}"}
        assert bench.send("GET", "api", headers=header).status_code == 200
        (id,) = [token["id"] for token in expect(module_lab.admin.get("/me/tokens"), 200) if token["name"] == name]
        return id, header

    def ends(header: dict[str, str]) -> None:
        wait_for(lambda: bench.send("GET", "api", headers=header).status_code == 401, "it opens nothing", 3)
        assert refused(bench, header) == {401}

    _, expired = new_token("expires")
    revoked_id, revoked = new_token("revoked")
    open_one = bench.open_socket("api/events/subscribe", revoked)
    with sqlite3.connect(module_lab.server.data_dir / "portico.db", timeout=30) as database:
        assert database.execute("UPDATE tokens SET expires_at = 1 WHERE name = 'expires'").rowcount == 1
    ends(expired)
    began = time.monotonic()
    expect(module_lab.admin.delete(f"/me/tokens/{revoked_id}"), 204)
    assert_cut(open_one, began)
    ends(revoked)


def assert_cut(channel: websocket.WebSocket, began: float) -> None:
    """The WebSocket ends within about a second of `began`."""
    channel.settimeout(5)
    try:
        while channel.recv():
            pass
    except (websocket.WebSocketConnectionClosedException, ConnectionError):
        pass
    took = time.monotonic() - began
    print(f"an open WebSocket ended {took:.2f} s after the right to it")
    assert took < 2


def test_who_leaves_the_group_is_cut(module_lab: Lab) -> None:
    member = module_lab.new_member("leaver", "lab")
    with notebook(member) as theirs:
        channels = theirs.channels(theirs.new_kernel())
        assert execute(channels, "print('in')") == "in\n"
        began = time.monotonic()
        expect(module_lab.admin.delete("/groups/lab/members/leaver"), 204)
        assert_cut(channels, began)
        assert refused(theirs, bearer(member)) == {404}
        problem(member.get(theirs.path), 404)

        # It is stopped, too: nobody could.
        def state() -> str:
            return expect(module_lab.admin.get(theirs.path), 200)["state"]

        wait_for(lambda: state() == "stopped", "it is stopped", 30)
        reason = expect(module_lab.admin.get(theirs.path), 200)["reason"]
        assert reason == "Stopped because its owner is no longer a member of the group."


# -- what passes --


class Noise(io.RawIOBase):
    """A body of `size` bytes that is made while it is sent."""

    def __init__(self, size: int):
        self.left = size
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        chunk = os.urandom(4096) * 16
        chunk = chunk[: min(self.left, len(chunk))]
        self.left -= len(chunk)
        self.digest.update(chunk)
        return chunk


RECEIVER = """
import asyncio, hashlib, os, tornado.httpserver, tornado.netutil, tornado.web
@tornado.web.stream_request_body
class Take(tornado.web.RequestHandler):
    def prepare(self):
        self.request.connection.set_max_body_size(1 << 40)
        self.digest, self.size = hashlib.sha256(), 0
    def data_received(self, chunk):
        self.digest.update(chunk)
        self.size += len(chunk)
    def put(self):
        self.write({"size": self.size, "sha256": self.digest.hexdigest()})
os.unlink("/run/portico/http.sock")
server = tornado.httpserver.HTTPServer(tornado.web.Application([(".*", Take)]))
server.add_socket(tornado.netutil.bind_unix_socket("/run/portico/http.sock", mode=0o600))
"""


def test_an_upload_of_200_megabytes(module_lab: Lab) -> None:
    size = 200_000_000
    with notebook(module_lab.admin, name="upload") as upload:
        # As JupyterLab's own upload does it: in chunks, as base64 in JSON.
        digest = hashlib.sha256()
        pieces = 200
        began = time.monotonic()
        for number in range(1, pieces + 1):
            piece = os.urandom(size // pieces)
            digest.update(piece)
            upload.ask(
                "PUT",
                "api/contents/large.bin",
                {
                    "type": "file",
                    "format": "base64",
                    "chunk": number if number < pieces else -1,
                    "content": base64.b64encode(piece).decode(),
                },
            )
        uploaded = time.monotonic()
        got = hashlib.sha256()
        with requests.get(f"{upload.url}files/large.bin", headers=upload.bearer, stream=True, timeout=60) as answer:
            assert int(answer.headers["content-length"]) == size
            for piece in answer.iter_content(1 << 20):
                got.update(piece)
        assert got.hexdigest() == digest.hexdigest()
        print(f"200 MB: up in {uploaded - began:.1f} s in chunks, down in {time.monotonic() - uploaded:.1f} s")
        upload.run("import os; os.remove('large.bin')")

        # And in one body, into a server of the person's own in the notebook.
        save(upload, "receiver.py", RECEIVER)
        channels = upload.channels(upload.new_kernel())
        execute(channels, "exec(open('receiver.py').read())")
        body = Noise(size)
        before = resident(module_lab)
        # Until no connection to the server before it is kept warm.
        wait_for(lambda: upload.send("PUT", "anything", data=b"").ok, "the receiver answers", 20, every=2)
        began = time.monotonic()
        answer = upload.send("PUT", "anything", data=body)
        assert answer.json() == {"size": size, "sha256": body.digest.hexdigest()}
        grown = resident(module_lab) - before
        print(f"200 MB in one body: {time.monotonic() - began:.1f} s, the server grew by {grown / 1e6:.0f} MB")
        assert grown < 50_000_000, "a body passes, it is not kept"


def resident(lab: Lab) -> int:
    assert lab.server.process is not None
    status = open(f"/proc/{lab.server.process.pid}/status").read()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024  # type: ignore[index]


# -- on a bad day --


def test_a_workload_whose_process_ends(module_lab: Lab) -> None:
    ending = Notebook(module_lab.admin, Lab.group, name="ends").ready()
    events = ending.open_socket("api/events/subscribe")
    began = time.monotonic()
    ending.send("POST", "api/shutdown")
    assert_cut(events, began)
    over = wait_for(lambda: (now := ending.get())["state"] in ("stopped", "failed") and now, "it is over", 20)
    assert over["state"] == "stopped" and over["run"]["exit_code"] == 0, over
    assert ending.send("GET", "api").status_code in (409, 503)
    # One that is killed has failed, and says by what.
    expect(ending.post("start"), 202)
    ending.ready()
    channels = ending.channels(ending.new_kernel())
    execute(channels, "import os, signal; server = os.getppid()")
    try:
        execute(channels, "os.kill(server, signal.SIGKILL)")
    except (websocket.WebSocketException, ConnectionError):
        pass
    over = wait_for(lambda: (now := ending.get())["state"] == "failed" and now, "it has failed", 20)
    assert over["run"]["signal"] == signal.SIGKILL or over["run"]["exit_code"] == 137, over
    expect(ending.post("start"), 202)
    ending.ready().stop()


def test_a_socket_that_nothing_listens_on(module_lab: Lab) -> None:
    with notebook(module_lab.admin, name="deaf") as deaf:
        channels = deaf.channels(deaf.new_kernel())
        execute(channels, "import os; os.unlink('/run/portico/http.sock')")
        # Connections from before go on; those that are idle are let go after a moment.
        wait_for(lambda: deaf.send("GET", "lab").status_code != 200, "no connection is left", 20, every=2)
        told = deaf.send("GET", "lab")
        assert told.headers["retry-after"], told.headers
        problem(told, 503, "workload_silent")


def test_a_quota_lowered_below_use(module_lab: Lab) -> None:
    group = module_lab.new_group("shrinking", group_quota={"cpu": 8, "memory": 64})
    with notebook(module_lab.admin, group, name="first") as first:
        lowered = {"group_quota": {"cpu": 0.5, "memory": 0.5}}
        expect(module_lab.admin.patch(f"/groups/{group}", json=lowered), 200)
        new = {"name": "second", "instance_type": "cpu-small", "image": "base"}
        told = module_lab.admin.post(f"/groups/{group}/notebooks", json=new)
        if told.status_code == 201:
            second = expect(module_lab.admin.get(f"/groups/{group}/notebooks/{told.json()['id']}"), 200)
            assert second["state"] == "waiting" and "quota" in second["reason"], second
        else:
            assert "quota" in problem(told, told.status_code)["detail"] or "quota" in told.text, told.text
        assert first.run("print('goes on')") == "goes on\n"
        assert first.get()["state"] == "ready"


def test_the_server_is_killed_while_a_notebook_starts_and_while_it_runs(make_lab: Callable[..., Lab]) -> None:
    lab = make_lab()
    running = Notebook(lab.admin, lab.group, name="running").ready()
    kernel = running.new_kernel()
    running.run("kept = 42", kernel)
    starting = Notebook(lab.admin, lab.group, name="starting")
    starting.wait_until(lambda now: now["state"] in ("starting", "ready"), "it starts")
    assert starting.get()["state"] == "starting", "too late to be killed in the middle of it"
    lab.server.kill_9()
    lab.server.start()
    began = time.monotonic()
    assert running.run("print(kept)", kernel) == "42\n"
    print(f"a cell ran {time.monotonic() - began:.2f} s after the new server was ready")
    starting.ready()
    assert starting.run("print('up')") == "up\n"
    # None of it was started twice.
    for one in (running, starting):
        assert [event["kind"] for event in expect(lab.admin.get(f"{one.path}/events"), 200)] == ["ready"]
        one.stop()


# -- idle --


@pytest.mark.slow
@pytest.mark.timeout(LONG_ENOUGH)
def test_idle_ones_are_stopped_and_busy_ones_are_not(module_lab: Lab) -> None:
    idle = Notebook(module_lab.admin, Lab.group, name="idle", idle=60)
    busy = Notebook(module_lab.admin, Lab.group, name="busy", idle=60)
    snoozed = Notebook(module_lab.admin, Lab.group, name="snoozed", idle=60)
    for one in (idle, busy, snoozed):
        one.ready()
    left_at = time.monotonic()
    # A kernel that waits uses no processor: Jupyter says that it is busy.
    channels = busy.channels(busy.new_kernel())
    ask_to_execute(channels, "import time; time.sleep(300)")
    channels.close()

    warned = idle.wait_until(lambda now: now["run"]["is_warned"], "it is warned", 50)
    warned_after = time.monotonic() - left_at
    assert warned["state"] == "ready" and warned["run"]["idle_stop_at"]
    assert 25 < warned_after < 45, warned_after
    told = expect(module_lab.admin.get(f"{idle.path}/events"), 200)
    assert "idle" in [event["kind"] for event in told], told
    expect(snoozed.post("snooze"), 200)

    stopped = idle.wait("stopped", timeout=60)
    took = time.monotonic() - left_at
    print(f"idle for 60 s: warned after {warned_after:.0f} s, stopped after {took:.0f} s")
    assert 58 < took < 90 and stopped["reason"] == "Stopped after 60 seconds without activity.", (took, stopped)
    assert busy.get()["state"] == "ready" and not busy.get()["run"]["is_warned"]
    assert snoozed.get()["state"] == "ready" and not snoozed.get()["run"]["is_warned"]
    # With one click it is back.
    expect(idle.post("start"), 202)
    idle.ready()
    for one in (idle, busy, snoozed):
        one.stop()
