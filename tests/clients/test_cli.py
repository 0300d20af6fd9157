"""The command line: commands beside a server and without one, configuration, the first start, the end."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from lab import Lab, events, expect, wait_for

from portico import CommandFailed, Portico

QUIET = {"PORTICO_ENVIRONMENTS_BUILD": "false"}
PASSWORD = "correct horse battery staple"


@pytest.fixture
def quiet(make_portico: Callable[..., Portico]) -> Portico:
    """A server that builds nothing and was not started yet."""
    return make_portico(dict(QUIET))


def _make_people(server: Portico) -> str:
    assert server.cli("user", "create", "ada", "--admin", "--password-stdin", input=PASSWORD + "\n") == "Made the user ada.\n"
    assert server.cli("user", "create", "bob") == "Made the user bob.\n"
    assert server.cli("group", "create", "vision") == "Made the group vision.\n"
    assert server.cli("group", "add-member", "vision", "ada", "--admin") == "ada is an admin of vision.\n"
    assert server.cli("group", "add-member", "vision", "bob") == "bob is a member of vision.\n"
    made = json.loads(server.cli("token", "create", "--user", "ada", "--scope", "read", "--json"))
    assert made["token"].startswith("ptk_") and made["scope"] == "read" and made["expires_at"] > "2026"
    plain = server.cli("token", "create", "--user", "ada", "--name", "plain", "--days", "1").strip()
    assert re.fullmatch(r"ptk_[0-9A-Za-z]{30,}", plain)
    return plain


def _check_people(server: Portico, token: str) -> None:
    answer = requests.get(f"{server.url}/api/v1/me", headers={"Authorization": f"Bearer {token}"}, timeout=10)
    assert expect(answer, 200)["is_admin"] is True
    members = requests.get(f"{server.url}/api/v1/groups/vision/members", headers=answer.request.headers, timeout=10)
    assert [(m["name"], m["role"]) for m in expect(members, 200)] == [("ada", "admin"), ("bob", "member")]


def test_commands_beside_a_running_server(quiet: Portico):
    quiet.start()
    _check_people(quiet, _make_people(quiet))


def test_commands_without_a_server(quiet: Portico):
    token = _make_people(quiet)
    quiet.start()
    assert "/setup#" not in quiet.stdout, "there are people already"
    _check_people(quiet, token)


def test_many_commands_at_once(quiet: Portico):
    quiet.start()
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda n: quiet.run("user", "create", f"user-{n % 6}"), range(12)))
    assert sum(one.returncode == 0 for one in done) == 6
    assert all("is there already" in one.stderr for one in done if one.returncode != 0), [one.stderr for one in done]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("user", "create", "Ada Lovelace"), "lower-case letters"),
        (("group", "create", "my team"), "Try “my-team”"),
        (("group", "create", "团队"), "letters a–z"),
        (("group", "add-member", "nowhere", "ada"), "There is no group of this name"),
        (("token", "create", "--user", "nobody"), "nobody"),
        (("token", "create", "--user", "nobody", "--scope", "all"), "“read” or “write”"),
        (("user",), "Usage"),
        (("serve", "--colour"), "--colour"),
        (("docs", "all"), "Choose openapi"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said(quiet: Portico, arguments: tuple[str, ...], says: str):
    done = quiet.run(*arguments)
    assert done.returncode != 0 and done.stdout == ""
    assert says in done.stderr, done.stderr
    assert "panicked" not in done.stderr


def test_a_weak_password_is_refused_and_not_shown(quiet: Portico):
    for password in ("short", "passwordpassword", ""):
        done = quiet.run("user", "create", "ada", "--password-stdin", input=password + "\n")
        assert done.returncode == 1 and "password" in done.stderr.lower()
        assert not password or f" {password}" not in done.stderr


def test_a_second_server_is_refused(quiet: Portico, make_portico: Callable[..., Portico]):
    quiet.start()
    second = make_portico({**QUIET, "PORTICO_DATA_DIR": str(quiet.data_dir)})
    for command in ("serve", "migrate"):
        done = second.run(command, timeout=20)
        assert done.returncode == 1
        said = f"portico: Another Portico server uses the data directory {quiet.data_dir}. Stop it first, or set PORTICO_DATA_DIR"
        assert said in done.stderr and len(done.stderr.strip().splitlines()) == 1
    third = make_portico({**QUIET, "PORTICO_LISTEN": f"127.0.0.1:{quiet.port}"})
    done = third.run("serve", timeout=20)
    assert f"can't listen on 127.0.0.1:{quiet.port}. Choose another address with PORTICO_LISTEN" in done.stderr
    assert done.returncode == 1


def test_config_show_names_sources_and_hides_secrets(quiet: Portico):
    quiet.data_dir.mkdir(mode=0o700)
    (quiet.data_dir / "portico.toml").write_text('time_zone = "Europe/Paris"\nlog_level = "debug"\nlocal_cpu = 1.5\n')
    secret = quiet.directory / "secret"
    secret.write_text("https://user:hunter2@index.example/simple\n")
    quiet.extra_env |= {"PORTICO_LOG_LEVEL": "warn", "PORTICO_PACKAGE_INDEX_FILE": str(secret)}
    quiet.extra_env["PORTICO_DATABASE_URL"] = "postgres://portico:hunter3@db.example/portico"
    shown = dict(line.split(" = ", 1) for line in quiet.cli("config", "show").splitlines())
    assert shown["time_zone"] == f"Europe/Paris   # {quiet.data_dir}/portico.toml"
    assert shown["local_cpu"] == f"1.5   # {quiet.data_dir}/portico.toml"
    assert shown["log_level"] == "warn   # PORTICO_LOG_LEVEL"
    assert shown["package_index"] == "(hidden)   # PORTICO_PACKAGE_INDEX_FILE"
    assert shown["database_url"] == "(hidden)   # PORTICO_DATABASE_URL"
    assert shown["job_time_limit"] == "86400   # default"
    assert "hunter" not in str(shown)


WRONG = [
    ("", {"PORTICO_LOG_FORMAT": "xml"}, ["log_format", "PORTICO_LOG_FORMAT", "xml", "one of text, json"]),
    ("", {"PORTICO_LOCAL_CPU": "many"}, ["local_cpu", "PORTICO_LOCAL_CPU", "a number above 0"]),
    ("", {"PORTICO_LOCAL_CPU": "-1"}, ["local_cpu", "a number above 0"]),
    ("", {"PORTICO_LOCAL_GPUS": "two"}, ["local_gpus", "two"]),
    ("", {"PORTICO_LISTEN": "8080"}, ["listen", "8080", "127.0.0.1:8080"]),
    ("", {"PORTICO_TIME_ZONE": "Mars/Base"}, ["time_zone", "Mars/Base", "Europe/Paris"]),
    ("", {"PORTICO_TRUSTED_PROXIES": "proxy.example"}, ["trusted_proxies", "IP addresses"]),
    ("", {"PORTICO_DATABASE_URL": "mysql://root:hunter2@db/x"}, ["database_url"]),
    ("", {"PORTICO_LOG_LEVEL": "loud=very"}, ["log_level", "info,controller=debug"]),
    ("", {"PORTICO_LISTN": "127.0.0.1:1"}, ["PORTICO_LISTN", "Did you mean “listen”?"]),
    ("", {"PORTICO_PYTHON": "a", "PORTICO_PYTHON_FILE": "b"}, ["either PORTICO_PYTHON or PORTICO_PYTHON_FILE"]),
    ("", {"PORTICO_DATABASE_URL_FILE": "/nowhere/url"}, ["PORTICO_DATABASE_URL_FILE", "/nowhere/url"]),
    ("", {"PORTICO_CONFIG": "/nowhere/portico.toml"}, ["/nowhere/portico.toml"]),
    ("time_zone = [", {}, ["portico.toml", "line 1"]),
    ("time_zon = 'UTC'", {}, ["portico.toml", "time_zon", "Did you mean “time_zone”?"]),
    ("colour = 'red'", {}, ["portico.toml", "colour", "portico config show"]),
    ("job_time_limit = 'soon'", {}, ["job_time_limit", "portico.toml", "soon", "a whole number of at least 0"]),
    ("package_offline = 3", {}, ["package_offline", "true or false"]),
    ("[listen]\nport = 1", {}, ["portico.toml", "listen"]),
    ("", {"PORTICO_INSTANCE_TYPES_FILE": "/nowhere/types.toml"}, ["/nowhere/types.toml"]),
]


@pytest.mark.parametrize(("file", "variables", "says"), WRONG, ids=lambda value: str(value)[:40])
def test_a_wrong_configuration_says_where_and_what_to_do(quiet: Portico, file: str, variables: dict, says: list[str]):
    quiet.data_dir.mkdir(mode=0o700)
    if file:
        (quiet.data_dir / "portico.toml").write_text(file)
    quiet.extra_env |= variables
    done = quiet.run("serve", timeout=15)
    assert done.returncode == 1, done
    missing = [word for word in says if word not in done.stderr]
    assert not missing, f"{missing} not in {done.stderr}"
    assert "hunter2" not in done.stderr and "panicked" not in done.stderr


def test_a_damaged_database_is_said_and_left_alone(quiet: Portico):
    quiet.data_dir.mkdir(mode=0o700)
    damaged = b"this is no database" * 1000
    (quiet.data_dir / "portico.db").write_bytes(damaged)
    done = quiet.run("serve", timeout=20)
    assert done.returncode == 1 and "panicked" not in done.stderr
    assert "database" in done.stderr
    assert (quiet.data_dir / "portico.db").read_bytes() == damaged


def test_doctor_tells_what_this_machine_can_do(quiet: Portico):
    done = quiet.run("doctor")
    named = {line.split()[1] for line in done.stdout.splitlines() if line.startswith(("ok ", "weak ", "missing "))}
    assert {"sandbox", "network", "limit-memory", "limit-cpu", "uv", "disk", "clock", "database", "content-origin"} <= named, done.stdout
    assert (done.returncode == 0) == ("missing" not in done.stdout)

    quiet.extra_env["PORTICO_UV"] = "/nowhere/uv"
    done = quiet.run("doctor")
    assert done.returncode == 1 and "/nowhere/uv does not run" in done.stdout and "Install uv" in done.stdout


def test_migrate(quiet: Portico):
    assert re.fullmatch(r"The database is up to date \([1-9]\d* migrations applied\)\.\n", quiet.cli("migrate"))
    assert quiet.cli("migrate") == "The database is up to date (0 migrations applied).\n"
    quiet.start()


def test_only_the_owner_looks_into_the_data_directory(quiet: Portico):
    quiet.data_dir.mkdir(mode=0o755)
    quiet.start()
    assert quiet.data_dir.stat().st_mode & 0o777 == 0o700


def test_it_stops_within_seconds_while_a_job_and_its_readers_go_on(make_lab: Callable[..., Lab]):
    lab = make_lab()
    command = "mkfifo p; exec 9<> p; for n in $(seq 1 100000); do echo \"line $n\"; read -r -t 0.05 -u 9; done; true"
    id = lab.submit(command)
    with events(lab.admin, f"/groups/lab/jobs/{_running(lab, id)}/log/stream") as log, events(lab.admin, "/groups/lab/events") as changes:
        next(log)
        began = time.monotonic()
        assert lab.server.stop() == 0
        took = time.monotonic() - began
        assert [name for name, _, _ in log if name == "end"] == [], "the log is not complete"
        list(changes)
    assert took < 5, f"stopping took {took:.1f} s"
    workers = lab.server.processes()
    assert workers, "the job runs on"
    lab.server.start()
    assert workers <= lab.server.processes()
    seen = expect(lab.admin.get(f"/groups/lab/jobs/{id}/log/lines?tail=1"), 200)["total"]
    wait_for(lambda: expect(lab.admin.get(f"/groups/lab/jobs/{id}/log/lines?tail=1"), 200)["total"] > seen, "its log goes on")
    expect(lab.admin.post(f"/groups/lab/jobs/{id}/cancel"), 202)
    ran = lab.wait_ended(id)
    assert (ran["phase"], ran["attempts"]) == ("cancelled", 1)
    numbers = [int(line.split()[1]) for line in ran.log.splitlines() if line.startswith("line ")]
    assert numbers == list(range(1, len(numbers) + 1))
    wait_for(lambda: lab.server.processes() == {lab.server.process.pid}, "nothing is left over", 10)


def _running(lab: Lab, id: str) -> str:
    lab.wait_phase(id, "running")
    return id


# -- the first start --


def _set_up(server: Portico, code: str, name: str) -> requests.Response:
    form = {"code": code, "username": name, "display_name": name, "password": PASSWORD, "group": "first"}
    return requests.post(f"{server.url}/setup", data=form, timeout=30, allow_redirects=False)


def test_the_setup_code_works_once(quiet: Portico):
    quiet.start()
    old = quiet.setup_link().partition("#")[2]
    quiet.restart()
    wait_for(lambda: quiet.stdout.count("/setup#") == 2, "a new code is printed")
    code = quiet.setup_link().partition("#")[2]
    assert code != old

    for wrong in (old, "", "x" * 24, code[:-1]):
        refused = _set_up(quiet, wrong, "eve")
        assert refused.status_code == 422 and "This is not the setup code" in refused.text
    done = _set_up(quiet, f" {code} ", "ada")
    assert done.status_code == 303 and done.headers["location"] == "/g/first" and "portico" in done.headers["set-cookie"]
    again = _set_up(quiet, code, "eve")
    assert again.status_code == 409 and "set-cookie" not in again.headers and "set up already" in again.text
    home = requests.get(f"{quiet.url}/g/first", cookies=done.cookies, timeout=10)
    assert home.status_code == 200
    quiet.restart()
    assert quiet.stdout.count("/setup#") == 2, "no code is made once somebody is there"


def test_of_two_people_with_the_code_one_gets_in(quiet: Portico):
    quiet.start()
    code = quiet.setup_link().partition("#")[2]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: _set_up(quiet, code, f"user-{n}"), range(4)))
    assert sorted(answer.status_code for answer in answers) == [303, 409, 409, 409]
    assert sum("set-cookie" in answer.headers for answer in answers) == 1
    with pytest.raises(CommandFailed):
        quiet.create_group("first")


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_nothing_secret_is_logged(quiet: Portico, log_format: str):
    quiet.extra_env |= {"PORTICO_LOG_LEVEL": "trace,hyper=info,h2=info", "PORTICO_LOG_FORMAT": log_format}
    quiet.start()
    code = quiet.setup_link().partition("#")[2]
    done = _set_up(quiet, code, "ada")
    cookie = done.cookies.get("portico-session")
    token = quiet.create_token("ada")
    bearer = {"Authorization": f"Bearer {token}"}
    api = f"{quiet.url}/api/v1"
    expect(requests.get(f"{api}/me?token={token}", headers=bearer, timeout=10), 200)
    expect(requests.get(f"{api}/me", headers={"Authorization": f"Basic {token}"}, timeout=10), 401)
    expect(requests.get(f"{api}/me", headers={"Authorization": f"Bearer {token}x"}, timeout=10), 401)
    form = {"username": "ada", "password": "a wrong password 1"}
    assert requests.post(f"{quiet.url}/sign-in", data=form, timeout=10).status_code in (401, 422)
    user = {"name": "bob", "password": "bobs own password 1"}
    expect(requests.post(f"{api}/users", json=user, headers=bearer, timeout=10), 201)
    job = {"name": "x", "instance_type": "cpu-1", "image": "base", "command": "echo s3cret-command"}
    job["environment"] = {"API_KEY": "s3cret-value"}
    expect(requests.post(f"{api}/groups/first/jobs", json=job, headers=bearer, timeout=10), 201)
    assert requests.get(f"{quiet.url}/profile", cookies=done.cookies, timeout=10).status_code == 200
    quiet.stop()
    assert "request" in quiet.stderr, "it is verbose indeed"
    if log_format == "json":
        assert all(json.loads(line)["level"] for line in quiet.stderr.splitlines())
    for secret in (code, cookie, token, PASSWORD, "a wrong password 1", "bobs own password 1", "s3cret-value"):
        assert secret and secret not in quiet.stderr, secret[:6]
