"""Large uploads pass into a notebook without being kept."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
import time

import requests
from lab import Lab, wait_for

from notebooks import execute, notebook, save


class Noise(io.RawIOBase):
    """A body of `size` bytes that is made while it is sent."""

    def __init__(self, size: int):
        self.left = size
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        chunk = os.urandom(4096) * 16
        chunk = chunk[: min(self.left, len(chunk))]
        self.left -= len(chunk)
        self.digest.update(chunk)
        return chunk


RECEIVER = """
import asyncio, hashlib, os, tornado.httpserver, tornado.netutil, tornado.web
@tornado.web.stream_request_body
class Take(tornado.web.RequestHandler):
    def prepare(self):
        self.request.connection.set_max_body_size(1 << 40)
        self.digest, self.size = hashlib.sha256(), 0
    def data_received(self, chunk):
        self.digest.update(chunk)
        self.size += len(chunk)
    def put(self):
        self.write({"size": self.size, "sha256": self.digest.hexdigest()})
os.unlink("/run/portico/http.sock")
server = tornado.httpserver.HTTPServer(tornado.web.Application([(".*", Take)]))
server.add_socket(tornado.netutil.bind_unix_socket("/run/portico/http.sock", mode=0o600))
"""


def test_an_upload_of_200_megabytes(module_lab: Lab) -> None:
    size = 200_000_000
    with notebook(module_lab.admin, Lab.group, name="upload") as upload:
        # As JupyterLab's own upload does it: in chunks, as base64 in JSON.
        digest = hashlib.sha256()
        pieces = 200
        began = time.monotonic()
        for number in range(1, pieces + 1):
            piece = os.urandom(size // pieces)
            digest.update(piece)
            upload.ask(
                "PUT",
                "api/contents/large.bin",
                {
                    "type": "file",
                    "format": "base64",
                    "chunk": number if number < pieces else -1,
                    "content": base64.b64encode(piece).decode(),
                },
            )
        uploaded = time.monotonic()
        got = hashlib.sha256()
        with requests.get(f"{upload.url}files/large.bin", headers=upload.bearer, stream=True, timeout=60) as answer:
            assert int(answer.headers["content-length"]) == size
            for piece in answer.iter_content(1 << 20):
                got.update(piece)
        assert got.hexdigest() == digest.hexdigest()
        print(f"200 MB: up in {uploaded - began:.1f} s in chunks, down in {time.monotonic() - uploaded:.1f} s")
        upload.run("import os; os.remove('large.bin')")

        # And in one body, into a server of the person's own in the notebook.
        save(upload, "receiver.py", RECEIVER)
        channels = upload.channels(upload.new_kernel())
        execute(channels, "exec(open('receiver.py').read())")
        body = Noise(size)
        before = resident(module_lab)
        # Until no connection to the server before it is kept warm.
        wait_for(lambda: upload.send("PUT", "anything", data=b"").ok, "the receiver answers", 20, every=2)
        began = time.monotonic()
        answer = upload.send("PUT", "anything", data=body)
        assert answer.json() == {"size": size, "sha256": body.digest.hexdigest()}
        grown = resident(module_lab) - before
        print(f"200 MB in one body: {time.monotonic() - began:.1f} s, the server grew by {grown / 1e6:.0f} MB")
        assert grown < 50_000_000, "a body passes, it is not kept"


def resident(lab: Lab) -> int:
    assert lab.server.process is not None
    status = open(f"/proc/{lab.server.process.pid}/status").read()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024  # type: ignore[index]
