"""Notebooks as people see them: from the click to a cell's output in JupyterLab, and back after a bad day."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from browsing import answered, both, until
from lab_pages import LAB, READY, badge, indicator, lab_of, new_notebook, opened, reconnects, run_cell, started_in
from notebooks import Notebook

# JupyterLab writes what it likes to the console; pages of ours are looked at elsewhere too.
pytestmark = [
    pytest.mark.allow_page_errors,
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.usefixtures("base_ready"),
]


def stop_all(group) -> None:
    for one in answered(group.api.get(f"/groups/{group.name}/notebooks"))["mine"]:
        group.api.post(f"/groups/{group.name}/notebooks/{one['id']}/stop")


@pytest.fixture
def team(group):
    yield group
    stop_all(group)


@pytest.mark.timeout(420)
def test_from_the_form_to_a_cell_and_on_after_the_server_was_killed(page, portico, team, axe_check, screenshot):
    page.goto(f"{team.path}/notebooks")
    page.get_by_role("link", name="Start notebook").first.click()
    page.get_by_label("Name", exact=True).fill("first steps")
    page.get_by_label("Name of variable 1").fill("GREETING")
    page.get_by_label("Value of variable 1").fill("good morning")
    page.get_by_role("button", name="Start notebook").click()
    began = time.monotonic()
    slug = started_in(page, team.path)
    # Each stage is told while it goes on.
    expect(page.locator(".progress .steps li, .hero").first).to_be_visible()
    expect(badge(page)).to_have_text("Ready", timeout=READY)
    print(f"ready {time.monotonic() - began:.1f} s after the click")
    expect(page.get_by_role("heading", name="Ready to work")).to_be_visible()
    for what in ("Asked to start", "Its turn came", "JupyterLab was started", "Ready"):
        expect(page.locator("section", has_text="What happened").get_by_text(what, exact=True)).to_be_visible()
    both(page, axe_check, screenshot, "notebook-ready")

    lab = lab_of(page)
    assert lab.url.startswith(f"{portico.content_url}/w/{slug}/lab"), lab.url
    assert "code=" not in lab.url
    expect(lab.get_by_text("Jupyter news")).to_have_count(0)
    new_notebook(lab)
    run_cell(lab, "import os; kept = 6 * 7; print(kept, os.environ['GREETING'])", "42 good morning")
    lab.screenshot(path="tests/browser/screenshots/jupyterlab.png")

    # A file goes up by JupyterLab's own button.
    with lab.expect_file_chooser() as chooser:
        lab.get_by_role("button", name="Upload Files").or_(lab.locator("[data-command='filebrowser:upload']")).first.click()
    chooser.value.set_files({"name": "numbers.csv", "mimeType": "text/csv", "buffer": b"1,2,39\n"})
    expect(lab.locator(".jp-DirListing-item", has_text="numbers.csv")).to_be_visible()
    # JupyterLab may have opened what was uploaded.
    lab.locator(".lm-DockPanel-tabBar .lm-TabBar-tab", has_text=".ipynb").first.click()
    run_cell(lab, "print(sum(map(int, open('numbers.csv').read().split(','))))", "42")

    # The server is killed: the kernel goes on, and the open tab finds it again by itself.
    connected_again = reconnects(lab)
    portico.kill_9()
    portico.start()
    began = time.monotonic()
    connected_again()
    expect(indicator(lab)).to_have_attribute("data-status", "idle")
    run_cell(lab, "print('still', kept)", "still 42")
    took = time.monotonic() - began
    print(f"a cell ran {took:.1f} s after the new server was ready")
    assert took < 20
    page.reload()
    expect(badge(page)).to_have_text("Ready")
    lab.close()

    # Its list says the same.
    page.goto(f"{team.path}/notebooks")
    expect(page.locator(f"#notebook-{slug}")).to_contain_text("first steps")
    both(page, axe_check, screenshot, "notebooks-with-one")


def test_from_a_card_to_a_terminal_and_the_classic_view_and_stop_and_start(page, portico, team, axe_check, screenshot):
    page.goto(team.path)
    card = page.locator(".tile", has=page.locator("input[name=image][value=base]"))
    card.get_by_role("button").click()
    slug = started_in(page, team.path)
    expect(badge(page)).to_have_text("Ready", timeout=READY)

    terminal = opened(page, "Terminal")
    assert terminal.url.startswith(f"{portico.content_url}/w/{slug}/"), terminal.url
    screen = terminal.locator(".xterm-screen")
    expect(screen).to_be_visible(timeout=LAB)
    screen.click()
    terminal.keyboard.type("echo $((6 * 7)) > /tmp/seen; cp /tmp/seen ~/answer.txt")
    terminal.keyboard.press("Enter")
    bearer = {"Authorization": team.api.headers["Authorization"]}
    written = f"{portico.content_url}/w/{slug}/files/answer.txt"
    until(lambda: team.api.get(written, headers=bearer).text == "42\n", "the terminal ran the command", 30)
    terminal.close()

    classic = opened(page, "Classic notebook")
    expect(classic.locator(".jp-DirListing-item", has_text="answer.txt")).to_be_visible(timeout=LAB)
    assert classic.url.startswith(f"{portico.content_url}/w/{slug}/tree"), classic.url
    classic.close()

    page.get_by_role("button", name="Restart").click()
    expect(page.get_by_role("dialog", name="Restart this notebook?")).to_be_visible()
    axe_check(page)
    page.get_by_role("dialog").get_by_role("button", name="Restart").click()
    expect(page.get_by_text("Asked to restart").or_(badge(page).get_by_text("Starting")).first).to_be_visible()
    expect(badge(page)).to_have_text("Ready", timeout=READY)

    page.get_by_role("button", name="Stop").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop the notebook").click()
    expect(badge(page)).to_have_text("Stopped", timeout=30_000)
    expect(page.get_by_text("Stopped by ada.").first).to_be_visible()
    both(page, axe_check, screenshot, "notebook-stopped")
    # Whoever goes to it now finds its page instead.
    tab = page.context.new_page()
    tab.goto(f"{portico.url}/open/{slug}?to=lab")
    tab.wait_for_url(f"{portico.url}{team.path}/notebooks/{slug}")
    expect(badge(tab)).to_have_text("Stopped")
    tab.close()

    page.get_by_role("button", name="Start", exact=True).click()
    expect(badge(page)).to_have_text("Ready", timeout=READY)
    assert team.api.get(written, headers=bearer).text == "42\n"
    page.get_by_role("tab", name="Logs").or_(page.get_by_role("link", name="Logs")).first.click()
    expect(page.locator("log-view")).to_contain_text("Jupyter Server")
    axe_check(page)


def test_a_launch_link_asks_first(page, team, axe_check):
    page.goto(f"{team.path}/notebooks/launch?image=base&type=cpu-small&path=course/week-1.ipynb")
    expect(page.get_by_role("heading", name="Start a notebook from a link")).to_be_visible()
    assert answered(team.api.get(f"/groups/{team.name}/notebooks"))["mine"] == [], "a link alone starts nothing"
    page.get_by_label("Name", exact=True).fill("from a link")
    page.get_by_role("button", name="Start notebook").click()
    slug = started_in(page, team.path)
    made = answered(team.api.get(f"/groups/{team.name}/notebooks/{slug}"))
    assert (made["name"], made["image"], made["open_path"]) == ("from a link", "base", "course/week-1.ipynb")
    page.get_by_role("button", name="Cancel").or_(page.get_by_role("button", name="Stop")).first.click()


def test_one_that_dies_at_start_says_why_and_starts_in_safe_mode(page, portico, team, axe_check, screenshot):
    broken = Notebook(team.api, team.name, "broken").ready()
    # It keeps JupyterLab from starting with and without what is in the home.
    breaks = "import sys; sys.stderr.write('the disk of dreams is missing\\n'); sys.exit(7)\n"
    broken.run(BREAK.format(breaks))
    broken.stop()

    page.goto(f"{team.path}/notebooks/{broken.id}")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(badge(page)).to_have_text("Failed", timeout=READY)
    expect(page.get_by_text("JupyterLab ended before it answered.").first).to_be_visible()
    expect(page.get_by_text(re.compile(r"^Exit code \d+$"))).to_be_visible()
    expect(page.get_by_role("group", name="Last lines of the log")).to_contain_text("the disk of dreams is missing")
    both(page, axe_check, screenshot, "notebook-failed")

    page.get_by_role("button", name="Start in safe mode").click()
    expect(badge(page)).to_have_text("Ready", timeout=READY)
    expect(page.get_by_text("on: your home is at ~/user")).to_be_visible()
    assert broken.run("import os; print(os.path.exists('user'), os.getcwd())") == "True /home/jovyan\n"


# Python imports it from wherever `HOME` says that packages of one's own are, and JupyterLab's server needs it.
BREAK = """
import os, site
for folder in [site.getusersitepackages()]:
    os.makedirs(folder, exist_ok=True)
    open(os.path.join(folder, 'usercustomize.py'), 'w').write({0!r})
