"""A notebook is chosen, run as a job with parameters, and its outputs are looked at in the job's page."""

import json
import re

import pytest
from browsing import Group
from playwright.sync_api import expect

NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "id": "a",
            "execution_count": None,
            "metadata": {"tags": ["parameters"]},
            "outputs": [],
            "source": "rate = 0.1",
        },
        {
            "cell_type": "code",
            "id": "b",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": "from IPython.display import HTML, display\n"
            "print('the rate is', rate)\n"
            "display(HTML('<p id=told></p><script>let told = [];"
            "for (const what of [() => document.cookie, () => localStorage, () => parent.document.body]) {"
            "try { told.push(what()) } catch (error) { told.push(error.name) } }"
            "document.getElementById(\"told\").textContent = told.join()</script>'))",
        },
    ],
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_notebook_runs_as_a_job_and_is_shown(page, group: Group, base_ready, axe_check, portico):
    made = group.wait(group.submit('mkdir -p "$PORTICO_GROUP_PATH/digits"; printf "$GROUP_ID"'))
    log = group.api.get(f"/groups/{group.name}/jobs/{made['id']}/log").text
    shared = portico.data_dir / "groups" / log.strip()
    (shared / "digits" / "train.ipynb").write_text(json.dumps(NOTEBOOK))

    page.goto(f"{group.path}/notebooks")
    page.get_by_role("link", name="Run as a job").click()
    expect(page.get_by_role("heading", name="No notebook here yet")).to_be_visible()
    page.get_by_role("link", name="Shared files").click()
    page.get_by_role("link", name="digits").click()
    axe_check(page)
    page.get_by_role("link", name="train.ipynb", exact=True).click()

    # The form knows the notebook's own parameters.
    expect(page.get_by_label("Name of parameter 1")).to_have_value("rate")
    expect(page.get_by_label("Value of parameter 1")).to_have_value("0.1")
    page.get_by_label("Value of parameter 1").fill("0.75")
    page.get_by_role("radio", name="Base").check()
    page.get_by_label("Notebook", exact=True).fill("~/none.ipynb")
    page.get_by_role("button", name="Run as a job").click()
    expect(page.get_by_text("There is no file “~/none.ipynb”.")).to_be_visible()
    axe_check(page)
    page.get_by_label("Notebook", exact=True).fill(f"/project/{group.name}/digits/train.ipynb")
    page.get_by_role("button", name="Run as a job").click()
    page.wait_for_url(re.compile(r"/jobs/job-[\w-]+$"))
    job = page.url.rsplit("/", 1)[1]
    assert group.wait(job, timeout=180)["phase"] == "succeeded"

    page.get_by_role("navigation", name="Job").get_by_role("link", name="Notebook").click()
    shown = page.frame_locator("iframe[title='Executed notebook']")
    expect(shown.get_by_text("the rate is 0.75")).to_be_visible()
    # What it contains can reach neither cookies nor the page around it.
    expect(shown.locator("#told")).to_have_text("SecurityError,SecurityError,SecurityError")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == f"{job}.ipynb"
    # Every look at it has a code of its own.
    page.reload()
    expect(shown.get_by_text("the rate is 0.75")).to_be_visible()
