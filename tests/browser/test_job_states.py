"""What a job's page says in every state, and the form that made it."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.usefixtures("base_ready")

COUNT = "for i in $(seq 1000); do echo tick $i; sleep 0.2; done"


def badge(page):
    return page.locator("#job .title .badge")


def log(page):
    return page.locator("log-view")


def test_a_running_job_is_cancelled_and_keeps_its_log(page, group):
    job = group.submit(COUNT, name="to be stopped")
    page.goto(group.page_of(job))
    expect(log(page).get_by_text("tick 3", exact=True)).to_be_visible(timeout=20_000)

    page.get_by_role("button", name="Cancel").click()
    dialog = page.get_by_role("dialog", name="Cancel to be stopped?")
    dialog.get_by_role("button", name="Keep it").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Cancel").click()
    dialog.get_by_role("button", name="Cancel the job").click()

    expect(badge(page)).to_have_text("Cancelled", timeout=20_000)
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    expect(log(page).get_by_text("tick 1", exact=True)).to_be_visible()
    found = group.job(job)
    assert (found["phase"], found["cause"]) == ("cancelled", "cancelled")
    text = group.api.get(f"/groups/{group.name}/jobs/{job}/log").text
    ticks = [int(number) for number in re.findall(r"tick (\d+)", text)]
    assert ticks == list(range(1, len(ticks) + 1)), "no line is lost"
    expect(log(page).get_by_text(f"{len(text.splitlines())} lines")).to_be_visible()


def test_a_job_beyond_its_time_limit_says_so(page, group):
    job = group.submit(COUNT, name="too slow", time_limit=2)
    page.goto(group.page_of(job))

    expect(badge(page)).to_have_text("Failed", timeout=30_000)
    expect(page.locator(".note", has_text="Reached its time limit")).to_contain_text("Clone it with a longer time limit.")
    expect(page.get_by_text("2 s").first).to_be_visible()
    assert group.job(job)["cause"] == "time-limit"


def test_a_failing_script_shows_its_exit_code_and_runs_again(page, group):
    job = group.submit("echo before the end\nexit 42", name="wrong")
    group.wait(job)
    page.goto(group.page_of(job))

    expect(badge(page)).to_have_text("Failed")
    expect(page.locator("#job .note.bad")).to_contain_text("Its script ended with exit code 42.")
    expect(page.locator("dl.facts div", has_text="Exit code")).to_contain_text("42")
    expect(log(page).get_by_text("before the end")).to_be_visible()
    page.get_by_role("link", name="Events").click()
    expect(page.get_by_text("Failed: its script ended with an error")).to_be_visible()

    page.get_by_role("button", name="Run again").click()
    page.wait_for_url(lambda url: "/jobs/job-" in url and job not in url)
    expect(page.get_by_role("heading", name="wrong")).to_be_visible()
    expect(badge(page)).to_have_text("Failed", timeout=30_000)


def test_a_job_waits_with_a_reason_while_the_quota_is_used(page, group):
    page.goto(f"/admin/groups/{group.name}")
    limits = page.get_by_role("group", name="Limit of the whole group")
    limits.get_by_label("CPU cores").fill("0.5")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The changes are saved.")).to_be_visible()

    first = group.submit(COUNT, name="holder")
    group.wait(first, "running")
    page.goto(f"{group.path}/jobs/new")
    expect(page.locator("#side")).to_contain_text("Waits for the group's quota.")
    second = group.submit("echo my turn", name="waiter")

    page.goto(group.page_of(second))
    expect(badge(page)).to_have_text("Waiting")
    # The scheduler looks at it, and the page tells what it found.
    expect(page.locator("#job .note.wait")).to_contain_text(re.compile("0.5 cores?"), timeout=10_000)
    expect(page.locator("#job .note.wait")).to_contain_text("It is next in the group's queue.")

    group.cancel(first)
    expect(badge(page)).to_have_text("Succeeded", timeout=30_000)
    expect(log(page).get_by_text("my turn")).to_be_visible()


def test_what_never_fits_cannot_be_chosen_and_says_why(page, make_group):
    group = make_group(user_quota={"cpu": 1}, group_quota={"memory": 1})
    page.goto(f"{group.path}/jobs/new")

    for name, why in [
        ("CPU 1", "Never fits: it needs 2 GiB, but the group's quota is 1 GiB."),
        ("CPU 2", "Never fits: it needs 2 cores, but your quota in this group is 1 core."),
        ("GPU 1", "Never fits: it needs 2 cores, but your quota in this group is 1 core."),
    ]:
        card = page.locator("label.card-radio", has=page.locator(".card-title", has_text=re.compile(rf"^\s*{name}\s*$")))
        expect(card.locator("input")).to_be_disabled()
        expect(card).to_contain_text(why)
    expect(page.get_by_role("radio", name="CPU small")).to_be_checked()


def test_a_clone_is_prefilled(page, group):
    job = group.submit("echo cloned", name="the origin", environment={"EPOCHS": "20"}, time_limit=7200)
    group.wait(job)
    page.goto(group.page_of(job))
    page.get_by_role("link", name="Clone").click()

    expect(page.get_by_label("Name", exact=True)).to_have_value(re.compile("the origin"))
    expect(page.get_by_label("Command", exact=True)).to_have_value("echo cloned")
    expect(page.get_by_label("Name of variable 1")).to_have_value("EPOCHS")
    expect(page.get_by_label("Value of variable 1")).to_have_value("20")
    expect(page.get_by_label("Time limit, number")).to_have_value("2")
    expect(page.get_by_label("Time limit, unit")).to_have_value("hours")
    expect(page.get_by_role("radio", name="CPU small")).to_be_checked()

    page.get_by_label("Command", exact=True).fill("echo changed")
    page.get_by_label("Command", exact=True).press("Control+Enter")
    page.wait_for_url(lambda url: "/jobs/job-" in url)
    expect(log(page).get_by_text("changed")).to_be_visible(timeout=20_000)


def test_the_form_keeps_what_was_typed_and_names_the_field(page, group, axe_check, screenshot):
    page.goto(f"{group.path}/jobs/new")
    # The browser would refuse these itself; the server has to as well.
    page.evaluate("document.querySelectorAll('[required], [maxlength]').forEach((field) => {"
                  " field.removeAttribute('required'); field.removeAttribute('maxlength'); })")
    page.get_by_label("Name", exact=True).fill("n" * 101)
    page.get_by_role("radio", name="CPU 1").check()
    page.get_by_label("Name of variable 1").fill("1 BAD")
    page.get_by_label("Value of variable 1").fill("kept value")
    page.get_by_role("button", name="Add a variable").click()
    page.get_by_label("Name of variable 2").fill("GOOD")
    page.get_by_label("Value of variable 2").fill("also kept")
    page.get_by_label("Time limit, number").fill("3")
    page.get_by_role("button", name="Submit").click()

    name = page.get_by_label("Name", exact=True)
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_have_value("n" * 101)
    expect(page.locator("#f-name-error")).to_contain_text("100")
    expect(page.locator("#f-command-error")).to_contain_text("Write the command to run")
    expect(page.locator("#f-env-error")).to_contain_text("1 BAD")
    expect(page.get_by_label("Value of variable 1")).to_have_value("kept value")
    expect(page.get_by_label("Name of variable 2")).to_have_value("GOOD")
    expect(page.get_by_role("radio", name="CPU 1")).to_be_checked()
    expect(page.get_by_label("Time limit, number")).to_have_value("3")
    axe_check(page)
    screenshot(page, "new-job-errors")

    # A command of a megabyte is refused with its size, and is still there.
    name.fill("big")
    page.get_by_label("Name of variable 1").fill("FINE")
    page.evaluate("document.getElementById('f-command').value = 'echo 123\\n'.repeat(1e6 / 9)")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("#f-command-error")).to_contain_text("at most 512 KiB are allowed")
    assert len(page.get_by_label("Command", exact=True).input_value()) > 990_000
    expect(name).to_have_value("big")
    assert group.api.get(f"/groups/{group.name}/jobs").json()["items"] == []
