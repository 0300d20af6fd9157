"""The unmodified ClearML SDK signs in with an access key and loads the vaults."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from portico import Portico

READ = """
import json, sys
from clearml.backend_api import Session
session = Session()
paths = json.loads(sys.argv[1])
values = {path: session.config.get(path, "(not set)") for path in paths}
print("RESULT" + json.dumps({"values": values, "feature_set": session.feature_set}, default=str))
"""


@dataclass
class Key:
    """A pair, and the server that it is for."""

    portico: Portico
    access_key: str
    secret_key: str

    @property
    def api(self) -> str:
        return f"{self.portico.url}/clearml/api"

    def variables(self) -> dict[str, str]:
        return {
            "CLEARML_WEB_HOST": self.portico.url,
            "CLEARML_API_HOST": self.api,
            "CLEARML_FILES_HOST": f"{self.portico.url}/clearml/files",
            "CLEARML_API_ACCESS_KEY": self.access_key,
            "CLEARML_API_SECRET_KEY": self.secret_key,
        }

    def call(self, action: str, arguments: dict | None = None, **more) -> requests.Response:
        """A call with the pair itself."""
        auth = more.pop("auth", (self.access_key, self.secret_key))
        return requests.get(f"{self.api}/{action}", json=arguments or {}, auth=auth, timeout=10, **more)

    def login(self) -> str:
        answer = self.call("auth.login")
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]["token"]

    def vaults(self, token: str) -> requests.Response:
        """Asks as the SDK does."""
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{self.api}/v2.23/users.get_vaults?enabled=true&types=config&types=config"
        return requests.get(url, json={"method": "get"}, headers=headers, timeout=10)


@pytest.fixture
def ana(portico: Portico) -> Key:
    portico.create_user("ana")
    portico.create_group("lab")
    portico.add_member("lab", "ana")
    return new_key(portico, "ana", "lab")


def new_key(portico: Portico, user: str, group: str, *more: str) -> Key:
    made = json.loads(portico.cli("access-key", "create", "--user", user, "--group", group, "--json", *more))
    return Key(portico, made["access_key"], made["secret_key"])


def python(key: Key | None, home: Path, *arguments: str, input: str | None = None) -> subprocess.CompletedProcess[str]:
    """Python with the SDK, in a home of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CLEARML", "TRAINS"))}
    kept["HOME"] = str(home)
    kept |= key.variables() if key else {}
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=kept, input=input, text=True, capture_output=True, timeout=90)


def session(key: Key, home: Path, *paths: str) -> dict:
    """What the real session reads at these paths."""
    done = python(key, home, "-c", READ, json.dumps(paths))
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT")]
    assert lines, done.stdout + done.stderr
    result = json.loads(lines[-1].removeprefix("RESULT"))
    assert result["feature_set"] == "advanced"
    return result["values"]


def test_a_session_loads_vaults_in_three_formats_in_their_order(ana: Key, tmp_path: Path):
    portico = ana.portico
    files = {
        "platform": ('sdk.aws.s3 { region: "eu-west-1", use_credentials_chain: true }\nsdk.development.x: platform', "--platform"),
        "group": ("sdk:\n  aws:\n    s3:\n      credentials:\n        - {bucket: lab-a, key: KA, secret: SA}\n  development:\n    x: group\n", "--group=lab"),
        "person": ('{"sdk": {"aws": {"s3": {"region": null, "credentials": [{"bucket": "lab-b", "key": "KB", "secret": "SB"}]}}}}', "--user=ana"),
    }
    for name, (text, owner) in files.items():
        (tmp_path / name).write_text(text)
        said = portico.cli("vault", "set", owner, str(tmp_path / name))
        assert "clients get it from now on" in said
    values = session(ana, tmp_path, "sdk.aws.s3", "sdk.development.x")
    assert values["sdk.development.x"] == "group"
    s3 = values["sdk.aws.s3"]
    assert s3["region"] is None and s3["use_credentials_chain"] is True
    assert s3["credentials"] == [{"bucket": "lab-b", "key": "KB", "secret": "SB"}]
    # What clients get is what was typed; `get` is what was typed to the letter.
    assert portico.cli("vault", "get", "--group=lab") == files["group"][0]
    portico.cli("vault", "disable", "--group=lab")
    assert session(ana, tmp_path, "sdk.development.x") == {"sdk.development.x": "platform"}


