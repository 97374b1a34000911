"""Apache with mod_wsgi, and nginx or Caddy before `pucci serve`."""

import math
from typing import Final

from pucci.deploy.fill import fill
from pucci.deploy.plan import File, Host, Plan
from pucci.deploy.values import Missing, Site
from pucci.settings import Settings

_MODULES: Final = (
    "wsgi",
    "proxy",
    "proxy_http",
    "headers",
    "filter",
    "deflate",
    "reqtimeout",
    "setenvif",
    "alias",
)
_TLS: Final = ("mime", "socache_shmcb", "ssl", "md")
_PLAIN: Final = (
    "Plain HTTP: whoever is on the line reads along, passwords too, and passkeys are off. For the house "
    "alone; for the internet set server.address to an https:// name."
)


def apache(settings: Settings, host: Host) -> Plan:
    """Return a site for Apache: pages by mod_wsgi, /media/ from `pucci camera`, certificates by mod_md."""
    missing = Missing()
    site = missing.site(settings)
    missing.data_dir(settings)
    mine, deploy = settings.server, settings.deploy
    values = _common(settings, site, missing) | {
        "acme_email": _email(settings, site, missing),
        "acme_directory": missing.url(deploy.acme_directory, "deploy.acme_directory"),
        "acme_ca_file": missing.path(deploy.acme_ca_file, "deploy.acme_ca_file"),
        "certified": site.certified,
        "listen": [port for port in _ports(settings, site) if port not in (80, 443)],
        "user": missing.user(deploy.user, "deploy.user"),
        "threads": mine.threads,
        "timeout_s": 30,
        "script": "/etc/apache2/pucci.wsgi",
        "camera_port": mine.camera_port,
        "python_home": missing.path(host.python_home, "The virtual environment's folder"),
    }
    config = str(settings.file.absolute()) if settings.file else ""
    script = fill(
        "pucci.wsgi.j2", config=repr(config) if config else "", data_dir=repr(str(settings.data_dir))
    )
    missing.check()
    files = {
        "/etc/apache2/sites-available/pucci.conf": File(fill("apache.conf.j2", **values)),
        "/etc/apache2/pucci.wsgi": File(script),
    }
    if site.https:
        for kind in ("path", "service", "timer"):
            unit = fill(f"certificate.{kind}.j2", name=site.name)
            files[f"/etc/systemd/system/pucci-certificate.{kind}"] = File(unit)
    modules = (*_MODULES, *(_TLS if site.https else ()))
    return Plan(
        files,
        links={"/etc/apache2/sites-enabled/pucci.conf": "../sites-available/pucci.conf"},
        modules={f"/etc/apache2/mods-enabled/{name}": f"../mods-available/{name}" for name in modules},
        gone={"/etc/apache2/sites-enabled/000-default.conf": "../sites-available/000-default.conf"},
        needs={
            "/usr/sbin/apache2": "apache2",
            "/etc/apache2/mods-available/wsgi.load": "libapache2-mod-wsgi-py3",
        },
        check=("apache2ctl", "configtest"),
        service="apache2",
        swaps={"pucci.service": "pucci-camera.service"},
        ports=_ports(settings, site),
        user=deploy.user,
        notes=(*(() if site.https else (_PLAIN,)), *_certificate_notes(site)),
    )


def nginx(settings: Settings, host: Host) -> Plan:  # noqa: ARG001 - all are called alike
    """Return a site for nginx, a plain proxy before `pucci serve`."""
    missing = Missing()
    site = missing.site(settings)
    _trusted(settings, missing)
    deploy = settings.deploy
    values = _common(settings, site, missing) | {
        "port": settings.server.port,
        "names": " ".join((site.name, *site.others)).strip() or "_",
        "certificate_file": missing.path(deploy.certificate_file, "deploy.certificate_file"),
        "certificate_key_file": missing.path(deploy.certificate_key_file, "deploy.certificate_key_file"),
    }
    if site.https and not (deploy.certificate_file and deploy.certificate_key_file):
        missing.say(
            "deploy.certificate_file and deploy.certificate_key_file are missing: nginx fetches no "
            "certificate itself. Let certbot do it, or use `pucci deploy apache` or `caddy`, which do."
        )
    missing.check()
    return Plan(
        {"/etc/nginx/sites-available/pucci": File(fill("nginx.conf.j2", **values))},
        links={"/etc/nginx/sites-enabled/pucci": "../sites-available/pucci"},
        gone={"/etc/nginx/sites-enabled/default": "/etc/nginx/sites-available/default"},
        needs={"/usr/sbin/nginx": "nginx-light"},
        check=("nginx", "-t", "-q"),
        service="nginx",
        ports=_ports(settings, site),
        notes=() if site.https else (_PLAIN,),
    )


def caddy(settings: Settings, host: Host) -> Plan:  # noqa: ARG001
    """Return a Caddyfile, a plain proxy before `pucci serve`; Caddy fetches its certificates itself."""
    missing = Missing()
    site = missing.site(settings)
    _trusted(settings, missing)
    deploy = settings.deploy
    values = _common(settings, site, missing) | {
        "port": settings.server.port,
        "addresses": ", ".join(f"https://{name}" for name in site.certified) if site.https else "http://",
        "acme_email": _email(settings, site, missing),
        "acme_directory": missing.url(deploy.acme_directory, "deploy.acme_directory"),
        "acme_ca_file": missing.path(deploy.acme_ca_file, "deploy.acme_ca_file"),
    }
    missing.check()
    path = "/etc/caddy/Caddyfile"
    return Plan(
        {path: File(fill("Caddyfile.j2", **values))},
        needs={"/usr/bin/caddy": "caddy"},
        check=("caddy", "validate", "--adapter", "caddyfile", "--config", path),
        service="caddy",
        ports=_ports(settings, site),
        notes=(*(() if site.https else (_PLAIN,)), *_certificate_notes(site)),
    )


def _common(settings: Settings, site: Site, missing: Missing) -> dict[str, object]:
    """Return what all three write: ports, limits, and how long the camera may let one wait."""
    deploy = settings.deploy
    if deploy.http_port == deploy.https_port:
        missing.say("deploy.http_port and deploy.https_port are the same. Choose two.")
    slowest = max(camera.timeout_s + camera.delay_s for camera in settings.cameras.values())
    return {
        "site": site,
        "http_port": deploy.http_port,
        "https_port": deploy.https_port,
        "max_body_bytes": settings.server.max_body_bytes,
        "body_s": math.ceil(settings.server.body_timeout_s),
        "media_s": max(60, math.ceil(slowest) + 15),
    }


def _ports(settings: Settings, site: Site) -> tuple[int, ...]:
    """Return the ports such a server listens on."""
    deploy = settings.deploy
    return (deploy.http_port, deploy.https_port) if site.https else (deploy.http_port,)


def _email(settings: Settings, site: Site, missing: Missing) -> str:
    return missing.email(settings.deploy.acme_email, "deploy.acme_email") if site.https else ""


def _trusted(settings: Settings, missing: Missing) -> None:
    if "127.0.0.1" not in settings.server.trusted_proxies:
        missing.say(
            "server.trusted_proxies does not name 127.0.0.1, so all visitors would count as one. "
            'Write trusted_proxies = ["127.0.0.1"] below [server] in pucci.toml.'
        )


def _certificate_notes(site: Site) -> tuple[str, ...]:
    if not site.https:
        return ()
    names = ", ".join(site.certified)
    note = (
        f"The certificate comes within a minute, if ports 80 and 443 of {names} lead here from the internet."
    )
    return (f"{note} Until then browsers warn.",)
