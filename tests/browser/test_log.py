"""The view of a log: long, searched, wrapped, with times, linked, followed, masked."""

import contextlib
import os
import re
import signal
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from browsing import answered, sign_in, until
from lab import BUILDER, take_over

pytestmark = pytest.mark.usefixtures("base_ready")

LINES = 100_000


def first_shown(page):
    return int(page.locator(".log-row [data-line]").first.inner_text())


def test_a_log_of_a_hundred_thousand_lines(page, group):
    job = group.submit(
        f"seq -f 'line %.0f of many' {LINES}; printf 'wide%.0s ' $(seq 300); echo; printf '\\033[31mred\\033[0m end\\n'"
    )
    assert group.wait(job)["phase"] == "succeeded"
    page.goto(group.page_of(job, "/logs"))
    view = page.locator("log-view")
    scroller = page.get_by_role("region", name="Log lines")
    expect(view.get_by_text("100,002 lines")).to_be_visible()
    expect(view.get_by_text("line 1 of many", exact=True)).to_be_visible()
    assert page.locator(".log-row").count() < 150, "only what is seen is in the page"

    # Every line at its number, wherever one scrolls to.
    scroller.evaluate("box => { box.scrollTop = box.scrollHeight / 2; }")
    expect(page.locator(".log-row", has_text=re.compile(r"line 5000\d of many"))).not_to_have_count(0)
    row = page.locator(".log-row", has_text="line 50001 of many")
    expect(row.locator("[data-line]")).to_have_text("50001")
    scroller.focus()
    page.keyboard.press("End")
    expect(view.get_by_text("red end")).to_be_in_viewport()
    expect(view.locator(".a-31", has_text="red")).to_be_visible()
    page.keyboard.press("Home")
    expect(view.get_by_text("line 1 of many", exact=True)).to_be_in_viewport()

    # Search brings the match into view and steps on.
    page.keyboard.press("/")
    page.get_by_label("Search the log").fill("line 7777")
    expect(view.locator(".log-count")).to_have_text("1 of 11")
    expect(view.locator(".log-row.at")).to_contain_text("line 7777 of many")
    expect(view.locator(".log-row.at mark")).to_have_text("line 7777")
    page.get_by_role("button", name="Next match").click()
    expect(view.locator(".log-count")).to_have_text("2 of 11")
    expect(view.locator(".log-row.at")).to_contain_text("line 77770 of many")
    expect(view.locator(".log-row.at")).to_be_in_viewport()
    page.get_by_label("Search the log").fill("nowhere to be found")
    expect(view.locator(".log-count")).to_have_text("not found")
    page.keyboard.press("Escape")

    # Times and wrapping are kept for the next log.
    expect(view.locator(".log-row time").first).to_be_hidden()
    page.get_by_role("button", name="Show times").click()
    expect(view.locator(".log-row time").first).to_have_text(re.compile(r"^\d\d:\d\d:\d\d\.\d{3}$"))
    scroller.focus()
    page.keyboard.press("End")
    wide = view.locator(".log-row", has_text="wide wide")
    expect(wide).to_be_visible()
    assert wide.bounding_box()["height"] < 25
    page.get_by_role("button", name="Wrap long lines").click()
    until(lambda: page.evaluate("document.querySelector('.log-wrap .log-row:nth-last-child(2)').offsetHeight > 25"), "document.querySelector('.log-wrap .log-row:nth-last-child(2)').offsetHeight > 25")

    # A link to a line opens there.
    page.goto("about:blank")
    page.goto(group.page_of(job, "/logs#L31415"))
    expect(view.locator(".log-row.at")).to_contain_text("line 31415 of many")
    expect(view.locator(".log-row.at")).to_be_in_viewport()
    expect(view.locator(".log-row time").first).to_be_visible()
    view.locator("[data-line='31416']").click()
    assert page.url.endswith("#L31416")


def test_times_of_lines_are_in_the_zone_of_the_person(open_as, make_user, group, portico):
    user = make_user("traveller")
    group.add(user)
    answered(portico.api(user).patch("/me", json={"time_zone": "Asia/Kathmandu"}))
    job = group.submit("echo here")
    group.wait(job)
    (line,) = answered(group.api.get(f"/groups/{group.name}/jobs/{job}/log/lines"))["lines"]
    there = datetime.fromtimestamp(line["t"] / 1e6, ZoneInfo("Asia/Kathmandu"))
    # The browser itself is elsewhere.
    page = open_as(user, timezone_id="America/New_York")
    page.goto(group.page_of(job, "/logs"))
    page.get_by_role("button", name="Show times").click()
    expect(page.locator(".log-row time")).to_have_text(re.compile(f"^{there:%H:%M:%S}"))


