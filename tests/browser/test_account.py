"""Signing in and out, and what a person can change about their own account."""

import re

import pytest
import requests
from playwright.sync_api import expect

from browsing import SIGN_IN, answered, sign_in
from portico import User


def test_a_wrong_password_is_one_sentence_and_too_many_are_refused(new_page, make_user, axe_check, screenshot):
    user = make_user("guesser")
    page = new_page()
    page.goto("/sign-in")
    sentences = set()
    for name in (user.name, "nobody-at-all"):
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password", exact=True).fill("not the pass phrase")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_be_visible()
        sentences.add(page.get_by_role("alert").inner_text())
        expect(page.get_by_label("Username")).to_have_value(name)
        expect(page.get_by_label("Password", exact=True)).to_have_value("")
    assert len(sentences) == 1, f"it tells whether an account exists: {sentences}"
    axe_check(page)
    screenshot(page, "sign-in-wrong")

    form = {"username": user.name, "password": "not the pass phrase", "next": ""}
    statuses = [page.request.post("/sign-in", form=form, max_redirects=0).status for _ in range(12)]
    assert 429 in statuses, statuses
    page.get_by_label("Username").fill(user.name)
    page.get_by_label("Password", exact=True).fill(user.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("Too many tries to sign in. Wait 30 seconds, then try again.")


def test_signing_in_leads_back_and_signing_out_forgets(new_page, make_user, group):
    user = make_user("walker")
    group.add(user)
    page = new_page()
    page.goto(f"{group.path}/settings")
    page.wait_for_url(SIGN_IN)
    page.get_by_label("Username").fill(user.name)
    page.get_by_label("Password", exact=True).fill(user.password)
    page.get_by_role("button", name="Show Password").click()
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "text")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{group.path}/settings")

    page.get_by_role("button", name=re.compile("your menu")).click()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/sign-in?out=1")
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    page.go_back()
    page.goto(group.path)
    page.wait_for_url(SIGN_IN)


def test_name_and_time_zone(open_as, make_user, group):
    user = make_user("traveller")
    group.add(user)
    page = open_as(user)
    page.goto("/profile")
    page.get_by_label("Display name").fill("Zoë Ångström 张")
    page.get_by_label("Time zone").fill("Mars/Olympus")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Time zone")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Display name")).to_have_value("Zoë Ångström 张")
    page.get_by_label("Time zone").fill("Asia/Taipei")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your profile is saved.")).to_be_visible()
    expect(page.get_by_role("button", name="Zoë Ångström 张: your menu")).to_be_visible()
    page.goto("/profile/sessions")
    expect(page.locator("time").first).to_have_attribute("title", re.compile("Asia/Taipei|CST|\\+08|UTC\\+8"))


def test_changing_the_password_ends_other_sessions(open_as, new_page, make_user, group, axe_check):
    user = make_user("changer")
    group.add(user)
    page = open_as(user)
    other = new_page()
    sign_in(other, user)
    page.goto("/profile/password")

    def change(current, new, again):
        page.get_by_label("Current password", exact=True).fill(current)
        page.get_by_label("New password", exact=True).fill(new)
        page.get_by_label("New password again", exact=True).fill(again)
        page.get_by_role("button", name="Change password").click()

    new = "quite another pass phrase"
    change(user.password, new, "something else entirely")
    expect(page.get_by_text("The two new passwords differ.")).to_be_visible()
    change("this is not my password", new, new)
    expect(page.get_by_label("Current password", exact=True)).to_have_attribute("aria-invalid", "true")
    change(user.password, "tooshort", "tooshort")
    expect(page.get_by_text("Use at least 15 characters")).to_be_visible()
    axe_check(page)
    change(user.password, new, new)
    expect(page.get_by_text("Your password is changed.")).to_be_visible()

    other.goto(group.path)
    other.wait_for_url(SIGN_IN)
    page.goto(group.path)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Good")
    sign_in(other, User(user.name, new))