def test_values_reach_a_program_as_they_were_typed(ana: Key, tmp_path: Path):
    vault = tmp_path / "vault.conf"
    vault.write_text(
        'sdk.apply_environment: true\nenvironment {\n  DEBUG: 0\n  USE_GPU: false\n  VERSION: 3.10\n  EMPTY: ""\n'
        "  NOTHING: null\n}\n"
    )
    ana.portico.cli("vault", "set", "--user", "ana", str(vault))
    script = (
        "import os\nfrom clearml.backend_api import Session\nSession()\n"
        "print('RESULT', [os.environ.get(name) for name in ('DEBUG', 'USE_GPU', 'VERSION', 'EMPTY', 'NOTHING')])"
    )
    done = python(ana, tmp_path, "-c", script)
    assert "RESULT ['0', 'false', '3.10', '', '']" in done.stdout, done.stdout + done.stderr


def test_clearml_init_takes_the_block_as_it_is(ana: Key, tmp_path: Path):
    block = ana.portico.cli("access-key", "create", "--user", "ana", "--group", "lab", "--label", "laptop")
    script = "import sys; sys.argv = ['clearml-init']; from clearml.cli.config.__main__ import main; main()"
    done = python(None, tmp_path, "-c", script, input=block + "\n\n\n\n")
    assert "Verifying credentials" in done.stdout and "Credentials verified" in done.stdout, done.stdout + done.stderr
    written = (tmp_path / "clearml.conf").read_text()
    for line in (f"web_server: {ana.portico.url}", f"api_server: {ana.api}", f"files_server: {ana.portico.url}/clearml/files"):
        assert line in written
    listed = [line for line in ana.portico.cli("access-key", "list", "--user", "ana").splitlines() if "laptop" in line]
    assert len(listed) == 1 and "last used" in listed[0]


@pytest.mark.parametrize("end", ["key", "membership", "account", "group"])
def test_what_ends_a_key_ends_its_tokens_at_the_next_call(ana: Key, end: str):
    token = ana.login()
    assert ana.vaults(token).status_code == 200
    portico = ana.portico
    boss = portico.api(portico.create_user("boss", admin=True))
    match end:
        case "key":
            portico.cli("access-key", "revoke", ana.access_key)
        case "membership":
            assert boss.delete("/groups/lab/members/ana").status_code == 204
        case "account":
            portico.cli("user", "disable", "ana")
        case "group":
            assert boss.delete("/groups/lab").status_code == 204
    for answer in (ana.vaults(token), ana.call("auth.login")):
        assert answer.status_code == 401, answer.text
        meta = answer.json()["meta"]
        assert (meta["result_code"], meta["result_subcode"]) == (401, 22), meta
    if end == "account":
        portico.cli("user", "enable", "ana")
        assert ana.vaults(token).status_code == 401, "what was ended stays ended"


def test_errors_are_in_clearmls_envelope(ana: Key):
    cases = [
        (ana.call("auth.login", auth=(ana.access_key, "wrong")), 401, 22),
        (ana.call("auth.login", auth=("PKNOBODY", "wrong")), 401, 22),
        (ana.call("auth.login", auth=None), 401, 20),
        (ana.call("v2.23/users.get_current_user", auth=None, headers={"Authorization": "Bearer a.b.c"}), 401, 30),
        (ana.call("users.get_current_user", auth=None, headers={"Authorization": "Digest x"}), 401, 10),
        (ana.call("tasks.create"), 500, 9999),
        (ana.call("workers.get_runtime_properties"), 404, 0),
        (ana.call("no.such_thing"), 404, 0),
        (ana.call("auth.revoke_credentials", {"access_key": "PKNOBODY"}), 400, 75),
        (ana.call("users.add_or_update_vault", {"vault": {"data": "a: ${b}", "scope": "user"}}), 400, 12),
        (ana.call("users.add_or_update_vault", {"vault": {"data": "a: 1", "scope": "group"}}), 403, 20),
        (requests.post(f"{ana.api}/auth.login", data=b"{", auth=(ana.access_key, ana.secret_key), timeout=10), 400, 12),
    ]
    for answer, status, subcode in cases:
        assert answer.status_code == status, answer.text
        meta = answer.json()["meta"]
        assert (meta["result_code"], meta["result_subcode"]) == (status, subcode), meta
        assert meta["result_msg"] and meta["id"] and meta["trx"] and meta["endpoint"]["name"], meta
    refused = cases[9][0].json()["meta"]
    assert "Line 1, column 4" in str(refused["error_data"]), refused


