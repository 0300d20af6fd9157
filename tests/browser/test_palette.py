"""The palette does what the menus do, and finds people and things by name."""

import re

import pytest
from playwright.sync_api import Page, expect

from browsing import answered


@pytest.fixture
def search():
    """Opens the palette and types; answers the palette."""

    def make(page: Page, typed: str):
        palette = page.get_by_role("dialog", name="Search and commands")
        page.keyboard.press("Control+k")
        palette.get_by_role("combobox").fill(typed)
        return palette

    return make


def test_the_palette_changes_the_theme_and_logs_out(open_as, make_user, group, search, axe_check, screenshot):
    user = make_user("mover")
    group.add(user)
    page = open_as(user)
    page.goto(group.path)
    palette = search(page, "dark")
    expect(palette.get_by_role("option", name="Dark theme")).to_have_attribute("aria-selected", "true")
    with page.expect_response("**/preferences/theme"):
        page.keyboard.press("Enter")
    expect(palette).to_be_hidden()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")

    search(page, "hotkeys")
    expect(palette.get_by_role("option", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")

    search(page, "sign out")
    expect(palette.get_by_role("option")).to_have_count(1)
    axe_check(page)
    screenshot(page, "palette-log-out")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in**")
    page.goto(group.path)
    page.wait_for_url("**/sign-in**")


def test_the_palette_finds_people_and_jobs_by_name(page, open_as, make_user, group, search, axe_check, screenshot):
    user = make_user("katherine")
    answered(group.api.patch(f"/users/{user.name}", json={"display_name": "Katherine Johnson"}))
    group.add(user)
    job = group.submit("true", name="orbit of the capsule")
    page.goto(group.path)
    palette = search(page, "johnson")
    expect(palette.get_by_role("option", name=re.compile("Katherine Johnson.*User"))).to_be_visible()
    axe_check(page)
    screenshot(page, "palette-person")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/admin/users/{user.name}")

    # The admin portal keeps the group of before.
    search(page, "capsule")
    expect(palette.get_by_role("option", name="orbit of the capsule")).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{group.path}/jobs/{job}")

    # Members find the people of their group, and nothing of the admin portal.
    member = open_as(user)
    member.goto(group.path)
    palette = search(member, "lovelace")
    expect(palette.get_by_role("option", name=re.compile("Ada Lovelace.*Group admin of"))).to_be_visible()
    palette.get_by_role("combobox").fill("new")
    expect(palette.get_by_role("option", name="New job")).to_be_visible()
    expect(palette.get_by_role("option", name="New user")).to_have_count(0)


def test_the_palette_fits_a_phone(page, group, search, axe_check, screenshot):
    page.goto(group.path)
    search(page, "new")
    palette = page.get_by_role("dialog", name="Search and commands")
    expect(palette.get_by_role("option", name="New system image")).to_be_visible()
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    axe_check(page)
    page.set_viewport_size({"width": 390, "height": 844})
    expect(palette).to_be_visible()
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    axe_check(page)
    page.screenshot(path=screenshot(page, "palette-phone")[1])
