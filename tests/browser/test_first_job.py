"""From the setup link to the log of a finished training, in one browser, as a newcomer goes."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from browsing import FIRST_GROUP, SIGN_IN, image_ready

SCREENSHOTS = Path(__file__).resolve().parent / "screenshots"

TRAIN = """\
echo "Training on $(python -c 'import sklearn; print(sklearn.__version__)')"
python -u - <<'PYTHON'
import time
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

images, labels = load_digits(return_X_y=True)
print(f"loaded {len(images)} digits", flush=True)
seen, unseen, seen_labels, unseen_labels = train_test_split(images / 16, labels, test_size=0.25, random_state=0)
model = LogisticRegression(max_iter=200, warm_start=True)
for step in range(1, 6):
    model.fit(seen, seen_labels)
    print(f"step {step} of 5", flush=True)
    time.sleep(0.8)
print(f"accuracy: {model.score(unseen, unseen_labels):.4f}")
PYTHON
"""


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_from_the_setup_link_to_the_log_of_a_trained_classifier(founded, admin_api, tmp_path):
    page = founded.page

    # The setup ended on the home page of the new group, signed in.
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^Good .*, Ada$"))
    expect(page.get_by_role("navigation", name="Main").get_by_role("link", name="Home")).to_have_attribute(
        "aria-current", "page"
    )
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Images").click()
    expect(page.get_by_role("row", name="Data science")).to_be_visible()
    image_ready(admin_api, "data-science")
    # The page follows the build by itself.
    expect(page.get_by_role("row", name="Data science").get_by_text("Ready", exact=True)).to_be_visible()

    page.get_by_role("navigation", name="Main").get_by_role("link", name="Jobs").click()
    expect(page.get_by_role("heading", name="Run your first job")).to_be_visible()
    page.get_by_role("link", name="New job").first.click()
    page.get_by_label("Name", exact=True).fill("digits baseline")
    page.get_by_role("radio", name="CPU 1", exact=False).check()
    page.get_by_role("radio", name="Data science").check()
    page.get_by_label("Command", exact=True).fill(TRAIN)
    expect(page.locator("#side")).to_contain_text("Fits the quotas now.")
    page.get_by_role("button", name="Submit").click()

    page.wait_for_url(re.compile(rf"/g/{FIRST_GROUP}/jobs/job-[\w-]+$"))
    expect(page.get_by_role("heading", name="digits baseline")).to_be_visible()
    page.evaluate("window.sameDocument = true")
    badge = page.locator("#job .title .badge")
    log = page.locator("log-view")

    # A line is there while the job still runs.
    expect(log.get_by_text("loaded 1797 digits")).to_be_visible(timeout=60_000)
    expect(badge).to_have_text("Running")
    expect(log.get_by_text("Training on")).to_be_visible()

    # It ends before our eyes.
    expect(badge).to_have_text("Succeeded", timeout=60_000)
    expect(log.get_by_text("accuracy: 0.9")).to_be_visible()
    assert page.evaluate("window.sameDocument") is True, "the page was not loaded again"
    expect(page.get_by_role("button", name="Run again")).to_be_visible()

    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "first-job.png", animations="disabled")

    with page.expect_download() as waiting:
        log.get_by_role("link", name="Download the log").click()
    waiting.value.save_as(tmp_path / "log.txt")
    text = (tmp_path / "log.txt").read_text()
    accuracy = re.search(r"^.*accuracy: (0\.\d+)\s*$", text, re.MULTILINE)
    assert accuracy, text
    assert float(accuracy[1]) > 0.9
    assert [text.count(f"step {step} of 5") for step in range(1, 6)] == [1] * 5

    assert founded.errors == []


def test_the_setup_link_works_once_and_its_form_keeps_what_was_typed(make_portico, browser, axe_check, screenshot):
    server = make_portico().start()
    context = browser.new_context(base_url=server.url, locale="en-GB")
    page = context.new_page()
    page.goto("/")
    page.wait_for_url("**/setup")
    axe_check(page)
    screenshot(page, "setup")
    link = server.setup_link()

    page.goto("about:blank")
    page.goto(link)
    page.get_by_label("Your name").fill("Grace")
    page.get_by_label("Username").fill("grace")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_label("First group").fill("vision lab")
    page.get_by_role("button", name="Create account and group").click()

    expect(page.get_by_label("Password", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("Use at least 15 characters; this has 5.")).to_be_visible()
    expect(page.get_by_label("Your name")).to_have_value("Grace")
    expect(page.get_by_label("First group")).to_have_value("vision lab")
    axe_check(page)

    page.get_by_label("Password", exact=True).fill("a sentence is a fine password")
    page.get_by_label("First group").fill("vision-lab")
    page.get_by_role("button", name="Create account and group").click()
    page.wait_for_url("**/g/vision-lab")

    stranger = browser.new_context(base_url=server.url)
    other = stranger.new_page()
    other.goto(link)
    other.wait_for_url(SIGN_IN)
    stranger.close()
    context.close()