def test_a_caller_cannot_nest_names_until_the_server_falls(ana: Key):
    deep = "a" + ".a" * 20_000
    answer = requests.get(f"{ana.api}/debug.ping?{deep}=1", timeout=10)
    assert answer.status_code == 400 and "dots" in answer.json()["meta"]["result_msg"], answer.text
    answer = ana.call("users.set_preferences", {"preferences": {deep * 20: 1}})
    assert answer.status_code == 400 and "dots" in answer.json()["meta"]["result_msg"], answer.text
    assert ana.call("debug.ping").status_code == 200


def test_a_key_with_an_end_makes_no_key_without_one(ana: Key):
    short = new_key(ana.portico, "ana", "lab", "--days", "1")
    refused = short.call("auth.create_credentials", {"label": "for ever"})
    assert (refused.status_code, refused.json()["meta"]["result_subcode"]) == (403, 20), refused.text


def test_any_verb_and_version_is_the_same_call(ana: Key):
    token = ana.login()
    headers = {"Authorization": f"Bearer {token}", "X-ClearML-Trx": "trx-1"}
    for verb in ("GET", "POST", "PUT"):
        for version in ("", "v2.23/", "v999/"):
            url = f"{ana.api}/{version}users.get_current_user"
            answer = requests.request(verb, url, json={"method": "get"}, headers=headers, timeout=10)
            assert answer.status_code == 200, answer.text
            body = answer.json()
            assert body["meta"]["trx"] == "trx-1"
            assert body["data"]["user"]["role"] == "user"
            assert body["data"]["user"]["company"]["name"] == "lab"


def test_credentials_are_made_named_and_revoked_over_the_api(ana: Key):
    made = ana.call("auth.create_credentials", {"label": "agent"}).json()["data"]["credentials"]
    other = Key(ana.portico, made["access_key"], made["secret_key"])
    token = other.login()
    assert ana.call("auth.edit_credentials", {"access_key": other.access_key, "label": "agent 2"}).status_code == 200
    listed = ana.call("auth.get_credentials").json()["data"]["credentials"]
    assert {one["access_key"]: one["label"] for one in listed} == {ana.access_key: "", other.access_key: "agent 2"}
    assert all("secret" not in name for one in listed for name in one)
    assert all(one["last_used"] and one["last_used_from"] == "127.0.0.1" for one in listed)
    assert other.call("auth.revoke_credentials", {"access_key": other.access_key}).json()["data"] == {"revoked": 1}
    assert other.vaults(token).status_code == 401


def test_vaults_and_preferences_are_kept_over_the_api(ana: Key):
    vault = {"data": "sdk:\n  a: 1\n", "format": "yaml", "enabled": True}
    made = ana.call("users.add_or_update_vault", {"vault": vault}).json()["data"]["vault"]
    served = ana.vaults(ana.login()).json()["data"]["vaults"]
    assert [(one["id"], json.loads(one["data"]), one["scope"]) for one in served] == [(made, {"sdk": {"a": 1}}, "user")]
    assert ana.call("users.add_or_update_vault", {"vault": {"id": made, "enabled": False}}).status_code == 200
    assert ana.vaults(ana.login()).json()["data"]["vaults"] == [], "a disabled vault is served to nobody"
    own = ana.call("users.get_vaults").json()["data"]["vaults"]
    assert [(one["data"], one["enabled"]) for one in own] == [(vault["data"], False)]
    assert ana.call("users.delete_vaults", {"vaults": [made]}).json()["data"] == {"deleted": 1}
    changes = {"preferences": {"view.theme": "dark", "view.rows": 20}, "return_updated": True}
    ana.call("users.set_preferences", changes)
    ana.call("users.set_preferences", {"preferences": {"view.rows": 30}})
    kept = ana.call("users.get_preferences").json()["data"]["preferences"]
    assert kept == {"view": {"theme": "dark", "rows": 30}}


