"""Notebooks on a bad day: they end, fall silent, lose their quota or their server."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import websocket
from lab import Lab, expect, problem, wait_for

from notebooks import Notebook, assert_cut, execute, notebook


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
    with notebook(module_lab.admin, Lab.group, name="deaf") as deaf:
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
