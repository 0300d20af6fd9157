"""Images of a group: from the form over the build and its log to a job that uses it, and out of use again."""

import re

import pytest
from playwright.sync_api import expect

from browsing import both

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240), pytest.mark.usefixtures("base_ready")]

READY = 90_000


def make(group, name, **source):
    body = {"name": name, "display_name": name.title(), "source": source}
    answer = group.api.post(f"/groups/{group.name}/images", json=body)
    assert answer.status_code == 201, answer.text


def test_from_the_form_to_a_job_that_uses_it(page, group, axe_check, screenshot):
    page.goto(f"{group.path}/images")
    page.get_by_role("link", name="New image").click()
    page.get_by_label("Display name").fill("Our samples")
    page.get_by_label("Base", exact=True).select_option("base")
    expect(page.get_by_label("Python version")).to_be_hidden()
    expect(page.get_by_label("Reference", exact=True)).to_be_hidden()
    both(page, axe_check, screenshot, "image-new")

    # What is no package is refused on its field, and nothing that was typed is lost.
    page.get_by_label("Python packages", exact=True).fill("porticosample\n--index-url https://example.org")
    page.get_by_role("button", name="Make image").click()
    expect(page.get_by_label("Python packages", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("Line 2, “--index-url https://example.org”")).to_be_visible()
    expect(page.get_by_label("Display name")).to_have_value("Our samples")
    both(page, axe_check, screenshot, "image-new-errors")

    page.get_by_label("Python packages", exact=True).fill("porticosample")
    page.get_by_role("button", name="Make image").click()
    page.wait_for_url(re.compile(rf"{group.path}/images/our-samples-\w{{5}}\?done=created"))
    expect(page.get_by_role("heading", name="Our samples")).to_be_visible()
    # The build ends before our eyes, and its log is there.
    badge = page.locator("#image .title .badge")
    expect(badge).to_have_text("Ready", timeout=READY)
    expect(page.locator("log-view").get_by_text("[portico] ready: Python")).to_be_visible()
    name = page.url.rpartition("/")[2].partition("?")[0]
    assert "+ porticosample==1.0" in group.api.get(f"/groups/{group.name}/images/{name}/log").text
    expect(page.get_by_role("row", name="Succeeded")).to_be_visible()
    page.get_by_text(re.compile(r"All \d+ packages in it")).click()
    expect(page.get_by_text("porticosample==1.0", exact=True)).to_be_visible()
    both(page, axe_check, screenshot, "image-own")

    page.goto(f"{group.path}/jobs/new")
    page.get_by_label("Name", exact=True).fill("with our samples")
    page.get_by_role("radio", name="CPU Small", exact=False).check()
    page.get_by_role("radio", name="Our samples").check()
    page.get_by_label("Command", exact=True).fill("python -c 'import porticosample; print(porticosample.version)'")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("#job .title .badge")).to_have_text("Succeeded", timeout=60_000)


def test_a_file_is_taken_without_scripts(open_as, admin, group):
    page = open_as(admin, java_script_enabled=False)
    page.goto(f"{group.path}/images/new")
    page.get_by_label("Display name").fill("From a file")
    page.get_by_label("Base", exact=True).select_option("base")
    content = b"dependencies:\n  - cudatoolkit=11\n  - pip:\n    - porticosample\n"
    file = {"name": "environment.yml", "mimeType": "application/yaml", "buffer": content}
    page.get_by_label("File (optional)").set_input_files(file)
    page.get_by_role("button", name="Make image").click()
    expect(page.get_by_text("It can't install: cudatoolkit=11.")).to_be_visible()
    file = {"name": "requirements.txt", "mimeType": "text/plain", "buffer": b"# ours\nporticosample==1.*\n"}
    page.get_by_label("File (optional)").set_input_files(file)
    page.get_by_role("button", name="Make image").click()
    expect(page.get_by_text("It is created.")).to_be_visible()
    expect(page.get_by_text("porticosample==1.*")).to_be_visible()


