"""What a person installs in a notebook stays, and never keeps a notebook from starting."""

from __future__ import annotations

import json
import os
import shutil
import socket
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import websocket
from lab import Lab, expect, wait_for

from notebooks import execute


class Notebook:
    """A notebook of `admin`, reached the way the proxy does it: by the socket that it serves."""

    def __init__(self, lab: Lab):
        self.lab = lab
        body = {"name": "bench", "instance_type": "cpu-small", "image": "base"}
        self.id = expect(lab.admin.post(f"/groups/{lab.group}/notebooks", json=body), 201)["id"]
        self.wait("ready")

    def wait(self, state: str) -> None:
        def reached() -> bool:
            notebook = expect(self.lab.admin.get(f"/groups/{self.lab.group}/notebooks/{self.id}"), 200)
            assert notebook["state"] != "failed" or state == "failed", (notebook, self.log())
            return notebook["state"] == state

        wait_for(reached, f"the notebook is {state}", 60)

    def log(self) -> str:
        path = f"/groups/{self.lab.group}/notebooks/{self.id}/log/lines"
        return "\n".join(line["s"] for line in expect(self.lab.admin.get(path), 200)["lines"])

    def stop(self) -> None:
        expect(self.lab.admin.post(f"/groups/{self.lab.group}/notebooks/{self.id}/stop"), 202)
        self.wait("stopped")

    def start(self, **changes: Any) -> None:
        expect(self.lab.admin.post(f"/groups/{self.lab.group}/notebooks/{self.id}/start", json=changes), 202)
        self.wait("ready")

    @property
    def home(self) -> Path:
        (home,) = self.lab.server.data_dir.glob("homes/*/*")
        return home

    @property
    def layer(self) -> Path:
        layers = [path for path in self.home.glob(".portico/python/base-*") if ".broken-" not in path.name]
        (layer,) = layers
        return layer

    @property
    def site(self) -> Path:
        (site,) = self.layer.glob("lib/python3.*/site-packages")
        return site

    def connect(self) -> socket.socket:
        (folder,) = self.lab.server.data_dir.glob("attempts/*/serving")
        handle = os.open(folder, os.O_PATH)
        connection = socket.socket(socket.AF_UNIX)
        # Short enough for a socket's address, wherever the tests put their data.
        connection.connect(f"/proc/self/fd/{handle}/http.sock")
        os.close(handle)
        return connection

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        connection = HTTPConnection("notebook")
        connection.sock = self.connect()
        connection.request(method, f"/w/{self.id}/{path}", json.dumps(body) if body is not None else None)
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status < 300, (answer.status, text[:1000])
        return json.loads(text) if text.startswith((b"{", b"[")) else text

    def run(self, code: str) -> str:
        """What a cell prints, in a kernel of its own."""
        kernel = self.ask("POST", "api/kernels", {"name": "python3"})["id"]
        address = f"ws://notebook/w/{self.id}/api/kernels/{kernel}/channels"
        channels = websocket.create_connection(address, socket=self.connect(), timeout=60)
        said = execute(channels, code)
        channels.close()
        self.ask("DELETE", f"api/kernels/{kernel}")
        return said


def make_wheel(folder: Path, name: str) -> None:
    folder.mkdir(exist_ok=True)
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}/__init__.py": "def main(): print('hello from', __name__)\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\nsay-{name} = {name}:main\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        for file, text in files.items():
            wheel.writestr(file, text)


NAMES = ("by_magic", "by_pip", "by_user", "by_uv", "by_module")
INSTALL = """
import os
source = "-q --no-index --find-links " + os.path.expanduser("~/wheels")
%pip install {source} by_magic
!pip install {source} by_pip
!pip install --user {source} by_user
!uv pip install {source} by_uv
!python -m pip install {source} by_module
"""
LOOK = f"""
import importlib.util
print([name for name in {NAMES!r} if importlib.util.find_spec(name)])
"""
COMMANDS = "; ".join(f"say-{name}" for name in NAMES)


@contextmanager
def notebook(lab: Lab) -> Iterator[Notebook]:
    started = Notebook(lab)
    try:
        yield started
    finally:
        expect(lab.admin.post(f"/groups/{lab.group}/notebooks/{started.id}/stop"), 202)


