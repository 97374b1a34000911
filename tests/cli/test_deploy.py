"""`pucci deploy`, as a person types it."""

import os
import subprocess
import sys
from pathlib import Path

SETTINGS = """
data_dir = "/var/lib/pucci"
[server]
address = "https://cam.pucci.example"
[ddclient]
domain = "pucci.example"
password = "s3cret-0815"
"""


def pucci(folder: Path, *words: str, code: int = 0, **more: str) -> str:
    config = folder / "pucci.toml"
    config.write_text(SETTINGS.replace('password = "s3cret-0815"\n', "") if more else SETTINGS)
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder)} | more
    command = [sys.executable, "-m", "pucci", "--config", str(config), "deploy", *words]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def test_it_prints_without_the_secret_and_writes_it_for_the_owner_alone(tmp_path: Path):
    said = pucci(tmp_path, "ddclient")
    assert "password='********'" in said
    assert "s3cret" not in said
    pucci(tmp_path, "ddclient", "--output", str(tmp_path / "out"))
    written = tmp_path / "out/etc/pucci/ddclient.conf"
    assert "password='s3cret-0815'" in written.read_text()
    assert written.stat().st_mode & 0o777 == 0o600


def test_applied_shown_and_undone_below_a_folder(tmp_path: Path):
    root = tmp_path / "root"
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/bin/ddclient").touch()
    there = ["--root", str(root)]
    assert "+password=********" in pucci(tmp_path, "ddclient", "--diff", *there)
    assert "is set up" in pucci(tmp_path, "ddclient", "--apply", *there)
    assert "Nothing would change" in pucci(tmp_path, "ddclient", "--diff", *there)
    assert "as it was before" in pucci(tmp_path, "ddclient", "--remove", *there)
    assert [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()] == ["usr/bin/ddclient"]
    assert "nothing changed" in pucci(tmp_path, "ddclient", "--remove", *there)


def test_what_is_missing_is_said_together_and_nothing_is_written(tmp_path: Path):
    said = pucci(tmp_path, "caddy", "--apply", "--root", str(tmp_path / "root"), code=2)
    assert "deploy.acme_email is missing" in said
    assert "server.trusted_proxies" in said
    assert not (tmp_path / "root").exists()


def test_what_only_this_shell_sets_is_named_but_not_what_gets_into_the_files(tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("other-0816")
    said = pucci(tmp_path, "ddclient", PUCCI_DDCLIENT_PASSWORD_FILE=str(secret), PUCCI_SERVER_THREADS="3")
    assert "Not seen by services: PUCCI_SERVER_THREADS. Write them in pucci.toml." in said
    assert "password='********'" in said
    assert "other" not in said
