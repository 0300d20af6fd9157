"""Makes packages in a folder: wheels that are harmless and not, and sources whose builds try all they can.

    python3 packages.py FOLDER [WORDS-FOR-THE-SOURCE]
"""

import io
import sys
import tarfile
import zipfile

FOLDER = sys.argv[1]

WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def wheel(name, files):
    info = f"{name}-1.0.dist-info/"
    files = {
        **files,
        info + "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        info + "WHEEL": WHEEL,
    }
    files[info + "RECORD"] = "".join(f"{file},,\n" for file in [*files, info + "RECORD"])
    with zipfile.ZipFile(f"{FOLDER}/{name}-1.0-py3-none-any.whl", "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)


wheel(
    "sample",
    {
        "sample/__init__.py": "def main(): print('a sample from', __file__)\n",
        "sample-1.0.dist-info/entry_points.txt": "[console_scripts]\nsample = sample:main\n",
    },
)
# A line that every start of its interpreter runs.
wheel("hostile", {"hostile.py": "", "hostile.pth": "import os; open(sitedir + '/it-ran', 'w')\n"})
# An interpreter of its own, in the place of the environment's.
REPLACED = "#!/bin/sh\ntouch /build/*/environment/it-ran; exit 0\n"
wheel("replacer", {"replacer.py": "", "replacer-1.0.data/scripts/python": REPLACED})

# What runs while the source is built: it tries things, and the package that comes of it tells how that went.
BACKEND = '''
import glob, os, socket, sys, zipfile
WORDS = {words!r}

def attempt(what):
    try:
        return "done: " + repr(what())
    except Exception as error:
        return "refused: " + type(error).__name__

def connect(address):
    with socket.create_connection(address, timeout=3) as connection:
        return connection.getpeername()

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    data, port = WORDS
    cache = data + "/builds/uv"
    report = {{
        "read the secret": attempt(lambda: open(data + "/secret").read()),
        "list the data": attempt(lambda: os.listdir(data)),
        "read a file of a group": attempt(lambda: open(data + "/groups/other").read()),
        "write to the data": attempt(lambda: open(data + "/escaped", "w")),
        "write to the packages": attempt(lambda: open("/opt/portico/wheels/poison-1.0.zip", "w")),
        "write to the system": attempt(lambda: open("/usr/escaped", "w")),
        "write to the cache": attempt(lambda: open(cache + "/poison", "w")),
        "write to the mounted cache": attempt(lambda: open("/build/uv/poison", "w")),
        "connect to the loopback": attempt(lambda: connect(("127.0.0.1", port))),
        "connect to the host": attempt(lambda: connect(("10.0.2.2", port))),
        "builds": sorted(os.listdir("/build")),
        "processes": len(glob.glob("/proc/[0-9]*")),
        "secrets": [name for name in os.environ if "INDEX" in name or "PASSWORD" in name],
    }}
    name = "{name}-1.0-py3-none-any.whl"
    info = "{name}-1.0.dist-info/"
    files = {{
        "{name}.py": "REPORT = " + repr(report) + "\\n",
        "{name}.pth": "import os; open(sitedir + '/it-ran', 'w')\\n",
        info + "METADATA": "Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0\\n",
        info + "WHEEL": {wheel!r},
    }}
    files[info + "RECORD"] = "".join(file + ",,\\n" for file in [*files, info + "RECORD"])
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
    # It may write to its own place; nothing of that is to hurt.
    for link in glob.glob("/build/*/scratch"):
        os.symlink(data + "/secret", link + "/link")
    return name
'''

PROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


def source(name, words):
    files = {
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        "pyproject.toml": PROJECT,
        "backend.py": BACKEND.format(words=words, name=name, wheel=WHEEL),
    }
    with tarfile.open(f"{FOLDER}/{name}-1.0.tar.gz", "w:gz") as archive:
        for file, text in files.items():
            entry = tarfile.TarInfo(f"{name}-1.0/{file}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))


source("source", (sys.argv[2], int(sys.argv[3])))
