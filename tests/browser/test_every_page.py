"""Every page in both themes and at two widths: accessible, nothing beside the screen, a picture to look at."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from browsing import answered
from notebooks import notebook_file
from portico import ROOT

pytestmark = pytest.mark.usefixtures("base_ready")

# What the address is, and what to call the picture. Names in braces are made below.
PAGES = {
    "home": "/g/{group}",
    "home-empty": "/g/{empty}",
    "notebooks": "/g/{group}/notebooks",
    "notebooks-empty": "/g/{empty}/notebooks",
    "new-notebook": "/g/{group}/notebooks/new",
    "new-notebook-quota": "/g/{tight}/notebooks/new",
    "notebook-launch": "/g/{group}/notebooks/launch?image=base&type=cpu-small&path=course/week-1.ipynb",
    "notebook-launch-refused": "/g/{group}/notebooks/launch?image=no-such-image",
    "notebook": "/g/{group}/notebooks/{notebook}",
    "notebook-log": "/g/{group}/notebooks/{notebook}/logs",
    "notebook-job-new": "/g/{group}/notebooks/run?folder=/project/{group}",
    "notebook-job-new-empty": "/g/{empty}/notebooks/run",
    "notebook-job-new-chosen": "/g/{group}/notebooks/run?path=/project/{group}/train.ipynb",
    "jobs": "/g/{group}/jobs",
    "jobs-empty": "/g/{empty}/jobs",
    "jobs-no-match": "/g/{group}/jobs?q=nothing-like-it&status=failed",
    "new-job": "/g/{group}/jobs/new",
    "new-job-quota": "/g/{tight}/jobs/new",
    "job-running": "/g/{group}/jobs/{running}",
    "job-waiting": "/g/{tight}/jobs/{waiting}",
    "job-succeeded": "/g/{group}/jobs/{succeeded}",
    "job-failed": "/g/{group}/jobs/{failed}",
    "job-cancelled": "/g/{group}/jobs/{cancelled}",
    "job-log": "/g/{group}/jobs/{succeeded}/logs",
    "job-log-waiting": "/g/{tight}/jobs/{waiting}/logs",
    "job-events": "/g/{group}/jobs/{failed}/events",
    "job-notebook": "/g/{group}/jobs/{executed}/notebook",
    "images": "/g/{group}/images",
    "image": "/g/{group}/images/base",
    "image-own": "/g/{group}/images/{image}",
    "image-new": "/g/{group}/images/new",
    "image-edit": "/g/{group}/images/{image}/edit",
    "image-delete": "/g/{group}/images/{image}/delete",
    "settings": "/g/{group}/settings",
    "profile": "/profile",
    "password": "/profile/password",
    "sessions": "/profile/sessions",
    "tokens": "/profile/tokens",
    "ssh-keys": "/profile/ssh-keys",
    "access-keys": "/profile/access-keys",
    "vault": "/profile/vault",
    "api-docs": "/api/docs",
    "admin-groups": "/admin/groups",
    "admin-groups-no-match": "/admin/groups?q=nothing-like-it",
    "admin-group-new": "/admin/groups/new",
    "admin-group": "/admin/groups/{group}",
    "admin-group-delete": "/admin/groups/{empty}/delete",
    "admin-group-delete-blocked": "/admin/groups/{group}/delete",
    "admin-users": "/admin/users",
    "admin-user-new": "/admin/users/new",
    "admin-user": "/admin/users/ada",
    "admin-user-delete": "/admin/users/{user}/delete",
    "admin-user-delete-own": "/admin/users/ada/delete",
    "admin-instance-types": "/admin/instance-types",
    "admin-instance-type-new": "/admin/instance-types/new",
    "admin-instance-type": "/admin/instance-types/cpu-1",
    "admin-instance-type-delete": "/admin/instance-types/cpu-1/delete",
    "admin-images": "/admin/images",
    "admin-image": "/admin/images/base",
    "admin-image-own": "/admin/images/{system_image}",
    "admin-image-new": "/admin/images/new",
    "admin-image-edit": "/admin/images/{system_image}/edit",
    "admin-image-delete": "/admin/images/{system_image}/delete",
    "admin-system": "/admin/system",
    "error-404": "/no/such/page",
    "error-404-group": "/g/no-such-group",
    "error-404-job": "/g/{group}/jobs/job-202001010000-zzzzzz",
}
BEFORE_SIGNING_IN = [
    ("sign-in", "/sign-in", 200),
    ("signed-out", "/sign-in?out=1", 200),
    ("error-404-stranger", "/no/such/page", 404),
]
NO_GROUP = "/no-group"
SETUP = "/setup"

# Rows of the table of routes that answer with a page, but with another row's: they lead on.
NO_PAGES = re.compile(r"/|/admin|.*/notebook/view|/open/{slug}")
TABLES = ["crates/ui-routes/src/lib.rs", "crates/proxy/src/open.rs"]
# Where the tables' types of addresses say what they are, by what the tables call their module.
PATHS = {"paths": "crates/paths/src/portal.rs", "at": "crates/paths/src/admin.rs"}


def rows() -> set[str]:
    """The paths of the rows that answer with a page."""
    patterns = {
        f"{module}::{name}": pattern
        for module, file in PATHS.items()
        for name, pattern in re.findall(r'(\w+)\([^)]*\) = "([^"]*)"', (ROOT / file).read_text())
    }
    names = [
        name for table in TABLES for name in re.findall(r"\.get\(\s*(\w+::\w+), \w+, Page,", (ROOT / table).read_text())
    ]
    assert len(names) > 40, f"the table of routes is written in another way now: {names}"
    return {patterns[name] for name in names}


def row_of(address: str, among: set[str]) -> str | None:
    """The row that answers this address: of those that fit, the one with most of it written out."""
    path = urlsplit(address).path
    fit = [row for row in among if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(row)), path)]
    return min(fit, key=lambda row: row.count("{"), default=None)


def test_no_page_of_the_table_is_left_out():
    pages = {row for row in rows() if not NO_PAGES.fullmatch(row)}
    looked_at = [*PAGES.values(), *(address for _, address, _ in BEFORE_SIGNING_IN), NO_GROUP, SETUP]
    # Names in braces are made when the pages are looked at, and any will do here.
    visited = {row_of(re.sub(r"{(\w+)}", r"a-\1", address), pages) for address in looked_at}
    assert pages - visited == set(), "add these to PAGES"


def new_image(api, path: str, name: str) -> str:
    source = {"from": "build", "base": "base", "packages": ["porticosample"]}
    answered(api.post(path, json={"name": name, "display_name": name.title(), "source": source}), 201)
    return name


def executed(group) -> str:
    """A notebook of the group's files that ran as a job."""
    file = notebook_file("print('the rate is', rate)", parameters="rate = 0.1")
    group.wait(group.submit(f"cat > \"$PORTICO_GROUP_PATH/train.ipynb\" <<'END'\n{file}\nEND"))
    body = {
        "name": "the notebook",
        "instance_type": "cpu-small",
        "image": "base",
        "path": f"/project/{group.name}/train.ipynb",
    }
    return answered(group.api.post(f"/groups/{group.name}/notebook-jobs", json=body), 201)["id"]


