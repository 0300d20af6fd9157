"""Who loses access loses it within a second, on open pages too."""

import time

import pytest
from playwright.sync_api import expect

from browsing import SIGN_IN, sign_in, until

LISTEN = """url => {
    window.cut = null;
    window.opened = false;
    fetch(url).then(async (answer) => {
        window.opened = answer.ok;
        const reader = answer.body.getReader();
        for (;;) { if ((await reader.read()).done) break; }
        window.cut = true;
    }).catch(() => { window.cut = true; });
}"""


def opened(page, path):
    page.evaluate(LISTEN, path)
    until(lambda: page.evaluate("window.opened"), "window.opened")
    assert page.evaluate("window.cut") is None


def cut_within(page, seconds, since):
    until(lambda: page.evaluate("window.cut"), "the stream ends", 5)
    took = time.monotonic() - since
    assert took < seconds, f"the stream ended after {took:.1f} s"


@pytest.mark.parametrize("how", ["disabled", "removed", "deleted"])
def test_an_open_page_of_somebody_who_may_no_longer_look(open_as, make_user, group, how):
    user = make_user("leaver")
    group.add(user)
    page = open_as(user)
    page.goto(f"{group.path}/jobs")
    opened(page, f"{group.path}/events")

    began = time.monotonic()
    if how == "disabled":
        answer = group.api.patch(f"/users/{user.name}", json={"enabled": False})
    elif how == "removed":
        answer = group.api.delete(f"/groups/{group.name}/members/{user.name}")
    else:
        answer = group.api.delete(f"/users/{user.name}")
    assert answer.status_code in (200, 204), answer.text

    cut_within(page, 2, began)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Home").click()
    if how == "removed":
        expect(page.get_by_role("heading", name="Nothing is here")).to_be_visible()
    else:
        page.wait_for_url(SIGN_IN)
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_revoked_session_is_over_at_once(open_as, new_page, make_user, group):
    user = make_user("roamer")
    group.add(user)
    here = open_as(user)
    there = new_page()
    sign_in(there, user)
    there.goto(group.path)
    opened(there, f"{group.path}/events")

    here.goto("/profile/sessions")
    expect(here.locator("ul.rows li")).to_have_count(2)
    expect(here.get_by_text("this session")).to_have_count(1)
    began = time.monotonic()
    here.get_by_role("button", name="Revoke Chrome").click()
    expect(here.get_by_text("The session has ended.")).to_be_visible()
    cut_within(there, 2, began)
    there.goto(group.path)
    there.wait_for_url(SIGN_IN)

    here.reload()
    expect(here.locator("ul.rows li")).to_have_count(1)
