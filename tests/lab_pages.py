"""JupyterLab in a browser, and the page of a notebook that leads to it."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from browsing import until

READY = 60_000
LAB = 45_000


def badge(page: Page):
    return page.locator("#notebook .title .badge")


def opened(page: Page, link: str) -> Page:
    """The tab that a link of the notebook's page opens, on the content origin."""
    with page.context.expect_page() as tab:
        page.get_by_role("link", name=link).click()
    tab.value.set_default_timeout(LAB)
    return tab.value


def lab_of(page: Page) -> Page:
    lab = opened(page, "Open JupyterLab")
    expect(lab.locator("#jp-main-dock-panel")).to_be_visible(timeout=LAB)
    expect(lab.locator(".jp-DirListing").first).to_be_visible(timeout=LAB)
    return lab


KERNELS = """async () => {
    const answer = await fetch(location.pathname.replace(/lab.*/, 'api/kernels'));
    if (!answer.ok) return [`${answer.status} ${await answer.text()}`];
    return (await answer.json()).map((kernel) => `${kernel.execution_state} ${kernel.connections}`);
}"""


def reconnects(lab: Page) -> Callable[[], None]:
    """Waits for a kernel that is heard on a connection that was opened after this was called."""
    heard: list[str] = []
    lab.on("websocket", lambda opened: opened.on("framereceived", lambda _: heard.append(opened.url)))

    def wait() -> None:
        # Asking the page also lets its events through.
        until(
            lambda: lab.evaluate(KERNELS) == ["idle 1"] and any("/channels" in url for url in heard),
            "the kernel is connected again",
            20,
        )

    return wait


def indicator(lab: Page):
    return lab.locator(".jp-NotebookPanel .jp-Notebook-ExecutionIndicator")


def new_notebook(lab: Page) -> None:
    lab.locator(".jp-LauncherCard", has_text="Python 3").first.click()
    expect(lab.locator(".jp-Cell .cm-content").first).to_be_visible(timeout=LAB)
    # JupyterLab shows a kernel as idle before there is one, and forgets what is typed meanwhile.
    until(lambda: lab.evaluate(KERNELS) == ["idle 1"], "the kernel is connected", 60)
    expect(indicator(lab)).to_have_attribute("data-status", "idle", timeout=LAB)


def run_cell(lab: Page, code: str, output: str) -> None:
    """Types into the last cell, runs it, and sees what it says."""
    cell = lab.locator(".jp-NotebookPanel .jp-CodeCell .cm-content").last
    cell.fill(code)
    expect(cell).to_have_text(code)
    cell.press("Shift+Enter")
    expect(lab.locator(".jp-OutputArea-output").last).to_have_text(output, timeout=LAB)


def started_in(page: Page, group_path: str) -> str:
    """The name of the notebook whose page this is."""
    page.wait_for_url(re.compile(rf"{group_path}/notebooks/nb-\w{{8}}"))
    return re.search(r"nb-\w{8}", page.url)[0]
