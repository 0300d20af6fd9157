"""The container engine that tests use, spoken to by its own API, and an image as a person would bring one."""

from __future__ import annotations

import http.client
import io
import json
import os
import re
import shutil
import socket
import subprocess
import tarfile
import tempfile
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from portico import ROOT, Portico

ENGINE = os.environ.get("PORTICO_TEST_PODMAN", "")
needs_engine = pytest.mark.skipif(
    not ENGINE, reason="PORTICO_TEST_PODMAN is not set; scripts/podman-for-tests sets it where podman works"
)

# A small system with a shell and Python, made by scripts/podman-for-tests.
BOX = "localhost/portico-test:latest"
# That with JupyterLab, in the manner of Jupyter's own images.
JUPYTER = "localhost/portico-test-jupyter:latest"

# What those images are like: a user who is neither root nor the server's, an entry point that is no good here, settings
# that were made for it, and files that it would read before a notebook starts.
DOCKERFILE = f"""
FROM {BOX}
COPY root /
ENV NB_USER=jovyan NB_UID=1000 NB_GID=100 HOME=/home/jovyan JUPYTER_PORT=8890 PATH=/usr/local/bin:/usr/bin:/bin
USER 1000
WORKDIR /home/jovyan
ENTRYPOINT ["/usr/local/bin/there-is-no-such-program"]
CMD ["start-notebook.py"]
"""
SETTINGS = """
c.ServerApp.ip = "0.0.0.0"
c.ServerApp.port = 9999
c.PasswordIdentityProvider.hashed_password = "argon2:nobody knows it"
"""
HOOKS = "/usr/local/bin/before-notebook.d"


def engine(method: str, path: str, body: bytes | None = None, content: str = "application/json", **headers: str) -> str:
    """What the engine answers."""

    class Connection(http.client.HTTPConnection):
        def connect(self) -> None:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(self.timeout)
            self.sock.connect(ENGINE)

    connection = Connection("engine", timeout=300)
    connection.request(method, f"/v1.41{path}", body=body, headers={"Content-Type": content, **headers})
    answer = connection.getresponse()
    text = answer.read().decode()
    assert answer.status < 300, (method, path, answer.status, text)
    return text


def containers_of(server: Portico) -> list[dict[str, Any]]:
    """What the engine knows of this server's containers, whatever became of them."""
    found = os.stat(server.data_dir / "attempts")
    filters = quote(json.dumps({"label": [f"portico.place={found.st_dev:x}-{found.st_ino:x}"]}))
    return json.loads(engine("GET", f"/containers/json?all=true&filters={filters}"))


def make_jupyter_image() -> str:
    """Makes the image with JupyterLab; its reference."""
    with tempfile.TemporaryDirectory(prefix="portico-image-") as folder:
        context = Path(folder)
        install_jupyterlab(context / "root")
        (context / "Dockerfile").write_text(DOCKERFILE)
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            archive.add(context, arcname=".")
        said = engine("POST", f"/build?t={quote(JUPYTER)}&layers=false", packed.getvalue(), "application/x-tar")
    assert '"error"' not in said, said
    return JUPYTER


def install_jupyterlab(root: Path) -> None:
    """What `pip install jupyterlab` as root leaves in a Debian system with this machine's Python."""
    [base] = [
        image
        for image in tomllib.loads((ROOT / "crates/runner/environments.toml").read_text())["image"]
        if image["name"] == "base"
    ]
    python = shutil.which("python3", path="/usr/bin:/bin:/usr/local/bin")
    assert python
    library = subprocess.run(
        [python, "-c", "import site; print(site.getsitepackages()[0])"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    packages = root / library.removeprefix("/")
    lock = root.with_name("lock.txt")
    lock.write_text("\n".join(base["lock"]))
    wanted = [line for line in base["requirements"] if line.startswith(("jupyterlab==", "pip=="))]
    uv = os.environ.get("PORTICO_UV") or shutil.which("uv") or str(ROOT / ".cache/tools/bin/uv")
    install = [uv, "pip", "install", "--quiet", "--python", python, "--target", str(packages), "--link-mode", "copy"]
    subprocess.run([*install, "--no-compile-bytecode", "--constraint", str(lock), *wanted], check=True, timeout=300)
    for folder in ("bin", "share", "etc"):
        if (packages / folder).exists():
            shutil.copytree(packages / folder, root / "usr/local" / folder, dirs_exist_ok=True)
            shutil.rmtree(packages / folder)
    copy_libraries(packages, root)
    settings = root / "etc/jupyter/jupyter_server_config.py"
    settings.parent.mkdir(parents=True)
    settings.write_text(SETTINGS)
    hooks = root / HOOKS.removeprefix("/")
    hooks.mkdir(parents=True)
    (hooks / "10variable.sh").write_text("set -e\nexport FROM_THE_IMAGE='set by a hook'\nset -- nothing of this counts\n")
    (hooks / "20broken.sh").write_text("return 3\n")


def copy_libraries(packages: Path, root: Path) -> None:
    """The machine's libraries that compiled packages need, as the small system has few."""
    compiled = [str(file) for file in packages.rglob("*.so")]
    needed = subprocess.run(["ldd", *compiled], capture_output=True, text=True).stdout
    for library in set(re.findall(r"=> (/(?:usr/)?lib\S+)", needed)):
        target = root / "usr" / library.removeprefix("/").removeprefix("usr/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, target)
