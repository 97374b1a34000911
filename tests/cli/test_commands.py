"""The commands, as a person types them."""

import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pucci import jpeg


@pytest.fixture
def pucci(tmp_path: Path):
    """Run `pucci` in an empty home of its own."""

    def run(*words: str, code: int = 0, **environ: str) -> str:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "PUCCI_CAMERAS_SOFA_DRIVER": "synthetic",
            **environ,
        }
        command = [sys.executable, "-m", "pucci", *words]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    return run


def test_snap_stores_a_whole_photo_and_says_where(pucci, tmp_path: Path):  # noqa: ANN001
    path = Path(pucci("snap").strip())
    assert path.is_relative_to(tmp_path / ".local/share/pucci/photos/sofa")
    assert jpeg.judge(path.read_bytes()).is_whole
    assert pucci("check-album") == "1 photos, all whole and in their place.\n"


def test_snap_output_writes_the_picture_and_nothing_into_the_album(pucci, tmp_path: Path):  # noqa: ANN001
    target = tmp_path / "now.jpg"
    assert pucci("snap", "sofa", "--output", str(target)) == f"{target}\n"
    assert jpeg.judge(target.read_bytes()).is_whole
    assert not (tmp_path / ".local/share/pucci/photos").exists()


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("/dev/full", "No space left on device"),
        ("/dev", "Is a directory"),
        ("/proc/now.jpg", "No such file or directory"),
        ("nowhere/now.jpg", "No such file or directory"),
    ],
)
def test_snap_output_that_cannot_be_written_is_one_sentence(pucci, tmp_path: Path, target: str, why: str):  # noqa: ANN001
    path = tmp_path / target
    said = pucci("snap", "--output", str(path), code=6)
    assert said == f"{path} cannot be written: {why}. Make room there, or name another file.\n"


