"""The programs around Pucci: what is written for them, and how it is installed and undone.

`render` is pure; `Installer` acts. `docs/design/deploy.md` says why things are as they are.
"""

from collections.abc import Callable, Mapping
from typing import Final

from pucci.deploy import around, servers
from pucci.deploy.install import Installer
from pucci.deploy.plan import File, Host, Plan
from pucci.settings import Settings

WHAT: Final[Mapping[str, Callable[[Settings, Host], Plan]]] = {
    "apache": servers.apache,
    "nginx": servers.nginx,
    "caddy": servers.caddy,
    "ddclient": around.ddclient,
    "nftables": around.nftables,
    "cron": around.cron,
}


def render(what: str, settings: Settings, host: Host | None = None) -> Plan:
    """Return all that `pucci deploy WHAT` would install. Pure.

    Raises:
        SettingsError: with a sentence for each value that is missing, or that WHAT cannot hold.
    """
    return WHAT[what](settings, host or Host())


__all__ = ["WHAT", "File", "Host", "Installer", "Plan", "render"]
