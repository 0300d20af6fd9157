"""The cards that start a notebook with one click, on a server that builds nothing."""

import re

import pytest
from playwright.sync_api import expect

from browsing import sign_in

CARDS = ["Base", "Data science", "PyTorch CPU", "TensorFlow CPU"]


@pytest.mark.parametrize("title", CARDS)
def test_a_card_starts_a_notebook_of_its_image(make_portico, new_page, title):
    server = make_portico({"PORTICO_ENVIRONMENTS_BUILD": "false"}).start()
    user = server.create_user("grace")
    server.create_group("vision")
    server.add_member("vision", user)
    page = new_page(base_url=server.url)
    sign_in(page, user)
    page.goto("/g/vision")
    cards = page.locator(".tiles.quick > li")
    expect(cards.locator("b")).to_have_text(CARDS)

    page.get_by_role("button", name=f"Start {title}").click()
    page.wait_for_url(re.compile(r"/g/vision/notebooks/nb-\w{8}"))
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
    expect(page.locator("#notebook .title .badge")).to_have_text("Waiting")
    image = title.lower().replace(" ", "-")
    expect(page.get_by_text(f"Waits for the image {image}", exact=False)).to_be_visible()

    # The card leads to it from now on.
    page.goto("/g/vision")
    page.get_by_role("link", name=re.compile(f"Go to it ?: {title}")).click()
    page.wait_for_url(re.compile(r"/g/vision/notebooks/nb-\w{8}"))
