"""Who may not open a notebook, and how soon those who no longer may are cut off."""

from __future__ import annotations

import json
import sqlite3
import time

import pytest
import websocket
from lab import Lab, expect, problem, wait_for

from notebooks import Notebook, assert_cut, execute, notebook
from portico import Api


def refused(bench: Notebook, headers: dict[str, str], query: str = "") -> set[int]:
    """The statuses that a request and an upgrade of these headers get."""
    statuses = {bench.send("GET", f"api/contents{query}", headers=headers).status_code}
    for path in ("api/kernels/none/channels", "api/events/subscribe"):
        with pytest.raises(websocket.WebSocketBadStatusException) as error:
            bench.open_socket(path + query, headers).close()
        statuses.add(error.value.status_code)
    return statuses


def bearer(api: Api) -> dict[str, str]:
    return {"Authorization": str(api.headers["Authorization"])}


def test_tokens_that_open_nothing(module_lab: Lab, bench: Notebook) -> None:
    lab = module_lab
    token = bench.bearer["Authorization"].removeprefix("Bearer ")
    assert bench.send("GET", "api/contents", headers={"Authorization": f"token {token}"}).status_code == 200
    assert refused(bench, {}) == {401}
    assert refused(bench, {}, f"?token={token}") == {401}, "never in the URL"
    assert refused(bench, {"Authorization": "Bearer ptk_" + "0" * 40}) == {401}
    assert refused(bench, bearer(lab.server.api("admin", "read"))) == {403}
    # Another member of the group, a group admin and a platform admin of it: only the owner opens it.
    assert refused(bench, bearer(lab.new_member("colleague", "lab"))) == {404}
    assert refused(bench, bearer(lab.new_member("stranger"))) == {404}
    lab.new_member("chief")
    expect(lab.admin.patch("/users/chief", json={"is_admin": True}), 200)
    expect(lab.admin.put("/groups/lab/members/chief", json={"role": "admin"}), 204)
    chief = lab.server.api("chief")
    assert bench.id in [one["id"] for one in expect(chief.get("/groups/lab/notebooks"), 200)["others"]]
    assert refused(bench, bearer(chief)) == {404}


def test_an_expired_and_a_revoked_token(module_lab: Lab, bench: Notebook) -> None:
    def new_token(name: str) -> tuple[str, dict[str, str]]:
        made = json.loads(module_lab.server.cli("token", "create", "--user", "admin", "--name", name, "--json"))
        header = {"Authorization": f"Bearer {made['token']}"}
        assert bench.send("GET", "api", headers=header).status_code == 200
        (id,) = [token["id"] for token in expect(module_lab.admin.get("/me/tokens"), 200) if token["name"] == name]
        return id, header

    def ends(header: dict[str, str]) -> None:
        wait_for(lambda: bench.send("GET", "api", headers=header).status_code == 401, "it opens nothing", 3)
        assert refused(bench, header) == {401}

    _, expired = new_token("expires")
    revoked_id, revoked = new_token("revoked")
    open_one = bench.open_socket("api/events/subscribe", revoked)
    with sqlite3.connect(module_lab.server.data_dir / "portico.db", timeout=30) as database:
        assert database.execute("UPDATE tokens SET expires_at = 1 WHERE name = 'expires'").rowcount == 1
    ends(expired)
    began = time.monotonic()
    expect(module_lab.admin.delete(f"/me/tokens/{revoked_id}"), 204)
    assert_cut(open_one, began)
    ends(revoked)


def test_who_leaves_the_group_is_cut(module_lab: Lab) -> None:
    member = module_lab.new_member("leaver", "lab")
    with notebook(member, Lab.group) as theirs:
        channels = theirs.channels(theirs.new_kernel())
        assert execute(channels, "print('in')") == "in\n"
        began = time.monotonic()
        expect(module_lab.admin.delete("/groups/lab/members/leaver"), 204)
        assert_cut(channels, began)
        assert refused(theirs, bearer(member)) == {404}
        problem(member.get(theirs.path), 404)

        # It is stopped, too: nobody could.
        def state() -> str:
            return expect(module_lab.admin.get(theirs.path), 200)["state"]

        wait_for(lambda: state() == "stopped", "it is stopped", 30)
        reason = expect(module_lab.admin.get(theirs.path), 200)["reason"]
        assert reason == "Stopped because its owner is no longer a member of the group."
