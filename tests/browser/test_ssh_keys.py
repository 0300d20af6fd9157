"""SSH into a notebook as a person sets it up: what the pages say is put where they say, and it works."""

import re
import subprocess

import pytest
from browsing import both
from lab_pages import READY, badge, started_in
from playwright.sync_api import expect


def code(page, label: str) -> str:
    return page.get_by_role("group", name=label, exact=True).locator("code").inner_text()


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.usefixtures("base_ready")
def test_from_a_new_key_to_a_shell(page, group, tmp_path, axe_check, screenshot):
    key = tmp_path / "id_ed25519"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "laptop", "-f", key], check=True)
    page.goto(f"{group.path}/notebooks/new")
    page.get_by_label("Name", exact=True).fill("remote")
    page.get_by_role("button", name="Start notebook").click()
    slug = started_in(page, group.path)
    expect(badge(page)).to_have_text("Ready", timeout=READY)

    page.get_by_role("link", name="add one to your profile").click()
    expect(page.get_by_role("heading", name="No key yet")).to_be_visible()
    page.get_by_label("Public key").fill(key.read_text())
    page.get_by_role("button", name="Add key").click()
    problem = page.locator("#f-key-error")
    expect(problem).to_contain_text("private key")
    assert "PRIVATE KEY" not in page.content(), "a private key is not sent back"
    page.get_by_label("Public key").fill(key.with_suffix(".pub").read_text())
    page.get_by_role("button", name="Add key").click()
    row = page.get_by_role("row", name="laptop")
    expect(row).to_contain_text("never")
    both(page, axe_check, screenshot, "ssh-keys")
    known_hosts = code(page, "Line for known_hosts")

    page.goto(f"{group.path}/notebooks/{slug}")
    expect(page.get_by_role("link", name="add one to your profile")).to_have_count(0)
    both(page, axe_check, screenshot, "notebook-ssh")
    (tmp_path / "known_hosts").write_text(known_hosts + "\n")
    (tmp_path / "config").write_text(code(page, "Block for the SSH configuration") + "\n")
    asked = code(page, "SSH command").split()
    assert asked[0] == "ssh", asked
    options = ["-F", tmp_path / "config", "-i", key, "-o", f"UserKnownHostsFile={tmp_path / 'known_hosts'}"]
    options += ["-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes"]
    words = ["ssh", *options, *asked[1:], "echo", "$PORTICO_GROUP"]
    said = subprocess.run(words, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert (said.returncode, said.stdout) == (0, f"{group.name}\n"), said.stderr

    page.goto("/profile/ssh-keys")
    expect(row).not_to_contain_text("never")
    page.get_by_role("button", name="Remove laptop").click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Remove")).click()
    expect(page.get_by_role("heading", name="No key yet")).to_be_visible()
    assert subprocess.run(words, capture_output=True, timeout=60, stdin=subprocess.DEVNULL).returncode == 255
    group.api.post(f"/groups/{group.name}/notebooks/{slug}/stop")
