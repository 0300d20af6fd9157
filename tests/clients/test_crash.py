"""`kill -9` of the server at any moment loses nothing that was acknowledged and repeats nothing that ran.

The number of rounds is PORTICO_TEST_CRASH_ROUNDS (default 50). A failed round says its seed;
PORTICO_TEST_CRASH_SEED=… runs that one alone.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from lab import Lab, expect, wait_for

ROUNDS = int(os.environ.get("PORTICO_TEST_CRASH_ROUNDS") or 50)
ONLY_SEED = os.environ.get("PORTICO_TEST_CRASH_SEED")

LONG_JOBS = 3
THREADS, EACH = 3, 3

# Counts its starts in the group's folder, and numbers its lines until it is told to stop.
LONG = """
echo start >> "$PORTICO_GROUP_PATH/$PORTICO_JOB_ID.starts"
mkfifo pause; exec 9<> pause
n=0
while [ ! -e "$PORTICO_GROUP_PATH/$PORTICO_JOB_NAME.stop" ]; do
  for _ in 1 2 3; do n=$((n + 1)); echo "line $n"; done
  read -r -t 0.02 -u 9
done
echo "end $n"
"""
SHORT = """
echo start >> "$PORTICO_GROUP_PATH/$PORTICO_JOB_ID.starts"
echo "line 1"; echo "end 1"
"""


@pytest.mark.slow
@pytest.mark.timeout(60 + 12 * ROUNDS)
def test_every_kill_is_survived(make_lab: Callable[..., Lab]):
    lab = make_lab()
    folder = lab.folder()
    seeds = [int(ONLY_SEED)] if ONLY_SEED else range(1, ROUNDS + 1)
    took = []
    for seed in seeds:
        began = time.monotonic()
        try:
            _round(lab, folder, seed)
        except BaseException as error:
            error.add_note(f"in the round with PORTICO_TEST_CRASH_SEED={seed}")
            raise
        took.append(time.monotonic() - began)
    print(f"{len(took)} rounds, {sum(took):.0f} s, the longest {max(took):.1f} s")
    server = {lab.server.process.pid}
    wait_for(lambda: lab.server.processes() == server, f"no process is left over: {lab.server.processes() - server}", 10)
    assert "panicked" not in lab.server.stderr


def _round(lab: Lab, folder: Path, seed: int) -> None:
    chance = random.Random(seed)
    server = lab.server
    long = [lab.submit(LONG, name=f"long-{seed}-{number}") for number in range(LONG_JOBS)]
    seen = {id: wait_for(lambda id=id: _total(lab, id), f"{id} writes its log") for id in long}
    running = server.processes() - {server.process.pid}

    burst = Burst(lab, seed)
    burst.begin()
    # Any moment from before the first submit to after the last job has started.
    time.sleep(chance.uniform(0, 0.4))
    server.kill_9()
    burst.end()

    if chance.random() < 0.3:
        # Once more while it picks everything up again.
        server.launch()
        time.sleep(chance.uniform(0, 0.4))
        server.kill_9()
    server.start()

    burst.check_and_send_again()
    assert running <= server.processes(), "the processes of the running jobs are the same ones"
    for id in long:
        wait_for(lambda id=id: _total(lab, id) > seen[id], f"{id} goes on")
        assert lab.job(id)["phase"] == "running"
    for number in range(LONG_JOBS):
        (folder / f"long-{seed}-{number}.stop").touch()
    for id in [*long, *burst.ids.values()]:
        _check_ended(lab, folder, id)
        (folder / f"{id}.starts").unlink()


def _total(lab: Lab, id: str) -> int:
    return expect(lab.admin.get(f"/groups/{lab.group}/jobs/{id}/log/lines?tail=1"), 200)["total"]


def _check_ended(lab: Lab, folder: Path, id: str) -> None:
    ran = lab.wait_ended(id)
    assert (ran["phase"], ran["attempts"], ran["exit_code"]) == ("succeeded", 1, 0), ran.job
    assert len(ran["attempt_list"]) == 1, ran.job
    assert (folder / f"{id}.starts").read_text() == "start\n", "its script was started once"
    *lines, end = ran.log.splitlines()
    assert lines == [f"line {number}" for number in range(1, len(lines) + 1)], f"{id}: the log is not whole"
    assert end == f"end {len(lines)}", f"{id}: the log has no end"
    tail = expect(lab.admin.get(f"/groups/{lab.group}/jobs/{id}/log/lines?tail=3"), 200)
    assert (tail["total"], tail["complete"]) == (len(lines) + 1, True), "the index knows every line"
    assert [line["s"] for line in tail["lines"]] == [*lines, end][-3:]


class Burst:
    """Submits from several threads, each with a key, until all are sent or the server is gone."""

    def __init__(self, lab: Lab, seed: int):
        self.lab = lab
        self.seed = seed
        self.sent: list[str] = []
        self.ids: dict[str, str] = {}
        self.odd: list[str] = []
        self.threads = [threading.Thread(target=self._send, args=(number,)) for number in range(THREADS)]

    def begin(self) -> None:
        for thread in self.threads:
            thread.start()

    def end(self) -> None:
        for thread in self.threads:
            thread.join(30)
            assert not thread.is_alive()
        assert not self.odd, self.odd

    def _send(self, number: int) -> None:
        api = self.lab.server.api()
        api.headers.update(self.lab.admin.headers)
        for count in range(EACH):
            key = f"burst-{self.seed}-{number}-{count}"
            self.sent.append(key)
            try:
                answer = self.lab.post(SHORT, api=api, key=key, name=key)
            except requests.RequestException:
                return
            if answer.status_code == 201:
                self.ids[key] = answer.json()["id"]
            else:
                self.odd.append(f"{answer.status_code} {answer.text}")

    def check_and_send_again(self) -> None:
        """What was acknowledged is there, and sending any of it again makes nothing twice."""
        for id in self.ids.values():
            assert self.lab.job(id)["id"] == id
        for key in self.sent:
            id = self.lab.submit(SHORT, key=key, name=key)
            assert self.ids.setdefault(key, id) == id, f"{key} made a second job"
        listed = expect(self.lab.admin.get(f"/groups/{self.lab.group}/jobs?search=burst-{self.seed}-&limit=200"), 200)
        assert sorted(job["id"] for job in listed["items"]) == sorted(self.ids.values())
