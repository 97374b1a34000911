"""`pucci backup` and `pucci restore`, as a person types them."""

import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

LIMIT_S = 60
Pucci = Callable[..., str]


def environment(home: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home), "PUCCI_CAMERAS_SOFA_DRIVER": "synthetic"}


@pytest.fixture
def pucci(tmp_path: Path) -> Pucci:
    """Run `pucci` in an empty home of its own, and return what it said."""

    def run(*words: str | Path, code: int = 0, given: bytes = b"", **environ: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "pucci", *map(str, words)],
            env=environment(tmp_path) | environ,
            input=given,
            capture_output=True,
            timeout=LIMIT_S,
            check=False,
        )
        said = (done.stdout + done.stderr).decode()
        assert done.returncode == code, said
        assert "Traceback" not in said
        return said

    return run


def everything_below(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


def test_a_backup_goes_out_and_comes_back(pucci: Pucci, tmp_path: Path):
    (tmp_path / ".config/pucci").mkdir(parents=True)
    (tmp_path / ".config/pucci/pucci.toml").write_text('[profile]\nname = "Bello"\n')
    pucci("snap")
    file = tmp_path / "pucci.tar"
    assert pucci("backup", "--all", file).startswith(f"{file}: 1 photo, 0.")
    assert file.stat().st_mode & 0o777 == 0o600
    assert "is there already" in pucci("backup", "--all", file, code=10)
    pucci("backup", "--all", "--force", file)
    said = pucci("restore", file, "--data-dir", tmp_path / "new")
    assert said.startswith(f"{tmp_path / 'new'}: 0 people, 1 photo, all whole, as of 20")
    assert f"The settings are in {tmp_path / 'new' / 'pucci.toml'}" in said
    assert pucci("check-album", "--data-dir", tmp_path / "new") == "1 photo, all whole and in its place.\n"
    assert "Bello" in (tmp_path / "new" / "pucci.toml").read_text()
    before = everything_below(tmp_path)
    assert "is not empty" in pucci("restore", file, "--data-dir", tmp_path / "new", code=10)
    assert everything_below(tmp_path) == before


def test_behind_a_passphrase_nothing_can_be_read_and_a_wrong_one_leaves_nothing(pucci: Pucci, tmp_path: Path):
    pucci("snap")
    secret, wrong = tmp_path / "secret", tmp_path / "wrong"
    secret.write_text("die Würstchen sind weg\n")
    wrong.write_text("der Ball ist weg\n")
    file = tmp_path / "pucci.tar.gpg"
    pucci("backup", "--all", "--passphrase-file", secret, file)
    data = file.read_bytes()
    assert b"pucci.db" not in data
    assert b"SQLite" not in data
    before = everything_below(tmp_path)
    said = pucci("restore", file, "--passphrase-file", wrong, "--data-dir", tmp_path / "new", code=10)
    assert said == "The passphrase is wrong. Try again. Nothing was restored.\n"
    assert "no terminal" in pucci("restore", file, "--data-dir", tmp_path / "new", code=10)
    assert everything_below(tmp_path) == before
    said = pucci(
        "restore", file, "--passphrase-file", "-", "--data-dir", tmp_path / "new", given=secret.read_bytes()
    )
    assert "1 photo, all whole" in said


@pytest.mark.parametrize("at", [0.5, 0.99])
def test_an_encrypted_backup_that_was_changed_is_refused(at: float, pucci: Pucci, tmp_path: Path):
    pucci("snap")
    file = tmp_path / "pucci.tar.gpg"
    pucci("backup", "--all", "--passphrase-file", "-", file, given=b"ball\n")
    data = bytearray(file.read_bytes())
    data[int(len(data) * at)] ^= 1
    file.write_bytes(data)
    said = pucci(
        "restore", file, "--passphrase-file", "-", "--data-dir", tmp_path / "new", given=b"ball\n", code=10
    )
    assert "Nothing was restored" in said
    assert not (tmp_path / "new").exists()


def test_a_backup_goes_through_a_pipe(tmp_path: Path, pucci: Pucci):
    pucci("snap")
    file = tmp_path / "piped.tar"
    with file.open("wb") as out:
        done = subprocess.run(
            [sys.executable, "-m", "pucci", "backup", "--all", "-"],
            env=environment(tmp_path), stdout=out, stderr=subprocess.PIPE, timeout=LIMIT_S, check=True,
        )  # fmt: skip
    assert done.stderr.startswith(b"-: 1 photo, ")
    with tarfile.open(file) as tar:
        assert "pucci.db" in tar.getnames()


def test_a_place_that_cannot_be_written_is_a_sentence_and_leaves_nothing(pucci: Pucci, tmp_path: Path):
    pucci("snap")
    before = everything_below(tmp_path)
    said = pucci("backup", "/proc/pucci.tar", code=10)
    assert said.startswith("/proc/pucci.tar cannot be written: ")
    assert len(said.splitlines()) == 1
    said = pucci("restore", tmp_path / "nowhere.tar", code=10)
    assert "cannot be read: No such file" in said
    assert {path for path in everything_below(tmp_path) - before if path.name != "lock"} <= {
        tmp_path / ".local/share/pucci/backup.part"
    }


def test_a_damaged_photo_is_named_and_the_others_are_in_the_backup(pucci: Pucci, tmp_path: Path):
    damaged = Path(pucci("snap").strip())
    pucci("snap")
    damaged.write_bytes(damaged.read_bytes()[:-9000])
    said = pucci("backup", "--all", tmp_path / "b.tar", code=1)
    assert ": 1 photo" in said
    assert f"{damaged.name}: damaged on the disk" in said
    assert "1 photo, all whole" in pucci("restore", tmp_path / "b.tar", "--data-dir", tmp_path / "new")


@pytest.mark.slow
def test_killed_at_any_moment_there_is_no_half_backup_and_no_half_restore(pucci: Pucci, tmp_path: Path):
    for _ in range(3):
        pucci("snap")
    whole = tmp_path / "whole.tar"
    pucci("backup", "--all", whole)
    for number, words in enumerate(([
        "backup", "--all", "--force", "again.tar"], ["restore", str(whole), "--data-dir", "new"]
    ) * 5):  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-m", "pucci", *words], env=environment(tmp_path), cwd=tmp_path,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(0.25 + 0.07 * number)
        process.send_signal(signal.SIGKILL)
        process.wait(LIMIT_S)
        if (tmp_path / "again.tar").exists():
            said = pucci("restore", tmp_path / "again.tar", "--data-dir", tmp_path / f"r{number}")
            assert "3 photos, all whole" in said
            (tmp_path / "again.tar").unlink()
        if (tmp_path / "new").exists():
            said = pucci("check-album", "--data-dir", tmp_path / "new")
            assert said == "3 photos, all whole and in their place.\n"
            (tmp_path / "new").rename(tmp_path / f"n{number}")
    pucci("backup", "--all", tmp_path / "last.tar")
    assert "3 photos, all whole" in pucci("restore", tmp_path / "last.tar", "--data-dir", tmp_path / "new")
    assert not list(tmp_path.glob(".new*"))