def test_a_token_says_what_clients_read_and_ends_in_time(ana: Key):
    def claims(token: str) -> dict:
        part = token.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))

    said = claims(ana.login())
    assert said["api_version"] == "2.34" and said["feature_set"] == "advanced"
    assert said["identity"]["user_name"] == "ana" and said["identity"]["company_name"] == "lab"
    assert 11 * 3600 < said["exp"] - time.time() <= 12 * 3600 + 60
    short = claims(ana.call("auth.login?expiration_sec=3600").json()["data"]["token"])
    assert 3500 < short["exp"] - time.time() <= 3660
    # A good token gives a fresh one, and a forged one nothing.
    headers = {"Authorization": f"Bearer {ana.login()}"}
    assert ana.call("auth.login", auth=None, headers=headers).status_code == 200
    header, body, signature = ana.login().split(".")
    forged = json.loads(base64.urlsafe_b64decode(body + "=="))
    forged["exp"] += 1
    forged_body = base64.urlsafe_b64encode(json.dumps(forged).encode()).decode().rstrip("=")
    assert ana.vaults(f"{header}.{forged_body}.{signature}").status_code == 401


def test_secrets_lie_nowhere_in_clear(ana: Key, tmp_path: Path):
    canary = "canary-7f3a9c-secret"
    vault = tmp_path / "vault.conf"
    vault.write_text(f'sdk.aws.s3.secret: "{canary}"\n')
    portico = ana.portico
    portico.cli("vault", "set", "--user", "ana", str(vault))
    token = ana.login()
    assert canary in ana.vaults(token).text
    portico.stop()
    secrets = [canary.encode(), ana.secret_key.encode(), token.split(".")[2].encode()]
    looked = 0
    for file in Path(portico.data_dir).rglob("*"):
        if file.is_file():
            looked += 1
            content = file.read_bytes()
            assert not [secret for secret in secrets if secret in content], file
    assert looked > 2
    logs = portico.logs(characters=10**7)
    assert not [secret for secret in secrets if secret.decode() in logs]


def test_keys_rotate_and_wrong_ones_are_refused(ana: Key, tmp_path: Path):
    portico = ana.portico
    vault = tmp_path / "vault.conf"
    vault.write_text("sdk.a: 1\n")
    portico.cli("vault", "set", "--user", "ana", str(vault))
    running = portico.run("keys", "rotate")
    assert running.returncode != 0 and "uses the data directory" in running.stderr, running.stderr
    portico.stop()
    before = portico.cli("keys", "list").split()
    assert "2 secrets were sealed anew" in portico.cli("keys", "rotate")
    after = portico.cli("keys", "list").split()
    assert after[1:] == before and len(after) == 2
    portico.start()
    assert json.loads(ana.vaults(ana.login()).json()["data"]["vaults"][0]["data"]) == {"sdk": {"a": 1}}
    portico.stop()
    file = Path(portico.data_dir) / "sealing_keys"
    assert file.stat().st_mode & 0o077 == 0
    kept = file.read_text()
    file.unlink()
    portico.start()
    assert "the sealing keys are not those of this database" in portico.logs()
    assert not file.exists(), "new keys beside an old database would look like its own"
    answer = ana.call("auth.login")
    assert answer.status_code == 503 and answer.json()["meta"]["result_code"] == 503, answer.text
    assert portico.api(portico.create_user("boss", admin=True)).get("/me").status_code == 200, "people work on"
    portico.stop()
    file.write_text(kept)
    portico.start()
    assert ana.vaults(ana.login()).status_code == 200