def test_a_growing_log_is_followed_until_one_scrolls_up(page, group):
    job = group.submit("for i in $(seq 600); do echo beat $i; sleep 0.05; done")
    page.goto(group.page_of(job, "/logs"))
    view = page.locator("log-view")
    follow = page.get_by_role("button", name="Follow new lines")
    expect(view.get_by_text("beat 60", exact=True)).to_be_in_viewport(timeout=30_000)
    expect(follow).to_have_attribute("aria-pressed", "true")

    page.get_by_role("region", name="Log lines").hover()
    page.mouse.wheel(0, -4000)
    expect(follow).to_have_attribute("aria-pressed", "false")
    expect(view.get_by_text("beat 1", exact=True)).to_be_in_viewport()
    before = int(re.search(r"\d+", view.locator(".log-state").inner_text())[0])
    until(lambda: int(re.search(r"\d+", view.locator(".log-state").inner_text())[0]) > before + 5, "more lines come")
    assert first_shown(page) == 1, "it stays where one reads"
    follow.click()
    expect(view.get_by_text(f"beat {before}", exact=True)).to_have_count(1)
    until(lambda: page.evaluate("document.querySelector('.log-scroll').scrollTop > 0"), "document.querySelector('.log-scroll').scrollTop > 0")


def test_the_stream_of_a_log_sends_each_line_about_once(page, group):
    """An open page must not make the server send the same line again and again."""
    job = group.submit("echo only; sleep 300")
    page.goto(group.page_of(job))
    expect(page.locator("log-view").get_by_text("only", exact=True)).to_be_visible(timeout=20_000)
    count = page.evaluate(
        """async url => {
            const stream = new EventSource(url);
            let count = 0;
            stream.addEventListener('lines', () => { count += 1; });
            await new Promise((done) => { setTimeout(done, 1500); });
            stream.close();
            return count;
        }""",
        f"{group.page_of(job)}/log/stream?from=0",
    )
    assert 1 <= count <= 3


def test_an_open_log_goes_on_with_the_next_attempt(page, group, portico):
    """The first attempt is lost with its machine; nobody reloads the page."""
    before = portico.processes()
    job = group.submit("echo begun by $(cat /proc/sys/kernel/random/uuid); sleep 300")
    page.goto(group.page_of(job, "/logs"))
    view = page.locator("log-view")
    line = view.get_by_text("begun by")
    expect(line).to_be_visible(timeout=20_000)
    first = line.inner_text()
    page.evaluate("window.notReloaded = true")
    for process in portico.processes() - before:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    expect(line).not_to_have_text(first, timeout=30_000)
    expect(view.locator(".log-state")).to_have_text("1 line · live")
    assert page.evaluate("window.notReloaded")


def test_a_variable_that_is_a_secret_is_masked_everywhere(page, group):
    secret = "hunter2-is-my-secret"
    job = group.submit('echo "begin"; echo "token: $MY_TOKEN"; echo "user: $NAME"', environment={"MY_TOKEN": secret, "NAME": "ada"})
    group.wait(job)
    page.goto(group.page_of(job))
    view = page.locator("log-view")
    expect(view.get_by_text("begin", exact=True)).to_be_visible()
    expect(view.get_by_text("token: ***")).to_be_visible()
    expect(view.get_by_text("user: ada")).to_be_visible()
    expect(page.locator("dl.env")).to_contain_text("••••••")
    assert secret not in page.content()
    assert secret not in page.request.get(f"{group.page_of(job)}/log/download").text()


def test_an_image_shows_how_it_was_built(new_page, make_portico, prepared):
    server = take_over(prepared, make_portico()).start()
    page = new_page(base_url=server.url)
    sign_in(page, BUILDER)
    page.goto("/g/builders/images/base")
    view = page.locator("log-view")
    expect(view.get_by_role("status")).to_have_text(re.compile(r"^\d\d+ lines$"))
    # A finished log opens at its end, where the last package is.
    expect(view.get_by_text(re.compile(r"\+ w\w+==")).first).to_be_visible()
    whole = server.api(BUILDER).get("/groups/builders/images/base/log").text
    assert "Using" in whole and "Resolved" in whole
