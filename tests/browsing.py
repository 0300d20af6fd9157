"""What the browser tests share: the first administrator, groups with their jobs, waiting."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, Page

from portico import Api, User

FOUNDER = User("ada", "correct horse battery founder")
FIRST_GROUP = "research"
SIGN_IN = re.compile(r"/sign-in([?#]|$)")


@dataclass
class Founded:
    context: BrowserContext
    page: Page
    errors: list[str]


def answered(answer, *statuses: int) -> Any:
    assert answer.status_code in (statuses or (200, 201, 202, 204)), (answer.status_code, answer.text)
    return answer.json() if answer.content else None


def until(say: Callable[[], Any], what: str, timeout: float = 30) -> Any:
    """Asks until there is a true answer."""
    deadline = time.monotonic() + timeout
    while True:
        value = say()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {timeout} s: {what}"
        time.sleep(0.05)


@dataclass
class Group:
    """A group of its own for a test, with calls of the API in it."""

    name: str
    api: Api
    started: list[str] = field(default_factory=list)

    @property
    def path(self) -> str:
        return f"/g/{self.name}"

    def add(self, user: User | str, role: str = "member") -> None:
        name = user.name if isinstance(user, User) else user
        answered(self.api.put(f"/groups/{self.name}/members/{name}", json={"role": role}))

    def submit(self, command: str, name: str = "job", api: Api | None = None, **more) -> str:
        body = {"name": name, "instance_type": "cpu-small", "image": "base", "command": command, **more}
        job = answered((api or self.api).post(f"/groups/{self.name}/jobs", json=body), 201)
        self.started.append(job["id"])
        return job["id"]

    def job(self, job: str) -> dict[str, Any]:
        return answered(self.api.get(f"/groups/{self.name}/jobs/{job}"))

    def wait(self, job: str, *phases: str, timeout: float = 60) -> dict[str, Any]:
        """The job when it is in one of these phases; without any, when it is over."""
        wanted = phases or ("succeeded", "failed", "cancelled")
        found: dict[str, Any] = {}

        def there() -> bool:
            found.update(self.job(job))
            return found["phase"] in wanted

        until(there, f"{job} {wanted}, but it is {found}", timeout)
        return found

    def cancel(self, job: str) -> None:
        self.api.post(f"/groups/{self.name}/jobs/{job}/cancel")

    def page_of(self, job: str, tab: str = "") -> str:
        return f"{self.path}/jobs/{job}{tab}"


def image_ready(api: Api, name: str) -> None:
    url = f"/groups/{FIRST_GROUP}/images/{name}"

    def is_ready() -> bool:
        image = answered(api.get(url))
        state = image.get("state") or image.get("status")
        assert state != "failed", image
        return state == "ready"

    until(is_ready, f"the image {name} is built", 100)


def both(page: Page, axe_check: Callable, screenshot: Callable, name: str) -> None:
    """Looks at a page in both themes and on a phone."""
    for theme in ("dark", "light"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        axe_check(page)
    screenshot(page, name)
    page.set_viewport_size({"width": 390, "height": 844})
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), f"{name} scrolls sideways"
    page.set_viewport_size({"width": 1440, "height": 900})


def sign_in(page: Page, user: User) -> None:
    page.goto("/sign-in")
    page.get_by_label("Username").fill(user.name)
    page.get_by_label("Password", exact=True).fill(user.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
