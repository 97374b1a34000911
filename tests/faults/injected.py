"""Make one call that writes fail, once, in the real program: strace is told which one of which kind."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.faults.acts import Act, Ended, run

# Every way to change a disk that Python, SQLite and ffmpeg use.
CALLS = (
    "write,writev,pwrite64,fsync,fdatasync,ftruncate,fallocate,openat,mkdir,mkdirat,rmdir,"
    "rename,renameat,renameat2,link,linkat,unlink,unlinkat,chmod,fchmod"
)
ERRORS = ("ENOSPC", "EIO")
_BEGUN = re.compile(r"(\d+) +(\w+)\((.*)")
_READS = re.compile(r"O_RDONLY(?!.*O_(CREAT|TMPFILE))")


@dataclass(frozen=True)
class Fault:
    """The `number`th call of a kind, counted in each thread, fails with an error."""

    call: str
    number: int
    error: str

    def __str__(self) -> str:
        return f"{self.call}-{self.number}-{self.error}"


@dataclass(frozen=True)
class Outcome:
    """What became of an act with a fault. `hit` are the failed calls in the data folder, as strace has them.

    `elsewhere` are those of other threads that failed, too: a daemon's output cannot be written, for one.
    """

    ended: Ended
    hit: list[str]
    elsewhere: list[str]


def calls_of(act: Act, folder: Path) -> list[tuple[str, int]]:
    """Do an act without a fault; return the calls that change its data folder: kind, number in its thread."""
    lines = _traced(act, folder, [])[1]
    numbers: Counter[tuple[str, str]] = Counter()
    found: dict[tuple[str, int], None] = {}
    for line in lines:
        begun = _BEGUN.match(line)
        if begun is None:
            continue
        thread, call, rest = begun.groups()
        numbers[thread, call] += 1
        if _changes(call, rest, folder):
            found[call, numbers[thread, call]] = None
    return list(found)


def with_fault(act: Act, folder: Path, fault: Fault) -> Outcome:
    """Do an act while one of its calls fails."""
    inject = ["-e", f"inject={fault.call}:error={fault.error}:when={fault.number}"]
    ended, lines = _traced(act, folder, inject)
    begun: dict[str, str] = {}
    hit: list[str] = []
    elsewhere: list[str] = []
    for line in lines:
        if (start := _BEGUN.match(line)) is not None:
            begun[start[1]] = line
        if line.endswith("(INJECTED)"):
            call = begun.get(line.split()[0], line)
            (hit if str(folder) in call else elsewhere).append(call)
    return Outcome(ended, hit, elsewhere)


def _changes(call: str, rest: str, folder: Path) -> bool:
    return str(folder) in rest and not (call == "openat" and _READS.search(rest))


def _traced(act: Act, folder: Path, inject: list[str]) -> tuple[Ended, list[str]]:
    log = folder.with_name(f"{folder.name}.strace")
    # Only these calls stop the program (seccomp), so that its threads meet as they always do.
    strace = ["strace", "-f", "--seccomp-bpf", "-qq", "-y", "-s", "0", "-o", str(log)]
    strace += ["-e", f"trace={CALLS}", "-e", "signal=none"]
    ended = run(act, folder, *strace, *inject)
    return ended, log.read_text().splitlines()
