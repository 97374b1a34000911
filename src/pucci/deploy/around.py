"""ddclient, nftables and cron."""

import ipaddress
import re
from typing import Final

from pucci.deploy.fill import fill
from pucci.deploy.plan import File, Host, Plan
from pucci.deploy.values import Missing, is_name, is_number
from pucci.settings import DdclientSettings, Settings

# Private networks, and those of the cable alone (RFC 1918, 3927, 4193, 4291).
PRIVATE: Final = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10")
FIREWALL: Final = "/etc/pucci/firewall.nft"
FIREWALL_UNIT: Final = "pucci-firewall.service"

# ddclient writes these two's password into an address as it is.
_IN_AN_ADDRESS: Final = re.compile(r"[A-Za-z0-9._~-]+")
# Within '…' in ddclient.conf.
_IN_QUOTES: Final = re.compile(r"[A-Za-z0-9!$%&()*+./:;<=>?@^_{|}~\[\]-]+")
_LOGIN: Final = re.compile(r"[A-Za-z0-9._@+-]+")


def ddclient(settings: Settings, host: Host) -> Plan:  # noqa: ARG001 - all are called alike
    """Return ddclient's file, 0600, and a service of its own; Debian's /etc/ddclient.conf is left alone."""
    missing, mine = Missing(), settings.ddclient
    name = missing.name(mine.host, "ddclient.host") if mine.host else missing.site(settings).name
    if not name:
        missing.say(
            "ddclient.host is missing: the name to keep, e.g. cam.pucci.example; or set server.address."
        )
    values = {
        "ask": missing.url(mine.ask, "ddclient.ask"),
        "ca_file": missing.path(mine.ca_file, "ddclient.ca_file"),
        "server": _server(mine, missing),
        "password": _password(mine, missing),
        **_of_provider(mine, name, missing),
    }
    missing.check()
    return Plan(
        {
            "/etc/pucci/ddclient.conf": File(fill("ddclient.conf.j2", **values), 0o600, (mine.password,)),
            "/etc/systemd/system/pucci-ddclient.service": File(fill("ddclient.service.j2")),
        },
        needs={"/usr/bin/ddclient": "ddclient"},
        notes=("Debian's own ddclient.service and /etc/ddclient.conf are left as they are.",),
    )


def _of_provider(mine: DdclientSettings, name: str, missing: Missing) -> dict[str, str]:
    """Return protocol, host, login, zone and ttl as the provider wants them."""
    same = {"protocol": mine.provider, "host": name, "login": "", "zone": "", "ttl": ""}
    domain = missing.name(mine.domain, "ddclient.domain") if mine.domain else ""
    if mine.provider in {"namecheap", "cloudflare"}:
        if not domain:
            missing.say("ddclient.domain is missing: the domain the name lies in, e.g. pucci.example.")
        elif name and name != domain and not name.endswith(f".{domain}"):
            missing.say(f"ddclient.host is {name}, which does not lie in ddclient.domain, {domain}.")
    if mine.provider == "namecheap":
        label = "@" if name == domain else name.removesuffix(f".{domain}")
        return same | {"host": label, "login": domain}
    if mine.provider == "cloudflare":
        return same | {"zone": domain, "login": "token", "ttl": "1"}
    if mine.provider == "duckdns":
        return same | {"host": name.removesuffix(".duckdns.org")}
    if not _LOGIN.fullmatch(mine.login):
        missing.say("ddclient.login is missing, or has other characters than letters, digits and . _ @ + -.")
    return same | {"login": mine.login}


def _password(mine: DdclientSettings, missing: Missing) -> str:
    if not mine.password:
        missing.say(
            "ddclient.password is missing. Put it into a file that only root reads, and name that by "
            "PUCCI_DDCLIENT_PASSWORD_FILE; or write it in pucci.toml."
        )
        return ""
    form = _IN_QUOTES if mine.provider == "dyndns2" else _IN_AN_ADDRESS
    if not form.fullmatch(mine.password):
        fits = (
            "letters, digits and most signs, but no quotes, commas, blanks, # or \\"
            if form is _IN_QUOTES
            else "letters, digits and . _ ~ -"
        )
        missing.say(
            f"ddclient.password has characters that ddclient sends wrong for {mine.provider}. "
            f"Have the provider make one of {fits}."
        )
    return mine.password


def _server(mine: DdclientSettings, missing: Missing) -> str:
    """Return who is told. A name without a dot would make ddclient fall back to its own, silently."""
    name, _, port = mine.server.partition(":")
    if not mine.server:
        if mine.provider == "dyndns2":
            missing.say("ddclient.server is missing: the provider's update server, e.g. dynupdate.no-ip.com.")
        return ""
    if not ((is_name(name) and "." in name) or is_number(name)) or (
        port and not re.fullmatch(r"\d{1,5}", port)
    ):
        missing.say(
            f"ddclient.server is {mine.server!r}, which ddclient would not take, and tell its own server "
            "instead. "
            "Write a name with a dot, without https:// and path."
        )
    return mine.server


