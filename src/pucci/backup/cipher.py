"""A passphrase around a backup, by GnuPG: a format of 1998 that every Linux opens, also without Pucci.

Not by age: `age -p` asks on a terminal and nowhere else, so no timer could use it. The passphrase goes
through a pipe, never on a command line, which everybody on the machine can read.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from pucci.errors import BackupError, MissingPart

# Every OpenPGP packet begins with this bit (RFC 4880, 4.2); no tar of ours does.
_PACKET: Final = 0x80
_LONGEST_WORDS: Final = 4000


def is_encrypted(path: Path) -> bool:
    """Whether a backup is behind a passphrase.

    Raises:
        BackupError: the file cannot be read.
    """
    try:
        if path.exists() and not path.is_file():
            raise BackupError(f"{path} is no file. Save the backup as one first.")
        with path.open("rb") as file:
            first = file.read(1)
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}. Name a file that exists.") from error
    return bool(first) and bool(first[0] & _PACKET)


@contextmanager
def encrypting(out: IO[bytes], passphrase: str) -> Iterator[IO[bytes]]:
    """Give a pipe to write to; what goes in comes out encrypted at `out`, all of it when the block ends.

    Raises:
        MissingPart: gpg is not installed.
        BackupError: gpg failed.
    """
    words = ["--symmetric", "--cipher-algo", "AES256", "--compress-algo", "none"]
    # The slowest derivation there is: 65 MB are hashed for each guess.
    words += ["--s2k-mode", "3", "--s2k-digest-algo", "SHA256", "--s2k-count", "65011712"]
    with _gpg(words, passphrase, stdin=subprocess.PIPE, stdout=out) as process:
        assert process.stdin is not None  # noqa: S101 - asked for with PIPE
        with suppress(BrokenPipeError):  # gpg's own words say why, below
            yield process.stdin
            process.stdin.close()


@contextmanager
def decrypting(path: Path, passphrase: str) -> Iterator[IO[bytes]]:
    """Give a pipe to read a backup's bytes from. What is read is proved whole only when the block ends.

    Raises:
        MissingPart: gpg is not installed.
        BackupError: the passphrase is wrong, or the file was changed.
    """
    with (
        path.open("rb") as file,
        _gpg(["--decrypt"], passphrase, stdin=file, stdout=subprocess.PIPE) as process,
    ):
        assert process.stdout is not None  # noqa: S101 - asked for with PIPE
        failed: BackupError | None = None
        try:
            yield process.stdout
        except BackupError as error:  # most likely the bytes ended since gpg ended: it knows more
            failed = error
        while failed is None and process.stdout.read(65536):
            pass
        process.stdout.close()
        if failed is not None:
            process.wait()
            if process.returncode == 0:
                raise failed


@contextmanager
def _gpg(
    words: list[str], passphrase: str, *, stdin: int | IO[bytes], stdout: int | IO[bytes]
) -> "Iterator[subprocess.Popen[bytes]]":
    """Run gpg in a home of its own, for a `with` block, with the passphrase in a pipe."""
    program = shutil.which("gpg")
    if program is None:
        raise MissingPart("A passphrase needs GnuPG. Install it: sudo apt install gnupg")
    with tempfile.TemporaryDirectory(prefix="pucci-") as home, tempfile.TemporaryFile() as told:
        inlet, outlet = os.pipe()
        os.write(outlet, passphrase.encode() + b"\n")
        os.close(outlet)
        start = [program, "--homedir", home, "--batch", "--no-options", "--no-tty", "--quiet"]
        start += ["--no-symkey-cache", "--pinentry-mode", "loopback", "--passphrase-fd", str(inlet)]
        process = subprocess.Popen(
            [*start, *words],
            env=os.environ | {"LC_ALL": "C"},
            stdin=stdin,
            stdout=stdout,
            stderr=told,
            pass_fds=[inlet],
        )
        os.close(inlet)
        try:
            yield process
        except BaseException:
            process.kill()
            raise
        finally:
            process.wait()
            _end_agent(home)
        if process.returncode:
            told.seek(0)
            raise BackupError(_in_words(told.read(_LONGEST_WORDS).decode("utf-8", errors="replace")))


def _end_agent(home: str) -> None:
    """End the helper that gpg may have started for this home alone."""
    with suppress(OSError, subprocess.SubprocessError):
        subprocess.run(
            ["gpgconf", "--homedir", home, "--kill", "all"], capture_output=True, timeout=5, check=False
        )


def _in_words(told: str) -> str:
    if "Bad session key" in told or "Bad passphrase" in told:
        return "The passphrase is wrong. Try again. Nothing was restored."
    if "decryption failed" in told or "WARNING: encrypted message has been manipulated" in told:
        return "The backup was changed since it was made, or the passphrase is wrong. Nothing was restored."
    last = told.strip().splitlines()[-1] if told.strip() else "it says nothing"
    return f"gpg failed: {last}. Look at the file, and at the disk with `df`."
