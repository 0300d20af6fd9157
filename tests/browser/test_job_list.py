"""The list of jobs: search, filters, sorting, pages, live changes, the empty list."""

import re

import pytest
from playwright.sync_api import expect

from browsing import until

pytestmark = pytest.mark.usefixtures("base_ready")

JOBS = 63
PAGE = 25


@pytest.fixture
def many(group, make_user, portico):
    """A group whose quota one job holds; all others wait, some are cancelled, three are somebody else's."""
    answered = group.api.patch(f"/groups/{group.name}", json={"group_quota": {"cpu": 0.5}})
    assert answered.status_code == 200, answered.text
    holder = group.submit("sleep 300", name="the holder")
    group.wait(holder, "running")
    other = make_user("grace")
    group.add(other)
    theirs = portico.api(other)
    for number in range(1, JOBS - 3):
        group.submit("true", name=f"sweep {number:02}")
    for number in range(3):
        group.submit("true", name=f"theirs {number}", api=theirs)
    for job in group.started[1:4]:
        group.cancel(job)
    return group


def names(page):
    return page.locator("#jobs tbody a.name").all_inner_texts()


def first_name(page):
    return page.locator("#jobs tbody a.name").first


def test_search_filters_sorting_and_pages(page, many):
    page.goto(f"{many.path}/jobs")
    table = page.locator("#jobs tbody tr")
    expect(table).to_have_count(PAGE)
    expect(page.locator(".summary")).to_contain_text(f"{JOBS} jobs")
    everything = [job["name"] for job in many.api.get(f"/groups/{many.name}/jobs", params={"limit": 200}).json()["items"]]
    assert len(everything) == JOBS

    # Forth and back, without a gap and without seeing one twice.
    first = names(page)
    page.get_by_role("link", name="Next").click()
    page.wait_for_url("**after=**")
    second = names(page)
    page.get_by_role("link", name="Next").click()
    expect(first_name(page)).not_to_have_text(second[0])
    third = names(page)
    assert first + second + third == everything
    expect(page.get_by_role("link", name="Next")).to_have_count(0)
    page.get_by_role("link", name="Previous").click()
    page.wait_for_url("**before=**")
    assert names(page) == second
    page.get_by_role("link", name="Previous").click()
    expect(first_name(page)).not_to_have_text(second[0])
    assert names(page) == first
    expect(page.get_by_role("link", name="Previous")).to_have_count(0)
    page.go_back()
    page.wait_for_url("**before=**")
    assert names(page) == second

    # Sorted by name, both ways; the order is told to screen readers.
    page.goto(f"{many.path}/jobs")
    page.get_by_role("link", name="Job", exact=True).click()
    page.wait_for_url("**sort=**")
    head = page.get_by_role("columnheader", name="Job")
    one_way = (head.get_attribute("aria-sort"), names(page))
    head.get_by_role("link").click()
    expect(first_name(page)).not_to_have_text(one_way[1][0])
    other_way = (head.get_attribute("aria-sort"), names(page))
    assert {one_way[0], other_way[0]} == {"ascending", "descending"}
    up, down = (one_way, other_way) if one_way[0] == "ascending" else (other_way, one_way)
    assert up[1] == sorted(everything)[:PAGE]
    assert down[1] == sorted(everything, reverse=True)[:PAGE]

    # Search, with the key for it.
    page.goto(f"{many.path}/jobs")
    page.keyboard.press("/")
    page.keyboard.type("sweep 1")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=sweep**")
    assert sorted(names(page)) == [f"sweep {number}" for number in range(10, 20)]
    page.get_by_role("link", name="Clear all").click()

    # Chips stay in the address, add up, and can be taken off.
    chips = page.get_by_role("group", name="Filters")
    chips.get_by_role("link", name="Cancelled").click()
    page.wait_for_url("**status=cancelled**")
    expect(table).to_have_count(3)
    chips.get_by_role("link", name=re.compile("Cancelled")).click()
    page.wait_for_url(lambda url: "status" not in url)
    chips.get_by_role("link", name="Running").click()
    page.wait_for_url("**status=running**")
    assert names(page) == ["the holder"]
    chips.get_by_role("link", name=re.compile("Running")).click()
    page.wait_for_url(lambda url: "status" not in url)
    chips.get_by_role("link", name="Mine").click()
    page.wait_for_url("**mine=1**")
    expect(page.locator(".summary")).to_contain_text(f"{JOBS - 3} jobs")
    page.locator("#f-q").fill("theirs")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=theirs**")
    expect(page.get_by_role("heading", name="No job matches")).to_be_visible()
    page.get_by_role("link", name="Show all jobs").click()
    expect(table).to_have_count(PAGE)


def test_the_list_follows_what_happens(page, group):
    page.goto(f"{group.path}/jobs")
    expect(page.get_by_role("heading", name="Run your first job")).to_be_visible()
    expect(page.get_by_role("group", name="Submit a job with curl")).to_contain_text(f"/groups/{group.name}/jobs")
    page.evaluate("window.sameDocument = true")

    # The empty list becomes a list.
    job = group.submit("read -t 300 _ < <(sleep 300)", name="seen live")
    row = page.locator(f"#job-{job}")
    expect(row.locator(".badge")).to_have_text("Running", timeout=20_000)
    expect(page.locator("[data-live-state]")).to_have_text("live")

    row.get_by_role("button", name="Actions for seen live").click()
    page.get_by_role("button", name="Cancel the job").click()
    page.get_by_role("dialog", name="Cancel the job?").get_by_role("button", name="Cancel the job").click()
    page.wait_for_url("**/jobs/job-*")
    expect(page.locator(".toast")).to_contain_text(re.compile("cancel"))
    page.go_back()
    expect(row.locator(".badge")).to_have_text("Cancelled", timeout=20_000)


def test_the_menu_of_a_row_stays_open_while_the_list_changes(page, group):
    jobs = [group.submit("sleep 300", name=f"open {number}") for number in range(2)]
    page.goto(f"{group.path}/jobs")
    for job in jobs:
        expect(page.locator(f"#job-{job} .badge")).to_have_text("Running", timeout=20_000)
    page.get_by_role("button", name="Actions for open 0").click()
    menu = page.locator(f"#menu-{jobs[0]}")
    expect(menu.get_by_role("link", name="Clone")).to_be_visible()

    group.cancel(jobs[1])
    expect(page.locator(f"#job-{jobs[1]} .badge")).to_have_text("Cancelled", timeout=20_000)
    expect(menu.get_by_role("link", name="Clone")).to_be_visible()
    menu.get_by_role("link", name="Clone").click()
    page.wait_for_url("**/jobs/new?clone=**")


def test_home_tells_who_uses_what(page, group):
    page.goto(group.path)
    expect(page.get_by_role("heading", name="Nothing is running")).to_be_visible()
    job = group.submit("sleep 300", name="in use")
    usage = page.get_by_role("region", name="Usage table")
    expect(usage.get_by_role("row", name="in use")).to_contain_text("0.5", timeout=20_000)
    expect(page.get_by_role("navigation", name="Main").get_by_role("link", name="Jobs")).to_contain_text("1")
    group.cancel(job)
    until(lambda: group.job(job)["phase"] == "cancelled", "it is cancelled")
    expect(page.get_by_role("heading", name="Nothing is running")).to_be_visible()
