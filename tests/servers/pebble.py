"""Pebble, the certificate authority for tests, beside a room."""

import json
import subprocess
from pathlib import Path

from tests.servers.household import free_ports, listens, wait_for
from tests.servers.test_ddclient import certify


class Pebble:
    """Issues certificates for names that answer at the given ports; `root()` is what it signs with."""

    def __init__(self, folder: Path, *, http: int, https: int, valid_s: int) -> None:
        certify(folder)
        self._folder = folder
        api, self._management, dns, dns_management = free_ports(4)
        self.directory = f"https://127.0.0.1:{api}/dir"
        config = {
            "listenAddress": f"127.0.0.1:{api}",
            "managementListenAddress": f"127.0.0.1:{self._management}",
            "certificate": "leaf.pem",
            "privateKey": "leaf.key",
            "httpPort": http,
            "tlsPort": https,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": False,
            "certificateValidityPeriod": valid_s,
        }
        (folder / "pebble.json").write_text(json.dumps({"pebble": config}))
        names = ["-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-dns01", f"127.0.0.1:{dns}", "-http01", ""]
        names += ["-https01", "", "-tlsalpn01", "", "-management", f"127.0.0.1:{dns_management}"]
        environ = {"PATH": "/usr/bin:/bin", "PEBBLE_VA_NOSLEEP": "1"}
        self._log = (folder / "pebble.log").open("w")
        self._children = [
            subprocess.Popen(command, cwd=folder, env=environ, stdout=self._log, stderr=self._log)
            for command in (
                ["pebble-challtestsrv", *names],
                ["pebble", "-config", "pebble.json", "-dnsserver", f"127.0.0.1:{dns}"],
            )
        ]
        wait_for(lambda: listens(api) and listens(self._management))

    def root(self) -> str:
        """Return the root it signs with, new at each start."""
        words = ["curl", "-sS", "--cacert", str(self._folder / "ca.pem")]
        done = subprocess.run(
            [*words, f"https://127.0.0.1:{self._management}/roots/0"],
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def close(self) -> None:
        """End both."""
        for child in self._children:
            child.terminate()
            child.wait(10)
        self._log.close()
