"""What the workers of one run of pytest share. A run in one process is its own only worker."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path


class Once:
    """Makes things once in a run, whichever worker asks first; the others wait for it."""

    def __init__(self, folder: Path):
        self.folder = folder

    def __call__(self, name: str, make: Callable[[Path], object]) -> Path:
        """The folder of this name, which `make` fills. What failed once fails for all."""
        place, failed = self.folder / name, self.folder / f"{name}.failed"
        with (self.folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if failed.exists():
                raise RuntimeError(f"“{name}” could not be made: {failed.read_text()}")
            if not place.exists():
                place.mkdir()
                try:
                    make(place)
                except BaseException as error:
                    failed.write_text(f"{type(error).__name__}: {error}")
                    raise
        return place
