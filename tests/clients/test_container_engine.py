"""Engines come and go while the server runs: what needs one waits, says so, and starts when it is there."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from containers import BOX, ENGINE, needs_engine
from lab import ROOMY, Lab, expect, wait_for

from portico import Portico

pytestmark = needs_engine


class Relay:
    """An engine that can be started and stopped: it passes connections on to the one of the tests."""

    def __init__(self, socket: Path):
        self.socket = socket
        self.loop = asyncio.new_event_loop()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        assert self.ready.wait(10)

    def run(self) -> None:
        async def serve() -> None:
            await asyncio.start_unix_server(self.connected, self.socket)
            self.ready.set()

        self.loop.run_until_complete(serve())
        self.loop.run_forever()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while some := await source.read(65536):
                sink.write(some)
                await sink.drain()
            sink.write_eof()

        engine_reader, engine_writer = await asyncio.open_unix_connection(ENGINE)
        try:
            await asyncio.gather(pass_on(reader, engine_writer), pass_on(engine_reader, writer), return_exceptions=True)
        finally:
            writer.close()
            engine_writer.close()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.socket.unlink(missing_ok=True)


@pytest.fixture
def socket(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("engine") / "own.sock"


@pytest.fixture
def engine_lab(portico_binary: Path, socket: Path) -> Iterator[Lab]:
    env = {"PORTICO_CONTAINER_ENGINE": str(socket), "PORTICO_ENVIRONMENTS_BUILD": "false", **ROOMY}
    server = Portico(portico_binary, env)
    try:
        lab = Lab(server.start())
        image = {"name": "box", "display_name": "Box", "source": {"from": "container", "reference": BOX}}
        expect(lab.admin.post("/images", json=image), 201)
        yield lab
    finally:
        server.discard()


def waits(lab: Lab, job: str) -> None:
    wait_for(lambda: "does not answer" in (lab.job(job)["reason"] or ""), "the job says what it waits for", 20)
    assert lab.job(job)["phase"] == "waiting"


def test_an_engine_that_starts_after_the_server_is_used(engine_lab: Lab, socket: Path) -> None:
    job = engine_lab.submit("echo it runs", image="box")
    waits(engine_lab, job)
    assert "missing  containers" in engine_lab.server.run("doctor").stdout
    relay = Relay(socket)
    try:
        ran = engine_lab.wait_ended(job, timeout=60)
        assert (ran["phase"], ran.log, ran["attempts"]) == ("succeeded", "it runs\n", 1), ran
        assert "ok       containers" in engine_lab.server.run("doctor").stdout
    finally:
        relay.stop()
    # It goes away again: nothing is tried in vain for as long as that lasts.
    later = engine_lab.submit("echo again", image="box")
    waits(engine_lab, later)
    relay = Relay(socket)
    try:
        ran = engine_lab.wait_ended(later, timeout=60)
        assert (ran["phase"], ran.log) == ("succeeded", "again\n"), ran
        # The server's look may have been a moment old.
        assert ran["attempts"] <= 2, ran
    finally:
        relay.stop()