def test_a_full_disk_under_what_is_said_is_one_sentence_too(tmp_path: Path):
    done = subprocess.run(
        f"{sys.executable} -m pucci --data-dir {tmp_path} snap >/dev/full",
        shell=True, env={"PATH": os.environ["PATH"], "PUCCI_CAMERAS_SOFA_DRIVER": "synthetic"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stderr == "There is no room where this is written to. Make some, then try again.\n"
    assert done.returncode == 6
    assert len(list(tmp_path.glob("photos/sofa/*/*.jpg"))) == 1


@pytest.mark.parametrize(
    ("faults", "code", "words"),
    [
        ("truncate 40", 5, "cut short"),
        ("unplugged", 4, "unplugged"),
        ("silent", 4, ""),
    ],
)
def test_snap_without_a_whole_frame_says_why_in_one_sentence(pucci, faults: str, code: int, words: str):  # noqa: ANN001
    said = pucci(
        "snap", "--limit", "3", code=code,
        PUCCI_CAMERAS_SOFA_DEVICE=faults, PUCCI_CAMERAS_SOFA_TIMEOUT_S="1",
    )  # fmt: skip
    assert words in said
    assert len(said.strip().splitlines()) == 1


def test_snap_names_the_cameras_there_are(pucci):  # noqa: ANN001
    assert pucci("snap", "kennel", code=2) == "There is no camera kennel. There is: sofa.\n"


def test_snap_never_imports_flask(tmp_path: Path):
    code = (
        "import sys; sys.argv[1:] = ['snap']\n"
        "try:\n    from pucci.cli import main; main()\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        "bad = [m for m in ('flask', 'alembic', 'uvicorn', 'wtforms', 'bcrypt') if m in sys.modules]\n"
        "assert not bad, bad"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PUCCI_CAMERAS_SOFA_DRIVER": "synthetic",
    }
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60)


def test_the_camera_of_a_site_under_apache_never_imports_flask():
    code = (
        "import sys, pucci.cli.camera, pucci.web.server\n"
        "bad = [m for m in ('flask', 'jinja2', 'wtforms', 'alembic', 'bcrypt') if m in sys.modules]\n"
        "assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_mistakes_in_the_settings_are_all_named_and_nothing_is_made(pucci, tmp_path: Path):  # noqa: ANN001
    said = pucci("snap", code=2, PUCCI_CAPTURE_INTERVL_S="5", PUCCI_SERVER_PORT="x")
    assert said.splitlines() == [
        "PUCCI_CAPTURE_INTERVL_S is not a setting. Did you mean PUCCI_CAPTURE_INTERVAL_S?",
        "PUCCI_SERVER_PORT: server.port must be a whole number, not 'x'.",
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_word_that_is_no_command_gets_the_nearest_one(pucci):  # noqa: ANN001
    assert "Did you mean `pucci snap`?" in pucci("snp", code=2)
    assert "`pucci --help` lists them" in pucci("xyzzy", code=2)


def test_settings_prints_what_is_in_force_with_secrets_masked(pucci, tmp_path: Path):  # noqa: ANN001
    said = pucci(
        "--data-dir", str(tmp_path / "d"), "settings", PUCCI_DATABASE_URL="postgresql://a:s3cret@h/d"
    )
    assert f'data_dir = "{tmp_path / "d"}"' in said
    assert "s3cret" not in said
    assert 'database_url = "********"' in said
    device = "rtsp://dog:b0ne@camera.local/1"
    said = pucci("settings", PUCCI_CAMERAS_SOFA_DRIVER="ffmpeg", PUCCI_CAMERAS_SOFA_DEVICE=device)
    assert "b0ne" not in said
    assert "camera.local/1" in said


def test_a_data_folder_that_cannot_be_made_is_a_sentence(pucci, tmp_path: Path):  # noqa: ANN001
    (tmp_path / "file").touch()
    said = pucci("snap", "--data-dir", str(tmp_path / "file" / "data"), code=6)
    assert said.startswith("The data folder")
    assert len(said.splitlines()) == 1


def test_purge_says_what_would_go_and_why_then_does_it(pucci, tmp_path: Path):  # noqa: ANN001
    for _ in range(2):
        pucci("snap", PUCCI_CLOCK_TRUST="always")
    database = tmp_path / ".local/share/pucci/pucci.db"
    import sqlite3

    old = (datetime.now(UTC) - timedelta(hours=30)).strftime("%Y-%m-%d %H:%M:%S.%f")
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE photo SET taken_at = ? WHERE sequence = 1", (old,))
    said = pucci("purge", "--dry-run", PUCCI_CLOCK_TRUST="always").splitlines()
    assert said[0].endswith("-000001.jpg: 30 hours old, the limit is 24.")
    assert said[1] == "1 photos would go."
    assert not database.with_name("pucci.db.snapshot").exists()
    database.with_name("pucci.db.doubted").write_text("!")
    said = pucci("purge", PUCCI_CLOCK_TRUST="always").splitlines()
    assert "1 photos went." in said
    assert "The database is sound" in "".join(said)
    assert database.with_name("pucci.db.snapshot").exists()  # the night's work, where no Pucci runs by night
    assert not database.with_name("pucci.db.doubted").exists()
    assert pucci("check-album") == "1 photos, all whole and in their place.\n"


def test_check_album_ends_with_1_and_a_line_for_what_is_broken(pucci):  # noqa: ANN001
    path = Path(pucci("snap").strip())
    path.unlink()
    said = pucci("check-album", code=1)
    assert "its row is there, its file is gone" in said
    pucci("check-album", "--repair", code=1)
    assert pucci("check-album") == "0 photos, all whole and in their place.\n"


def test_two_serves_on_one_data_folder_are_refused_in_a_sentence(pucci, tmp_path: Path):  # noqa: ANN001
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PUCCI_CAMERAS_SOFA_DRIVER": "synthetic",
    }
    command = [sys.executable, "-m", "pucci", "serve", "--port", "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        try:
            assert "http://localhost:" in first.stdout.readline()
            assert "is running already" in pucci("serve", "--port", "0", code=8)
            pucci("snap")  # one picture beside it is fine
        finally:
            first.send_signal(signal.SIGTERM)
            first.wait(6)
    assert first.returncode == 0
    assert "all whole" in pucci("check-album")


def test_what_a_command_could_not_send_is_not_said_to_be_tried_again(pucci):  # noqa: ANN001
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # nobody listens
        nowhere = {"PUCCI_NOTIFY_WEBHOOK_URL": f"http://127.0.0.1:{closed.getsockname()[1]}/"}
        for words in (("notify", "--test"), ("postcard", "--send")):
            said = pucci(*words, code=11, **nowhere)
            assert "webhook: 127.0.0.1 did not take the message: " in said
            assert "1 of 1 ways did not work. Mend what is said above, and try again." in said
            assert "tried again" not in said


def test_the_postcard_says_since_when_the_pucci_that_takes_the_photos_runs(pucci, tmp_path: Path):  # noqa: ANN001
    started = re.compile(r"Pucci started:? +(.+)")
    found = started.search(pucci("postcard"))
    assert found
    assert found[1] == "it is not running"
    with (tmp_path / ".local/share/pucci/lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # this process takes the photos
        found = started.search(pucci("postcard"))
    assert found
    assert found[1].endswith(" ago")
