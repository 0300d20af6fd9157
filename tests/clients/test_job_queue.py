"""Jobs over the API: quotas, and what waits for what."""

from __future__ import annotations

import pytest
from lab import FOREVER, UNTIL, Lab, expect, problem, wait_for


@pytest.fixture
def lab(module_lab: Lab) -> Lab:
    return module_lab


def test_zero_refuses_and_null_is_unlimited(lab: Lab):
    lab.new_group("zero", group_quota={"cpu": 0, "memory": None, "gpu": None})
    told = problem(lab.post("true", group="zero"), 422, "exceed_quota", "instance_type")
    assert "needs 0.5 cores, but the group's quota is 0 cores" in told["detail"]
    assert "Choose a smaller instance type" in told["detail"]
    offered = expect(lab.admin.get("/groups/zero/instance-types"), 200)
    assert all(kind["never_fits"] for kind in offered)

    lab.new_group("no-gpu", user_quota={"cpu": None, "memory": None, "gpu": 0})
    assert lab.run("true", group="no-gpu")["phase"] == "succeeded", "who asks for no GPU needs none"

    expect(lab.admin.patch("/groups/zero", json={"group_quota": {"cpu": None, "memory": None, "gpu": None}}), 200)
    assert lab.run("true", group="zero")["phase"] == "succeeded"


def test_what_can_never_run_is_refused_at_once(lab: Lab):
    lab.new_group("tiny", user_quota={"cpu": 0.5, "memory": None, "gpu": None})
    told = problem(lab.post("true", group="tiny", instance_type="cpu-1"), 422, "exceed_quota", "instance_type")
    assert "This can never start: it needs 1 core, but your quota in this group is 0.5 cores" in told["detail"]
    told = problem(lab.post("true", instance_type="gpu-1"), 422, "exceed_quota", "instance_type")
    assert "needs 1 GPU, but the machine has 0 GPUs" in told["detail"]


@pytest.mark.parametrize("quota", [{"cpu": -1}, {"cpu": 0.3}, {"gpu": 2**40}], ids=str)
def test_a_quota_that_is_none_is_refused(lab: Lab, quota: dict):
    told = problem(lab.admin.post("/groups", json={"name": "odd", "group_quota": quota}), 422)
    assert told["errors"][0]["field"] == f"group_{next(iter(quota))}"


def test_who_is_over_their_own_quota_is_skipped(lab: Lab):
    lab.new_group("skip", user_quota={"cpu": 1, "memory": None, "gpu": None})
    ada, bob = (lab.new_member(name, "skip") for name in ("skip-ada", "skip-bob"))
    at = {"group": "skip"}
    first = lab.submit(UNTIL.format(file="go-1"), instance_type="cpu-1", api=ada, **at)
    lab.wait_phase(first, "running", **at)
    second = lab.submit("echo second", instance_type="cpu-1", api=ada, **at)
    third = lab.submit("echo third", api=ada, **at)
    assert lab.run("echo bob", api=bob, **at)["phase"] == "succeeded", "others overtake who waits for their own quota"

    def reasons() -> tuple[str, str]:
        return lab.job(second, "skip")["reason"], lab.job(third, "skip")["reason"]

    truth = (
        "Waits for your quota: it needs 1 core, and you use 1 core of 1 core in this group.",
        "Waits behind your earlier job, which waits for your quota in this group.",
    )
    wait_for(lambda: reasons() == truth, "both say what they wait for")
    assert [lab.job(id, "skip")["ahead"] for id in (second, third)] == [0, 1]
    usage = expect(ada.get("/groups/skip/usage"), 200)
    assert usage["mine"]["cpu"] == 1 and [holder["id"] for holder in usage["holders"]] == [first]

    (lab.server.data_dir / "groups" / _group_id(lab, "skip") / "go-1").touch()
    ended = [lab.wait_ended(id, **at) for id in (first, second, third)]
    assert [ran["phase"] for ran in ended] == ["succeeded"] * 3
    assert ended[2]["started_at"] >= ended[1]["started_at"], "nobody's small job overtakes their own large one"


def test_a_job_over_the_groups_quota_blocks_the_group(lab: Lab):
    lab.new_group("block", group_quota={"cpu": 1, "memory": None, "gpu": None})
    ada, bob = (lab.new_member(name, "block") for name in ("block-ada", "block-bob"))
    at = {"group": "block"}
    first = lab.submit(UNTIL.format(file="go-1"), api=ada, **at)
    lab.wait_phase(first, "running", **at)
    large = lab.submit("echo large", instance_type="cpu-1", api=ada, **at)
    small = lab.submit("echo small", api=bob, **at)
    truth = [
        "Waits for the group's quota: it needs 1 core, and the group uses 0.5 cores of 1 core.",
        "Waits behind an earlier job of the group, which waits for the group's quota.",
    ]
    wait_for(lambda: [lab.job(id, "block")["reason"] for id in (large, small)] == truth, "both say what they wait for")
    assert lab.run("echo elsewhere", api=lab.admin)["phase"] == "succeeded", "other groups are not held up"
    assert lab.job(small, "block")["phase"] == "waiting", "there is room for it, and it is not its turn"

    (lab.server.data_dir / "groups" / _group_id(lab, "block") / "go-1").touch()
    large, small = (lab.wait_ended(id, **at) for id in (large, small))
    assert small["started_at"] >= large["finished_at"]


def test_a_quota_lowered_below_what_waits_says_that_it_never_fits(lab: Lab):
    lab.new_group("lowered", group_quota={"cpu": 1, "memory": None, "gpu": None})
    at = {"group": "lowered"}
    holding = lab.submit(FOREVER, instance_type="cpu-1", **at)
    lab.wait_phase(holding, "running", **at)
    waiting = lab.submit("true", instance_type="cpu-1", **at)
    expect(lab.admin.patch("/groups/lowered", json={"group_quota": {"cpu": 0.5, "memory": None, "gpu": None}}), 200)
    told = wait_for(
        lambda: lab.job(waiting, "lowered")["reason"].startswith("Never fits") and lab.job(waiting, "lowered"),
        "it says that it never fits",
    )
    assert "needs 1 core, but the group's quota is now 0.5 cores" in told["reason"]
    assert lab.job(holding, "lowered")["phase"] == "running", "what runs goes on"
    for id in (holding, waiting):
        expect(lab.admin.post(f"/groups/lowered/jobs/{id}/cancel"), 202)
    assert lab.wait_ended(holding, timeout=30, **at)["phase"] == "cancelled"


def _group_id(lab: Lab, group: str) -> str:
    """The group's folder, which a job in it has made already."""
    jobs = expect(lab.admin.get(f"/groups/{group}/jobs?limit=200&sort=oldest"), 200)["items"]
    assert jobs
    named = [folder.name for folder in (lab.server.data_dir / "groups").iterdir()]
    # Ids grow with time, so the newest folder is the group's that was made last.
    return max(named)
