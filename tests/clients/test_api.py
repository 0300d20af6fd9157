"""The REST API keeps to its description, whatever it is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from lab import Lab, expect, problem, take_over
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from portico import ROOT, Portico

CHECKED_IN = ROOT / "docs/api/openapi.json"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 10
# With random names nearly every answer would be "not found": most requests name things that are there.
MOSTLY = {"group": "lab", "job": "", "image": "base", "user": "ada", "name": "spare"}


@dataclass(frozen=True)
class Target:
    lab: Lab
    token: str
    job: str


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def target_lab(request, portico_binary: Path, prepared: Path) -> Iterator[Lab]:
    """A server on each database, where only SQLite's has an image to run jobs with."""
    if request.param == "sqlite":
        server = take_over(prepared, Portico(portico_binary))
    else:
        url = request.getfixturevalue("new_postgres_database")()
        server = Portico(portico_binary, {"PORTICO_DATABASE_URL": url, "PORTICO_ENVIRONMENTS_BUILD": "false"})
    try:
        lab = Lab(server.start())
        lab.new_member("ada", "lab")
        lab.new_member("tester", "lab")
        expect(lab.admin.post("/instance-types", json={"name": "spare", "cpu": 1, "memory": 1}), 201)
        yield lab
    finally:
        server.discard()


@pytest.fixture(params=["admin", "member"])
def target(request, target_lab: Lab) -> Target:
    # Who tests is never the user that the requests name, so that no request takes the tester's own token away.
    api = target_lab.admin if request.param == "admin" else target_lab.server.api("tester")
    return Target(target_lab, api.headers["Authorization"], target_lab.submit("echo one; echo two"))


def test_the_served_description_is_the_checked_in_one(module_lab: Lab):
    served = requests.get(f"{module_lab.server.url}/api/v1/openapi.json", timeout=10)
    assert served.status_code == 200 and served.headers["content-type"] == "application/json"
    assert served.json() == json.loads(module_lab.server.cli("docs", "openapi"))
    if not CHECKED_IN.exists():
        pytest.skip(f"{CHECKED_IN.relative_to(ROOT)} is not there")
    assert served.json() == json.loads(CHECKED_IN.read_text()), "run `portico docs openapi` and check its output in"


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_it_answers_as_described(target: Target, subtests):
    """No 5xx, and every answer has a status, a content type and a body that the description knows."""
    url = target.lab.server.url
    described = requests.get(f"{url}/api/v1/openapi.json", timeout=10).json()
    schema = schemathesis.openapi.from_dict(described)
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            with subtests.test(operation=operation.label, mode=mode.value):
                _try_out(operation, mode, target, url)
    expect(requests.get(f"{url}/api/v1/me", headers={"Authorization": target.token}, timeout=10), 200)
    assert "panicked" not in target.lab.server.stderr


def _try_out(operation, mode: GenerationMode, target: Target, url: str) -> None:
    # A stream of changes has no end; test_job_logs.py and test_security.py read it.
    is_endless = operation.label == "GET /api/v1/groups/{group}/events"
    # Without its group, everything that comes after would be "not found".
    ends_the_group = operation.label == "DELETE /api/v1/groups/{group}"
    session = requests.Session()
    session.trust_env = False

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    def send(case) -> None:
        # Every fourth request keeps the names that were made up.
        if not is_endless and not ends_the_group and hash(str(case.path_parameters)) % 4:
            case.path_parameters = {
                name: target.job if name == "job" else MOSTLY.get(name, value)
                for name, value in (case.path_parameters or {}).items()
            }
        headers = {"Authorization": target.token}
        answer = case.call(base_url=url, session=session, headers=headers, timeout=20)
        # The description calls a stream a text, where the check expects one object per event.
        is_stream = answer.headers.get("content-type") == ["text/event-stream"]
        checks = [check for check in CHECKS if not is_stream or check is not response_schema_conformance]
        case.validate_response(answer, checks=checks)
        _has_one_shape(answer)

    try:
        send()
    except Exception as error:
        if type(error).__name__ == "Unsatisfiable":
            return  # There is nothing to get wrong, such as a call without parameters.
        raise


def _has_one_shape(answer) -> None:
    """Problem details for every refusal; an id for every answer."""
    assert answer.headers.get("x-request-id"), answer.status_code
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == ["application/problem+json"], answer.headers["content-type"]


# Found by hand: things that a generator hits rarely.

