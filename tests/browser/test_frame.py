"""What surrounds every page: the palette, the group switcher, themes, keys, the menu on a phone."""

import re

import pytest
from playwright.sync_api import expect

from browsing import answered


def test_the_palette_finds_jobs_pages_and_groups(page, group, make_group, axe_check, screenshot):
    other = make_group("elsewhere")
    job = group.submit("true", name="find the needle")
    page.goto(group.path)
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Search and commands")
    box = palette.get_by_role("combobox")
    expect(box).to_be_focused()
    expect(palette.get_by_role("option", name="New job")).to_be_visible()
    axe_check(page)
    screenshot(page, "palette")

    box.fill("needle")
    expect(palette.get_by_role("option")).to_have_count(1)
    expect(palette.get_by_role("option", name="find the needle")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/jobs/{job}")

    page.get_by_role("button", name="Search or run a command").click()
    box.fill("token")
    page.keyboard.press("Enter")
    page.wait_for_url("**/profile/tokens")

    page.keyboard.press("Control+k")
    box.fill(other.name)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{other.path}")

    page.keyboard.press("Control+k")
    box.fill("no such thing at all")
    expect(palette.get_by_text("Nothing has this name.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()


def test_the_palette_finds_what_is_made_and_calls_people_by_their_names(open_as, make_user, group):
    user = make_user("grace")
    answered(group.api.patch(f"/users/{user.name}", json={"display_name": "Grace Hopper"}))
    group.add(user)
    page = open_as(user)
    page.goto(f"{group.path}/jobs/new")
    page.get_by_label("Name", exact=True).fill("tensor sweep")
    page.get_by_label("Command", exact=True).fill("true")
    page.get_by_role("button", name="Submit").click()
    page.wait_for_url("**/jobs/job-*")
    palette = page.get_by_role("dialog", name="Search and commands")
    page.keyboard.press("Control+k")
    palette.get_by_role("combobox").fill("tensor")
    expect(palette.get_by_role("option", name=re.compile("tensor sweep.*Grace Hopper"))).to_be_visible()
    palette.get_by_role("option", name="TensorFlow CPU").click()
    page.wait_for_url(f"**{group.path}/images/tensorflow-cpu")


def test_the_group_switcher_keeps_the_page(page, make_group, axe_check):
    one, two = make_group("alpha"), make_group("omega")
    page.goto(f"{one.path}/jobs")
    page.keyboard.press("g")
    groups = page.get_by_role("dialog", name="Groups")
    find = groups.get_by_label("Find a group")
    expect(find).to_be_focused()
    axe_check(page)
    find.fill("nothing like it")
    expect(groups.get_by_text("No group has this name.")).to_be_visible()
    find.fill(two.name)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{two.path}/jobs")
    expect(page.get_by_role("button", name="Switch group")).to_contain_text(two.name)


@pytest.mark.parametrize("theme", ["Dark", "Light"])
def test_a_theme_stays_with_the_person(open_as, make_user, group, axe_check, theme):
    user = make_user("viewer")
    group.add(user)
    page = open_as(user)
    page.goto(group.path)
    page.get_by_role("button", name=re.compile("your menu")).click()
    with page.expect_response("**/preferences/theme"):
        page.get_by_role("dialog", name="Your menu").get_by_role("button", name=theme).click()
    expect(page.locator("html")).to_have_attribute("data-theme", theme.lower())
    axe_check(page)

    # Elsewhere, too: it is kept with the person and not with the browser.
    there = open_as(user)
    there.goto(f"{group.path}/settings")
    expect(there.locator("html")).to_have_attribute("data-theme", theme.lower())
    there.goto("/profile")
    expect(there.get_by_role("radio", name=theme)).to_be_checked()


def test_a_theme_is_changed_without_scripts(open_as, make_user, group):
    user = make_user("plain")
    group.add(user)
    page = open_as(user, java_script_enabled=False)
    page.goto(f"{group.path}/jobs?q=digits")
    page.get_by_role("button", name=re.compile("your menu")).click()
    page.get_by_role("dialog", name="Your menu").get_by_role("button", name="Dark").click()
    page.wait_for_url(f"**{group.path}/jobs?q=digits")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_errors_and_own_pages_keep_theme_and_menu(open_as, make_user, make_group, axe_check, screenshot):
    first, last = make_group("ants"), make_group("zebras")
    user = make_user("keeper")
    for team in (first, last):
        team.add(user)
    page = open_as(user)
    page.goto(last.path)
    page.get_by_role("button", name=re.compile("your menu")).click()
    with page.expect_response("**/preferences/theme"):
        page.get_by_role("dialog", name="Your menu").get_by_role("button", name="Dark").click()
    for path in ("/profile", "/profile/password", "/profile/sessions", "/profile/tokens", "/no/such/page", f"{last.path}/jobs/none"):
        page.goto(path)
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        expect(page.get_by_role("button", name="Switch group")).to_contain_text(last.name)
        expect(page.get_by_role("navigation", name="Main").get_by_role("link", name="Jobs")).to_have_attribute("href", f"{last.path}/jobs")
        axe_check(page)
    screenshot(page, "error-with-menu")
    page.goto("/")
    page.wait_for_url(f"**{last.path}")
    # A group that one is no longer in is no longer shown.
    page.goto("about:blank")
    answered(last.api.delete(f"/groups/{last.name}/members/{user.name}"))
    page.goto("/profile")
    expect(page.get_by_role("button", name="Switch group")).to_contain_text(first.name)


def test_density_and_size_of_text_stay_with_the_person(open_as, make_user, group, axe_check, screenshot):
    user = make_user("reader")
    group.add(user)
    page = open_as(user)
    page.goto("/profile")
    height = page.locator("h1").bounding_box()["height"]
    page.get_by_role("radio", name="Compact").check()
    page.get_by_label("Size of text").select_option("150")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").get_by_text("saved")).to_be_visible()
    expect(page.get_by_role("radio", name="Compact")).to_be_checked()
    expect(page.get_by_label("Size of text")).to_have_value("150")
    assert page.locator("h1").bounding_box()["height"] > 1.4 * height
    axe_check(page)
    screenshot(page, "profile-large")

    there = open_as(user)
    there.goto(group.path)
    expect(there.locator("html")).to_have_attribute("data-density", "compact")
    expect(there.locator("html")).to_have_attribute("data-scale", "150")


def test_keys_and_focus(page, group, axe_check, screenshot):
    page.goto(f"{group.path}/jobs")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()

    page.keyboard.press("?")
    shortcuts = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(shortcuts).to_be_visible()
    axe_check(page)
    screenshot(page, "shortcuts")
    page.keyboard.press("Escape")
    expect(shortcuts).to_be_hidden()

    page.get_by_role("button", name=re.compile("your menu")).click()
    menu = page.get_by_role("dialog", name="Your menu")
    expect(menu.get_by_role("link", name="Profile")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(menu.get_by_role("link", name="Change password")).to_be_focused()
    axe_check(page)
    screenshot(page, "person-menu")
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()

    page.keyboard.press("n")
    page.wait_for_url("**/jobs/new")
    # In a field, keys are text.
    page.get_by_label("Name", exact=True).press_sequentially("gn?/")
    expect(page.get_by_label("Name", exact=True)).to_have_value("gn?/")


def test_the_menu_can_be_narrow_and_opens_on_a_phone(page, group, axe_check, screenshot):
    page.goto(f"{group.path}/jobs")
    page.get_by_role("button", name="Narrow the menu").click()
    expect(page.locator("html")).to_have_attribute("data-side", "slim")
    axe_check(page)
    screenshot(page, "slim-menu")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-side", "slim")

    page.set_viewport_size({"width": 390, "height": 844})
    menu = page.get_by_role("navigation", name="Main")
    expect(menu).to_be_hidden()
    page.get_by_role("button", name="Menu", exact=True).click()
    expect(menu.get_by_role("link", name="Settings")).to_be_visible()
    axe_check(page)
    page.screenshot(path=screenshot(page, "phone-menu")[1])
    menu.get_by_role("link", name="Settings").click()
    page.wait_for_url("**/settings")
    expect(menu).to_be_hidden()


def test_pages_work_without_scripts(open_as, admin, group):
    page = open_as(admin, java_script_enabled=False)
    page.goto(f"{group.path}/jobs/new")
    page.get_by_label("Name", exact=True).fill("plain html")
    page.get_by_label("Command", exact=True).fill("true")
    page.get_by_role("button", name="Submit").click()
    page.wait_for_url("**/jobs/job-*")
    expect(page.get_by_role("heading", name="plain html")).to_be_visible()
