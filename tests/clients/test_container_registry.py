"""Images come from a registry, and where they do not, a sentence says why and what to do."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from containers import BOX, ENGINE, engine, needs_engine
from lab import ROOMY, Lab, Ran, expect, wait_for

from portico import Api, Portico, free_port

# Debian keeps the program of its package docker-registry under this name.
PROGRAM = shutil.which("docker-registry")
if PROGRAM is None and ENGINE and os.environ.get("CI", "false") not in ("", "false"):
    raise RuntimeError("docker-registry is not installed")
pytestmark = [needs_engine, pytest.mark.skipif(PROGRAM is None, reason="docker-registry is not installed")]

NAME, PASSWORD = "keeper", "opensesame"
# bcrypt, as htpasswd writes it.
HASHED = "$2b$04$RQHbOsdVuwMkTFjjjWIYzu2bsXJm0STOPLZzinO32nsFuieCHeXtC"
# What a registry of this machine is called: the engine of the tests wants no certificate of it.
HOST = "127.0.0.1"


class Registry:
    def __init__(self, folder: Path, password: bool = False):
        self.port = free_port()
        self.name = f"{HOST}:{self.port}"
        self.folder = folder
        self.password = password
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Registry:
        config: dict[str, Any] = {
            "version": 0.1,
            "storage": {"filesystem": {"rootdirectory": str(self.folder / "images")}},
            "http": {"addr": f"127.0.0.1:{self.port}"},
        }
        if self.password:
            (self.folder / "htpasswd").write_text(f"{NAME}:{HASHED}\n")
            config["auth"] = {"htpasswd": {"realm": "tests", "path": str(self.folder / "htpasswd")}}
        (self.folder / "config.yml").write_text(json.dumps(config))
        log = (self.folder / "log").open("wb")
        self.process = subprocess.Popen([PROGRAM, "serve", str(self.folder / "config.yml")], stdout=log, stderr=log)
        with requests.Session() as session:
            session.trust_env = False

            def answers() -> bool:
                try:
                    return session.get(f"http://127.0.0.1:{self.port}/v2/", timeout=5).status_code in (200, 401)
                except requests.ConnectionError:
                    return False

            wait_for(answers, f"the registry answers: {(self.folder / 'log').read_text()}", 30)
        return self

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)

    def push(self, name: str) -> str:
        """Puts the small image into the registry, and nowhere else; its reference."""
        reference = f"{self.name}/{name}"
        engine("POST", f"/images/{quote(BOX, safe='')}/tag?repo={quote(reference, safe='')}&tag=1")
        signed_in = json.dumps({"username": NAME, "password": PASSWORD, "serveraddress": self.name})
        given = {"X-Registry-Auth": base64.urlsafe_b64encode(signed_in.encode()).decode()} if self.password else {}
        said = engine("POST", f"/images/{quote(reference, safe='')}/push?tag=1&tlsVerify=false", **given)
        assert '"error"' not in said, said
        engine("DELETE", f"/images/{quote(f'{reference}:1', safe='')}")
        return f"{reference}:1"


@pytest.fixture
def make_registry(tmp_path: Path) -> Iterator[Callable[..., Registry]]:
    made: list[Registry] = []

    def make(password: bool = False) -> Registry:
        folder = tmp_path / f"registry-{len(made)}"
        folder.mkdir()
        made.append(Registry(folder, password))
        return made[-1].start()

    yield make
    for registry in made:
        registry.stop()


@pytest.fixture(scope="module")
def lab(portico_binary: Path) -> Iterator[Lab]:
    env = {"PORTICO_CONTAINER_ENGINE": ENGINE, "PORTICO_ENVIRONMENTS_BUILD": "false", **ROOMY}
    server = Portico(portico_binary, env)
    try:
        yield Lab(server.start())
    finally:
        server.discard()


@pytest.fixture(scope="module")
def member(lab: Lab) -> Api:
    return lab.new_member("mia", lab.group)


def run(lab: Lab, member: Api, image: str, reference: str) -> Ran:
    source = {"from": "container", "reference": reference}
    expect(lab.admin.post("/images", json={"name": image, "display_name": image, "source": source}), 201)
    return lab.wait_ended(lab.submit("echo it runs", api=member, image=image), timeout=90)


def test_an_image_is_pulled_and_its_digest_is_told(lab: Lab, member: Api, make_registry) -> None:
    reference = make_registry().push("team/box")
    first = run(lab, member, "pulled", reference)
    assert first["phase"] == "succeeded", first
    pulling, pulled, said = first.log.splitlines()
    assert pulling == f"[portico] pulling the image {reference}"
    assert re.fullmatch(r"\[portico\] pulled the image in \d+ s: sha256:[0-9a-f]{64}", pulled), pulled
    assert said == "it runs"
    # By that digest it can be named, so that it stays the same whatever becomes of the tag.
    digest = pulled.rpartition(" ")[2]
    engine("DELETE", f"/images/{quote(reference, safe='')}")
    fixed = run(lab, member, "fixed", f"{reference.removesuffix(':1')}@{digest}")
    assert fixed["phase"] == "succeeded", fixed


def test_a_wrong_tag_is_told_at_once(lab: Lab, member: Api, make_registry) -> None:
    reference = make_registry().push("team/box").removesuffix(":1") + ":2"
    ran = run(lab, member, "wrong-tag", reference)
    assert (ran["phase"], ran["cause"]) == ("failed", "image"), ran["reason"]
    assert ran["reason"].startswith(f"There is no image {reference} in its registry, so check its name and its tag ("), ran
    assert ran.log.count("pulling the image") == 1


def test_a_registry_that_is_away_is_told(lab: Lab, member: Api, make_registry) -> None:
    registry = make_registry()
    reference = registry.push("team/box")
    registry.stop()
    ran = run(lab, member, "away", reference)
    assert (ran["phase"], ran["cause"]) == ("failed", "platform"), ran
    assert f"The registry of the image {reference} cannot be reached" in ran["reason"], ran
    # What may pass is tried again by whoever needs it.
    registry.start()
    again = lab.wait_ended(lab.submit("echo it runs", api=member, image="away"), timeout=60)
    assert again["phase"] == "succeeded", again


def test_a_registry_that_wants_a_password_is_told(lab: Lab, member: Api, make_registry) -> None:
    reference = make_registry(password=True).push("secret/box")
    ran = run(lab, member, "secret", reference)
    assert (ran["phase"], ran["cause"]) == ("failed", "image"), ran["reason"]
    assert "it wants a password, and Portico keeps none of registries" in ran["reason"], ran
    assert f"`podman login` and `podman pull {reference}`" in ran["reason"], ran
    # What it says to do helps.
    signed_in = json.dumps({"username": NAME, "password": PASSWORD})
    auth = {"X-Registry-Auth": base64.urlsafe_b64encode(signed_in.encode()).decode()}
    engine("POST", f"/images/create?fromImage={quote(reference, safe='')}", **auth)
    again = lab.wait_ended(lab.submit("echo it runs", api=member, image="secret"), timeout=60)
    assert (again["phase"], again.log) == ("succeeded", "it runs\n"), again
