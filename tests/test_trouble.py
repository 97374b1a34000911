"""What a newcomer's mistake or a dying card gets for an answer: the thing named, and what to do."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

LIMIT_S = 60
NOBODY = 65534
PUCCI = f"{sys.executable} -m pucci --data-dir $HOME/d"


def shell(script: str, home: Path, *, before: tuple[str, ...] = ()) -> str:
    """Run lines of shell in an empty home; return what they said."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "PUCCI_CAMERAS_SOFA_DRIVER": "synthetic"}
    done = subprocess.run(
        [*before, "sh", "-c", script],
        env=environ,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    return said


def mounting() -> tuple[str, ...]:
    """Words that start a program which may mount disks of its own."""
    words = ("unshare", "--mount") if os.geteuid() == 0 else ("unshare", "--mount", "--map-root-user")
    if subprocess.run([*words, "true"], check=False, capture_output=True).returncode:
        pytest.skip("no namespaces of one's own here")
    return words


@pytest.mark.slow
@pytest.mark.may_skip("a container may forbid namespaces")
def test_a_picture_on_a_full_or_read_only_disk_is_refused_and_the_one_before_stays(tmp_path: Path):
    script = f"""
    exec 2>&1; mkdir -p $HOME/small; mount -t tmpfs -o size=400k tmpfs $HOME/small; cd $HOME/small
    {PUCCI} snap -o now.jpg; cp now.jpg before.jpg; head -c 1M /dev/zero 2>/dev/null >fill
    {PUCCI} snap -o now.jpg; echo ended $?; {PUCCI} snap -o new.jpg; echo ended $?
    cmp now.jpg before.jpg && echo the same; ls -A
    mount -o remount,ro $HOME/small; {PUCCI} snap -o now.jpg; echo ended $?
    """
    assert shell(script, tmp_path, before=mounting()).splitlines() == [
        "now.jpg",
        "now.jpg cannot be written: No space left on device. Make room there, or name another file.",
        "ended 6",
        "new.jpg cannot be written: No space left on device. Make room there, or name another file.",
        "ended 6",
        "the same",
        "before.jpg",
        "fill",
        "now.jpg",
        "now.jpg cannot be written: Read-only file system. Make room there, or name another file.",
        "ended 6",
    ]


@pytest.mark.slow
@pytest.mark.may_skip("a container may forbid namespaces")
def test_a_disk_that_can_only_be_read_or_is_full_is_named(tmp_path: Path):
    script = f"""
    mkdir -p $HOME/d; mount -t tmpfs -o size=20m tmpfs $HOME/d; {PUCCI} snap >/dev/null
    mount -o remount,ro $HOME/d; {PUCCI} snap; echo ended $?; {PUCCI} serve --port 0; echo serve ended $?
    cp -a $HOME/d $HOME/copy; {sys.executable} -m pucci --data-dir $HOME/copy backup --all $HOME/b.tar
    mount -o remount,rw $HOME/d; head -c 30M /dev/zero 2>/dev/null >$HOME/d/fill; {PUCCI} user list
    {PUCCI} restore $HOME/b.tar --data-dir $HOME/d/new; ls -A $HOME/d
    """
    said = shell(script, tmp_path, before=mounting())
    assert f"the disk of {tmp_path / 'd'} can only be read" in said
    assert said.count("can only be read. A failing card is set so") == 2
    assert "ended 6\n" in said
    assert "serve ended 6\n" in said
    assert "b.tar: 1 photos" in said
    assert f"the disk of {tmp_path / 'd'} is full. Make room on it." in said
    assert "The disk has no room for the backup" in said
    assert ".new" not in said


@pytest.fixture
def open_home() -> Iterator[Path]:
    """A home that everybody may look into; pytest's own are its user's alone."""
    with tempfile.TemporaryDirectory(prefix="pucci-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.may_skip("who is not root cannot become somebody else, and nobody may not enter root's home")
def test_somebody_elses_folder_is_named_with_its_owner(open_home: Path):
    home = open_home
    be_nobody = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    try_out = [*be_nobody, sys.executable, "-c", "import pucci"]
    if subprocess.run(try_out, check=False, capture_output=True, cwd="/").returncode:
        pytest.skip("nobody cannot run Pucci here")
    shell(f"{PUCCI} snap && chmod 755 $HOME/d", home)
    said = shell(f"cd /; {PUCCI} user list", home, before=be_nobody)
    assert said.startswith(f"The database cannot be used: {home / 'd'} belongs to root. Run this as that")
    home.chmod(0o700)
    said = shell(f"cd /; {PUCCI} user list", home, before=be_nobody)
    assert said.startswith(f"This account may not read {home}/.config/pucci/pucci.toml. Run this as")
