"""One server for all browser tests of a worker, set up once in a browser as its first administrator would.

The environments are built once for all workers. Tests keep out of each other's way by making their own groups and
people.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browsing import FIRST_GROUP, FOUNDER, Founded, Group, answered, image_ready, sign_in
from lab import give_environments
from portico import Api, Portico, User
from wheels import make_wheel

_numbers = itertools.count(1)
_server: list[Portico] = []


# -- the server and its first administrator --


@pytest.fixture(scope="session")
def server(portico_binary, prepared_with_all: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portico]:
    wheels = tmp_path_factory.mktemp("packages")
    make_wheel(wheels, "porticosample", "1.0")
    made = Portico(portico_binary, {"PORTICO_PACKAGE_FOLDER": str(wheels)})
    _server.append(made)
    yield give_environments(prepared_with_all, made).start()
    made.discard()


@pytest.fixture(scope="session")
def founded(server: Portico, browser) -> Iterator[Founded]:
    """The page in which the setup link was opened and the first account and group were made."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, base_url=server.url, locale="en-GB", timezone_id="UTC"
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)

    page.goto(server.setup_link())
    expect(page.get_by_role("heading", name="Set up Portico")).to_be_visible()
    expect(page.get_by_label("Setup code")).not_to_have_value("")
    assert "#" not in page.url, "the code leaves the address bar"
    page.get_by_label("Your name").fill("Ada Lovelace")
    page.get_by_label("Username").fill(FOUNDER.name)
    page.get_by_label("Password", exact=True).fill(FOUNDER.password)
    page.get_by_label("First group").fill(FIRST_GROUP)
    page.get_by_role("button", name="Create account and group").click()
    page.wait_for_url(f"**/g/{FIRST_GROUP}")
    yield Founded(context, page, errors)
    context.close()


@pytest.fixture
def portico(founded: Founded, server: Portico) -> Portico:
    """The one server, instead of one for every test."""
    return server


@pytest.fixture
def admin(founded: Founded) -> User:
    return FOUNDER


@pytest.fixture(scope="session")
def admin_api(founded: Founded, server: Portico) -> Api:
    return server.api(FOUNDER)


@pytest.fixture
def api(admin_api: Api) -> Api:
    return admin_api


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    report = yield
    if report.failed:
        for server in _server:
            report.sections.append((f"portico at {server.url}", server.logs()))
    return report


# -- people, groups and jobs --


@pytest.fixture
def make_user(admin_api: Api) -> Callable[..., User]:
    def make(name: str = "person", is_admin: bool = False) -> User:
        user = User(f"{name}{next(_numbers)}", "a long enough pass phrase")
        body = {"name": user.name, "display_name": user.name.title(), "password": user.password, "is_admin": is_admin}
        answered(admin_api.post("/users", json=body))
        return user

    return make


@pytest.fixture
def make_group(admin_api: Api, admin: User) -> Iterator[Callable[..., Group]]:
    """Makes groups with the administrator in them; what still runs in them at the end is cancelled."""
    made: list[Group] = []

    def make(name: str = "team", **quotas) -> Group:
        group = Group(f"{name}-{next(_numbers)}", admin_api)
        answered(admin_api.post("/groups", json={"name": group.name, **quotas}))
        group.add(admin, "admin")
        made.append(group)
        return group

    yield make
    for group in made:
        # Those that wait first, so that none of them starts.
        for phase in ("waiting", "waiting", "running,preparing"):
            found = admin_api.get(f"/groups/{group.name}/jobs", params={"phase": phase, "limit": 200})
            if found.status_code == 200:
                for job in found.json()["items"]:
                    group.cancel(job["id"])


@pytest.fixture
def group(make_group: Callable[..., Group]) -> Group:
    return make_group()


@pytest.fixture(scope="session")
def base_ready(admin_api: Api) -> None:
    image_ready(admin_api, "base")


# -- signed-in pages --


@pytest.fixture(scope="session")
def _states() -> dict[str, Any]:
    return {}


@pytest.fixture
def open_as(new_page: Callable, founded: Founded, _states: dict[str, Any]) -> Callable[..., Page]:
    """A page of a browser context in which this person is signed in. Every person signs in once."""

    def make(user: User, **options) -> Page:
        if user.name == FOUNDER.name:
            _states.setdefault(user.name, founded.context.storage_state())
        page = new_page(**options, **({"storage_state": _states[user.name]} if user.name in _states else {}))
        if user.name not in _states:
            sign_in(page, user)
            _states[user.name] = page.context.storage_state()
        return page

    return make


@pytest.fixture
def page(open_as: Callable[..., Page], admin: User) -> Page:
    """A page of the platform admin, 1440 wide."""
    return open_as(admin)