"""


def test_two_people_of_two_groups_at_once(open_as, portico, make_group, make_user):
    people = []
    for name in ("ann", "ben"):
        user, group = make_user(name), make_group(f"of-{name}")
        group.add(user)
        api = portico.api(user)
        people.append((user, group, Notebook(api, group.name, f"{name}'s own")))
    (ann, hers, ann_s), (ben, his, ben_s) = people
    try:
        for one in (ann_s, ben_s):
            one.ready()
        assert ann_s.run("open('mine.txt', 'w').write('of one'); print(6 * 7)") == "42\n"
        assert ben_s.run("import os; print(os.path.exists('mine.txt'), os.listdir('/project'))") == f"False ['{his.name}']\n"
        for user, group, own, other_group, other in [(ann, hers, ann_s, his, ben_s), (ben, his, ben_s, hers, ann_s)]:
            page = open_as(user)
            page.goto(f"{group.path}/notebooks")
            expect(page.locator(f"#notebook-{own.id}")).to_be_visible()
            expect(page.locator(f"#notebook-{other.id}")).to_have_count(0)
            lab = page.context.new_page()
            lab.goto(f"{portico.url}/open/{own.id}?to=api/status")
            expect(lab).to_have_url(f"{own.url}api/status")
            # Of the other there is nothing: no page of the portal, no way in, with no cookie or token.
            for address in [
                f"{other_group.path}/notebooks",
                f"{other_group.path}/notebooks/{other.id}",
                f"{group.path}/notebooks/{other.id}",
                f"/open/{other.id}?to=api/status",
            ]:
                assert page.goto(address).status == 404, address
            refused = lab.goto(f"{other.url}api/status")
            assert refused.status in (401, 404), refused.status
            assert "last_activity" not in lab.content()
            assert own.send("GET", "api/status").status_code == 200
            assert own.api.get(f"/groups/{other_group.name}/notebooks/{other.id}").status_code == 404
            assert other.send("GET", "api/status", headers=own.bearer).status_code == 404
    finally:
        for one in (ann_s, ben_s):
            one.post("stop")


LISTEN = """(url) => {
    window.opened = false;
    window.cut = null;
    const socket = new WebSocket(url);
    socket.onopen = () => { window.opened = true; };
    socket.onclose = () => { window.cut = true; };
}"""


def test_who_leaves_the_group_while_working_is_cut(open_as, portico, team, make_user):
    user = make_user("leaver")
    team.add(user)
    own = Notebook(portico.api(user), team.name, "soon gone").ready()
    page = open_as(user)
    page.goto(f"{team.path}/notebooks/{own.id}")
    lab = lab_of(page)
    new_notebook(lab)
    run_cell(lab, "print(6 * 7)", "42")
    lab.evaluate(LISTEN, own.url.replace("http", "ws", 1) + "api/events/subscribe")
    until(lambda: lab.evaluate("window.opened"), "the WebSocket is open")

    began = time.monotonic()
    answered(team.api.delete(f"/groups/{team.name}/members/{user.name}"))
    until(lambda: lab.evaluate("window.cut"), "the WebSocket is cut", 5)
    took = time.monotonic() - began
    print(f"the WebSocket ended {took:.2f} s after the membership")
    assert took < 2
    status = "url => fetch(url).then((answer) => answer.status)"
    assert lab.evaluate(status, f"{own.url}api/status") in (401, 404)
    assert page.goto(f"{team.path}/notebooks/{own.id}").status == 404
    assert lab.goto(f"{own.url}lab").status in (401, 404)


def test_an_idle_one_is_warned_of_and_kept(page, team, axe_check, screenshot):
    idle = Notebook(team.api, team.name, "forgotten", idle=60).ready()
    page.goto(f"{team.path}/notebooks/{idle.id}")
    warning = page.locator(".note.idle")
    expect(warning).to_be_visible(timeout=60_000)
    expect(warning).to_contain_text("It stops")
    both(page, axe_check, screenshot, "notebook-idle")
    page.get_by_role("button", name="Keep it for 1 h more").click()
    expect(page.get_by_role("heading", name="Ready to work")).to_be_visible()
    expect(warning).to_have_count(0)
    # It was told to its owner, wherever they were.
    page.get_by_role("button", name=re.compile("[Nn]otification")).first.click()
    expect(page.get_by_text("Your notebook “forgotten” will be stopped soon because nobody uses it").first).to_be_visible()
