"""Fixtures for tests that run jobs: one image is built for all of them."""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import pytest
from lab import Lab, take_over

from notebooks import Notebook, notebook
from portico import ROOT, Portico


@pytest.fixture
def make_prepared(make_portico: Callable[..., Portico], prepared: Path) -> Callable[..., Portico]:
    """Like `make_portico`, with the image `base` ready and room for any number of jobs."""
    return lambda env=None: take_over(prepared, make_portico(env))


@pytest.fixture
def make_lab(make_prepared: Callable[..., Portico]) -> Callable[..., Lab]:
    """A lab of one's own, started."""
    return lambda env=None: Lab(make_prepared(env).start())


@pytest.fixture(scope="module")
def module_lab(portico_binary: Path, prepared: Path) -> Iterator[Lab]:
    """One for the tests of a module, which must not stop it."""
    server = take_over(prepared, Portico(portico_binary))
    try:
        yield Lab(server.start())
    finally:
        server.discard()


@pytest.fixture(scope="module")
def bench(module_lab: Lab) -> Iterator[Notebook]:
    """A notebook that the tests of a module leave running."""
    with notebook(module_lab.admin, Lab.group) as started:
        yield started


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a PostgreSQL server: PORTICO_TEST_POSTGRES_URL, or one that is started for the tests."""
    given = os.environ.get("PORTICO_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    script = ROOT / "scripts/postgres-for-tests"
    process = subprocess.Popen([script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        if not line.startswith("PORTICO_TEST_POSTGRES_URL="):
            reason = f"there is no PostgreSQL: {process.stderr.read().strip()}"
            if os.environ.get("CI", "false") not in ("", "false"):
                pytest.fail(reason, pytrace=False)
            pytest.skip(reason)
        yield line.strip().partition("=")[2]
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="session")
def new_postgres_database(postgres: str) -> Callable[[], str]:
    """Makes empty databases: `new_postgres_database()` is the URL of one."""
    names = itertools.count(1)

    def make() -> str:
        name = f"portico_clients_{os.getpid()}_{next(names)}"
        url = urlsplit(postgres)
        environment = {**os.environ, "PGPASSWORD": unquote(url.password or "")}
        command = ["psql", "-q", "-h", url.hostname, "-p", str(url.port or 5432), "-U", unquote(url.username or "")]
        command += ["-d", url.path[1:], "-c", f"CREATE DATABASE {name}"]
        subprocess.run(command, env=environment, check=True, timeout=30)
        return urlunsplit(url._replace(path=f"/{name}"))

    return make
