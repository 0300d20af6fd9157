"""Notebooks when something is in the way, and the questions that their pages ask."""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browsing import answered
from notebooks import Notebook, notebook_file

# JupyterLab writes what it likes to the console.
pytestmark = [
    pytest.mark.allow_page_errors,
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.usefixtures("base_ready"),
]

READY = 60_000


def badge(page: Page):
    return page.locator("#notebook .title .badge")


def ask(page: Page, button: str, title: str):
    """Opens a dialog by its button, says no, and opens it again."""
    dialog = page.get_by_role("dialog", name=title)
    for answer in ("Keep it", None):
        page.get_by_role("button", name=button, exact=True).first.click()
        expect(dialog).to_be_visible()
        if answer:
            dialog.get_by_role("button", name=answer).click()
            expect(dialog).to_be_hidden()
    return dialog


@pytest.fixture
def home_of(portico) -> Iterator[Callable[[Notebook], Path]]:
    """Where the home lies that a ready notebook uses. Whatever a test does to it, it can be removed afterwards."""
    found: list[Path] = []

    def find(notebook: Notebook) -> Path:
        notebook.run(f"open('{notebook.id}', 'w').close()")
        found.append(next(portico.data_dir.glob(f"homes/*/*/{notebook.id}")).parent)
        return found[-1]

    yield find
    for home in found:
        if home.is_dir():
            os.chmod(home, 0o755)


INSTALL = """
import os, sysconfig
folder = os.path.join(sysconfig.get_path('purelib'), 'porticosample-1.0.dist-info')
os.makedirs(folder, exist_ok=True)
"""


def test_every_dialog_asks_and_does_what_it_says(page, group, axe_check):
    one = Notebook(group.api, group.name, "to be asked about").ready()
    one.run(INSTALL)
    page.goto(f"{group.path}/notebooks/{one.id}")
    expect(page.get_by_text("porticosample 1.0", exact=True)).to_be_visible()
    expect(page.get_by_text("Stop “to be asked about” to reset them: it uses them.")).to_be_visible()

    dialog = ask(page, "Restart", "Restart this notebook?")
    first = one.get()["run"]
    dialog.get_by_role("button", name="Restart").click()
    one.wait_until(lambda now: now["run"] != first and now["state"] == "ready", "it runs again")
    expect(badge(page)).to_have_text("Ready", timeout=READY)

    dialog = ask(page, "Stop", "Stop this notebook?")
    assert one.get()["state"] == "ready", "nothing happens before the answer"
    dialog.get_by_role("button", name="Stop the notebook").click()
    expect(badge(page)).to_have_text("Stopped", timeout=READY)

    dialog = ask(page, "Reset packages", "Reset your packages?")
    axe_check(page)
    expect(page.get_by_text("porticosample 1.0", exact=True)).to_be_visible()
    dialog.get_by_role("button", name="Reset packages").click()
    expect(page.get_by_text("Nothing yet. What you add with")).to_be_visible()

    dialog = ask(page, "Delete", "Delete this notebook?")
    axe_check(page)
    dialog.get_by_role("button", name="Delete the notebook").click()
    page.wait_for_url(re.compile(rf"{group.path}/notebooks(\?|$)"))
    expect(page.get_by_role("heading", name="Start your first notebook")).to_be_visible()
    assert page.goto(f"{group.path}/notebooks/{one.id}").status == 404


