"""Images of groups and of the platform over the API: made, built from a folder of wheels, used, changed, deleted."""

from __future__ import annotations

import socket
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lab import ROOMY, Lab, expect, problem, wait_for
from wheels import make_source, make_wheel

from portico import ROOT, Api, Portico

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
NEW = {"name": "tools", "display_name": "Our tools"}


def alone(*packages: str, **more: Any) -> dict[str, Any]:
    return {"from": "build", "python": PYTHON, "packages": list(packages), **more}


def upon(base: str, *packages: str, **more: Any) -> dict[str, Any]:
    return {"from": "build", "base": base, "packages": list(packages), **more}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images") / "wheels"
    make_wheel(folder, "alpha", "1.0")
    make_wheel(folder, "beta", "1.0", ("alpha",))
    make_wheel(folder, "picky", "1.0", ("alpha>=2",))
    (folder / "onlysource-1.0.tar.gz").write_bytes(b"no archive at all")
    return folder


@pytest.fixture(scope="module")
def lab(portico_binary: Path, folder: Path) -> Iterator[Lab]:
    env = {"PORTICO_PACKAGE_FOLDER": str(folder), "PORTICO_PACKAGE_OFFLINE": "true", **ROOMY}
    server = Portico(portico_binary, env)
    try:
        lab = Lab(server.start())
        expect(lab.admin.post("/images", json={"name": "tiny", "display_name": "Tiny", "source": alone("alpha")}), 201)
        wait_image(lab.admin, "/images/tiny", "ready")
        yield lab
    finally:
        server.discard()


def wait_image(api: Api, path: str, state: str, timeout: float = 60) -> dict[str, Any]:
    def there() -> dict[str, Any] | None:
        image = expect(api.get(path), 200)
        is_over = image["build_state"] in ("ready", "failed", "cancelled")
        assert not is_over or image["build_state"] == state, image
        return image if image["build_state"] == state else None

    return wait_for(there, f"{path} is {state}", timeout)


def test_an_image_is_built_used_rebuilt_and_deleted(lab: Lab, folder: Path) -> None:
    group = lab.new_group("makers")
    images = f"/groups/{group}/images"
    made = expect(lab.admin.post(images, json={**NEW, "type": "cpu", "source": upon("tiny", "Beta == 1.*")}), 201)
    assert (made["scope"], made["type"], made["base"], made["requirements"]) == ("group", "cpu", "tiny", ["beta==1.*"])
    ready = wait_image(lab.admin, f"{images}/tools", "ready")
    assert ready["lock"] == ["alpha==1.0", "beta==1.0"] and ready["size_bytes"] > 0 and ready["changes"] == []
    assert [(build["number"], build["state"]) for build in ready["history"]] == [(1, "ready")]
    log = expect(lab.admin.get(f"{images}/tools/log"), 200)
    assert "+ beta==1.0" in log and "[portico] ready: Python" in log
    ran = lab.run("python -c 'import alpha, beta; print(alpha.version, beta.version)'", group=group, image="tools")
    assert ran["phase"] == "succeeded" and "1.0 1.0" in ran.log

    # What runs keeps its environment while a newer one is built and takes over.
    shared = lab.folder(group, image="tools")
    wait = f"until test -e /project/{group}/go; do sleep 0.1; done"
    old = lab.submit(f"{wait}; python -c 'import beta; print(beta.version)'", group=group, image="tools")
    lab.wait_phase(old, "running", group=group)
    make_wheel(folder, "beta", "1.1", ("alpha",))
    expect(lab.admin.post(f"{images}/tools/rebuild"), 204)
    rebuilt = wait_image(lab.admin, f"{images}/tools", "ready")
    assert rebuilt["digest"] != ready["digest"]
    assert rebuilt["changes"] == [{"name": "beta", "before": "1.0", "after": "1.1"}]
    (shared / "go").touch()
    assert "1.0" in lab.wait_ended(old, group=group).log
    new = lab.run("python -c 'import beta; print(beta.version)'", group=group, image="tools")
    assert "1.1" in new.log

    waiting = lab.submit("sleep 60", group=group, image="tools")
    lab.wait_phase(waiting, "running", group=group)
    uses = expect(lab.admin.get(f"{images}/tools/uses"), 200)
    assert (uses["running"], uses["workloads"][0]["id"], uses["workloads"][0]["user"]) == (1, waiting, "admin")
    expect(lab.admin.delete(f"{images}/tools"), 204)
    problem(lab.admin.get(f"{images}/tools"), 404)
    assert lab.job(waiting, group)["phase"] == "running"
    lab.admin.post(f"/groups/{group}/jobs/{waiting}/cancel")
    problem(lab.post("true", group=group, image="tools"), 422, field="image")


