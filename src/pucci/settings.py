"""The one schema of settings: each is written once, with its default, its help and its check.

Values come from the defaults, then `pucci.toml`, then the environment (`capture.interval_s` is
`PUCCI_CAPTURE_INTERVAL_S`; a secret may also lie in a file named by `…_FILE`). Reading them is
`pucci.settings_file`'s job; the sample file, the reference page and `pucci settings` are made from
this module.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pucci import forms
from pucci.setting import setting

CAMERA_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,31}")


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerSettings:
    """Where the site listens, and what it believes of those who ask."""

    host: str = setting("127.0.0.1", "Address to listen on. 0.0.0.0 lets the whole house in.")
    port: int = setting(
        8090, "Port to listen on; 0 takes a free one and prints it.", minimum=0, maximum=65535
    )
    camera_port: int = setting(
        8091, "Port of `pucci camera` on loopback, for a site under Apache.", minimum=0, maximum=65535
    )
    address: str = setting(
        "", "The site's address as people type it, e.g. https://pucci.example.", check=forms.address
    )
    names: tuple[str, ...] = setting(
        (), "Other names the site answers to, once it has an address, e.g. pucci.local.", check=forms.name
    )
    trusted_proxies: tuple[str, ...] = setting(
        (),
        "Addresses of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.",
        check=forms.network,
    )
    max_connections: int = setting(512, "Connections at once; more are answered 503.", minimum=16)
    max_connections_each: int = setting(
        128, "Of these from one address, but this machine's and trusted_proxies'.", minimum=8
    )
    threads: int = setting(4, "Threads that make pages.", minimum=1, maximum=64)
    max_body_bytes: int = setting(1_000_000, "Largest request body taken, in bytes.", minimum=1024)
    body_timeout_s: float = setting(10.0, "Seconds a request body may take to arrive.", minimum=0.1)

    @property
    def has_tls(self) -> bool:
        """Whether everybody comes by TLS, as the address says."""
        return self.address.startswith("https:")


@dataclass(frozen=True, kw_only=True, slots=True)
class CameraSettings:
    """One camera, in a table of its own: `[cameras.sofa]`."""

    driver: str = setting(
        "auto",
        "How frames are got. auto takes the first webcam, and the drawn dog where there is none.",
        choices=("auto", "v4l2", "fswebcam", "libcamera", "ffmpeg", "http", "command", "synthetic"),
    )
    device: str = setting(
        "",
        "Device, e.g. /dev/v4l/by-id/usb-…; empty takes the first webcam. ffmpeg and http: the address. "
        "command: the command.",
    )
    username: str = setting("", "Name to sign in with, for ffmpeg and http.")
    password: str = setting("", "Password to sign in with, for ffmpeg and http.", secret=True)
    width: int = setting(640, "Width asked for, in pixels.", minimum=16, maximum=8192)
    height: int = setting(480, "Height asked for, in pixels.", minimum=16, maximum=8192)
    delay_s: float = setting(
        0.0, "Seconds to wait after opening, before the first frame.", minimum=0, maximum=60
    )
    skip: int = setting(
        2, "Frames thrown away after opening: many cameras start half grey.", minimum=0, maximum=300
    )
    timeout_s: float = setting(
        10.0, "Seconds the camera may take to open, or to give a frame.", minimum=0.5, maximum=120
    )
    quiet_hours: tuple[str, ...] = setting(
        (),
        "Hours in which the camera is off every day, as a list of spans, e.g. 22:00-06:30.",
        check=forms.span,
    )


# What the first version's cron line asked of fswebcam: -r 320x240 --jpeg 80 -D 3 -S 13.
FSWEBCAM_DEFAULTS: Final[Mapping[str, Any]] = {
    "width": 320, "height": 240, "delay_s": 3.0, "skip": 13, "timeout_s": 30.0,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class CaptureSettings:
    """When pictures are taken."""

    interval_s: float = setting(300.0, "Seconds between two pictures.", minimum=1, maximum=86_400)
    retry_pause_s: float = setting(
        2.0, "Seconds to wait after a failed try before the next.", minimum=0.1, maximum=60
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveSettings:
    """The live view."""

    max_watchers: int = setting(
        20, "People who may watch at once, over all cameras.", minimum=1, maximum=1000
    )
    max_fps: float = setting(
        15.0, "Frames a second, at most, that are judged and sent.", minimum=0.2, maximum=60
    )
    max_age_s: float = setting(
        5.0, "Seconds a single live picture may be old; else the answer is 503.", minimum=0.5, maximum=60
    )
    stall_s: float = setting(
        30.0, "Seconds without progress after which a watcher is dropped.", minimum=1, maximum=600
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class RetentionSettings:
    """How long photos stay."""

    max_age_h: float = setting(24.0, "Hours after which photos that are not kept go; 0 keeps all.", minimum=0)


@dataclass(frozen=True, kw_only=True, slots=True)
class DiskSettings:
    """How much of the disk the album may take."""

    reserve_mb: float = setting(
        500.0, "Megabytes always kept free, but never more than a tenth of the disk.", minimum=0
    )
    album_max_mb: float = setting(
        0.0, "Megabytes that photos and films may take; 0 is as much as there is.", minimum=0
    )
    mounted: bool = setting(
        False, "Whether the data folder is on a disk of its own, without which Pucci must not start."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class FilmSettings:
    """Films made of photos."""

    nightly: bool = setting(True, "Whether each day's film is made after midnight.")
    daily_at: str = setting(
        "12:00",
        "Local time of the picture of each day that outlives the others; empty keeps none.",
        check=forms.time_of_day,
    )
    max_age_days: float = setting(365.0, "Days after which films go; 0 keeps all.", minimum=0)


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountSettings:
    """How people sign in."""

    bcrypt_cost: int = setting(
        12,
        "Cost of a password's hash; lowered at first start where a Pi needs over a second.",
        minimum=10,
        maximum=16,
    )
    session_days: float = setting(
        90.0, "Days after which an unused session ends.", minimum=0.01, maximum=3650
    )
    journal_days: float = setting(90.0, "Days the journal remembers.", minimum=1, maximum=3650)
    link_minutes: float = setting(60.0, "Minutes the owner's first link works.", minimum=1, maximum=525_600)


@dataclass(frozen=True, kw_only=True, slots=True)
class ClockSettings:
    """Whether the machine's clock is believed."""

    trust: str = setting(
        "kernel",
        "kernel: believed once the kernel says it is synchronised. always: the owner vouches for it.",
        choices=("kernel", "always"),
    )
    timezone: str = setting(
        "", "Time zone of the pages, e.g. Europe/Berlin; empty takes the machine's.", check=forms.time_zone
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class LogSettings:
    """What is written to the log."""

    level: str = setting(
        "info",
        "How much is logged; debug adds tracebacks.",
        choices=("debug", "info", "warning", "error"),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfileSettings:
    """The dog, as the public page shows it."""

    name: str = setting("Pucci", "The dog's name.")
    birthday: str = setting("2008", "When the dog was born: 2008, 2008-05 or 2008-05-17.", check=forms.day)
    breed: str = setting("Pomeranian", "The breed.")
    family: str = setting("Gwen and Luke", "Whose dog it is.")
    home_since: str = setting("2015-12", "When the dog came home: a year, month or day.", check=forms.day)
    story: str = setting(
        "Nobody knows much about her first seven years. In December 2015 Gwen and Luke met her at "
        "the shelter: three kilos, most of it fur, and quite sure who was going home with whom.\n\n"
        "She has run the house ever since. She sleeps until ten, inspects the post, and keeps one "
        "ball, which nobody else may throw.",
        "The dog's story; an empty line parts paragraphs.",
    )
    contact: str = setting("", "How to reach the family: an e-mail address, or a sentence.")


@dataclass(frozen=True, kw_only=True, slots=True)
class DeploySettings:
    """What `pucci deploy` writes for the programs around Pucci."""

    user: str = setting("pucci", "Account of this machine that Pucci runs as.")
    http_port: int = setting(80, "Port of plain HTTP, for Apache, nginx or Caddy.", minimum=1, maximum=65535)
    https_port: int = setting(443, "Port of HTTPS, for Apache, nginx or Caddy.", minimum=1, maximum=65535)
    acme_email: str = setting("", "E-mail address the certificate authority gets, for an https:// address.")
    acme_directory: str = setting(
        "https://acme-v02.api.letsencrypt.org/directory",
        "The certificate authority: its ACME directory. The default is Let's Encrypt.",
    )
    acme_ca_file: str = setting(
        "", "File of the root by which the ACME directory itself is known; empty takes the system's."
    )
    certificate_file: str = setting("", "Certificate with its chain, for nginx, which fetches none itself.")
    certificate_key_file: str = setting("", "Its private key, for nginx.")
    ssh_port: int = setting(22, "Port of ssh, which the firewall opens to the LAN.", minimum=1, maximum=65535)
    lan: tuple[str, ...] = setting(
        (), "Networks the firewall takes for the LAN, besides the private ones, e.g. 2001:db8:1::/64."
    )
    lan_ports: tuple[str, ...] = setting((), "Other TCP ports the firewall opens to the LAN, e.g. 8090.")
    snap_by: str = setting(
        "pucci",
        "What takes the pictures of cron's line: the camera's own driver, or fswebcam.",
        choices=("pucci", "fswebcam"),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class DdclientSettings:
    """Dynamic DNS: who is told when the home's address changes."""

    provider: str = setting(
        "namecheap",
        "Who keeps the name. dyndns2 is what most others speak; it needs server.",
        choices=("namecheap", "duckdns", "cloudflare", "dyndns2"),
    )
    host: str = setting("", "Name to keep, e.g. cam.pucci.example; empty takes server.address's.")
    domain: str = setting("", "Domain the name lies in, for namecheap and cloudflare.")
    login: str = setting("", "Name to sign in with, for dyndns2.")
    password: str = setting("", "Password or token; Namecheap: the domain's for dynamic DNS.", secret=True)
    server: str = setting("", "Where to tell it, for dyndns2; empty is the provider's own for the others.")
    ask: str = setting("https://api.ipify.org/", "Address (https) that answers with the home's.")
    ca_file: str = setting("", "File of the roots by which the provider is known; empty takes the system's.")


@dataclass(frozen=True, kw_only=True, slots=True)
class NotifySettings:
    """Who is told when something is wrong, and when it is well again; and the daily postcard."""

    email_to: tuple[str, ...] = setting((), "E-mail addresses that get the messages.")
    email_from: str = setting("", "Address they come from; empty takes the first of email_to.")
    smtp_host: str = setting("", "The mail server, e.g. smtp.example.org.")
    smtp_port: int = setting(587, "Its port: 587 with starttls, 465 with tls.", minimum=1, maximum=65535)
    smtp_security: str = setting(
        "starttls",
        "How the way there is encrypted; none only where the server is this machine.",
        choices=("starttls", "tls", "none"),
    )
    smtp_username: str = setting("", "Name to sign in to it with; empty does not sign in.")
    smtp_password: str = setting("", "Password to sign in to it with.", secret=True)
    smtp_ca_file: str = setting("", "File of the roots by which it is known; empty takes the system's.")
    webhook_url: str = setting("", "Address (http or https) that gets messages as JSON.", secret=True)
    webhook_key: str = setting(
        "", "Key with which they are signed, in the header X-Pucci-Signature.", secret=True
    )
    apprise_urls: str = setting(
        "", "Addresses for Apprise, parted by spaces, e.g. ntfys://host/topic.", secret=True
    )
    postcard_at: str = setting(
        "20:00",
        "Local time of the daily postcard, which is also the sign of life; empty sends none.",
        check=forms.time_of_day,
    )
    timeout_s: float = setting(20.0, "Seconds that sending may take.", minimum=1, maximum=120)


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Everything that can be set."""

    data_dir: Path = setting(Path(), "Folder for all that is written.")
    database_url: str = setting(
        "", "Database; empty is SQLite in the data folder.", secret=True, check=forms.database
    )
    server: ServerSettings = field(default_factory=ServerSettings)
    cameras: Mapping[str, CameraSettings] = field(default_factory=lambda: {"sofa": CameraSettings()})
    capture: CaptureSettings = field(default_factory=CaptureSettings)
    live: LiveSettings = field(default_factory=LiveSettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    disk: DiskSettings = field(default_factory=DiskSettings)
    films: FilmSettings = field(default_factory=FilmSettings)
    accounts: AccountSettings = field(default_factory=AccountSettings)
    clock: ClockSettings = field(default_factory=ClockSettings)
    log: LogSettings = field(default_factory=LogSettings)
    profile: ProfileSettings = field(default_factory=ProfileSettings)
    deploy: DeploySettings = field(default_factory=DeploySettings)
    ddclient: DdclientSettings = field(default_factory=DdclientSettings)
    notify: NotifySettings = field(default_factory=NotifySettings)
    file: Path | None = None  # where they were read from

    @property
    def effective_database_url(self) -> str:
        """The database's URL, SQLite in the data folder where none is set."""
        return self.database_url or f"sqlite:///{self.data_dir / 'pucci.db'}"


SECTIONS: Final[Mapping[str, type]] = {
    "server": ServerSettings,
    "capture": CaptureSettings,
    "live": LiveSettings,
    "retention": RetentionSettings,
    "disk": DiskSettings,
    "films": FilmSettings,
    "accounts": AccountSettings,
    "clock": ClockSettings,
    "log": LogSettings,
    "profile": ProfileSettings,
    "deploy": DeploySettings,
    "ddclient": DdclientSettings,
    "notify": NotifySettings,
}
