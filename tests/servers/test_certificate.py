"""mod_md fetches a certificate from Pebble, the browser accepts it, and it is renewed by itself."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect

from tests.browser.conftest import QUIET
from tests.browser.test_visit import visit
from tests.servers.household import Household, wait_for
from tests.servers.pebble import Pebble
from tests.servers.room import Room, account
from tests.servers.test_apache import APACHE

pytestmark = pytest.mark.servers

NAME = "pucci.example"
SERVER = f'address = "https://{NAME}:HTTPS"\nnames = ["pucci.local"]'
STAGED = f"/etc/apache2/md/staging/{NAME}/job.json"


class Home:
    """Apache by https, with Pebble for its authority."""

    def __init__(self, folder: Path) -> None:
        self.room, self.folder = Room(), folder
        self.household = Household(self.room, folder, account(), server=SERVER)
        ports = {"http": self.household.http, "https": self.household.https}
        self.pebble = Pebble(folder, **ports, valid_s=60)
        self.root = folder / "root.pem"
        self.root.write_text(self.pebble.root())
        self.room.write("/etc/ssl/pebble.pem", (folder / "ca.pem").read_text())
        settings = self.room.read("/etc/pucci/pucci.toml") + (
            f'acme_email = "gwen@example.org"\nacme_directory = "{self.pebble.directory}"\n'
            'acme_ca_file = "/etc/ssl/pebble.pem"\n'
        )
        self.room.write("/etc/pucci/pucci.toml", settings)
        self.room.write("/etc/apache2/ports.conf", "")
        self.said = self.room.pucci("deploy", "apache", "--apply")
        # The authority's certificates last a minute here, so one looks more often than twice a day.
        self.room.write("/etc/apache2/conf-enabled/often.conf", "MDCheckInterval 2s\nMDRetryDelay 1s\n")
        self.household.pucci_camera()
        self.household.program(*APACHE, port=self.household.https)

    def load_when_staged(self) -> None:
        """Do what the rendered service does, with apache2ctl for systemctl."""
        unit = self.room.read("/etc/systemd/system/pucci-certificate.service")
        found = re.search(r"ExecStart=/bin/sh -c '(.*)'", unit)
        assert found
        script = found[1].replace("exec systemctl reload apache2", "apache2ctl graceful && echo reloaded")
        assert STAGED in script
        wait_for(lambda: "reloaded" in self.room.run("sh", "-c", script), 60)

    def serial(self) -> str:
        """Return the served certificate's number, once the authority's root vouches for it."""
        told = f"{NAME}:{self.household.https}:127.0.0.1"
        words = ["curl", "-sv", "--cacert", str(self.root), "--resolve", told, "-o", "/dev/null"]
        address = f"https://{NAME}:{self.household.https}/"
        assert subprocess.run([*words, address], capture_output=True, check=False).returncode == 0
        words = ["openssl", "s_client", "-connect", f"127.0.0.1:{self.household.https}", "-servername", NAME]
        shown = subprocess.run(words, input=b"", capture_output=True, check=True).stdout
        done = subprocess.run(
            ["openssl", "x509", "-noout", "-serial"], input=shown, capture_output=True, check=True
        )
        return done.stdout.decode()

    def is_served(self) -> bool:
        try:
            return bool(self.serial())
        except (AssertionError, subprocess.CalledProcessError):
            return False

    def close(self) -> None:
        self.household.close()
        self.pebble.close()
        self.room.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    found = Home(tmp_path_factory.mktemp("certificate"))
    yield found
    found.close()


def test_it_is_fetched_used_after_a_reload_and_renewed(home: Home):
    assert "certificate comes within a minute" in home.said
    home.load_when_staged()
    wait_for(home.is_served)
    first = home.serial()
    home.load_when_staged()
    wait_for(lambda: home.is_served() and home.serial() != first)


def test_the_browser_takes_it_and_bob_visits_by_https(chromium: Chromium, home: Home):
    """With the authority's root among those the browser trusts; nothing is ignored."""
    database = home.folder / ".pki" / "nssdb"
    database.mkdir(parents=True)
    store = f"sql:{database}"
    subprocess.run(["certutil", "-N", "-d", store, "--empty-password"], check=True)
    subprocess.run(["certutil", "-A", "-d", store, "-n", "r", "-t", "C,,", "-i", str(home.root)], check=True)
    quiet = [word for word in QUIET if "host-resolver" not in word]
    rules = f"--host-resolver-rules=MAP {NAME} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    trusting = chromium.browser_type.launch(
        executable_path="/usr/bin/chromium",
        args=[*quiet, rules],
        env={**os.environ, "HOME": str(home.folder)},
    )
    address = f"https://{NAME}:{home.household.https}"
    page = trusting.new_page()
    answer = page.goto(f"http://{NAME}:{home.household.http}/login")
    assert answer is not None
    assert page.url == f"{address}/login"
    assert answer.header_value("strict-transport-security") == "max-age=31536000"
    expect(page.get_by_label("E-mail")).to_be_visible()
    page.close()
    visit(trusting, address, script=True, at=r"\d\d:\d\d", requests=False)
    trusting.close()