@pytest.mark.slow
@pytest.mark.timeout(420)
def test_every_page_for_everybody(page, make_group, make_user, axe_check, screenshot):
    group, empty, tight = make_group("full"), make_group("empty"), make_group("tight", group_quota={"cpu": 0.5})
    user = make_user("colleague")
    group.add(user)
    script = "for i in $(seq 40); do echo epoch $i loss 0.$((1000 - i)); done"
    made = {
        "group": group.name,
        "empty": empty.name,
        "tight": tight.name,
        "user": user.name,
        "succeeded": group.submit(script, name="baseline", environment={"EPOCHS": "40", "API_KEY": "hidden-value"}),
        "failed": group.submit("echo begin; exit 3", name="a rather long name of an experiment that did not work"),
        "cancelled": group.submit("sleep 300", name="given up"),
        "executed": executed(group),
        "image": new_image(group.api, f"/groups/{group.name}/images", "samples"),
        "system_image": new_image(group.api, "/images", "samples-for-all"),
    }
    group.wait(made["succeeded"])
    group.wait(made["failed"])
    group.wait(made["cancelled"], "running")
    group.cancel(made["cancelled"])
    group.wait(made["cancelled"])
    made["running"] = group.submit("for i in $(seq 600); do echo epoch $i; sleep 1; done", name="long training")
    holder = tight.submit("sleep 300", name="holder")
    tight.wait(holder, "running")
    group.wait(made["running"], "running")
    body = {"name": "first steps", "instance_type": "cpu-small", "image": "base"}
    made["notebook"] = answered(group.api.post(f"/groups/{group.name}/notebooks", json=body), 201)["id"]
    made["waiting"] = tight.submit("true", name="in line")
    assert group.wait(made["executed"], timeout=120)["phase"] == "succeeded"

    wide = []
    for name, address in PAGES.items():
        answer = page.goto(address.format(**made))
        assert answer.status == (404 if name.startswith("error-404") else 200), (name, answer.status)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        for theme in ("dark", "light"):
            page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
            axe_check(page)
        screenshot(page, name)
        page.set_viewport_size({"width": 390, "height": 844})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(name)
        page.set_viewport_size({"width": 1440, "height": 900})
    assert wide == [], "these scroll sideways at 390 px"


def test_the_pages_before_signing_in(new_page, axe_check, screenshot):
    page = new_page()
    for name, address, status in BEFORE_SIGNING_IN:
        assert page.goto(address).status == status, name
        for theme in ("dark", "light"):
            page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
            axe_check(page)
        screenshot(page, name)


def test_whoever_has_no_group(open_as, make_user, axe_check, screenshot):
    page = open_as(make_user("newcomer"))
    page.goto("/")
    page.wait_for_url(f"**{NO_GROUP}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    both(page, axe_check, screenshot, "no-group")


def test_the_setup_of_a_new_server(new_page, make_portico, axe_check, screenshot):
    server = make_portico({"PORTICO_ENVIRONMENTS_BUILD": "false"}).start()
    page = new_page(base_url=server.url)
    page.goto("/")
    page.wait_for_url(f"**{SETUP}")
    expect(page.get_by_role("heading", name="Set up Portico")).to_be_visible()
    both(page, axe_check, screenshot, "setup")


def test_dialogs_and_menus(page, group, axe_check, screenshot):
    job = group.submit("sleep 300", name="to be asked about")
    page.goto(group.page_of(job))
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    both(page, axe_check, screenshot, "dialog-cancel")
    page.keyboard.press("Escape")

    page.goto(f"{group.path}/jobs")
    page.get_by_role("button", name="Actions for to be asked about").click()
    expect(page.get_by_role("link", name="Open the log")).to_be_visible()
    both(page, axe_check, screenshot, "menu-job")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Switch group").click()
    expect(page.get_by_label("Find a group")).to_be_visible()
    both(page, axe_check, screenshot, "menu-groups")


def both(page, axe_check, screenshot, name):
    for theme in ("dark", "light"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        axe_check(page)
    screenshot(page, name)
