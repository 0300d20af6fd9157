"""SSH into notebooks, by the client that people have: OpenSSH's."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from lab import Lab, expect, wait_for

from notebooks import Notebook
from portico import Api, Portico, free_port

pytestmark = pytest.mark.skipif(shutil.which("ssh") is None, reason="there is no OpenSSH client")

REFUSED = "Permission denied (publickey)"


def signed_in(server: Portico, name: str, password: str) -> requests.Session:
    """A person's browser: a token can't add keys."""
    session = requests.Session()
    session.trust_env = False
    session.headers["Origin"] = server.url
    answer = session.post(f"{server.url}/sign-in", data={"username": name, "password": password}, timeout=30, allow_redirects=False)
    assert answer.status_code == 303, answer.text
    return session


class Client:
    """A person's machine with a key of its own."""

    def __init__(self, folder: Path, server: Portico, browser: requests.Session | None):
        folder.mkdir()
        self.server, self.browser, self.key = server, browser, folder / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", folder.name, "-f", self.key], check=True)
        self.public = self.key.with_suffix(".pub").read_text()
        self.known_hosts = folder / "known_hosts"
        self.id = ""
        if browser:
            self.add()

    def add(self) -> None:
        made = self.browser.post(f"{self.server.url}/api/v1/me/ssh-keys", json={"key": self.public}, timeout=30)
        self.id = expect(made, 201)["id"]

    def remove(self) -> None:
        expect(self.browser.delete(f"{self.server.url}/api/v1/me/ssh-keys/{self.id}", timeout=30), 204)

    def options(self, port: str = "-p") -> list[str]:
        options = {
            "IdentityFile": self.key,
            "IdentitiesOnly": "yes",
            "BatchMode": "yes",
            "StrictHostKeyChecking": "accept-new",
            "UserKnownHostsFile": self.known_hosts,
            "LogLevel": "ERROR",
        }
        return ["-F", "none", port, str(self.server.ssh_port), *(f"-o{name}={value}" for name, value in options.items())]

    def start(self, bench: Notebook | str, *command: str, flags: tuple[str, ...] = (), **more) -> subprocess.Popen[bytes]:
        user = bench if isinstance(bench, str) else bench.id
        words = ["ssh", *self.options(), *flags, f"{user}@127.0.0.1", *command]
        more = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
        return subprocess.Popen(words, **more)

    def run(self, bench: Notebook | str, *command: str, stdin: bytes = b"", flags: tuple[str, ...] = (), timeout: float = 60):
        process = self.start(bench, *command, flags=flags, stdin=subprocess.PIPE)
        out, err = process.communicate(stdin, timeout)
        return process.returncode, out, err.decode()


@pytest.fixture(scope="module")
def bench(module_lab: Lab) -> Iterator[Notebook]:
    started = Notebook(module_lab.admin, Lab.group).ready()
    yield started
    started.post("stop")


