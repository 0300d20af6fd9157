"""Tiny packages, so that images can be built without any network."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

# A package that builds itself and notes what it sees of the folders of builds.
BACKEND = """
import os, sys
sys.path.insert(0, os.path.dirname(__file__))
from wheels import make_wheel

def build_wheel(folder, config_settings=None, metadata_directory=None):
    [build] = os.listdir("/build")
    seen = sorted(os.listdir("/build/" + build))
    from pathlib import Path
    make_wheel(Path(folder), NAME, VERSION, more=f"seen = {seen!r}\\n")
    return f"{NAME}-{VERSION}-py3-none-any.whl"
"""
PROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


def make_wheel(folder: Path, name: str, version: str, needs: tuple[str, ...] = (), more: str = "") -> None:
    """A package with nothing but its version: `import NAME; NAME.version`."""
    folder.mkdir(exist_ok=True)
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    files = {
        f"{name}.py": f"version = {version!r}\n{more}",
        f"{info}/METADATA": metadata + "".join(f"Requires-Dist: {need}\n" for need in needs),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for file, text in files.items():
            wheel.writestr(file, text)


def make_source(folder: Path, name: str, version: str) -> None:
    """The source of such a package, of which there is no wheel."""
    files = {
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        "pyproject.toml": PROJECT,
        "backend.py": f"NAME, VERSION = {name!r}, {version!r}\n{BACKEND}",
        "wheels.py": Path(__file__).read_text(),
    }
    with tarfile.open(folder / f"{name}-{version}.tar.gz", "w:gz") as archive:
        for file, text in files.items():
            entry = tarfile.TarInfo(f"{name}-{version}/{file}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