def test_a_token_is_shown_once_works_and_is_revoked(open_as, make_user, group, portico, axe_check, screenshot):
    user = make_user("scripter")
    group.add(user)
    page = open_as(user)
    page.goto("/profile/tokens")
    expect(page.get_by_role("heading", name="No token yet")).to_be_visible()
    axe_check(page)
    screenshot(page, "tokens-empty")
    page.get_by_label("Name", exact=True).fill("laptop")
    page.get_by_label("Read only").check()
    page.get_by_role("button", name="Make token").click()

    expect(page.get_by_text("Copy it now.")).to_be_visible()
    secret = page.get_by_role("group", name="Token", exact=True).inner_text().strip()
    assert re.fullmatch(r"ptk_\w+", secret)
    axe_check(page)
    screenshot(page, "tokens-created")
    headers = {"Authorization": f"Bearer {secret}"}
    me = requests.get(f"{portico.url}/api/v1/me", headers=headers, timeout=10)
    assert answered(me)["name"] == user.name
    jobs = f"{portico.url}/api/v1/groups/{group.name}/jobs"
    job = {"name": "x", "instance_type": "cpu-small", "image": "base", "command": "true"}
    assert requests.post(jobs, headers=headers, json=job, timeout=10).status_code == 403, "it may only read"

    page.goto("/profile/tokens")
    expect(page.get_by_role("row", name="laptop")).to_contain_text("Read only")
    assert secret not in page.content()
    page.get_by_role("button", name="Revoke laptop").click()
    dialog = page.get_by_role("dialog", name="Revoke laptop?")
    axe_check(page)
    dialog.get_by_role("button", name="Keep it").click()
    page.get_by_role("button", name="Revoke laptop").click()
    dialog.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("The token is revoked.")).to_be_visible()
    assert requests.get(f"{portico.url}/api/v1/me", headers=headers, timeout=10).status_code == 401


def test_somebody_without_a_group_knows_whom_to_ask(open_as, make_user, admin, axe_check, screenshot):
    page = open_as(make_user("lonely"))
    page.goto("/")
    page.wait_for_url("**/no-group")
    expect(page.get_by_role("heading", name="No group available")).to_be_visible()
    expect(page.locator(".lead")).to_contain_text(re.compile("Ada Lovelace|ada"))
    axe_check(page)
    screenshot(page, "no-group")
    page.get_by_role("main").get_by_role("link", name="API tokens").click()
    page.wait_for_url("**/profile/tokens")
    page.goto("/no-group")
    page.get_by_role("main").get_by_role("button", name="Log out").click()
    page.wait_for_url("**/sign-in?out=1")


def test_a_member_sees_no_administration(open_as, make_user, group, make_group, axe_check, screenshot):
    member = make_user("member")
    group.add(member)
    hidden = make_group("hidden")
    page = open_as(member)
    page.goto(f"{group.path}/settings")
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    expect(page.get_by_role("link", name="Edit in the admin portal")).to_have_count(0)
    page.get_by_role("button", name=re.compile("your menu")).click()
    expect(page.get_by_role("link", name="Admin portal")).to_have_count(0)

    for path in ("/admin/groups", "/admin/users", "/admin/system", f"/admin/groups/{group.name}/delete"):
        answer = page.goto(path)
        assert answer.status in (403, 404), path
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    axe_check(page)
    screenshot(page, "error-member-in-admin")
    page.get_by_role("main").get_by_role("link", name="Home").click()
    page.wait_for_url(f"**{group.path}")

    # A group one is not in looks like one that does not exist.
    assert page.goto(f"{hidden.path}/jobs").status == 404
    one = page.locator(".error-page").inner_text()
    assert page.goto("/g/no-such-group/jobs").status == 404
    assert re.sub("(?s)Request id.*", "", one) == re.sub("(?s)Request id.*", "", page.locator(".error-page").inner_text())


@pytest.mark.allow_page_errors
def test_a_form_of_another_site_changes_nothing(page, group, portico):
    """The browser sends the cookie only from our own pages."""
    answer = page.request.post(
        f"{group.path}/jobs",
        form={"name": "forged", "instance_type": "cpu-small", "image": "base", "command": "true"},
        headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        max_redirects=0,
    )
    assert answer.status == 403
    assert group.api.get(f"/groups/{group.name}/jobs").json()["items"] == []
