"""Notebooks as programs see them: the REST API, and real Jupyter clients from outside."""

from __future__ import annotations

import json
import time

import pytest
from lab import Lab, expect, problem

from notebooks import Notebook, ask_to_execute, notebook, save

LONG_ENOUGH = 180


# -- its life --


def test_start_stop_restart_and_snooze(module_lab: Lab) -> None:
    with notebook(module_lab.admin, Lab.group, name="life") as life:
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
    with notebook(module_lab.admin, Lab.group, name="life") as life:
        assert life.send("GET", "files/kept.txt").text == "kept"


def test_several_notebooks_of_one_person_share_the_home_and_nothing_else(module_lab: Lab, bench: Notebook) -> None:
    with notebook(module_lab.admin, Lab.group, name="beside") as beside:
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
        "PORTICO_DATASETS_PATH": "/project/lab/datasets",
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


def test_datasets_are_folders_that_every_workload_of_the_group_finds(module_lab: Lab, bench: Notebook) -> None:
    made = module_lab.run('mkdir "$PORTICO_DATASETS_PATH/digits" && echo 1,2 > "$PORTICO_DATASETS_PATH/digits/train.csv"')
    assert made["phase"] == "succeeded", made.log
    listed = bench.ask("GET", "api/contents/datasets")["content"]
    assert [(one["name"], one["type"]) for one in listed] == [("digits", "directory")], listed
    answer = bench.send("GET", "files/datasets/digits/train.csv")
    assert answer.text == "1,2\n", (answer.status_code, answer.text, bench.log())
    assert bench.run("print(open('datasets/digits/train.csv').read(), end='')") == "1,2\n"

    # Members may move the folder: what lies in its place is neither followed nor in the way.
    shared = module_lab.folder()
    (shared / "datasets").rename(shared / "kept")
    (shared / "datasets").symlink_to(module_lab.server.data_dir / "planted")
    assert module_lab.run("cat /project/lab/kept/digits/train.csv").log == "1,2\n"
    assert not (module_lab.server.data_dir / "planted").exists()


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