@pytest.fixture(scope="module")
def admin(module_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Client:
    boss = module_lab.boss
    browser = signed_in(module_lab.server, boss.name, boss.password)
    return Client(tmp_path_factory.mktemp("ssh") / "admin", module_lab.server, browser)


def member(lab: Lab, name: str, folder: Path) -> tuple[Api, Client]:
    api = lab.new_member(name, Lab.group)
    return api, Client(folder / name, lab.server, signed_in(lab.server, name, f"correct horse battery {name}"))


def test_commands_with_their_output_exit_code_and_signal(admin: Client, bench: Notebook) -> None:
    assert admin.run(bench, "echo out; echo err >&2; exit 7") == (7, b"out\n", "err\n")
    code, _, err = admin.run(bench, "kill -TERM $$")
    assert code == 255, err
    code, out, _ = admin.run(bench, "echo $PORTICO_GROUP $HOME; command -v python; pwd")
    assert code == 0 and out.splitlines()[0] == b"lab /home/jovyan" and out.splitlines()[2] == b"/home/jovyan", out
    # The same layer as JupyterLab's terminals: what is installed here is there.
    assert b"/.portico/python/" in out, out


def test_fifty_megabytes_there_and_back(admin: Client, bench: Notebook) -> None:
    data = os.urandom(1 << 20) * 56
    code, out, err = admin.run(bench, "cat", stdin=data, timeout=120)
    assert code == 0 and hashlib.sha256(out).digest() == hashlib.sha256(data).digest(), (len(out), err)
    # Little goes in and much comes out while the client takes its time.
    code, out, _ = admin.run(bench, "gzip -dc | wc -c", stdin=gzip.compress(data[: 1 << 20] + bytes(1 << 26)))
    assert (code, int(out)) == (0, (1 << 20) + (1 << 26))


def test_what_a_command_leaves_unread_is_no_failure(admin: Client, bench: Notebook) -> None:
    told = admin.run(bench, "head -c 3; echo; echo done >&2; exit 4", stdin=b"x" * (32 << 20))
    assert told == (4, b"xxx\n", "done\n")


def test_a_terminal_has_a_size(admin: Client, bench: Notebook) -> None:
    code, out, _ = admin.run(bench, "test -t 0 && echo $TERM && stty -a | head -1", flags=("-tt",))
    assert code == 0 and b"rows" in out, out


def test_files_by_scp_and_sftp(admin: Client, bench: Notebook, tmp_path: Path) -> None:
    sent, back = tmp_path / "sent", tmp_path / "back"
    sent.write_bytes(os.urandom(5_000_000))
    place = f"{bench.id}@127.0.0.1"
    subprocess.run(["scp", "-q", *admin.options("-P"), sent, f"{place}:sent"], check=True, timeout=60)
    subprocess.run(["scp", "-q", *admin.options("-P"), f"{place}:sent", back], check=True, timeout=60)
    assert back.read_bytes() == sent.read_bytes()
    batch = f"put {sent} again\nget again {back}\nrm again\n".encode()
    subprocess.run(["sftp", "-q", "-b", "-", *admin.options("-P"), place], input=batch, check=True, timeout=60)
    assert back.read_bytes() == sent.read_bytes()


def test_a_port_of_the_notebook_is_forwarded_and_no_other(admin: Client, bench: Notebook) -> None:
    port, other = free_port(), free_port()
    serve = "cd /tmp && echo inside > page && exec python -m http.server 8765 --bind 127.0.0.1"
    server = admin.start(bench, serve)
    forward = admin.start(bench, flags=("-N", f"-L{port}:localhost:8765", f"-L{other}:10.0.0.1:80"))

    def page() -> str:
        try:
            return requests.get(f"http://127.0.0.1:{port}/page", timeout=5).text
        except requests.ConnectionError:
            return ""

    try:
        assert wait_for(page, "the page of the notebook's server", 20) == "inside\n"
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{other}/", timeout=5)
    finally:
        for process in (server, forward):
            process.terminate()
            process.communicate()


def test_who_may_not_gets_the_same_words(module_lab: Lab, admin: Client, bench: Notebook, tmp_path: Path) -> None:
    _, mia = member(module_lab, "mia", tmp_path)
    stranger = Client(tmp_path / "stranger", module_lab.server, None)
    for client, user in [(mia, bench), (mia, "nb-nothing1"), (stranger, bench), (admin, "root"), (admin, "../x")]:
        code, out, err = client.run(user, "id")
        assert code == 255 and out == b"" and REFUSED in err, (user, err)
    asked = ["-oPreferredAuthentications=password,keyboard-interactive", "-oPubkeyAuthentication=no"]
    code, _, err = admin.run(bench, "id", flags=tuple(asked))
    assert code == 255 and REFUSED in err, err


def test_a_notebook_that_does_not_run_says_where_to_start_it(module_lab: Lab, admin: Client) -> None:
    stopped = Notebook(module_lab.admin, Lab.group, name="stopped").ready()
    stopped.stop()
    code, out, err = admin.run(stopped, "id")
    assert code == 1 and out == b"", (code, err)
    assert "does not run" in err and f"{module_lab.server.url}/g/lab/notebooks/{stopped.id}" in err, err


@contextmanager
def lasting(client: Client, bench: Notebook) -> Iterator[subprocess.Popen[bytes]]:
    process = client.start(bench, "echo there; exec sleep 300")
    assert process.stdout.readline() == b"there\n", process.stderr.read()
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ends(process: subprocess.Popen[bytes], within: float = 5) -> None:
    began = time.monotonic()
    process.wait(30)
    assert time.monotonic() - began < within and process.returncode == 255


def test_access_ends_with_the_right_to_it(module_lab: Lab, tmp_path: Path) -> None:
    api, max = member(module_lab, "max", tmp_path)
    notebook = Notebook(api, Lab.group, name="of-max").ready()
    with lasting(max, notebook) as open:
        max.remove()
        ends(open)
    assert REFUSED in max.run(notebook, "id")[2]
    max.add()
    with lasting(max, notebook) as open:
        assert notebook.post("stop").status_code == 202
        ends(open, 20)
    notebook.wait("stopped")
    expect(notebook.post("start"), 202)
    notebook.ready()
    with lasting(max, notebook) as open:
        expect(module_lab.admin.delete(f"/groups/{Lab.group}/members/max"), 204)
        ends(open)
    assert REFUSED in max.run(notebook, "id")[2]


def test_twenty_at_once(admin: Client, bench: Notebook) -> None:
    with ThreadPoolExecutor(20) as pool:
        results = list(pool.map(lambda n: admin.run(bench, f"sleep 1; echo {n}"), range(20)))
    assert [out for _, out, _ in results] == [f"{n}\n".encode() for n in range(20)], results


def test_a_client_that_stops_reading_costs_no_memory(module_lab: Lab, admin: Client, bench: Notebook) -> None:
    def memory() -> int:
        status = Path(f"/proc/{module_lab.server.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) // 1024

    before = memory()
    process = admin.start(bench, "yes")
    try:
        time.sleep(3)
        assert memory() - before < 50, (before, memory())
    finally:
        process.kill()
        process.communicate()


def test_those_who_say_nothing_are_let_go(module_lab: Lab, admin: Client, bench: Notebook) -> None:
    silent = [socket.create_connection(("127.0.0.1", module_lab.server.ssh_port)) for _ in range(60)]
    try:
        for one in silent:
            one.settimeout(20)
        began = time.monotonic()
        for one in silent:
            try:
                while one.recv(1000):
                    pass
            except ConnectionResetError:
                pass
        assert time.monotonic() - began < 15
    finally:
        for one in silent:
            one.close()
    # A place is free again when the server has put the connection away, which is after the client saw its end.
    wait_for(lambda: admin.run(bench, "echo on")[:2] == (0, b"on\n"), "others are let in", 5)


def test_a_killed_server_ends_connections_and_no_notebook(make_lab, tmp_path: Path) -> None:
    lab = make_lab()
    client = Client(tmp_path / "boss", lab.server, signed_in(lab.server, lab.boss.name, lab.boss.password))
    notebook = Notebook(lab.admin, Lab.group).ready()
    assert client.run(notebook, "echo kept > /tmp/kept")[0] == 0
    with lasting(client, notebook) as open:
        lab.server.kill_9()
        ends(open)
    lab.server.start()
    wait_for(lambda: client.run(notebook, "cat /tmp/kept")[1] == b"kept\n", "the notebook runs on")
    mode = (lab.server.data_dir / "ssh_host_key").stat().st_mode & 0o777
    assert mode == 0o600
    assert "PRIVATE KEY" not in lab.server.stderr
