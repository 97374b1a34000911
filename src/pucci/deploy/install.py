"""Install a plan below a root folder, say what would change, and undo it exactly."""

import difflib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from pucci.deploy.ledger import Entry, Ledger, digest, put
from pucci.deploy.machine import is_packages_own
from pucci.deploy.plan import File, Plan
from pucci.errors import DeployError, MissingPart

Run = Callable[[tuple[str, ...]], tuple[int, str]]

LEDGER: Final = "var/lib/pucci-deploy/written.json"
_SECRET: Final = re.compile(r"(?m)^(password=).*")


class Installer:
    """Writes and removes what one WHAT consists of. `run` runs the plan's check; None leaves it out."""

    def __init__(self, what: str, *, root: Path = Path("/"), run: Run | None = None) -> None:
        self._what = what
        self._root = root
        self._run = run
        self._ledger = Ledger(root / LEDGER)

    def at(self, path: str) -> Path:
        """Return where a path is, below the root folder."""
        return self._root / path.lstrip("/")

    def units(self) -> list[str]:
        """Return the systemd units that were installed."""
        entry = self._ledger.read(self._what)
        return entry.units if entry else []

    def swapped(self) -> dict[str, str]:
        """Return the services that gave way, and to which."""
        entry = self._ledger.read(self._what)
        return entry.swapped if entry else {}

    @property
    def is_installed(self) -> bool:
        """Whether anything was written."""
        return self._ledger.read(self._what) is not None

    # -- saying ------------------------------------------------------------------------------

    def diff(self, plan: Plan) -> str:
        """Return what `apply` would change, as a diff; secrets masked."""
        entry = self._ledger.read(self._what) or Entry()
        parts = [self._diff(path, file) for path, file in plan.files.items()]
        parts += [f"link {path} -> {target}\n" for path, target in self._links(plan) if not self._lies(path)]
        parts += [f"take away link {path}\n" for path in plan.gone if self.at(path).is_symlink()]
        old = [path for path in entry.files if path not in plan.files]
        return "".join([*parts, *(f"take away {path}\n" for path in old)])

    def _diff(self, path: str, new: File | None) -> str:
        there = _masked(self._bytes(path) or b"")
        wanted = _masked(new.text.encode()) if new else []
        return "".join(difflib.unified_diff(there, wanted, f"{path} (there)", f"{path} (pucci deploy)"))

    def _bytes(self, path: str) -> bytes | None:
        try:
            return self.at(path).read_bytes()
        except FileNotFoundError:
            return None
        except IsADirectoryError:
            return b""

    def _lies(self, path: str) -> bool:
        return os.path.lexists(self.at(path))

    def _links(self, plan: Plan) -> Iterator[tuple[str, str]]:
        """Yield the links to be: a module's are made only where it is, and it is not enabled."""
        yield from plan.links.items()
        for path, target in plan.modules.items():
            for kind in (".load", ".conf"):
                if (self.at(path).parent / f"{target}{kind}").exists():
                    yield path + kind, target + kind

    # -- applying ----------------------------------------------------------------------------

    def apply(
        self,
        plan: Plan,
        start: Callable[[list[str]], None] = lambda _: None,
        *,
        swaps: Mapping[str, str] | None = None,
    ) -> bool:
        """Install, then `start` with the units to enable; True if anything changed.

        Where anything is wrong, `start` included, all files are as they were. `swaps` are the services that
        `start` makes give way; it is written down before.

        Raises:
            MissingPart: a program is not installed.
            DeployError: a file is somebody else's or was changed by hand, or the program refuses the new.
        """
        lacking = [package for path, package in plan.needs.items() if not self.at(path).exists()]
        if lacking:
            raise MissingPart(
                f"Not installed: {', '.join(lacking)}. Run: sudo apt install {' '.join(lacking)}"
            )
        old = self._ledger.read(self._what) or Entry()
        taken = self._refuse_others(plan, old)
        changes = bool(self.diff(plan))
        new = self._entry(plan, old, taken)
        new.swapped |= swaps or {}
        states = {path: _state(self.at(path)) for path in {*old.files, *new.files, *new.links, *new.gone}}
        both = {
            path: [*old.files.get(path, []), *new.files.get(path, [])] for path in {*old.files, *new.files}
        }
        try:
            self._ledger.write(self._what, _with_files(new, both))
            self._write(plan, old, new)
            self._check(plan)
            start(new.units)
            self._ledger.write(self._what, new)
        except BaseException as error:
            with suppress(OSError):  # a disk that is read-only has changed nothing
                for path, state in states.items():
                    _restore(self.at(path), state)
                self._ledger.write(self._what, old if old.files else None)
            self._clear_folders(new)
            if isinstance(error, OSError):
                raise DeployError(
                    f"{error.filename or 'A file'} cannot be written: {error.strerror}. Nothing was changed."
                ) from error
            raise
        return changes

    def _refuse_others(self, plan: Plan, old: Entry) -> dict[str, str]:
        """Return the packages' own files that are to be replaced; refuse to touch anybody else's."""
        taken: dict[str, str] = {}
        for path, file in plan.files.items():
            there = self._bytes(path)
            if there is None and not self._lies(path):
                continue
            if self.at(path).is_symlink() or there is None or not self.at(path).is_file():
                raise DeployError(f"{path} is there, and is no plain file. Move it away, then say it again.")
            if digest(there) in (*old.files.get(path, []), digest(file.text.encode())):
                continue
            if path not in old.files and is_packages_own(path, there, self._root):
                taken[path] = there.decode("utf-8", "surrogateescape")
                continue
            raise DeployError(self._changed(path, file, by_hand=path in old.files))
        for path in old.files:
            if path not in plan.files:
                self._refuse_changed(path, old, None)
        for path, target in plan.links.items():
            if self._lies(path) and not _is_link(self.at(path), target):
                raise DeployError(f"{path} is there, and leads elsewhere. Move it away, then say it again.")
        return taken

    def _refuse_changed(self, path: str, old: Entry, new: File | None) -> None:
        there = self._bytes(path)
        if there is not None and digest(there) not in old.files[path]:
            raise DeployError(self._changed(path, new, by_hand=True))

    def _changed(self, path: str, new: File | None, *, by_hand: bool) -> str:
        what = "was changed by hand" if by_hand else "is there already, and not by `pucci deploy`"
        return (
            f"{path} {what}, so it is left as it is, and nothing was changed. "
            "Put what you need into pucci.toml, "
            f"move the file away (mv {path} {path}.mine), then say it again.\n{self._diff(path, new)}"
        ).rstrip()

    def _entry(self, plan: Plan, old: Entry, taken: dict[str, str]) -> Entry:
        """Return what will have been written."""
        links = {
            path: target
            for path, target in self._links(plan)
            if path in old.links or path in plan.links or not self._lies(path)
        }
        gone = {path: target for path, target in plan.gone.items() if _is_link(self.at(path), target)}
        folders = [str(folder) for path in (*plan.files, *links) for folder in self._new_folders(path)]
        return Entry(
            files={path: [digest(file.text.encode())] for path, file in plan.files.items()},
            before=old.before | taken,
            links=links,
            gone=old.gone | gone,
            folders=sorted({*old.folders, *folders}),
            units=plan.units,
            swapped=dict(old.swapped),
        )

    def _new_folders(self, path: str) -> Iterator[Path]:
        for folder in Path(path).parents:
            if not self.at(str(folder)).exists():
                yield folder

    def _write(self, plan: Plan, old: Entry, new: Entry) -> None:
        for path, file in plan.files.items():
            target = self.at(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            if self._bytes(path) != file.text.encode() or target.stat().st_mode & 0o777 != file.mode:
                put(target, file.text.encode(), file.mode)
        for path in (path for path in old.files if path not in plan.files):
            self._put_back(path, old)
        for path, target in new.links.items():
            if not self._lies(path):
                self.at(path).parent.mkdir(parents=True, exist_ok=True)
                self.at(path).symlink_to(target)
        for path in (path for path in old.links if path not in new.links):
            self.at(path).unlink(missing_ok=True)
        for path in new.gone:
            self.at(path).unlink(missing_ok=True)

    def _check(self, plan: Plan) -> None:
        if self._run is None or not plan.check:
            return
        code, said = self._run(tuple(str(self.at(w)) if w in plan.files else w for w in plan.check))
        if code:
            raise DeployError(
                f"`{' '.join(plan.check)}` refuses the new files, so nothing was changed. It says:\n{said}"
            )

    # -- undoing -----------------------------------------------------------------------------

    def refuse_changed(self) -> None:
        """Raise DeployError if anything that was written has been changed by hand since."""
        entry = self._ledger.read(self._what)
        for path in entry.files if entry else ():
            self._refuse_changed(path, entry, None)  # type: ignore[arg-type]

    def remove(self) -> bool:
        """Undo `apply`; False where there is nothing to undo.

        Raises:
            DeployError: a file was changed by hand since.
        """
        entry = self._ledger.read(self._what)
        if entry is None:
            return False
        self.refuse_changed()
        for path in entry.files:
            self._put_back(path, entry)
        for path, target in entry.links.items():
            if _is_link(self.at(path), target):
                self.at(path).unlink()
        for path, target in entry.gone.items():
            if not self._lies(path):
                self.at(path).symlink_to(target)
        self._clear_folders(entry)
        self._ledger.write(self._what, None)
        return True

    def _put_back(self, path: str, entry: Entry) -> None:
        before = entry.before.get(path)
        if before is None:
            self.at(path).unlink(missing_ok=True)
        else:
            put(self.at(path), before.encode("utf-8", "surrogateescape"), 0o644)

    def _clear_folders(self, entry: Entry) -> None:
        for folder in sorted(entry.folders, reverse=True):
            with suppress(OSError):
                self.at(folder).rmdir()


def _with_files(entry: Entry, files: dict[str, list[str]]) -> Entry:
    return replace(entry, files=files)


def _is_link(path: Path, target: str) -> bool:
    return path.is_symlink() and str(path.readlink()) == target


def _masked(data: bytes) -> list[str]:
    return _SECRET.sub(r"\1********", data.decode("utf-8", "replace")).splitlines(keepends=True)


State = tuple[str, str | bytes, int]


def _state(path: Path) -> State | None:
    """Return what is at a path, so that it can be put back."""
    if path.is_symlink():
        return ("link", str(path.readlink()), 0)
    if path.is_file():
        return ("file", path.read_bytes(), path.stat().st_mode & 0o777)
    return None


def _restore(path: Path, state: State | None) -> None:
    if _state(path) == state:
        return
    path.unlink(missing_ok=True)
    if state is None:
        return
    kind, content, mode = state
    if kind == "link":
        path.symlink_to(str(content))
    else:
        put(path, content if isinstance(content, bytes) else content.encode(), mode)
