"""Notebooks that run as jobs, with the real papermill."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from lab import Lab, expect, problem

from notebooks import notebook_file

CODE = "application/x-ipynb+json"


def outputs(executed: dict[str, Any]) -> str:
    return "".join("".join(out.get("text", "")) for cell in executed["cells"] for out in cell.get("outputs", []))


@pytest.fixture(scope="module")
def lab(module_lab: Lab) -> Lab:
    return module_lab


@pytest.fixture(scope="module")
def shared(lab: Lab) -> Path:
    return lab.folder()


@pytest.fixture(scope="module")
def home(lab: Lab, shared: Path) -> Path:
    """The home of `admin`, as a first notebook there would make it."""
    id = expect(lab.admin.get("/me"), 200)["id"] if "id" in expect(lab.admin.get("/me"), 200) else None
    if id is None:
        import sqlite3

        with sqlite3.connect(f"file:{lab.server.data_dir / 'portico.db'}?mode=ro", uri=True) as database:
            (raw,) = database.execute("SELECT id FROM users WHERE name = 'admin'").fetchone()
        import uuid

        id = str(uuid.UUID(bytes=raw) if isinstance(raw, bytes) else uuid.UUID(raw))
    folder = lab.server.data_dir / "homes" / shared.name / id
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def post(lab: Lab, path: str, api=None, group: str | None = None, **fields):
    body = {"path": path, "instance_type": "cpu-small", "image": "base", **fields}
    return (api or lab.admin).post(f"/groups/{group or lab.group}/notebook-jobs", json=body)


def run(lab: Lab, path: str, **fields):
    return lab.wait_ended(expect(post(lab, path, **fields), 201)["id"], timeout=180)


def executed(lab: Lab, job: str) -> dict[str, Any]:
    answer = lab.admin.get(f"/groups/{lab.group}/jobs/{job}/notebook")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"] == CODE
    assert answer.headers["x-content-type-options"] == "nosniff"
    return json.loads(answer.content)


def test_parameters_arrive_and_the_executed_notebook_is_kept(lab: Lab, shared: Path):
    folder = shared / "my work"
    folder.mkdir()
    source = notebook_file("import os\nprint([rate, name, flag, more], os.getcwd())", parameters="rate = 0.1\nname = 'x'")
    (folder / "train {rate}.ipynb").write_text(source)
    nasty = "'; import os; os.abort() #$(touch /tmp/x)`id`\n\"\"\""
    job = run(
        lab,
        "/project/lab/my work/train {rate}.ipynb",
        parameters={"rate": 0.5, "name": nasty, "flag": True, "more": [1, None]},
        environment={"GREETING": "hello"},
    )
    assert job["phase"] == "succeeded", job
    assert job["name"] == "train {rate}" and job["command"] == ""
    said = f"{[0.5, nasty, True, [1, None]]} /project/lab/my work\n"
    result = executed(lab, job["id"])
    assert outputs(result) == said
    assert said.strip() in job.log
    beside = folder / job["notebook"]["output"]
    assert beside.name == f"train {{rate}}-{job['id']}.ipynb"
    assert json.loads(beside.read_text()) == result
    assert (folder / "train {rate}.ipynb").read_text() == source, "the notebook itself is as it was"


def test_parameters_as_one_text(lab: Lab, shared: Path):
    (shared / "text.ipynb").write_text(notebook_file("print(a + 1, b, c)"))
    job = run(lab, "/project/lab/text.ipynb", parameters="a=1; b=two words; c='3'")
    assert outputs(executed(lab, job["id"])) == "2 two words 3\n"
    again = lab.wait_ended(expect(lab.admin.post(f"/groups/lab/jobs/{job['id']}/rerun"), 201)["id"], timeout=180)
    assert outputs(executed(lab, again["id"])) == "2 two words 3\n"
    for wrong in ({"a b": 1}, {"a;import os": 1}, "a"):
        problem(post(lab, "/project/lab/text.ipynb", parameters=wrong), 422, field="parameters")


def test_a_cell_that_fails_fails_the_job_and_what_ran_is_kept(lab: Lab, shared: Path):
    (shared / "broken.ipynb").write_text(notebook_file("print('before')", "1 / 0", "print('after')"))
    job = run(lab, "/project/lab/broken.ipynb")
    assert job["phase"] == "failed" and job["exit_code"] == 1
    assert "ZeroDivisionError" in job.log
    assert outputs(executed(lab, job["id"])) == "before\n"
    assert "ZeroDivisionError" in (shared / job["notebook"]["output"]).read_text()
    page = lab.server.data_dir / "results"
    assert any("ZeroDivisionError" in file.read_text() for file in page.glob("*/notebook.html"))


def test_what_is_no_notebook_says_so(lab: Lab, shared: Path):
    (shared / "nonsense.ipynb").write_text("{")
    job = run(lab, "/project/lab/nonsense.ipynb")
    assert job["phase"] == "failed" and "the notebook can't be read" in job.log
    (shared / "other.ipynb").write_text(notebook_file("print('in Python')", kernel="ir"))
    job = run(lab, "/project/lab/other.ipynb")
    assert job["phase"] == "succeeded" and "no kernel “ir”" in job.log
    answer = lab.admin.get(f"/groups/lab/jobs/{lab.submit('true')}/notebook")
    problem(answer, 404)


def test_cancelled_it_keeps_what_ran(lab: Lab, shared: Path):
    (shared / "long.ipynb").write_text(notebook_file("print('first', flush=True)", "import time\nprint('second', flush=True)\ntime.sleep(600)"))
    job = expect(post(lab, "/project/lab/long.ipynb"), 201)["id"]
    lab.wait_log(job, "second", timeout=180)
    expect(lab.admin.post(f"/groups/lab/jobs/{job}/cancel"), 202)
    ended = lab.wait_ended(job)
    assert ended["phase"] == "cancelled"
    assert outputs(executed(lab, job)).startswith("first\n")
    assert (shared / ended["notebook"]["output"]).is_file()


def test_paths_that_lead_out_are_refused(lab: Lab, shared: Path, home: Path):
    secret = lab.server.data_dir / "secret.ipynb"
    secret.write_text(notebook_file("print(1)"))
    (shared / "link.ipynb").unlink(missing_ok=True)
    (shared / "link.ipynb").symlink_to(secret)
    (shared / "out").symlink_to(lab.server.data_dir)
    (shared / "folder.ipynb").mkdir()
    os.mkfifo(shared / "pipe.ipynb")
    for path, word in [
        ("/project/lab/../../secret.ipynb", "climbs"),
        ("~/../../../secret.ipynb", "climbs"),
        ("/project/lab/link.ipynb", "link"),
        ("/project/lab/out/secret.ipynb", "link"),
        ("/project/lab/folder.ipynb", "no file"),
        ("/project/lab/pipe.ipynb", "no file"),
        ("/project/lab/none.ipynb", "no file"),
        ("~/none.ipynb", "no file"),
        ("/project/other/a.ipynb", "Begin with"),
        (str(secret), "Begin with"),
        ("/project/lab/text.py", ".ipynb"),
        ("", "Choose"),
    ]:
        said = problem(post(lab, path), 422, field="path")
        assert word in said["errors"][0]["message"], (path, said)
    for folder in ("/project/lab/..", "~/..", "/etc"):
        problem(lab.admin.get("/groups/lab/notebook-files", params={"folder": folder}), 422, field="folder")
    problem(lab.admin.get("/groups/lab/notebook-files", params={"folder": "/project/lab/out"}), 404)
    listed = expect(lab.admin.get("/groups/lab/notebook-files", params={"folder": "/project/lab"}), 200)
    assert "text.ipynb" in listed["notebooks"] or "long.ipynb" in listed["notebooks"]
    assert "folder.ipynb" in listed["folders"]
    assert not {"link.ipynb", "pipe.ipynb", "out"} & {*listed["notebooks"], *listed["folders"]}


def test_a_home_is_its_owners(lab: Lab, home: Path):
    (home / "deep").mkdir(exist_ok=True)
    (home / "deep" / "mine.ipynb").write_text(notebook_file("import os; print(sorted(os.listdir(os.path.expanduser('~/deep'))))"))
    job = run(lab, "~/deep/mine.ipynb")
    assert job["phase"] == "succeeded" and outputs(executed(lab, job["id"])) == "['mine.ipynb']\n"
    assert (home / "deep" / job["notebook"]["output"]).is_file()

    max_ = lab.new_member("max", lab.group)
    problem(post(lab, "~/deep/mine.ipynb", api=max_), 422, field="path")
    listed = expect(max_.get("/groups/lab/notebook-files", params={"folder": "~"}), 200)
    assert listed == {"folder": "~", "folders": [], "notebooks": [], "is_cut": False}
    problem(max_.post(f"/groups/lab/jobs/{job['id']}/rerun"), 403)

    lab.new_group("elsewhere")
    problem(post(lab, "~/deep/mine.ipynb", group="elsewhere"), 422, field="path")
    outsider = lab.new_member("otto", "elsewhere")
    problem(outsider.get(f"/groups/lab/jobs/{job['id']}/notebook"), 404)
    problem(post(lab, "/project/lab/text.ipynb", api=outsider), 404)