def test_the_groups_files_are_one_click_away_in_a_notebook_and_in_a_notebook_job(
    page, open_as, portico, group, make_user
):
    colleague = make_user("colleague")
    group.add(colleague)
    theirs = (
        "echo 'made by a colleague' > \"$PORTICO_GROUP_PATH/from-a-colleague.txt\""
        " && mkdir \"$PORTICO_DATASETS_PATH/colours\" && echo red > \"$PORTICO_DATASETS_PATH/colours/train.csv\""
    )
    group.wait(group.submit(theirs, api=portico.api(colleague)))

    one = Notebook(group.api, group.name, "with shared files").ready()
    page.goto(f"{group.path}/notebooks/{one.id}")
    with page.context.expect_page() as tab:
        page.get_by_role("link", name="Open JupyterLab").click()
    lab = tab.value
    lab.locator(".jp-DirListing-item", has_text=group.name).dblclick(timeout=READY)
    lab.locator(".jp-DirListing-item", has_text="from-a-colleague.txt").dblclick(timeout=READY)
    expect(lab.locator(".jp-FileEditor .cm-content")).to_have_text("made by a colleague", timeout=READY)
    # So are its datasets, from the home and among the files.
    for way in (["datasets"], [group.name, "datasets"]):
        lab.locator(".jp-BreadCrumbs-home").click()
        for folder in way:
            lab.locator(".jp-DirListing-item", has_text=folder).dblclick(timeout=READY)
        expect(lab.locator(".jp-DirListing-item", has_text="colours")).to_be_visible(timeout=READY)
    lab.locator(".jp-DirListing-item", has_text="colours").dblclick()
    expect(lab.locator(".jp-DirListing-item", has_text="train.csv")).to_be_visible(timeout=READY)
    # The menu opens it by its path too.
    lab.get_by_role("menuitem", name="File", exact=True).click()
    lab.get_by_role("menuitem", name="Open from Path…").click()
    lab.locator(".jp-Dialog input").fill(f"{group.name}/from-a-colleague.txt")
    lab.locator(".jp-Dialog").get_by_role("button", name="Open").click()
    expect(lab.locator(".jp-Dialog")).to_have_count(0)
    lab.close()

    # A notebook that finds them by that link finds them as a job too.
    file = notebook_file(f"print(open('{group.name}/from-a-colleague.txt').read())")
    one.ask("PUT", "api/contents/reads.ipynb", {"type": "notebook", "content": json.loads(file)})
    body = {"instance_type": "cpu-small", "image": "base", "path": "~/reads.ipynb", "name": "reads"}
    job = answered(group.api.post(f"/groups/{group.name}/notebook-jobs", json=body), 201)["id"]
    assert group.wait(job, timeout=120)["phase"] == "succeeded"
    page.goto(group.page_of(job, "/notebook"))
    shown = page.frame_locator("iframe[title='Executed notebook']")
    expect(shown.get_by_text("made by a colleague")).to_be_visible()
    one.stop()


def test_a_home_that_nobody_may_read_says_so_and_safe_mode_starts(page, group, home_of, axe_check):
    one = Notebook(group.api, group.name, "locked out").ready()
    home = home_of(one)
    one.stop()
    os.chmod(home, 0)
    page.goto(f"{group.path}/notebooks/{one.id}")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(badge(page)).to_have_text("Failed", timeout=READY)
    expect(page.get_by_role("group", name="Last lines of the log")).to_contain_text("/home/jovyan: Permission denied")
    expect(page.get_by_text("When something in your home is in the way, start it in safe mode.")).to_be_visible()
    axe_check(page)
    page.get_by_role("button", name="Start in safe mode").click()
    expect(badge(page)).to_have_text("Ready", timeout=READY)
    # From there its owner lets themselves in again.
    one.run("import os; os.chmod('user', 0o755)")
    one.stop()
    assert one.post("start", safe_mode=False).status_code == 202
    assert f"'{one.id}'" in one.ready().run("import os; print(os.listdir('.'))")
    one.stop()


