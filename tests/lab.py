"""A server with a ready image, a group and people, for tests that run jobs."""

from __future__ import annotations

import http.client
import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests

from portico import Api, Portico, User
from workers import Once

Found = TypeVar("Found")

FINAL = ("succeeded", "failed", "cancelled")

# More than any machine has: what a test runs side by side is up to the test, not to the machine.
ROOMY = {"PORTICO_LOCAL_CPU": "64", "PORTICO_LOCAL_MEMORY": "256"}

# The platform admin of the server that builds images, and of those that take its data over.
BUILDER = User("builder", "correct horse battery builder")

# Does nothing, without starting a process every second, until its file appears.
UNTIL = """
echo ready
mkfifo pause; exec 9<> pause
while [ ! -e "$PORTICO_GROUP_PATH/{file}" ]; do read -r -t 0.05 -u 9; done
true
"""
FOREVER = UNTIL.format(file="never")


def wait_for(condition: Callable[[], Found], what: str, timeout: float = 30, every: float = 0.03) -> Found:
    """The first true answer of `condition`, or a failure that says `what` did not come."""
    deadline = time.monotonic() + timeout
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout} s: {what}; last seen: {found!r}")
        time.sleep(every)


def expect(answer: requests.Response, status: int) -> Any:
    """The answer's JSON (or text), which has to come with this status."""
    assert answer.status_code == status, f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text[:2000]}"
    is_json = "json" in answer.headers.get("content-type", "")
    return answer.json() if is_json else answer.text


def problem(answer: requests.Response, status: int, code: str | None = None, field: str | None = None) -> dict[str, Any]:
    """The answer's problem details, which have to say what was wrong in a sentence."""
    body = expect(answer, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["status"] == status and body["request_id"] == answer.headers["x-request-id"]
    assert body["detail"].endswith((".", "!", "?", "”")), body
    if code is not None:
        assert body["code"] == code, body
    if field is not None:
        assert field in [error["field"] for error in body.get("errors", [])], body
    return body


@dataclass(frozen=True)
class Ran:
    """A job that has ended."""

    job: dict[str, Any]
    log: str

    def __getitem__(self, name: str) -> Any:
        return self.job[name]


class Lab:
    """A running server with the platform admin `admin`, who is an admin of the group `lab` too."""

    group = "lab"

    def __init__(self, server: Portico):
        self.server = server
        self.boss = server.create_user("admin", admin=True)
        self.admin = server.api(self.boss)
        self.new_group(self.group)

    def new_group(self, name: str, **fields: Any) -> str:
        """A group that `admin` is an admin of."""
        expect(self.admin.post("/groups", json={"name": name, **fields}), 201)
        expect(self.admin.put(f"/groups/{name}/members/admin", json={"role": "admin"}), 204)
        return name

    def new_member(self, name: str, *groups: str, scope: str = "write") -> Api:
        """Somebody with a token who is a member of these groups."""
        user = {"name": name, "password": f"correct horse battery {name}"}
        expect(self.admin.post("/users", json=user), 201)
        for group in groups:
            expect(self.admin.put(f"/groups/{group}/members/{name}", json={"role": "member"}), 204)
        return self.server.api(name, scope)

    def post(self, command: str, api: Api | None = None, group: str | None = None, key: str | None = None, **fields: Any):
        """The answer to a submit, whatever it is."""
        body = {"name": "a job", "instance_type": "cpu-small", "image": "base", "command": command, **fields}
        headers = {"Idempotency-Key": key} if key else {}
        return (api or self.admin).post(f"/groups/{group or self.group}/jobs", json=body, headers=headers)

    def submit(self, command: str, **options: Any) -> str:
        return expect(self.post(command, **options), 201)["id"]

    def job(self, id: str, group: str | None = None) -> dict[str, Any]:
        return expect(self.admin.get(f"/groups/{group or self.group}/jobs/{id}"), 200)

    def log(self, id: str, group: str | None = None) -> str:
        return expect(self.admin.get(f"/groups/{group or self.group}/jobs/{id}/log"), 200)

    def wait_phase(self, id: str, *phases: str, group: str | None = None, timeout: float = 30) -> dict[str, Any]:
        def reached() -> dict[str, Any] | None:
            job = self.job(id, group)
            assert job["phase"] in phases or job["phase"] not in FINAL, f"it ended before it was {phases}: {job}"
            return job if job["phase"] in phases else None

        return wait_for(reached, f"job {id} becomes {' or '.join(phases)}", timeout)

    def wait_ended(self, id: str, group: str | None = None, timeout: float = 30) -> Ran:
        job = self.wait_phase(id, *FINAL, group=group, timeout=timeout)
        return Ran(job, self.log(id, group))

    def run(self, command: str, timeout: float = 30, **options: Any) -> Ran:
        return self.wait_ended(self.submit(command, **options), options.get("group"), timeout)

    def wait_log(self, id: str, text: str, timeout: float = 30) -> str:
        def said() -> str | None:
            log = self.log(id)
            return log if text in log else None

        return wait_for(said, f"job {id} says {text!r}", timeout)

    def folder(self, group: str | None = None, **options: Any) -> Path:
        """Where the group's shared folder is on this machine. It is there once a job has run."""
        found = self.run('printf "$GROUP_ID"', group=group, **options)
        return self.server.data_dir / "groups" / found.log


@contextmanager
def events(api: Api, path: str, timeout: float = 30) -> Iterator[Iterator[tuple[str, Any, float]]]:
    """Server-sent events as they arrive: (event, data, time of arrival)."""
    url = urlsplit(api.base_url + path)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=timeout)
    headers = {"Accept": "text/event-stream", "Authorization": api.headers["Authorization"]}
    try:
        connection.request("GET", f"{url.path}?{url.query}", headers=headers)
        answer = connection.getresponse()
        assert answer.status == 200, (answer.status, answer.read(2000))
        assert answer.headers["content-type"] == "text/event-stream"
        yield _events(answer)
    finally:
        connection.close()


