"""JupyterLab in a container image that somebody brings: the way of a person, from the image's form to the stop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browsing import answered, both, sign_in, until
from containers import ENGINE, containers_of, make_jupyter_image, needs_engine
from lab_pages import READY, badge, indicator, lab_of, new_notebook, reconnects, run_cell, started_in
from lab import ROOMY, Lab
from notebooks import Notebook
from portico import Portico, User

pytestmark = [
    needs_engine,
    pytest.mark.allow_page_errors,
    pytest.mark.slow,
    pytest.mark.timeout(420),
]

MIA = User("mia", "correct horse battery mia")


@pytest.fixture(scope="module")
def engine_lab(portico_binary: Path) -> Iterator[Lab]:
    server = Portico(portico_binary, {"PORTICO_CONTAINER_ENGINE": ENGINE, "PORTICO_ENVIRONMENTS_BUILD": "false", **ROOMY})
    try:
        lab = Lab(server.start())
        lab.new_member(MIA.name, lab.group)
        yield lab
    finally:
        server.discard()


@pytest.fixture(scope="module")
def reference() -> str:
    return make_jupyter_image()


@pytest.fixture
def portico(engine_lab: Lab) -> Portico:
    return engine_lab.server


def start(page: Page, lab: Lab, image: str, name: str) -> str:
    """A notebook from the form; its name."""
    page.goto(f"/g/{lab.group}/notebooks/new")
    page.get_by_label("Name", exact=True).fill(name)
    page.locator(f"label:has(input[name=image][value={image}])").click()
    page.get_by_role("button", name="Start notebook").click()
    return started_in(page, f"/g/{lab.group}")


def test_from_the_image_to_a_cell_and_through_the_death_of_the_server(
    page, new_page, engine_lab, reference, portico, axe_check, screenshot
):
    group = f"/g/{engine_lab.group}"
    sign_in(page, engine_lab.boss)
    page.goto(f"{group}/images/new")
    page.get_by_label("Display name").fill("Lab of ours")
    page.get_by_label("Name (optional)").fill("our-lab")
    page.get_by_text("Container image").first.click()
    page.get_by_role("textbox", name="Reference").fill(reference)
    both(page, axe_check, screenshot, "image-form-container")
    page.get_by_role("button", name="Make image").click()
    page.wait_for_url(f"**{group}/images/our-lab*")
    both(page, axe_check, screenshot, "image-container")

    page = new_page()
    sign_in(page, MIA)
    slug = start(page, engine_lab, "our-lab", "in a container")
    expect(badge(page)).to_have_text("Ready", timeout=READY)
    both(page, axe_check, screenshot, "notebook-container-ready")
    [container] = containers_of(portico)
    assert container["Image"] == reference

    lab = lab_of(page)
    assert lab.url.startswith(f"{portico.content_url}/w/{slug}/lab"), lab.url
    expect(lab.get_by_text("Jupyter news")).to_have_count(0)
    new_notebook(lab)
    run_cell(lab, "import os; kept = 6 * 7; print(kept, os.environ['FROM_THE_IMAGE'], os.getcwd())", "42 set by a hook /home/jovyan")
    run_cell(lab, "print(os.path.exists('/opt/portico'), os.path.exists('/run/.containerenv'))", "False True")
    lab.screenshot(path="tests/browser/screenshots/jupyterlab-container.png")

    connected_again = reconnects(lab)
    portico.kill_9()
    portico.start()
    connected_again()
    expect(indicator(lab)).to_have_attribute("data-status", "idle")
    run_cell(lab, "print('still', kept)", "still 42")
    lab.close()

    page.reload()
    expect(badge(page)).to_have_text("Ready")
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop the notebook").click()
    expect(badge(page)).to_have_text("Stopped", timeout=READY)
    until(lambda: containers_of(portico) == [], "the container is gone", 30)


def test_the_home_stays_and_packages_too(engine_lab, reference, portico):
    api = portico.api(MIA.name)
    image = {"name": "kept-lab", "display_name": "Kept", "source": {"from": "container", "reference": reference}}
    answered(engine_lab.admin.post("/images", json=image), 201)
    notebook = Notebook(api, engine_lab.group, "keeps", image="kept-lab").ready()
    notebook.run("open('kept.txt', 'w').write('from before')")
    said = notebook.run(
        "import subprocess, sys, os\n"
        "os.makedirs('package', exist_ok=True)\n"
        "open('package/pyproject.toml', 'w').write('')\n"
        "print(subprocess.run([sys.executable, '-m', 'site', '--user-base'], capture_output=True, text=True).stdout)"
    )
    assert said.strip() == "/home/jovyan/.portico/python/kept-lab", said
    # What the group shares is a link in the home, and served.
    [shared] = portico.data_dir.glob("groups/*")
    (shared / "datasets" / "digits").mkdir()
    (shared / "datasets" / "digits" / "train.csv").write_text("1,2\n")
    for path in ("datasets", f"{engine_lab.group}/datasets"):
        assert notebook.send("GET", f"files/{path}/digits/train.csv").text == "1,2\n"
    notebook.stop()
    assert containers_of(portico) == []
    assert notebook.post("start").status_code == 202
    notebook.ready()
    assert notebook.run("print(open('kept.txt').read())") == "from before\n"
    # Whose files they are outside is the business of the server, whoever the image's user is.
    [home] = portico.data_dir.glob("homes/*/*")
    assert (home / "kept.txt").stat().st_uid == portico.data_dir.stat().st_uid
    notebook.stop()