NUL_IN_FIELDS: list[tuple[str, str, dict]] = [
    ("get", "/groups/lab/jobs?search=%00", {}),
    ("get", "/groups/lab/jobs?instance_type=%00", {}),
    ("get", "/groups?all=true&search=%00", {}),
    ("get", "/groups?all=true&after=%00", {}),
    ("get", "/users?search=%00", {}),
    ("get", "/users?after=%00", {}),
    ("get", "/users/%00", {}),
    ("get", "/groups/%00", {}),
    ("get", "/groups/lab/jobs/%00", {}),
    ("get", "/groups/lab/images/%00", {}),
    ("delete", "/instance-types/%00", {}),
    ("put", "/groups/lab/members/%00", {"role": "member"}),
    ("post", "/instance-types", {"name": "odd", "cpu": 1, "memory": 1, "description": "a\0b"}),
    ("post", "/instance-types", {"name": "odd", "cpu": 1, "memory": 1, "groups": ["a\0b"]}),
    ("post", "/users", {"name": "odd\0"}),
    ("post", "/users", {"name": "odd", "display_name": "o\0dd"}),
    ("post", "/users", {"name": "odd", "email": "o\0dd@example.org"}),
    ("patch", "/me", {"time_zone": "UTC\0"}),
    ("post", "/groups/lab/jobs", {"name": "a\0b", "instance_type": "cpu-1", "image": "base", "command": "true"}),
    ("post", "/groups/lab/jobs", {"name": "ab", "instance_type": "cpu\0", "image": "base", "command": "true"}),
    ("post", "/groups/lab/jobs", {"name": "ab", "instance_type": "cpu-1", "image": "b\0", "command": "true"}),
    ("post", "/groups/lab/jobs", {"name": "ab", "instance_type": "cpu-1", "image": "base", "command": "a\0b"}),
    (
        "post",
        "/groups/lab/jobs",
        {"name": "ab", "instance_type": "cpu-1", "image": "base", "command": "true", "environment": {"A": "\0"}},
    ),
]


@pytest.mark.parametrize(("method", "path", "body"), NUL_IN_FIELDS, ids=lambda value: str(value)[:60])
def test_a_nul_character_does_no_harm(target_lab: Lab, method: str, path: str, body: dict):
    """PostgreSQL keeps no text with a NUL character, so it must be refused before it gets there."""
    answer = target_lab.admin.request(method, path, json=body or None)
    assert answer.status_code in (200, 404, 422), (answer.status_code, answer.text)


def test_a_group_named_twice_is_one_group(target_lab: Lab):
    body = {"name": "offered-twice", "cpu": 1, "memory": 1, "groups": ["lab", "lab"]}
    expect(target_lab.admin.post("/instance-types", json=body), 201)
    body["groups"] = ["lab", "lab", "lab"]
    expect(target_lab.admin.put("/instance-types/offered-twice", json=body), 200)
    expect(target_lab.admin.delete("/instance-types/offered-twice"), 204)


def test_a_cursor_of_another_order_is_refused(target_lab: Lab):
    for number in range(3):
        target_lab.submit("true", name=f"cursor {number}")
    by_name = expect(target_lab.admin.get("/groups/lab/jobs?sort=name&limit=1"), 200)["next"]
    by_time = expect(target_lab.admin.get("/groups/lab/jobs?sort=newest&limit=1"), 200)["next"]
    for sort, cursor in (("newest", by_name), ("name", by_time)):
        answer = target_lab.admin.get(f"/groups/lab/jobs?sort={sort}&limit=1&after={cursor}")
        problem(answer, 422, field="after")


@pytest.mark.parametrize("number", [1e300, -1e300, 9007199254740993, 1e18, -1, 0.25])
def test_amounts_beyond_reason_are_refused(target_lab: Lab, number: float):
    quota = {"cpu": number, "memory": None, "gpu": None}
    problem(target_lab.admin.post("/groups", json={"name": "beyond", "group_quota": quota}), 422)
    problem(target_lab.admin.post("/instance-types", json={"name": "beyond", "cpu": number, "memory": 1}), 422, field="cpu")


def test_methods_and_bodies_that_no_call_takes(target_lab: Lab):
    admin = target_lab.admin
    for method, path in (("delete", "/groups"), ("post", "/system"), ("put", "/groups/lab/jobs"), ("get", "/me/password")):
        problem(admin.request(method, path), 405)
    problem(admin.post("/groups", data="{", headers={"Content-Type": "application/json"}), 422, "bad_body")
    problem(admin.post("/groups", data="name=x", headers={"Content-Type": "text/plain"}), 422, "not_json")
    problem(admin.post("/groups", json={"name": "x", "colour": "red"}), 422, "bad_body")
    problem(admin.get("/groups/lab/jobs?colour=red"), 422, "bad_query")
    problem(admin.get("/groups/lab/jobs?limit=many"), 422, "bad_query")
    problem(admin.get("/nothing/here"), 404)