def test_a_failed_build_is_explained_and_an_image_goes_out_of_use(page, group, axe_check, screenshot):
    make(group, "wrong", **{"from": "build", "base": "base", "packages": ["porticosample>=99"]})
    page.goto(f"{group.path}/images/wrong")
    expect(page.locator("#image .title .badge")).to_have_text("Failed", timeout=READY)
    expect(page.locator("#image .note.bad")).to_contain_text("porticosample>=99")
    both(page, axe_check, screenshot, "image-own-failed")

    page.get_by_role("link", name="Edit").click()
    page.get_by_role("radio", name="Use existing").check()
    page.get_by_label("Image", exact=True).select_option("base")
    both(page, axe_check, screenshot, "image-edit")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#image .title .badge")).to_have_text("Ready")

    page.get_by_label("Use instead").select_option("base")
    page.get_by_role("button", name="Deprecate").click()
    expect(page.locator("#image .note.wait").get_by_role("link", name="base")).to_be_visible()
    both(page, axe_check, screenshot, "image-deprecated")
    page.goto(f"{group.path}/jobs/new")
    expect(page.get_by_role("radio", name="Base", exact=False).first).to_be_visible()
    expect(page.get_by_role("radio", name="Wrong")).to_have_count(0)

    group.submit("sleep 300", name="holds it", image="wrong")
    page.goto(f"{group.path}/images/wrong")
    page.get_by_role("link", name="Delete…").click()
    expect(page.get_by_text("holds it of ada")).to_be_visible()
    both(page, axe_check, screenshot, "image-delete")
    page.get_by_label("Type").fill("wrong")
    page.get_by_role("button", name="Delete the image").click()
    page.wait_for_url(f"**{group.path}/images?done=deleted")
    expect(page.get_by_role("row", name="Wrong")).to_have_count(0)


def test_containers_and_system_images(page, open_as, make_user, group, axe_check, screenshot):
    page.goto(f"{group.path}/images/new")
    page.get_by_label("Display name").fill("Shipped notebook")
    page.get_by_role("radio", name="Container image").check()
    expect(page.get_by_text("Not on this machine.")).to_be_visible()
    page.get_by_label("Reference", exact=True).fill("quay.io/jupyter/base-notebook:2026-10-01")
    both(page, axe_check, screenshot, "image-new-container")
    page.get_by_role("button", name="Make image").click()
    expect(page.get_by_text("It can't run here.")).to_be_visible()
    both(page, axe_check, screenshot, "image-container")
    page.goto(f"{group.path}/jobs/new")
    card = page.locator(".card-radio", has_text="Shipped notebook")
    expect(card).to_contain_text("no container engine")
    expect(card.locator("input")).to_be_disabled()

    page.goto("/admin/images/new")
    page.get_by_label("Display name").fill(f"For {group.name}")
    page.get_by_role("radio", name="Use existing").check()
    page.get_by_label("Image", exact=True).select_option("base")
    page.get_by_label("Offer to all groups").uncheck()
    page.get_by_label(group.name, exact=True).check()
    both(page, axe_check, screenshot, "admin-image-new")
    page.get_by_role("button", name="Make image").click()
    expect(page.get_by_text("Chosen groups")).to_be_visible()
    both(page, axe_check, screenshot, "admin-image-own")
    page.goto(f"{group.path}/images")
    expect(page.get_by_role("row", name=f"For {group.name}")).to_be_visible()
    both(page, axe_check, screenshot, "images-of-group")

    # A member sees the images and can't change them.
    member = make_user("reader")
    group.add(member)
    there = open_as(member)
    there.goto(f"{group.path}/images")
    expect(there.get_by_role("row", name="Shipped notebook")).to_be_visible()
    expect(there.get_by_role("link", name="New image")).to_have_count(0)
    there.get_by_role("link", name="Shipped notebook").click()
    expect(there.get_by_role("link", name="Edit")).to_have_count(0)
    assert there.goto(f"{group.path}/images/new").status == 403


def test_an_image_that_is_built_on_first_use_says_so(page, group, axe_check):
    page.goto(f"{group.path}/images")
    expect(page.locator("#image-tensorflow-cpu .badge")).to_have_text("Not built yet")
    page.get_by_role("link", name="TensorFlow CPU").click()
    expect(page.get_by_text("It is built when somebody first uses it")).to_be_visible()
    expect(page.locator("log-view")).to_have_count(0)
    axe_check(page)
    page.goto(f"{group.path}/notebooks/new")
    card = page.locator(".card-radio", has_text="TensorFlow CPU")
    expect(card).to_contain_text("Not built yet")
    expect(card).to_contain_text("Built when it is first used.")
