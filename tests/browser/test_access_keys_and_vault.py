"""Access keys and the configuration vault, as a person uses them on the profile."""

import json
import re

import requests
from browsing import both
from playwright.sync_api import expect


def code(page, label: str) -> str:
    return page.get_by_role("group", name=label, exact=True).locator("code").inner_text()


def login(portico, block: str) -> requests.Response:
    """Signs in with the pair of a block for `clearml.conf`, at its address."""
    api = re.search(r"api_server: (\S+)", block)[1]
    assert api == f"{portico.url}/clearml/api"
    pair = [re.search(rf'"{name}" = "(\w+)"', block)[1] for name in ("access_key", "secret_key")]
    return requests.get(f"{api}/auth.login", auth=tuple(pair), timeout=10)


def test_a_key_is_shown_once_works_and_is_revoked(open_as, make_user, group, portico, axe_check, screenshot):
    user = make_user("modeller")
    page = open_as(user)
    page.goto("/profile/access-keys")
    expect(page.get_by_text("you are in none yet")).to_be_visible()
    group.add(user)
    page.reload()
    expect(page.get_by_role("heading", name="No access key yet")).to_be_visible()
    page.get_by_label("Label").fill("laptop")
    page.get_by_role("button", name="Make access key").click()
    expect(page.get_by_text("Copy it now.")).to_be_visible()
    block = code(page, "clearml.conf")
    both(page, axe_check, screenshot, "access-key-created")
    secret = re.search(r'"secret_key" = "(\w+)"', block)[1]
    assert f"CLEARML_API_SECRET_KEY={secret}" in code(page, "Environment variables")
    assert code(page, "Notebook cell").startswith(f"%env CLEARML_WEB_HOST={portico.url}\n")
    assert login(portico, block).status_code == 200

    page.goto("/profile/access-keys")
    row = page.get_by_role("row", name="laptop")
    expect(row).to_contain_text("127.0.0.1")
    assert secret not in page.content()
    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Revoke")).click()
    expect(page.get_by_text("The access key is revoked.")).to_be_visible()
    assert login(portico, block).status_code == 401


def test_a_vault_is_written_refused_by_line_kept_and_restored(open_as, make_user, group, portico, axe_check, screenshot):
    user = make_user("keeper")
    group.add(user)
    page = open_as(user)
    page.goto("/profile/vault")
    content = page.get_by_label("Content")
    content.fill("sdk {\n  aws.s3.secret: hush\n")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Line 1")
    expect(content).to_have_value("sdk {\n  aws.s3.secret: hush\n")
    both(page, axe_check, screenshot, "vault-refused")
    content.fill("sdk {\n  aws.s3.secret: hush\n  aws.s3.region: eu-west-1\n}\n")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The vault is saved.")).to_be_visible()
    region = page.get_by_role("row", name="sdk.aws.s3.region")
    expect(region).to_contain_text("eu-west-1")
    expect(region).to_contain_text("yours, line 3")
    secret = page.get_by_role("row", name="sdk.aws.s3.secret")
    expect(secret).to_contain_text("hidden")
    page.get_by_role("link", name="Show secrets").click()
    expect(secret).to_contain_text("hush")

    # Another tab saves first: this one loses nothing, and sees what is there.
    other = page.context.new_page()
    other.goto("/profile/vault")
    other.get_by_label("Content").fill("sdk.other: 1\n")
    other.get_by_role("button", name="Save", exact=True).click()
    expect(other.get_by_text("The vault is saved.")).to_be_visible()
    content.fill("sdk.mine: 2\n")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("changed this vault meanwhile")).to_be_visible()
    assert code(page, "The saved vault").strip() == "sdk.other: 1"
    expect(content).to_have_value("sdk.mine: 2\n")
    both(page, axe_check, screenshot, "vault-conflict")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The vault is saved.")).to_be_visible()

    page.get_by_role("button", name="Restore revision 1").click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Restore")).click()
    expect(content).to_have_value("sdk {\n  aws.s3.secret: hush\n  aws.s3.region: eu-west-1\n}\n")
    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_text("It is disabled.")).to_be_visible()
    both(page, axe_check, screenshot, "vault-disabled")

    made = portico.cli("access-key", "create", "--user", user.name, "--group", group.name, "--json")
    pair = json.loads(made)
    url = f"{portico.url}/clearml/api/users.get_vaults?enabled=true&types=config&types=config"
    vaults = lambda: requests.get(url, auth=(pair["access_key"], pair["secret_key"]), timeout=10).json()["data"]["vaults"]
    assert vaults() == []
    page.get_by_role("button", name="Enable").click()
    expect(page.get_by_text("The vault is enabled.")).to_be_visible()
    assert json.loads(vaults()[0]["data"]) == {"sdk": {"aws": {"s3": {"secret": "hush", "region": "eu-west-1"}}}}