def test_what_does_not_resolve_says_why_and_can_be_repaired(lab: Lab) -> None:
    group = lab.new_group("menders")
    images = f"/groups/{group}/images"
    expect(lab.admin.post(images, json={**NEW, "source": upon("tiny", "picky")}), 201)
    job = lab.submit("python -c 'import beta'", group=group, image="tools")
    failed = wait_image(lab.admin, f"{images}/tools", "failed")
    assert "alpha>=2" in failed["message"] and "picky" in failed["message"], failed["message"]
    assert failed["next_try_at"] is None, "what can't be resolved is not tried again by itself"
    wait_for(lambda: "its build failed" in lab.job(job, group)["reason"], "the job says what it waits for")
    source = upon("tiny", "onlysource")
    expect(lab.admin.put(f"{images}/tools", json={"display_name": "Our tools", "source": source}), 200)
    no_archive = wait_image(lab.admin, f"{images}/tools", "failed")
    assert "Failed to extract archive: onlysource==1.0" in no_archive["message"], no_archive["message"]
    assert no_archive["next_try_at"] is None, "it is no fault of the network"
    source = upon("tiny", file={"name": "requirements.txt", "content": "# ours\nbeta  # from the folder\n"})
    expect(lab.admin.put(f"{images}/tools", json={"display_name": "Our tools", "source": source}), 200)
    wait_image(lab.admin, f"{images}/tools", "ready")
    assert lab.wait_ended(job, group=group)["phase"] == "succeeded", "the job that waited took the repaired image"


def test_two_groups_with_the_same_recipe_share_one_environment(lab: Lab) -> None:
    groups = [lab.new_group("left"), lab.new_group("right")]
    for group in groups:
        body = {**NEW, "source": upon("tiny", "beta==1.0")}
        expect(lab.admin.post(f"/groups/{group}/images", json=body), 201)
    digests = {wait_image(lab.admin, f"/groups/{group}/images/tools", "ready")["digest"] for group in groups}
    assert len(digests) == 1
    expect(lab.admin.delete("/groups/left/images/tools"), 204)
    assert lab.run("python -c 'import beta'", group="right", image="tools")["phase"] == "succeeded"


def test_a_package_without_a_wheel_is_built_from_its_source(lab: Lab, folder: Path) -> None:
    make_source(folder, "fromsource", "1.0")
    group = lab.new_group("smiths")
    images = f"/groups/{group}/images"
    expect(lab.admin.post(images, json={**NEW, "source": upon("tiny", "fromsource", "beta")}), 201)
    ready = wait_image(lab.admin, f"{images}/tools", "ready")
    assert "fromsource==1.0" in ready["lock"] and "alpha==1.0" in ready["lock"]
    assert "their sources are built" in expect(lab.admin.get(f"{images}/tools/log"), 200)
    script = "python -c 'import alpha, fromsource; print(fromsource.version, fromsource.seen)'"
    assert "1.0 ['environment', 'scratch']" in lab.run(script, group=group, image="tools").log


def test_pytorch_is_built_when_it_is_first_used(portico_binary: Path, tmp_path: Path) -> None:
    """From a folder of wheels, as on a machine without the internet: where PyTorch publishes it is not asked."""
    builtin = tomllib.loads((ROOT / "crates/runner/environments.toml").read_text())["image"]
    image = next(image for image in builtin if image["name"] == "pytorch-cpu")
    for line in image["lock"]:
        name, version = line.split(" ;")[0].split("==")
        make_wheel(tmp_path / "wheels", name.replace("-", "_").replace(".", "_"), version)
    make_wheel(tmp_path / "wheels", "alpha", "1.0")
    env = {"PORTICO_PACKAGE_FOLDER": str(tmp_path / "wheels"), "PORTICO_PACKAGE_OFFLINE": "true", **ROOMY}
    server = Portico(portico_binary, env)
    try:
        lab = Lab(server.start())
        group = lab.new_group("torches")
        path = f"/groups/{group}/images"
        assert expect(lab.admin.get(f"{path}/pytorch-cpu"), 200)["history"] == []
        script = "python -c 'import torch; print(\"torch\", torch.version)'"
        pinned = next(line for line in image["requirements"] if line.startswith("torch==")).split("==")[1]
        assert f"torch {pinned}" in lab.run(script, group=group, image="pytorch-cpu").log
        body = {**NEW, "source": upon("pytorch-cpu", "alpha")}
        expect(lab.admin.post(path, json=body), 201)
        assert f"torch=={pinned}" in wait_image(lab.admin, f"{path}/tools", "ready")["lock"]
    finally:
        server.discard()


