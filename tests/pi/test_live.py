"""Live on a real USB camera that is pulled out, and put back, while somebody watches."""

import json
from collections.abc import Callable

import pytest

from tests.pi.lab import Household, Pi, patience, wait_for

pytestmark = pytest.mark.pi

# In the guest: someone of the family, signed in; prints the cookie.
SIGN_IN = """
import sys
from pathlib import Path
from pucci.accounts import Role
from pucci.clock import SystemClock
from pucci.services import build
from pucci.settings import Settings
from pucci.web import cookie
services = build(Settings(data_dir=Path(sys.argv[1])), clock=SystemClock())
bob = services.accounts.users.add("Bob", "bob@example.org", Role.FAMILY, None)
token = services.accounts.sessions.start(bob, address="test", device="test")
print(cookie.NAME + "=" + cookie.box(services.secret_key).dumps({cookie.TOKEN: token}))
"""


def test_unplugged_while_watched_is_said_and_put_back_it_runs_again_by_itself(
    pi: Pi, household: Callable[..., Household], camera: Callable[[str], dict]
):
    home = household(driver="v4l2", capture__interval_s="86400", clock__trust="always")
    with home.serving() as address:
        pi.ok("cat >/tmp/sign_in.py <<'END'" + SIGN_IN + "END")
        cookie = pi.ok(f"PYTHONPATH=/opt/pucci python3 /tmp/sign_in.py {home.data_dir}").split()[-1]
        stream = f"{address}/media/live/sofa.mjpeg"

        def told() -> dict:
            return json.loads(pi.ok(f"curl -s -m 20 -H 'Cookie: {cookie}' {address}/media/live/sofa.json"))

        def bytes_seen() -> int:
            return int(pi.ok("stat -c %s /tmp/seen"))

        pi.ok(f"systemd-run --quiet --collect --unit=watcher curl -s -N -o /tmp/seen -b '{cookie}' {stream}")
        try:
            wait_for(lambda: told()["state"] == "live", 30, "live picture")
            camera("unplug")
            wait_for(lambda: told()["state"] == "fault", 10, "word that the camera is gone")
            assert "unplugged" in told()["reason"]
            assert told()["age_s"] is None
            seen = bytes_seen()

            camera("plug")
            took = wait_for(lambda: told()["state"] == "live", 10, "live picture by itself")
            wait_for(lambda: bytes_seen() > seen, 10, "frame for the watcher who stayed")
            assert told()["watchers"] == 1
        finally:
            pi.run("systemctl stop watcher; rm -f /tmp/seen")
    assert took < 10 * patience(), f"{took:.1f} s from the plug to the live picture"