def test_what_is_installed_stays_however_it_was_installed(make_lab: Callable[..., Lab]) -> None:
    with notebook(make_lab()) as bench:
        for name in NAMES:
            make_wheel(bench.home / "wheels", name)
        said = bench.run(INSTALL)
        assert "rror" not in said, said
        assert bench.run(LOOK) == f"{list(NAMES)}\n"
        hello = "".join(f"hello from {name}\n" for name in NAMES)
        assert bench.run(f"!{COMMANDS}").replace("\r", "") == hello
        # Of the image nothing was installed again, and its commands see what was added.
        assert not (bench.site / "IPython").exists()
        assert "hello from by_pip" in bench.run("!ipython -c 'import by_pip; by_pip.main()'")
        bench.stop()
        bench.start()
        assert bench.run(LOOK) == f"{list(NAMES)}\n"
        assert bench.run(f"!{COMMANDS}").replace("\r", "") == hello
        # What lies in the start folder is no library of the server's.
        (bench.home / "traitlets.py").write_text("raise RuntimeError('not this one')")
        bench.stop()
        bench.start()
        assert "starts without" not in bench.log()
        bench.stop()
        bench.start(safe_mode=True)
        assert bench.run(LOOK) == "[]\n"


def break_python(bench: Notebook) -> None:
    (bench.layer / "bin/python").unlink()
    (bench.layer / "bin/python3").write_text("garbage")


def break_settings(bench: Notebook) -> None:
    (bench.layer / "pyvenv.cfg").write_bytes(b"\xff\x00 garbage")
    for line in bench.site.glob("*.pth"):
        line.unlink()


BREAKS = {"python": break_python, "settings": break_settings}


@pytest.fixture(scope="module")
def bench(module_lab: Lab) -> Iterator[Notebook]:
    with notebook(module_lab) as started:
        make_wheel(started.home / "wheels", "by_pip")
        started.run("!pip install -q --no-index --find-links ~/wheels by_pip")
        yield started


@pytest.mark.parametrize("how", BREAKS)
def test_a_broken_layer_is_repaired(bench: Notebook, how: str) -> None:
    bench.stop()
    BREAKS[how](bench)
    bench.start()
    assert bench.run("import by_pip, IPython; by_pip.main()") == "hello from by_pip\n"
    assert "[portico]" not in bench.log()


def test_what_lies_in_the_place_of_a_layer_is_set_aside(bench: Notebook) -> None:
    bench.stop()
    layer = bench.layer
    kept = layer.rename(layer.with_name("kept"))
    layer.write_text("something")
    bench.start()
    assert "were set aside as /home/jovyan/.portico/python/base-" in bench.log()
    (aside,) = layer.parent.glob("*.broken-*")
    assert aside.read_text() == "something" and (layer / "bin/python").is_symlink()
    bench.stop()
    shutil.rmtree(layer)
    kept.rename(layer)
    aside.unlink()
    bench.start()
    assert bench.run("import by_pip; by_pip.main()") == "hello from by_pip\n"


@pytest.mark.parametrize("file", ["traitlets.py", "jupyter_server/__init__.py", "zmq/__init__.py"])
def test_a_package_that_breaks_jupyterlab_does_not_keep_it_from_starting(bench: Notebook, file: str) -> None:
    bench.stop()
    broken = bench.site / file
    broken.parent.mkdir(exist_ok=True)
    broken.write_text("raise RuntimeError('it is broken')")
    bench.start()
    log = bench.log()
    assert "it is broken" in log and "so it starts without" in log
    assert bench.run("print('it works')") == "it works\n"
    bench.stop()
    shutil.rmtree(broken.parent) if broken.parent != bench.site else broken.unlink()
    bench.start()
    assert "starts without" not in bench.log()


def test_no_layer_can_be_made(bench: Notebook) -> None:
    bench.stop()
    folder = bench.home / ".portico"
    kept = folder.rename(bench.home / "kept")
    folder.write_text("a file")
    bench.start()
    assert "packages that you install will not be kept" in bench.log()
    assert bench.run("print('it works')") == "it works\n"
    bench.stop()
    folder.unlink()
    kept.rename(folder)
    bench.start()