def test_everybody_sees_and_changes_only_their_own(lab: Lab) -> None:
    ours, theirs = lab.new_group("ours"), lab.new_group("theirs")
    mia, otto = lab.new_member("mia", ours), lab.new_member("otto", theirs)
    expect(lab.admin.put(f"/groups/{theirs}/members/otto", json={"role": "admin"}), 204)
    path = f"/groups/{ours}/images"
    expect(lab.admin.post(path, json={**NEW, "source": upon("tiny", "beta")}), 201)
    assert expect(mia.get(f"{path}/tools"), 200)["name"] == "tools"
    problem(mia.post(path, json={**NEW, "name": "x", "source": upon("tiny", "beta")}), 403)
    problem(mia.delete(f"{path}/tools"), 403)
    for answer in (otto.get(f"{path}/tools"), otto.post(f"{path}/tools/rebuild"), otto.get(f"/groups/{theirs}/images/tools")):
        problem(answer, 404)
    body = {**NEW, "source": upon("tools", "beta")}
    problem(otto.post(f"/groups/{theirs}/images", json=body), 422, field="base")
    problem(otto.post("/images", json=body), 403)
    # The same name is free in another group, and a system image is changed only as one.
    expect(otto.post(f"/groups/{theirs}/images", json={**NEW, "source": upon("tiny", "beta")}), 201)
    problem(otto.post(f"/groups/{theirs}/images/tiny/rebuild"), 404)
    chosen = {"name": "chosen", "display_name": "Chosen", "groups": [ours], "source": {"from": "existing", "image": "tiny"}}
    assert expect(lab.admin.post("/images", json=chosen), 201)["groups"] == [ours]
    expect(mia.get(f"{path}/chosen"), 200)
    problem(otto.get(f"/groups/{theirs}/images/chosen"), 404)


def test_a_deprecated_image_still_works_and_says_what_to_use(lab: Lab) -> None:
    group = lab.new_group("movers")
    images = f"/groups/{group}/images"
    for name in ("old", "new-one"):
        body = {"name": name, "display_name": name, "source": {"from": "existing", "image": "tiny"}}
        assert expect(lab.admin.post(images, json=body), 201)["state"] == "ready"
    problem(lab.admin.post(f"{images}/old/deprecate", json={"successor": "nothing"}), 422, field="successor")
    expect(lab.admin.post(f"{images}/old/deprecate", json={"successor": "new-one"}), 204)
    assert expect(lab.admin.get(f"{images}/old"), 200)["successor"] == "new-one"
    ran = lab.run("true", group=group, image="old")
    events = expect(lab.admin.get(f"/groups/{group}/jobs/{ran['id']}/events"), 200)
    assert "Use new-one instead" in str(events)
    expect(lab.admin.post(f"{images}/old/restore"), 204)
    assert expect(lab.admin.get(f"{images}/old"), 200)["deprecated_at"] is None


def test_a_container_image_is_kept_and_refused_where_it_can_not_run(lab: Lab) -> None:
    group = lab.new_group("shippers")
    source = {"from": "container", "reference": "quay.io/jupyter/base-notebook:2026-10-01"}
    made = expect(lab.admin.post(f"/groups/{group}/images", json={**NEW, "source": source}), 201)
    assert (made["kind"], made["reference"]) == ("container", source["reference"])
    told = problem(lab.post("true", group=group, image="tools"), 422, field="image")
    assert "no container engine" in str(told["errors"])


