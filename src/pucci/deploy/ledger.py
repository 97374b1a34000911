"""What was written, so that it can be undone exactly, and a change made by hand is seen.

One JSON file of root's. A path's hashes are of what was written there last, and of what is being written
now: should the power go between, both are ours.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pucci.errors import DeployError


def digest(data: bytes) -> str:
    """Return the checksum of a file's bytes."""
    return hashlib.sha256(data).hexdigest()


@dataclass(slots=True)
class Entry:
    """What one WHAT has written: files with their hashes, and what was there before."""

    files: dict[str, list[str]] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)  # a package's own text that was replaced
    links: dict[str, str] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    swapped: dict[str, str] = field(default_factory=dict)  # services that gave way


class Ledger:
    """The entries by WHAT."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, what: str) -> Entry | None:
        """Return an entry, or None where nothing was written."""
        found = self._all().get(what)
        return Entry(**found) if found is not None else None

    def write(self, what: str, entry: Entry | None) -> None:
        """Store an entry, or forget it."""
        everything = self._all()
        everything.pop(what, None)
        if entry is not None:
            everything[what] = asdict(entry)
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        put(self._path, json.dumps(everything, indent=1).encode(), 0o600)
        if not everything:
            self._path.unlink()
            self._path.parent.rmdir()

    def _all(self) -> dict[str, Any]:
        try:
            return json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise DeployError(
                f"{self._path} is damaged, so it is not known what was written. Compare the files that "
                "--output makes with those that are there, take them away by hand, and this one too."
            ) from error


def put(path: Path, data: bytes, mode: int) -> None:
    """Write a file whole or not at all, never readable by more than its mode says."""
    part = path.with_name(f".{path.name}.pucci-part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - opened with its mode from the first moment
            file.write(data)
            file.flush()
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
