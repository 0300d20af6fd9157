"""What the command line changes reaches the server that runs beside it."""

import queue
import threading
import time

from lab import events, expect
from portico import Api, Portico

PASSWORD = "correct horse battery staple"


def heard(api: Api, path: str) -> "queue.Queue[tuple[str, object] | None]":
    """What a stream says, in the background; `None` at its end."""
    said: queue.Queue[tuple[str, object] | None] = queue.Queue()

    def listen() -> None:
        with events(api, path) as stream:
            said.put(("open", None))
            for name, data, _ in stream:
                said.put((name, data))
        said.put(None)

    threading.Thread(target=listen, daemon=True).start()
    assert said.get(timeout=10) == ("open", None)
    return said


def test_a_command_s_change_is_heard_within_two_seconds(portico: Portico):
    boss = portico.create_user("boss", admin=True)
    portico.create_group("lab")
    portico.add_member("lab", boss)
    said = heard(portico.api(boss), "/groups/lab/events")
    # What was done before the stream was opened may still be told.
    while True:
        try:
            said.get(timeout=2)
        except queue.Empty:
            break
    portico.cli("user", "create", "newcomer")
    begin = time.monotonic()
    assert said.get(timeout=5) == ("changed", {"topic": "users", "id": "newcomer"})
    assert time.monotonic() - begin < 2


def test_disabling_by_command_cuts_requests_at_once_and_streams_soon(portico: Portico):
    user = portico.create_user("ada")
    portico.create_group("lab")
    portico.add_member("lab", user)
    api = portico.api(user)
    expect(api.get("/groups/lab"), 200)
    said = heard(api, "/groups/lab/events")
    assert portico.cli("user", "disable", "ada") == "Disabled the user ada.\n"
    begin = time.monotonic()
    expect(api.get("/groups/lab"), 401)
    while said.get(timeout=5) is not None:
        pass
    assert time.monotonic() - begin < 2, "its stream has ended"
    assert portico.cli("user", "enable", "ada") == "Enabled the user ada.\n"
    expect(portico.api(user).get("/groups/lab"), 200)


def test_a_new_member_is_let_in_at_once(portico: Portico):
    user = portico.create_user("ada")
    portico.create_group("lab")
    api = portico.api(user)
    expect(api.get("/groups/lab"), 404)
    portico.add_member("lab", user)
    expect(api.get("/groups/lab"), 200)
    portico.add_member("lab", user, admin=True)
    assert expect(api.get("/me"), 200)["groups"][0]["role"] == "admin"
