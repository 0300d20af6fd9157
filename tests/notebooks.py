"""A notebook as its owner's programs see it: by the REST API, and by Jupyter's own API with an API token."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import requests
import websocket

from portico import Api


def ask(channels: websocket.WebSocket, what: str, content: dict[str, Any]) -> str:
    """Sends a request to a kernel and does not wait; the id of the message."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": what, "username": "", "session": uuid.uuid4().hex}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    channels.send(json.dumps(message))
    return header["msg_id"]


def ask_to_execute(channels: websocket.WebSocket, code: str) -> str:
    """Sends a cell to a kernel and does not wait; the id of the message."""
    content = {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}
    return ask(channels, "execute_request", content)


def execute(channels: websocket.WebSocket, code: str) -> str:
    """What a cell prints. `channels` is a kernel's WebSocket."""
    asked = ask_to_execute(channels, code)
    said = ""
    while True:
        answer = json.loads(channels.recv())
        if answer["parent_header"].get("msg_id") != asked:
            continue
        content = answer["content"]
        said += content.get("text", "") if answer["msg_type"] == "stream" else ""
        assert answer["msg_type"] != "error", (said, content)
        if answer["msg_type"] == "status" and content["execution_state"] == "idle":
            return said


def notebook_file(*cells: str, parameters: str | None = None, kernel: str = "python3") -> str:
    """A notebook with these cells of code, the first of them tagged as parameters."""
    sources = [] if parameters is None else [(parameters, ["parameters"])]
    sources += [(source, []) for source in cells]
    return json.dumps(
        {
            "cells": [
                {
                    "cell_type": "code",
                    "id": f"cell-{number}",
                    "execution_count": None,
                    "metadata": {"tags": tags},
                    "outputs": [],
                    "source": source,
                }
                for number, (source, tags) in enumerate(sources)
            ],
            "metadata": {"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )


class Notebook:
    """A notebook that `api`'s person has just started."""

    def __init__(self, api: Api, group: str, name: str = "bench", **more: Any):
        self.api = api
        self.group = group
        body = {"name": name, "instance_type": "cpu-small", "image": "base", **more}
        made = api.post(f"/groups/{group}/notebooks", json=body)
        assert made.status_code == 201, (made.status_code, made.text)
        self.id: str = made.json()["id"]
        self.url: str = made.json()["url"]

    # -- by the portal's API --

    @property
    def path(self) -> str:
        return f"/groups/{self.group}/notebooks/{self.id}"

    def get(self) -> dict[str, Any]:
        found = self.api.get(self.path)
        assert found.status_code == 200, (found.status_code, found.text)
        return found.json()

    def post(self, action: str, **body: Any) -> requests.Response:
        return self.api.post(f"{self.path}/{action}", **({"json": body} if action == "start" else {}))

    def wait(self, *states: str, timeout: float = 60) -> dict[str, Any]:
        return self.wait_until(lambda notebook: notebook["state"] in states, f"it is {states}", timeout)

    def wait_until(self, there: Callable[[dict[str, Any]], bool], what: str, timeout: float = 60) -> dict[str, Any]:
        deadline = time.monotonic() + timeout
        while True:
            notebook = self.get()
            if there(notebook):
                return notebook
            assert notebook["state"] != "failed", (notebook, self.log())
            assert time.monotonic() < deadline, f"not within {timeout} s: {what}, but {notebook}"
            time.sleep(0.02)

    def ready(self, timeout: float = 60) -> Notebook:
        self.wait("ready", timeout=timeout)
        return self

    def stop(self) -> None:
        assert self.post("stop").status_code == 202
        self.wait("stopped")

    def log(self) -> str:
        return "\n".join(line["s"] for line in self.api.get(f"{self.path}/log/lines").json()["lines"])

    # -- by Jupyter's --

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": str(self.api.headers["Authorization"])}

    def send(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> requests.Response:
        """Jupyter's answer, or the proxy's; `headers` are our own token's unless others are given."""
        with requests.Session() as session:
            session.trust_env = False
            more.setdefault("timeout", 60)
            more.setdefault("allow_redirects", False)
            return session.request(method, self.url + path, headers=self.bearer if headers is None else headers, **more)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.send(method, path, json=body)
        assert answer.status_code < 300, (answer.status_code, answer.text[:1000])
        return answer.json() if answer.content else None

    def open_socket(self, path: str, headers: dict[str, str] | None = None) -> websocket.WebSocket:
        address = self.url.replace("http", "ws", 1) + path
        header = self.bearer if headers is None else headers
        return websocket.create_connection(address, header=header, suppress_origin=True, timeout=60)

    def new_kernel(self) -> str:
        return self.ask("POST", "api/kernels", {"name": "python3"})["id"]

    def channels(self, kernel: str) -> websocket.WebSocket:
        return self.open_socket(f"api/kernels/{kernel}/channels")

    def run(self, code: str, kernel: str | None = None) -> str:
        """What a cell prints, in a kernel of its own unless one is given."""
        used = kernel or self.new_kernel()
        channels = self.channels(used)
        try:
            return execute(channels, code)
        finally:
            channels.close()
            if kernel is None:
                self.ask("DELETE", f"api/kernels/{used}")


@contextmanager
def notebook(api: Api, group: str, **more: Any) -> Iterator[Notebook]:
    """A notebook that is ready, and is stopped afterwards."""
    started = Notebook(api, group, **more).ready()
    try:
        yield started
    finally:
        started.post("stop")


def save(into: Notebook, name: str, text: str) -> None:
    """Writes a file into the home."""
    into.ask("PUT", f"api/contents/{name}", {"type": "file", "format": "text", "content": text})


def assert_cut(channel: websocket.WebSocket, began: float) -> None:
    """The WebSocket ends within about a second of `began`."""
    channel.settimeout(5)
    try:
        while channel.recv():
            pass
    except (websocket.WebSocketConnectionClosedException, ConnectionError):
        pass
    took = time.monotonic() - began
    print(f"an open WebSocket ended {took:.2f} s after the right to it")
    assert took < 2
