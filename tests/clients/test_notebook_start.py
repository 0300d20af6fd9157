"""From the click to JupyterLab's first answer, beside the same JupyterLab started by hand."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from lab import Lab

from notebooks import Notebook
from portico import free_port

TIMES = 5
# What it must reach is 0.4 s on a machine that does nothing else; tests run on machines that do.
MOST_MORE = 0.4
SLACK = 0.6


def by_hand(environment: Path, home: Path) -> float:
    """Starts JupyterLab as a person would in a terminal, and times its first answer."""
    port = free_port()
    command = [
        environment / "bin/jupyter-lab",
        "--no-browser",
        "--allow-root",
        f"--ServerApp.port={port}",
        "--ServerApp.base_url=/w/by-hand/",
        f"--ServerApp.root_dir={home}",
        "--IdentityProvider.token=",
    ]
    variables = {"HOME": str(home), "PATH": f"{environment}/bin:{os.environ['PATH']}"}
    began = time.monotonic()
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env=variables, stdout=quiet, stderr=quiet, start_new_session=True)
    try:
        return first_answer(f"http://127.0.0.1:{port}/w/by-hand/api", {}) - began
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def first_answer(url: str, headers: dict[str, str]) -> float:
    with requests.Session() as session:
        session.trust_env = False
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if session.get(url, headers=headers, timeout=10).status_code == 200:
                    return time.monotonic()
            except requests.RequestException:
                pass
            time.sleep(0.01)
    raise AssertionError(f"{url} did not answer within 60 s")


def through_portico(lab: Lab, number: int) -> float:
    """Asks for a notebook and times the first answer that comes through the proxy; like a click on its card."""
    began = time.monotonic()
    notebook = Notebook(lab.admin, lab.group, f"start {number}")
    answered = first_answer(f"{notebook.url}api", notebook.bearer)
    notebook.stop()
    return answered - began


def environment_of(lab: Lab, prepared: Path) -> Path:
    """The folder that a notebook of the image `base` has its software from."""
    looker = Notebook(lab.admin, lab.group, "looker").ready()
    number = int(looker.run("import os; print(os.stat('/opt/portico/environment').st_ino)"))
    looker.stop()
    (found,) = [path for path in prepared.glob("environments/*/environment") if path.stat().st_ino == number]
    return found


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.alone
def test_portico_adds_little_to_the_start_of_jupyterlab(
    make_lab: Callable[..., Lab], prepared: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    lab = make_lab()
    environment = environment_of(lab, prepared)
    # Not the first of each: what they read is in memory afterwards, for both.
    by_hand(environment, tmp_path)
    through_portico(lab, 0)
    pairs = [(by_hand(environment, tmp_path), through_portico(lab, number)) for number in range(1, TIMES + 1)]
    hand, portico = (sorted(times) for times in zip(*pairs, strict=True))
    for name, times in (("by hand", hand), ("through Portico", portico)):
        shown = ", ".join(f"{seconds:.2f}" for seconds in times)
        print(f"{name}: {shown} s; median {statistics.median(times):.2f} s, worst {times[-1]:.2f} s")
    more = [ours - theirs for theirs, ours in pairs]
    print(f"Portico adds {statistics.median(more):+.2f} s (median), {max(more):+.2f} s (worst); at most {MOST_MORE} s wanted")
    record_property("median_seconds_added", statistics.median(more))
    assert statistics.median(more) <= MOST_MORE + SLACK
