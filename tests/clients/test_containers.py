"""Container images: chosen like any other image, run by an engine of the machine, and gone when the work is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from containers import BOX, ENGINE, containers_of, needs_engine
from lab import ROOMY, Lab, expect, wait_for

from portico import Api, Portico

pytestmark = needs_engine


@pytest.fixture(scope="module")
def lab(portico_binary: Path) -> Iterator[Lab]:
    env = {"PORTICO_CONTAINER_ENGINE": ENGINE, "PORTICO_ENVIRONMENTS_BUILD": "false", **ROOMY}
    server = Portico(portico_binary, env)
    try:
        lab = Lab(server.start())
        for name, reference in [("box", BOX), ("nowhere", "localhost:1/nobody/nothing:1")]:
            source = {"from": "container", "reference": reference}
            body = {"name": name, "display_name": name.title(), "source": source}
            expect(lab.admin.post("/images", json=body), 201)
        yield lab
    finally:
        server.discard()


@pytest.fixture(scope="module")
def member(lab: Lab) -> Api:
    return lab.new_member("mia", lab.group)


def test_a_member_runs_a_job_in_a_container_image(lab: Lab, member: Api) -> None:
    command = "cat /run/.containerenv > /dev/null && echo in a container of $PORTICO_IMAGE as $USER; pwd; exit 7"
    ran = lab.wait_ended(lab.submit(command, api=member, image="box"), timeout=60)
    assert (ran["phase"], ran["exit_code"]) == ("failed", 7), ran
    assert ran.log.splitlines() == ["in a container of box as mia", "/home/jovyan"]
    assert containers_of(lab.server) == []


def test_files_of_the_group_are_there(lab: Lab, member: Api) -> None:
    write = lab.wait_ended(lab.submit("echo kept > $PORTICO_GROUP_PATH/note", api=member, image="box"), timeout=60)
    assert write["phase"] == "succeeded", write
    read = lab.wait_ended(lab.submit("cat $PORTICO_GROUP_PATH/note", api=member, image="box"), timeout=60)
    assert read.log == "kept\n"


def test_a_job_that_is_cancelled_leaves_no_container(lab: Lab, member: Api) -> None:
    job = lab.submit("echo ready; sleep 600", api=member, image="box")
    wait_for(lambda: "ready" in lab.log(job), "the job is ready", 60)
    assert len(containers_of(lab.server)) == 1
    expect(member.post(f"/groups/{lab.group}/jobs/{job}/cancel"), 202)
    assert lab.wait_ended(job, timeout=60)["phase"] == "cancelled"
    assert containers_of(lab.server) == []


def test_a_job_survives_that_the_server_is_killed(lab: Lab, member: Api) -> None:
    job = lab.submit("echo ready; sleep 3; echo done", api=member, image="box")
    wait_for(lambda: "ready" in lab.log(job), "the job is ready", 60)
    lab.server.kill_9()
    lab.server.restart()
    ran = lab.wait_ended(job, timeout=60)
    assert (ran["phase"], ran.log) == ("succeeded", "ready\ndone\n"), ran


def test_an_image_that_can_not_be_had_is_told(lab: Lab, member: Api) -> None:
    ran = lab.wait_ended(lab.submit("true", api=member, image="nowhere"), timeout=90)
    assert ran["phase"] == "failed" and "localhost:1/nobody/nothing:1" in ran["reason"], ran
    assert "pulling the image" in ran.log


def test_a_notebook_without_jupyterlab_says_so(lab: Lab, member: Api) -> None:
    body = {"name": "lab", "instance_type": "cpu-small", "image": "box"}
    made = expect(member.post(f"/groups/{lab.group}/notebooks", json=body), 201)
    path = f"/groups/{lab.group}/notebooks/{made['id']}"

    def failed() -> dict[str, Any] | None:
        seen = expect(member.get(path), 200)
        return seen if seen["state"] == "failed" else None

    wait_for(failed, "the notebook fails", 60)
    assert "this image has no JupyterLab" in json.dumps(expect(member.get(f"{path}/log/lines?tail=20"), 200))


def test_doctor_names_the_engine(lab: Lab) -> None:
    said = lab.server.run("doctor").stdout
    line = next(line for line in said.splitlines() if " containers " in line)
    assert line.startswith("ok") and ENGINE in line, line