def nftables(settings: Settings, host: Host) -> Plan:  # noqa: ARG001
    """Return a firewall: the web from anywhere, ssh from the LAN, nothing else in; in a table of its own."""
    missing, deploy = Missing(), settings.deploy
    networks = [_network(text, missing) for text in (*PRIVATE, *deploy.lan)]
    lan_ports = [str(deploy.ssh_port), *(missing.port(port, "deploy.lan_ports") for port in deploy.lan_ports)]
    if settings.server.host not in {"127.0.0.1", "::1", "localhost"}:
        lan_ports.append(str(settings.server.port))  # somebody wants the house to see `pucci serve`
    missing.check()
    text = fill(
        "firewall.nft.j2",
        lan4=[str(net) for net in networks if net.version == 4],
        lan6=[str(net) for net in networks if net.version == 6],
        ports=sorted({deploy.http_port, deploy.https_port}),
        lan_ports=sorted(set(lan_ports), key=int),
    )
    unit = f"/etc/systemd/system/{FIREWALL_UNIT}"
    return Plan(
        {FIREWALL: File(text), unit: File(fill("firewall.service.j2"))},
        needs={"/usr/sbin/nft": "nftables"},
        check=("nft", "-c", "-f", FIREWALL),
    )


def _network(text: str, missing: Missing) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        missing.say(f"deploy.lan has {text!r}, which is no network. Write it like 192.0.2.0/24.")
        return ipaddress.ip_network("127.0.0.0/8")


def would_cut(settings: Settings, connection: str) -> str | None:
    """Return why the firewall would cut this ssh session (SSH_CONNECTION's words), or None."""
    words = connection.split()
    if len(words) != 4:
        return None
    peer, port = words[0].split("%")[0], words[3]
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return None
    address = getattr(address, "ipv4_mapped", None) or address
    lan = (ipaddress.ip_network(text) for text in (*PRIVATE, *settings.deploy.lan, "127.0.0.0/8", "::1/128"))
    if not any(address in network for network in lan if network.version == address.version):
        net = ipaddress.ip_network((address, 24 if address.version == 4 else 64), strict=False)
        return (
            f"You are signed in by ssh from {address}, which the firewall would shut out. "
            f'Add it to pucci.toml first: lan = ["{net}"] below [deploy].'
        )
    if port != str(settings.deploy.ssh_port):
        return (
            f"You are signed in by ssh at port {port}, which the firewall would shut. "
            f"Write ssh_port = {port} below [deploy] in pucci.toml first."
        )
    return None


def cron(settings: Settings, host: Host) -> Plan:
    """Return cron's lines: a picture each `capture.interval_s` by `pucci snap`, and `pucci purge`."""
    missing, deploy = Missing(), settings.deploy
    missing.data_dir(settings)
    when = _every(settings.capture.interval_s, missing)
    options = [
        f" --{name} {missing.path(str(path), f'The path of --{name}')}"
        for name, path in (("config", settings.file), ("data-dir", settings.data_dir))
        if path
    ]
    cameras = [
        {"name": name, "environ": f"PUCCI_CAMERAS_{name.upper().replace('-', '_')}_DRIVER=fswebcam  "}
        if deploy.snap_by == "fswebcam"
        else {"name": name, "environ": ""}
        for name in settings.cameras
    ]
    values = {
        "user": missing.user(deploy.user, "deploy.user"),
        "program": missing.path(host.program, "The path of pucci"),
        "options": "".join(options),
    }
    missing.check()
    by_fswebcam = {"/usr/bin/fswebcam": "fswebcam"} if deploy.snap_by == "fswebcam" else {}
    return Plan(
        {"/etc/cron.d/pucci": File(fill("cron.j2", when=when, cameras=cameras, **values))},
        needs={"/usr/sbin/cron": "cron", **by_fswebcam},
        user=deploy.user,
        notes=("`pucci serve` and `pucci camera` take pictures themselves: do not run them beside cron.",),
    )


def _every(interval_s: float, missing: Missing) -> str:
    """Return cron's five words for a picture each `interval_s`."""
    minutes = interval_s / 60
    if minutes in {1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30}:
        return f"*/{minutes:.0f} * * * *" if minutes > 1 else "* * * * *"
    if minutes / 60 in {1, 2, 3, 4, 6, 8, 12}:
        return f"0 */{minutes / 60:.0f} * * *"
    missing.say(
        f"capture.interval_s is {interval_s:g}, which cron cannot do. "
        "Choose whole minutes that divide an hour, or hours that divide a day, e.g. 300."
    )
    return ""
