"""What somebody typed into a form survives the end of the session and of the server's patience."""

import re

import pytest
from playwright.sync_api import Page, expect

from browsing import answered, sign_in
from portico import User

SCRIPT = "echo a long script\necho that nobody wants to type again"


@pytest.fixture
def person(make_user, group) -> User:
    user = make_user("writer")
    group.add(user)
    return user


def filled_in(page: Page, group) -> Page:
    page.goto(f"{group.path}/jobs/new")
    page.get_by_label("Name", exact=True).fill("kept")
    page.get_by_label("Command", exact=True).fill(SCRIPT)
    return page


def is_submitted(page: Page, group) -> None:
    page.wait_for_url(re.compile(rf"{group.path}/jobs/job-"))
    job = re.search(r"job-\d{12}-\w+", page.url)[0]
    group.started.append(job)
    expect(page.get_by_role("heading", name="kept")).to_be_visible()
    expect(page.get_by_role("group", name="Command", exact=True)).to_contain_text("nobody wants to type again")


def test_a_form_is_sent_after_signing_in_again_in_another_tab(new_page, person, group, axe_check, screenshot):
    page = new_page()
    sign_in(page, person)
    filled_in(page, group)
    page.context.clear_cookies()
    page.get_by_role("button", name="Submit").click()

    dialog = page.get_by_role("dialog", name="You are signed out")
    expect(dialog).to_be_visible()
    axe_check(page)
    screenshot(page, "signed-out-form")
    # To go on without signing in is possible, and the page is as it was.
    dialog.get_by_role("button", name="Not now").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_label("Command", exact=True)).to_have_value(SCRIPT)
    kept = page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")
    assert "wants to type again" not in kept, "nothing that was typed is left in the browser"

    page.get_by_role("button", name="Submit").click()
    with page.context.expect_page() as tab:
        dialog.get_by_role("link", name="Sign in").click()
    other = tab.value
    other.get_by_label("Username").fill(person.name)
    other.get_by_label("Password", exact=True).fill(person.password)
    other.get_by_role("button", name="Sign in").click()
    other.wait_for_url(lambda url: "/sign-in" not in url)
    other.close()
    is_submitted(page, group)


def test_a_form_waits_for_the_person_whose_it_is(new_page, make_user, person, group):
    somebody = make_user("somebody")
    group.add(somebody)
    page = new_page()
    sign_in(page, person)
    filled_in(page, group)
    page.context.clear_cookies()
    other = page.context.new_page()
    sign_in(other, somebody)

    page.bring_to_front()
    page.get_by_role("button", name="Submit").click()
    dialog = page.get_by_role("dialog", name="You are signed in as somebody else")
    expect(dialog).to_contain_text(f"Sign in as {person.name}")
    page.context.clear_cookies()
    sign_in(other, person)
    page.bring_to_front()
    is_submitted(page, group)
    assert group.job(group.started[-1])["submitted_by"] == person.name


@pytest.mark.allow_page_errors
def test_a_form_is_sent_when_the_server_is_back(page, group, axe_check):
    filled_in(page, group)
    page.context.set_offline(True)
    page.get_by_role("button", name="Submit").click()
    dialog = page.get_by_role("dialog", name="The server does not answer")
    expect(dialog).to_be_visible()
    axe_check(page)
    page.context.set_offline(False)
    is_submitted(page, group)


def test_a_form_tells_of_the_end_of_the_session_before_it_is_sent(new_page, person, group):
    page = new_page()
    sign_in(page, person)
    filled_in(page, group)
    page.context.clear_cookies()
    # Choosing a size asks the server for the quotas with it.
    page.get_by_role("radio", name=re.compile("CPU 1")).check()
    expect(page.get_by_role("dialog", name="You are signed out")).to_be_visible()
    other = page.context.new_page()
    sign_in(other, person)
    page.bring_to_front()
    expect(page.locator(".toast")).to_contain_text("You are signed in again.")
    expect(page.get_by_label("Command", exact=True)).to_have_value(SCRIPT)


def test_a_form_names_the_fields_that_are_wrong(page, group, axe_check):
    page.goto(f"{group.path}/jobs/new")
    page.get_by_label("Name", exact=True).fill("names")
    page.get_by_label("Command", exact=True).fill("true")
    page.get_by_label("Name of variable 1").fill("1st")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert")).to_contain_text("Correct this first: ")
    expect(page.get_by_role("alert")).to_contain_text("Environment variables")
    expect(page.get_by_label("Name of variable 1")).to_be_focused()
    axe_check(page)


def test_a_click_twice_submits_once(page, group):
    filled_in(page, group)
    page.get_by_role("button", name="Submit").dblclick()
    is_submitted(page, group)
    found = answered(group.api.get(f"/groups/{group.name}/jobs"))["items"]
    assert [job["name"] for job in found] == ["kept"]