def test_bad_input_names_the_field(lab: Lab) -> None:
    group = lab.new_group("testers")
    images = f"/groups/{group}/images"
    yml = {"name": "environment.yml", "content": "dependencies: [cudatoolkit=11, {pip: [beta]}]"}
    cases = [
        ({}, "source"),
        ({"source": upon("nothing", "beta")}, "base"),
        ({"source": upon("tiny")}, "packages"),
        ({"source": upon("tiny", *[f"p{n}" for n in range(10_000)])}, "packages"),
        ({"source": upon("tiny", "--index-url=https://example.org")}, "packages"),
        ({"source": upon("tiny", "beta\n--find-links /etc")}, "packages"),
        ({"source": upon("tiny", "beta @ file:///etc/passwd")}, "packages"),
        ({"source": upon("tiny", "$(touch /tmp/x)")}, "packages"),
        ({"source": upon("tiny", "b\u0435ta")}, "packages"),
        ({"source": upon("tiny", file=yml)}, "file"),
        ({"source": alone("beta", python="2.7")}, "python"),
        ({"source": {"from": "existing", "image": "../tiny"}}, "existing"),
        ({"source": {"from": "container", "reference": "--privileged"}}, "reference"),
        ({"name": "../../x", "source": upon("tiny", "beta")}, "name"),
        ({"name": "tiny", "source": upon("tiny", "beta")}, "name"),
        ({"display_name": "a\u202eb", "source": upon("tiny", "beta")}, "display_name"),
        ({"type": "quantum", "source": upon("tiny", "beta")}, "type"),
        ({"groups": [group], "source": upon("tiny", "beta")}, "groups"),
    ]
    for wrong, field in cases:
        problem(lab.admin.post(images, json={**NEW, **wrong}), 422, field=field)
    assert [image["name"] for image in expect(lab.admin.get(images), 200) if image["scope"] == "group"] == []
    problem(lab.admin.post(images, json={**NEW, "sauce": 1}), 422)
    problem(lab.admin.delete("/images/base"), 409, code="built_in")
    problem(lab.admin.post("/images/tiny/cancel"), 409, code="no_build")


@pytest.fixture
def silent_index() -> Iterator[str]:
    """A package index that takes connections and never answers, so that a build goes on for as long as one likes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken: list[socket.socket] = []

        def take() -> None:
            while True:
                try:
                    taken.append(listener.accept()[0])
                except OSError:
                    return

        threading.Thread(target=take, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/simple"
        listener.shutdown(socket.SHUT_RDWR)
        for connection in taken:
            connection.close()


def builders(server: Portico) -> set[int]:
    """The uv processes that work for this server in a sandbox, where nothing names the server: its shims are above."""
    ours, found = server.processes() - {server.process.pid if server.process else 0}, set()
    for entry in Path("/proc").iterdir():
        try:
            if not entry.name.isdigit() or (entry / "exe").readlink().name != "uv":
                continue
            above = int(entry.name)
            while above > 1 and above not in ours:
                above = int(Path(f"/proc/{above}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if above > 1 and above != int(entry.name):
            found.add(int(entry.name))
    return found


def test_a_build_survives_the_servers_death_and_ends_when_it_is_cancelled(
    make_prepared: Callable[..., Portico], silent_index: str
) -> None:
    env = {"PORTICO_ENVIRONMENTS_BUILD": "true", "PORTICO_PACKAGE_INDEX": silent_index}
    lab = Lab(make_prepared(env).start())
    # Upon Python alone: the image `base` is not needed, and nothing of it is built.
    for name in ("base", "data-science"):
        lab.admin.post(f"/images/{name}/cancel")
    path = "/groups/lab/images/tools"
    expect(lab.admin.post("/groups/lab/images", json={**NEW, "source": alone("beta")}), 201)
    wait_image(lab.admin, path, "building")
    problem(lab.admin.post(f"{path}/rebuild"), 409, code="build_under_way")
    left = wait_for(lambda: builders(lab.server), "uv runs")
    lab.server.kill_9()
    assert left & builders(lab.server), "it runs in a sandbox that outlives the server"
    lab.server.start()
    again = wait_image(lab.admin, path, "building")
    assert [(build["number"], build["state"]) for build in again["history"]] == [(2, "building"), (1, "failed")]
    wait_for(lambda: not left & builders(lab.server), "the build of the old server is gone")
    wait_for(lambda: builders(lab.server), "uv runs for the new server")
    expect(lab.admin.post(f"{path}/cancel"), 204)
    wait_for(lambda: not builders(lab.server), "uv is gone")
    cancelled = wait_image(lab.admin, path, "cancelled")
    assert cancelled["history"][0]["state"] == "cancelled"
    problem(lab.admin.post(f"{path}/cancel"), 409, code="no_build")
    expect(lab.admin.post(f"{path}/rebuild"), 204)
    wait_image(lab.admin, path, "building")
    expect(lab.admin.delete(path), 204)
    problem(lab.admin.get(path), 404)
