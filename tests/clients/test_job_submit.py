"""Jobs over the API: what may be submitted, and the list of them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from lab import FOREVER, Lab, expect, problem


@pytest.fixture
def lab(module_lab: Lab) -> Lab:
    return module_lab


# -- submitting --


def test_one_key_makes_one_job(lab: Lab):
    first = expect(lab.post("echo once", key="key-1"), 201)
    again = expect(lab.post("echo once", key="key-1"), 201)
    assert again["id"] == first["id"]

    told = problem(lab.post("echo twice", key="key-1"), 409, "idempotency_key_reused")
    assert first["id"] in told["detail"]
    other = lab.new_member("keyed", "lab")
    assert expect(lab.post("echo once", key="key-1", api=other), 201)["id"] != first["id"], "keys are one's own"
    for bad in ("x" * 201, "a b"):
        problem(lab.post("echo once", key=bad), 422, field="idempotency_key")


def test_one_key_sent_by_many_at_once_makes_one_job(lab: Lab):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: lab.post("echo once", key="key-raced", name="raced"), range(16)))
    assert len({expect(answer, 201)["id"] for answer in answers}) == 1
    assert len(expect(lab.admin.get("/groups/lab/jobs?search=raced"), 200)["items"]) == 1


def test_a_key_is_good_for_what_has_changed_since(lab: Lab):
    """Whoever got no answer asks again, and must not hear that what they asked for is gone meanwhile."""
    expect(lab.admin.post("/instance-types", json={"name": "short-lived", "cpu": 0.5, "memory": 1}), 201)
    first = expect(lab.post("true", key="key-2", instance_type="short-lived"), 201)
    expect(lab.admin.delete("/instance-types/short-lived"), 204)
    again = expect(lab.post("true", key="key-2", instance_type="short-lived"), 201)
    assert again["id"] == first["id"]


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("image", "nowhere", "This group has no image “nowhere”. Choose one of: base"),
        ("image", "", "Choose one of: base"),
        ("instance_type", "cpu-9000", "This group has no instance type “cpu-9000”. Choose one of: cpu-small"),
        ("name", "x" * 101, "At most 100 characters; this one has 101."),
        ("name", "  ", "Give it a name."),
        ("name", "two\nlines", "U+000A"),
        ("name", "gnp\u202etxt", "U+202E"),
        ("command", " \n ", "Write the command to run"),
        ("command", "a\0b", "NUL"),
        ("command", "#" * 1_000_000, "at most 512 KiB are allowed. Put the script into a file"),
        ("time_limit", -1, "Use 0 (no limit) to 365 days."),
        ("time_limit", 2**62, "Use 0 (no limit) to 365 days."),
        ("environment", {"1A": "x"}, "is no variable name"),
        ("environment", {"PORTICO_URL": "x"}, "is set by the platform"),
        ("environment", {"A": "x" * 40_000}, "longer than 32 kB"),
        ("environment", {f"A{n}": "x" for n in range(101)}, "at most 100 variables; these are 101"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_what_is_wrong_is_named_with_a_way_out(lab: Lab, field: str, value: object, says: str):
    body = {"command": "true", field: value}
    told = problem(lab.post(**body), 422, field=field)
    message = next(error["message"] for error in told["errors"] if error["field"] == field)
    assert says in message
    assert len(message) < 400, "what was sent is not sent back whole"


def test_everything_wrong_is_told_at_once(lab: Lab):
    told = problem(lab.post("", name="", image="x", instance_type="y", time_limit=-1), 422)
    assert {error["field"] for error in told["errors"]} == {"name", "command", "image", "instance_type", "time_limit"}


def test_a_body_beyond_all_bounds_is_refused(lab: Lab):
    problem(lab.post("#" * 5_000_000), 413, "too_large")


def test_a_group_that_is_not_there_or_not_ones_own(lab: Lab):
    stranger = lab.new_member("stranger")
    unknown = problem(lab.post("true", group="nowhere", api=stranger), 404, "not_found")
    foreign = problem(lab.post("true", api=stranger), 404, "not_found")
    del unknown["request_id"], foreign["request_id"]
    assert unknown == foreign


@pytest.mark.parametrize("name", ["训练模型", "тренировка №3", "🙂 run", "a" * 100, "'; DROP TABLE jobs; --", "<b>"])
def test_names_in_any_script_stay_as_they_are(lab: Lab, name: str):
    ran = lab.run('printf %s "$PORTICO_JOB_NAME"', name=name)
    assert (ran["name"], ran.log) == (name, name)
    found = expect(lab.admin.get("/groups/lab/jobs", params={"search": name}), 200)["items"]
    assert ran["id"] in [job["id"] for job in found]


# -- the list --


def test_pages_stay_as_they_are_while_jobs_come(lab: Lab):
    lab.new_group("pages", group_quota={"cpu": 0.5, "memory": None, "gpu": None})
    holding = lab.submit(FOREVER, group="pages", name="first of all")
    before = [lab.submit("true", group="pages", name=f"page {n:02}") for n in range(17)]
    stop = threading.Event()
    api = lab.server.api("admin")

    def more() -> None:
        while not stop.is_set():
            lab.submit("true", group="pages", name="added meanwhile", api=api)

    adding = threading.Thread(target=more)
    adding.start()
    try:
        for sort, wanted in (("newest", [*reversed(before)]), ("oldest", before), ("name", before), ("name-down", [*reversed(before)])):
            seen = _pages(lab, f"sort={sort}&limit=3&search=page ")
            assert seen == wanted, sort
        everything = _pages(lab, "sort=newest&limit=5")
        assert len(everything) == len(set(everything)) and set(before) <= set(everything)
        # Back from the last page to the first.
        page = expect(lab.admin.get("/groups/pages/jobs?sort=oldest&limit=6&search=page "), 200)
        second = expect(lab.admin.get(f"/groups/pages/jobs?sort=oldest&limit=6&search=page &after={page['next']}"), 200)
        back = expect(lab.admin.get(f"/groups/pages/jobs?sort=oldest&limit=6&search=page &before={second['previous']}"), 200)
        assert back["items"] == page["items"] and back["previous"] is None
    finally:
        stop.set()
        adding.join(30)
    assert [job["id"] for job in expect(lab.admin.get("/groups/pages/jobs?phase=running"), 200)["items"]] == [holding]
    assert expect(lab.admin.get("/groups/pages/jobs?phase=succeeded,failed"), 200)["items"] == []
    problem(lab.admin.get("/groups/pages/jobs?phase=sleeping"), 422, field="phase")
    problem(lab.admin.get("/groups/pages/jobs?sort=luck"), 422, field="sort")
    expect(lab.admin.post(f"/groups/pages/jobs/{holding}/cancel"), 202)


def _pages(lab: Lab, query: str) -> list[str]:
    seen, after = [], ""
    while True:
        page = expect(lab.admin.get(f"/groups/pages/jobs?{query}&after={after}"), 200)
        seen += [job["id"] for job in page["items"]]
        if not page["next"]:
            return seen
        after = page["next"]