def test_a_file_in_the_place_of_the_home_says_so_and_safe_mode_starts(page, group, home_of, axe_check):
    one = Notebook(group.api, group.name, "homeless").ready()
    home = home_of(one)
    one.stop()
    shutil.move(home, f"{home}.aside")
    home.write_text("no folder\n")
    try:
        assert page.goto(f"{group.path}/notebooks/{one.id}").status == 200
        page.get_by_role("button", name="Start", exact=True).click()
        expect(badge(page)).to_have_text("Failed", timeout=READY)
        said = "Its folders can't be made on the server: a file lies where one of them should be."
        expect(page.get_by_text(said).first).to_be_visible()
        assert "homes/" not in page.content(), "paths of the server are nobody's business"
        axe_check(page)
        page.get_by_role("button", name="Start in safe mode").click()
        expect(badge(page)).to_have_text("Ready", timeout=READY)
        assert one.run("print(6 * 7)") == "42\n"
        one.stop()
    finally:
        home.unlink()
        shutil.move(f"{home}.aside", home)


def test_files_where_folders_should_be_in_a_home_keep_nothing_from_starting(page, group):
    one = Notebook(group.api, group.name, "cluttered").ready()
    one.run(CLUTTER)
    one.stop()
    page.goto(f"{group.path}/notebooks/{one.id}")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(badge(page)).to_have_text("Ready", timeout=READY)
    assert one.run("print(open('.portico').read(), open('.jupyter').read())") == "no folder no folder\n"
    assert "packages that you install will not be kept" in one.log()
    one.stop()


CLUTTER = """
import os, shutil
for name in ['.portico', '.local', '.jupyter', '.ipython', '.cache', '.config']:
    shutil.rmtree(name, ignore_errors=True)
    open(name, 'w').write('no folder')
"""


def test_a_notebook_that_does_not_listen_says_so(page, portico, group, axe_check):
    deaf = Notebook(group.api, group.name, "deaf").ready()
    deaf.run("import os; os.unlink('/run/portico/http.sock')", deaf.new_kernel())
    tab = page.context.new_page()

    def told() -> bool:
        # A connection from before stays open for as long as it is used, as an open JupyterLab does.
        tab.goto("about:blank")
        tab.wait_for_timeout(2000)
        tab.goto(f"{portico.url}/open/{deaf.id}?to=lab")
        return tab.get_by_text("The workload runs, but nothing in it listens.").is_visible()

    assert any(told() for _ in range(10))
    expect(tab.get_by_text("The workload runs, but nothing in it listens.")).to_be_visible()
    expect(tab.get_by_text("restart it on its page in Portico")).to_be_visible()
    axe_check(tab)
    tab.close()
    page.goto(f"{group.path}/notebooks/{deaf.id}")
    ask(page, "Restart", "Restart this notebook?").get_by_role("button", name="Restart").click()
    first = deaf.get()["run"]
    deaf.wait_until(lambda now: now["state"] == "ready" and now["run"] != first, "it runs again")
    assert deaf.run("print(6 * 7)") == "42\n"
    deaf.stop()


def test_a_session_that_ends_meanwhile_leads_to_the_sign_in_and_back(page, open_as, group, admin):
    one = Notebook(group.api, group.name, "looked at").ready()
    address = f"{group.path}/notebooks/{one.id}"
    page.goto(address)
    expect(badge(page)).to_have_text("Ready")
    session = page.context.cookies()
    page.context.clear_cookies()
    # The page asks for itself again, and the sign-in does not become a part of it.
    one.stop()
    page.wait_for_url(re.compile(r"/sign-in\?next="))
    expect(page.get_by_role("navigation")).to_have_count(0)
    page.context.add_cookies(session)
    page.reload()
    page.wait_for_url(f"**{address}")

    # Without scripts, a form that is sent too late leads back to the form.
    form = f"{group.path}/notebooks/new"
    plain = open_as(admin, java_script_enabled=False)
    plain.goto(form)
    plain.context.clear_cookies()
    plain.get_by_role("button", name="Start notebook").click()
    plain.wait_for_url(re.compile(r"/sign-in\?next="))
    plain.get_by_label("Username").fill(admin.name)
    plain.get_by_label("Password", exact=True).fill(admin.password)
    plain.get_by_role("button", name="Sign in").click()
    plain.wait_for_url(f"**{form}")
