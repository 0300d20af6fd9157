"""A Portico server under test, and what tests say to it."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parent.parent


class NotReady(AssertionError):
    """The server ended, or did not answer in time."""


class CommandFailed(AssertionError):
    """A `portico` command ended with an error."""


@dataclass(frozen=True)
class User:
    name: str
    password: str


def default_binary() -> Path:
    return Path(os.environ.get("PORTICO_BINARY") or ROOT / "target/debug/portico").resolve()


_reserved: dict[int, socket.socket] = {}


def free_port() -> int:
    """A port nobody listens on, below the range from which outgoing connections take theirs, kept until the end.

    It is marked as taken for all tests of this machine by an abstract Unix socket of its number, so that no other
    worker takes it while nothing listens on it yet, or for the time of a restart.
    """
    for _ in range(100):
        port = random.randrange(12000, 32000)
        mark = socket.socket(socket.AF_UNIX)
        try:
            mark.bind(f"\0portico-test-port-{port}")
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            mark.close()
            continue
        _reserved[port] = mark
        return port
    raise AssertionError("no free port on 127.0.0.1")


def give_back(*ports: int) -> None:
    for port in ports:
        if mark := _reserved.pop(port, None):
            mark.close()


class Api(requests.Session):
    """A requests session for the REST API: `api.get("/groups")` asks for /api/v1/groups."""

    def __init__(self, base_url: str, token: str | None = None):
        super().__init__()
        self.base_url = base_url.rstrip("/")
        self.headers["Accept"] = "application/json"
        self.trust_env = False
        if token:
            self.headers["Authorization"] = f"Bearer {token}"

    def request(self, method, url, *args, **kwargs):
        kwargs.setdefault("timeout", 30)
        kwargs.setdefault("allow_redirects", False)
        if url.startswith("/"):
            url = self.base_url + url
        return super().request(method, url, *args, **kwargs)


class Portico:
    """One server with its own data directory. It keeps its ports and data over `restart()`."""

    def __init__(
        self, binary: Path | None = None, env: dict[str, str] | None = None, directory: Path | None = None
    ):
        self.binary = binary or default_binary()
        # A short path: the data directory holds unix sockets, whose paths may have 107 characters only.
        self.directory = directory or Path(tempfile.mkdtemp(prefix="portico-", dir="/tmp"))
        self.data_dir = self.directory / "data"
        self.stdout_path = self.directory / "stdout"
        self.stderr_path = self.directory / "stderr"
        self.port = free_port()
        self.admin_port = free_port()
        self.content_port = free_port()
        self.ssh_port = free_port()
        self.extra_env = dict(env or {})
        self.process: subprocess.Popen[bytes] | None = None
        self._last_logs: str | None = None

    # -- where it is --

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def admin_url(self) -> str:
        """The listener for operators, not the pages for platform admins."""
        return f"http://127.0.0.1:{self.admin_port}"

    @property
    def content_url(self) -> str:
        """The origin that shows what workloads serve."""
        return f"http://localhost:{self.content_port}"

    @property
    def stdout(self) -> str:
        return self.stdout_path.read_text(errors="replace") if self.stdout_path.exists() else ""

    @property
    def stderr(self) -> str:
        return self.stderr_path.read_text(errors="replace") if self.stderr_path.exists() else ""

    def env(self, **more: str) -> dict[str, str]:
        """The environment of the server and its commands: nothing of ours but what is meant."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PORTICO_") or k == "PORTICO_UV"}
        return {
            **kept,
            "PORTICO_DATA_DIR": str(self.data_dir),
            "PORTICO_LISTEN": f"127.0.0.1:{self.port}",
            "PORTICO_CONTENT_LISTEN": f"127.0.0.1:{self.content_port}",
            "PORTICO_SSH_LISTEN": f"127.0.0.1:{self.ssh_port}",
            "PORTICO_ADMIN_LISTEN": f"127.0.0.1:{self.admin_port}",
            # Whatever runs on this machine: tests that mean an engine name one.
            "PORTICO_CONTAINER_ENGINE": "off",
            "RUST_BACKTRACE": "1",
            **self.extra_env,
            **more,
        }

    # -- its life --

    def start(self, timeout: float = 30) -> Portico:
        self.launch()
        self.wait_ready(timeout)
        return self

    def launch(self) -> None:
        """Starts it and does not wait for it."""
        assert self.process is None or self.process.poll() is not None, "it runs already"
        with self.stdout_path.open("ab") as out, self.stderr_path.open("ab") as err:
            self.process = subprocess.Popen(
                [self.binary, "serve"],
                env=self.env(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    def wait_ready(self, timeout: float = 30) -> None:
        assert self.process is not None
        deadline = time.monotonic() + timeout
        with Api(self.url) as session:
            while time.monotonic() < deadline:
                if self.process.poll() is not None:
                    raise NotReady(f"the server ended with status {self.process.returncode}\n{self.logs()}")
                try:
                    if session.get("/readyz", timeout=5).status_code == 200:
                        return
                except requests.RequestException:
                    pass
                time.sleep(0.05)
        raise NotReady(f"the server was not ready after {timeout} s\n{self.logs()}")

    def stop(self, timeout: float = 20) -> int:
        """Asks it to end, as a service manager would, and gives its exit status. Workloads go on."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"it did not end within {timeout} s\n{self.logs()}") from None
        return self.process.returncode

    def kill_9(self) -> None:
        """Ends the server, and nothing else, without a chance to tidy up."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def restart(self, timeout: float = 30) -> Portico:
        self.stop()
        return self.start(timeout)

    def discard(self) -> None:
        """Ends the server and every process that works for it, and removes its data."""
        try:
            self.end()
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)

    def end(self) -> None:
        """Ends the server and every process that works for it, for good; its data stays."""
        try:
            if self.process is not None and self.process.poll() is None:
                self.process.terminate()
                try:
                    self.process.wait(10)
                except subprocess.TimeoutExpired:
                    self.kill_9()
        finally:
            self.end_workloads()
            self._last_logs = self.logs()
            give_back(self.port, self.admin_port, self.content_port, self.ssh_port)

    def end_workloads(self) -> None:
        """Shims outlive the server on purpose; they are known by our directory in what they were started with."""
        for _ in range(3):
            found = self.processes()
            for process in found:
                try:
                    os.kill(process, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            if not found:
                return
            time.sleep(0.1)

    def processes(self) -> set[int]:
        """Every process that works for this server, itself included if it runs."""
        ours = os.fsencode(self.directory) + b"/"
        found = set()
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                started_with = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            except OSError:
                continue
            if ours in started_with:
                found.add(int(entry.name))
        return found

    def logs(self, characters: int = 6000) -> str:
        """The end of what it wrote, also after `discard()`."""
        return self._last_logs or (
            f"--- standard output of {self.url}\n{self.stdout[-characters:]}\n"
            f"--- standard error of {self.url}\n{self.stderr[-characters:]}"
        )

    # -- what it says and is told --

    def setup_link(self, timeout: float = 10) -> str:
        """The one-time link for the first administrator, which a new server prints."""
        deadline = time.monotonic() + timeout
        while True:
            links = re.findall(r"https?://\S+/setup#\S+", self.stdout)
            if links:
                return links[-1]
            if time.monotonic() > deadline:
                raise AssertionError(f"no setup link was printed\n{self.logs()}")
            time.sleep(0.05)

    def run(self, *args: str, input: str | None = None, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """`portico ARGS` on this server's data, whatever it ends with."""
        return subprocess.run(
            [self.binary, *args],
            env=self.env(),
            input=input if input is not None else "",
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def cli(self, *args: str, input: str | None = None, timeout: float = 60) -> str:
        """The standard output of `portico ARGS`, which has to succeed."""
        done = self.run(*args, input=input, timeout=timeout)
        if done.returncode != 0:
            raise CommandFailed(
                f"`portico {' '.join(args)}` ended with status {done.returncode}\n{done.stdout}{done.stderr}"
            )
        return done.stdout

    def create_user(self, name: str, password: str | None = None, admin: bool = False) -> User:
        user = User(name, password or f"correct horse battery {name}")
        flags = ["--admin"] if admin else []
        self.cli("user", "create", name, *flags, "--password-stdin", input=user.password + "\n")
        return user

    def create_group(self, name: str) -> str:
        self.cli("group", "create", name)
        return name

    def add_member(self, group: str, user: User | str, admin: bool = False) -> None:
        flags = ["--admin"] if admin else []
        self.cli("group", "add-member", group, _name(user), *flags)

    def create_token(self, user: User | str, scope: str = "write") -> str:
        printed: dict[str, Any] = json.loads(
            self.cli("token", "create", "--user", _name(user), "--scope", scope, "--json")
        )
        return printed["token"]

    def api(self, user: User | str | None = None, scope: str = "write") -> Api:
        """The REST API as this person, or as nobody."""
        return Api(f"{self.url}/api/v1", self.create_token(user, scope) if user else None)


def _name(user: User | str) -> str:
    return user.name if isinstance(user, User) else user
