"""Run a program for one picture: within a time limit, a size limit, and without trust in its exit code."""

import contextlib
import os
import re
import select
import selectors
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pucci.clock import Clock
from pucci.errors import MissingPart

# The largest picture taken from a program or a server; a 12 megapixel JPEG has about 8 MB.
MOST_BYTES = 32_000_000
MOST_TOLD = 4000
_REAP_S = 1.0

# Killed, but stuck in the kernel (state D): nobody waits for them, and they are reaped when they end.
_left_behind: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a program left: its output, the last it said, and how it ended (None: it was killed here)."""

    output: bytes
    told: str
    code: int | None
    too_large: bool = False

    @property
    def last_words(self) -> str:
        """The last line it said, or that it said nothing."""
        return last_line(self.told)


def run(
    words: Sequence[str],
    *,
    clock: Clock,
    timeout_s: float,
    remedy: str,
    pass_fds: Sequence[int] = (),
    environ: Mapping[str, str] | None = None,
) -> Outcome:
    """Run a program to its end, or until its time or its `MOST_BYTES` are up; nothing is asked of a shell.

    It has a process group of its own, so that what it started dies with it.

    Raises:
        MissingPart: there is no such program; `remedy` is the sentence that says what to do.
    """
    with start(words, remedy=remedy, pass_fds=pass_fds, environ=environ) as process:
        finished = False
        try:
            output, told, finished, too_large = _listen(process, clock=clock, timeout_s=timeout_s)
        finally:
            ended = end(process, grace_s=_REAP_S if finished else 0.0)
    return Outcome(output, told, ended if finished else None, too_large)


class Process(subprocess.Popen[bytes]):
    """A process that is not waited for at the end of a `with` block: `end` has done what can be done."""

    def __exit__(self, *_: object) -> None:
        self.close_pipes()

    def close_pipes(self) -> None:
        """Hear nothing more of it."""
        for pipe in (self.stdout, self.stderr):
            if pipe is not None:
                pipe.close()


def start(
    words: Sequence[str],
    *,
    remedy: str,
    pass_fds: Sequence[int] = (),
    environ: Mapping[str, str] | None = None,
) -> Process:
    """Start a program in a process group of its own, with pipes for its output and its messages."""
    reap()
    try:
        return Process(
            list(words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=tuple(pass_fds),
            start_new_session=True,
            env=dict(os.environ | {"LC_ALL": "C"} | dict(environ or {})),
            bufsize=0,
        )
    except (FileNotFoundError, PermissionError) as error:
        raise MissingPart(f"The program {words[0]} is not installed, or may not be run. {remedy}") from error


def end(process: subprocess.Popen[bytes], *, grace_s: float = 0.0, ask: bool = False) -> int | None:
    """Kill a program's whole group, and return how the program ended; None if not even that ended it.

    It may end by itself within `grace_s`, and is asked to (SIGTERM) with `ask`. The group is killed
    before the program is reaped: until then its number cannot be another's.
    """
    if process.returncode is None:
        if ask:
            os.kill(process.pid, signal.SIGTERM)  # Popen's own would reap it
        _await_end(process.pid, grace_s)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    try:
        return process.wait(_REAP_S)
    except subprocess.TimeoutExpired:
        _left_behind.append(process)
        return None


def _await_end(pid: int, seconds: float) -> None:
    if seconds <= 0:
        return
    handle = os.pidfd_open(pid)
    try:
        select.select([handle], [], [], seconds)
    finally:
        os.close(handle)


def reap() -> None:
    """Forget the programs left behind that have ended since."""
    _left_behind[:] = [process for process in _left_behind if process.poll() is None]


def _listen(
    process: subprocess.Popen[bytes], *, clock: Clock, timeout_s: float
) -> tuple[bytes, str, bool, bool]:
    """Return output, messages, whether it closed both by itself, and whether it gave too much."""
    heard = {"output": bytearray(), "told": bytearray()}
    until = clock.monotonic() + timeout_s
    with selectors.DefaultSelector() as selector:
        for pipe, name in ((process.stdout, "output"), (process.stderr, "told")):
            if pipe is not None:
                selector.register(pipe, selectors.EVENT_READ, name)
        while selector.get_map():
            left = until - clock.monotonic()
            ready = selector.select(left) if left > 0 else []
            if not ready:
                return bytes(heard["output"]), plain(heard["told"]), False, False
            for key, _ in ready:
                part = os.read(key.fd, 1 << 16)
                if not part:
                    selector.unregister(key.fileobj)
                heard[key.data] += part
            del heard["told"][:-MOST_TOLD]
            if len(heard["output"]) > MOST_BYTES:
                return b"", plain(heard["told"]), False, True
    return bytes(heard["output"]), plain(heard["told"]), True, False


def plain(told: bytes | bytearray) -> str:
    """Return messages as plain text, without the colours of a terminal."""
    return re.sub(r"\x1b\[[0-9;]*m", "", told.decode("utf-8", errors="replace"))


def last_line(told: str) -> str:
    """Return the last line of what a program said, to be put into a sentence; at most 200 characters."""
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    return lines[-1].rstrip(".")[:200] if lines else "it said nothing"