def _events(answer: http.client.HTTPResponse) -> Iterator[tuple[str, Any, float]]:
    name, data = "message", ""
    while line := answer.readline():
        at = time.time()
        text = line.decode().rstrip("\n")
        if text.startswith("event:"):
            name = text[6:].strip()
        elif text.startswith("data:"):
            data += text[5:].strip()
        elif not text and data:
            yield name, json.loads(data), at
            name, data = "message", ""


def prepare(server: Portico, *images: str) -> None:
    """Waits until these images are built in the server's data directory; nothing of the server runs then."""
    try:
        server.start()
        api = server.api(server.create_user(BUILDER.name, BUILDER.password, admin=True))
        expect(api.post("/groups", json={"name": "builders"}), 201)

        def built(name: str) -> bool:
            image = expect(api.get(f"/groups/builders/images/{name}"), 200)
            assert image["state"] != "failed", image["message"]
            return image["state"] == "ready"

        for name in {"base", "data-science"}.difference(images):
            api.post(f"/images/{name}/cancel")
        for name in images:
            wait_for(lambda name=name: built(name), f"the image {name} is built", 240, every=0.2)
        server.stop()
    finally:
        server.end()


def give_environments(prepared: Path, server: Portico) -> Portico:
    """Gives a server that was not started yet the files of the images, so that building these takes no time."""
    server.data_dir.mkdir(mode=0o700)
    # One link each: a server deletes what it does not know of, which is the link then.
    environments = server.data_dir / "environments"
    environments.mkdir()
    for one in (prepared / "environments").iterdir():
        (environments / one.name).symlink_to(one)
    return server


def built_base(once: Once, binary: Path) -> Path:
    """A data directory with the image `base`."""
    return once("base", lambda folder: prepare(Portico(binary, directory=folder), "base")) / "data"


def built_all(once: Once, binary: Path) -> Path:
    """One with all images that a server builds at its start."""
    base = built_base(once, binary)

    def build(folder: Path) -> None:
        server = give_environments(base, Portico(binary, directory=folder))
        # uv's cache, which nobody else needs again.
        (base / "builds").rename(server.data_dir / "builds")
        prepare(server, "base", "data-science")

    return once("all", build) / "data"


def take_over(prepared: Path, server: Portico) -> Portico:
    """Gives a server that was not started yet the image, whose files stay where they are."""
    give_environments(prepared, server)
    for name in ("portico.db", "portico.db-wal"):
        if (prepared / name).exists():
            shutil.copy(prepared / name, server.data_dir / name)
    # What a build said is asked of the server.
    shutil.copytree(prepared / "build-logs", server.data_dir / "build-logs")
    server.extra_env = {"PORTICO_ENVIRONMENTS_BUILD": "false", **ROOMY, **server.extra_env}
    return server
