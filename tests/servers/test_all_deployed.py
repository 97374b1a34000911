"""All that `pucci deploy` knows, by https, over Debian's own files: proved by each program, and undone."""

from pathlib import Path

import pytest

from pucci.deploy import WHAT
from tests.servers.room import Room
from tests.servers.test_ddclient import certify

pytestmark = pytest.mark.servers

SETTINGS = """
data_dir = "/var/lib/pucci"
[server]
address = "https://cam.pucci.example"
names = ["pucci.local"]
trusted_proxies = ["127.0.0.1"]
[deploy]
acme_email = "gwen@example.org"
certificate_file = "/etc/pucci/leaf.pem"
certificate_key_file = "/etc/pucci/leaf.key"
[ddclient]
provider = "cloudflare"
domain = "pucci.example"
password = "abc"
"""
# Names, modes and checksums of all files, and where links lead.
LISTING = (
    "cd /etc && find . -type f -printf '%p %m ' -exec sh -c 'sha256sum <\"$1\"' - {} ';' "
    "-o -printf '%p %l\n' | sort"
)


def test_all_of_it_is_proved_and_undone_without_a_trace(room: Room, tmp_path: Path):
    certify(tmp_path)
    for name in ("leaf.pem", "leaf.key"):
        room.write(f"/etc/pucci/{name}", (tmp_path / name).read_text())
    room.write("/etc/pucci/pucci.toml", SETTINGS)
    before = room.run("sh", "-c", LISTING)
    for what in WHAT:
        assert "is set up" in room.pucci("deploy", what, "--apply", HOME="/var/lib/pucci")
    units = "systemd-analyze verify /etc/systemd/system/pucci-*"
    assert room.run("sh", "-c", units, SYSTEMD_LOG_LEVEL="warning") == ""
    assert room.run("stat", "-c", "%a", "/var/lib/pucci-deploy", "/etc/pucci/ddclient.conf").split() == [
        "700",
        "600",
    ]
    for what in WHAT:
        assert "as it was before" in room.pucci("deploy", what, "--remove")
    assert room.run("sh", "-c", LISTING) == before
    assert room.run("sh", "-c", "ls -d /var/lib/pucci-deploy; true").startswith("ls: cannot")


def test_a_port_that_is_taken_and_an_account_that_is_not_there_are_named(room: Room):
    room.write("/etc/pucci/pucci.toml", SETTINGS.replace("[deploy]", '[deploy]\nuser = "nobodys"'))
    assert "There is no account nobodys" in room.pucci("deploy", "apache", "--apply", code=2)
    room.write("/etc/pucci/pucci.toml", SETTINGS)
    listen = (
        "import socket, time; s = socket.create_server(('', 80)); print('ready', flush=True); time.sleep(99)"
    )
    child = room.start("python3", "-c", listen)
    assert child.stdout is not None
    child.stdout.readline()
    said = room.pucci("deploy", "apache", "--apply", code=9)
    assert "Port 80 is taken by python3" in said
    assert "pucci.conf" not in room.run("ls", "/etc/apache2/sites-available")
    child.kill()
    child.wait(5)
    child.stdout.close()


def test_a_disk_that_is_read_only_is_named_and_nothing_is_half_installed(room: Room):
    room.write("/etc/pucci/pucci.toml", SETTINGS)
    room.run("mount", "-o", "remount,ro", "/var")
    said = room.pucci("deploy", "nftables", "--apply", code=9)
    assert "Read-only" in said
    room.run("mount", "-o", "remount,rw", "/var")
    room.run("mount", "-o", "remount,ro", "/etc")
    assert "Read-only" in room.pucci("deploy", "nftables", "--apply", code=9)
    room.run("mount", "-o", "remount,rw", "/etc")
    assert room.run("ls", "/etc/pucci").split() == ["pucci.toml"]
    assert room.run("sh", "-c", "ls -d /var/lib/pucci-deploy; true").startswith("ls: cannot")
